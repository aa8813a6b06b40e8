"""Paper in, paper out: schedules, people, past analyses. Alone knows openpyxl and xlsxwriter, and late."""

from __future__ import annotations

from papers.audit_table import AuditCase, read_audit
from papers.csv_list import write_csv
from papers.listing import Listed, write_listing
from papers.matching import match, nearest
from papers.people import ReadPeople, read_people
from papers.reading import Note, ReadSchedule
from papers.schedules import read_schedule
from papers.template import template, write_template
from papers.unreadable import RowError, UnreadablePaper

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
