"""Reads a table of past analyses: one row for each analysis, one column for each fact."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from documents.sheets.dates import read_day
from documents.sheets.spelling import tidy
from documents.sheets.unreadable import Errors, RowError, UnreadableCell, UnreadablePaper
from documents.sheets.workbook import Row, Source, is_empty, open_paper, text_of

_PUBLISHED = ".published"
_PERIOD = re.compile(r"[0-9]{4}(?:q[1-4]|h[12]|-(?:0[1-9]|1[0-2]))?(?:#[1-9][0-9]*)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditCase:
    """A past analysis.

    Attributes:
        case: the file's own column `case`, else the number of the row.
        facts: name of fact -> the day it happened. Empty cells are left out.
        published: name of fact -> the day it was first published.
        row: the number the spreadsheet shows.
    """

    case: str
    facts: Mapping[str, date]
    published: Mapping[str, date]
    row: int


def read_audit(source: Source, name: str | None = None, *, facts: Collection[str]) -> tuple[AuditCase, ...]:
    """Read past analyses from a CSV or XLSX file.

    Columns are `case`, names of facts (a recurring one with its period: `quarter_reported.2026Q3`) and
    `<fact>.published`; the first row has the headings.

    Args:
        source: a path, or the bytes of an upload.
        name: the file's name in error messages.
        facts: the names of the procedure's facts.

    Raises:
        UnreadablePaper: an unknown column (with the nearest names), a column twice, no column of a fact; or
            every bad row: a date that cannot be read, with its column, or a case named twice.
    """
    paper = open_paper(source, name)
    sheet = paper.sheets[0]
    head, *rows = sheet.rows
    columns = _columns(head, facts, paper.name)
    errors = Errors()
    found: list[AuditCase] = []
    seen: dict[str, int] = {}
    for row in rows:
        case = _case(row, columns, errors)
        if case is None:
            continue
        if case.case in seen:
            errors.add(row.number, "paper_case_twice", case=case.case, other=seen[case.case])
        seen.setdefault(case.case, row.number)
        found.append(case)
    errors.refuse(paper.name)
    if not found:
        raise UnreadablePaper("paper_no_rows", name=paper.name)
    return tuple(found)


def _columns(head: Row, facts: Collection[str], name: str) -> dict[str, int]:
    """Return name of column -> its place, refusing unknown and repeated headings."""
    columns: dict[str, int] = {}
    errors = []
    for place, value in enumerate(head.cells):
        if is_empty(value):
            continue
        heading = tidy(str(value))
        column = _match_heading(heading, facts)
        if column is None:
            allowed = ("case", *sorted(facts))
            nearest = tuple(difflib.get_close_matches(heading.lower(), allowed, n=3, cutoff=0.5))
            arguments = {"column": heading, "nearest": nearest, "allowed": allowed}
            errors.append(
                RowError(head.number, "paper_unknown_column" if nearest else "paper_strange_column", arguments)
            )
        elif column in columns:
            errors.append(RowError(head.number, "paper_heading_twice", {"column": heading}))
        else:
            columns[column] = place
    if errors:
        if len(errors) == 1:
            raise UnreadablePaper(errors[0].code, errors=errors, **errors[0].arguments)
        raise UnreadablePaper("paper_unreadable", errors=errors, name=name, count=len(errors))
    if not columns.keys() - {"case"}:
        raise UnreadablePaper("paper_no_facts", name=name, allowed=tuple(sorted(facts)))
    return columns


def _match_heading(heading: str, facts: Collection[str]) -> str | None:
    """Return the fact a heading names, in the procedure's spelling; None when it names none."""
    lower = heading.lower()
    if lower == "case":
        return "case"
    bare, ending = (lower.removesuffix(_PUBLISHED), _PUBLISHED) if lower.endswith(_PUBLISHED) else (lower, "")
    fact, dot, period = bare.partition(".")
    if bare in facts:
        return bare + ending
    if fact in facts and dot and _PERIOD.fullmatch(period):
        return f"{fact}.{period.upper()}{ending}"
    return None


def _case(row: Row, columns: Mapping[str, int], errors: Errors) -> AuditCase | None:
    """Read the analysis of a row; None when it has errors."""
    if all(is_empty(row.cell(place)) for place in columns.values()):
        return None
    case = ""
    facts: dict[str, date] = {}
    published: dict[str, date] = {}
    for column, place in columns.items():
        try:
            if column == "case":
                case = tidy(text_of(row.cell(place), column))
                continue
            on = read_day(row.cell(place), where=column)
        except UnreadableCell as refusal:
            errors.take(row.number, refusal)
            continue
        if on is not None:
            target = published if column.endswith(_PUBLISHED) else facts
            target[column.removesuffix(_PUBLISHED)] = on
    return AuditCase(case=case or str(row.number), facts=facts, published=published, row=row.number)
