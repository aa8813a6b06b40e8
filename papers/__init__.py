"""Paper in, paper out: schedules, people, past analyses. Alone knows openpyxl and xlsxwriter, and late."""

from __future__ import annotations

from papers.people.matching import match, nearest
from papers.people.onto import ReadPeople
from papers.sandbox.readers import read_audit, read_people, read_schedule
from papers.schedules.audit_table import AuditCase
from papers.schedules.reading import Note, ReadSchedule
from papers.schedules.template import template, write_template
from papers.sheets.csv_list import write_csv
from papers.sheets.listing import Listed, write_listing
from papers.sheets.unreadable import RowError, UnreadablePaper

__all__ = [
    "AuditCase",
    "Listed",
    "Note",
    "ReadPeople",
    "ReadSchedule",
    "RowError",
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
