"""Paper in, paper out: schedules, people, past analyses. Alone knows openpyxl and xlsxwriter, and late."""

from __future__ import annotations

from documents.people.matching import match, nearest
from documents.people.read_people import ReadPeople
from documents.sandbox.readers import read_audit, read_people, read_schedule
from documents.schedules.audit_table import AuditCase
from documents.schedules.reading import Note, ReadSchedule
from documents.schedules.template import template, write_template
from documents.sheets.csv_list import write_csv
from documents.sheets.listing import Table, write_listing
from documents.sheets.unreadable import RowError, UnreadablePaper

__all__ = [
    "AuditCase",
    "Note",
    "ReadPeople",
    "ReadSchedule",
    "RowError",
    "Table",
    "UnreadablePaper",
    "match",
    "nearest",
    "read_audit",
    "read_people",
    "read_schedule",
    "template",
    "write_csv",
    "write_listing",
    "write_template",
]
