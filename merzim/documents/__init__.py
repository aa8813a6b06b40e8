"""Reads and writes office documents: schedules, tables of people, past analyses. Imports openpyxl and
xlsxwriter lazily.
"""

from __future__ import annotations

from merzim.documents.people.matching import closest_keys, match
from merzim.documents.people.read_people import ReadPeople
from merzim.documents.schedules.audit_table import AuditCase
from merzim.documents.schedules.rows_joined import Note, ReadSchedule
from merzim.documents.schedules.template import empty_schedule, write_template
from merzim.documents.sheets.listing import Table, write_csv, write_tables
from merzim.documents.sheets.unreadable import RowError, UnreadablePaper

__all__ = [
    "AuditCase",
    "Note",
    "ReadPeople",
    "ReadSchedule",
    "RowError",
    "Table",
    "UnreadablePaper",
    "closest_keys",
    "empty_schedule",
    "match",
    "write_csv",
    "write_tables",
    "write_template",
]
