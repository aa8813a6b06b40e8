"""Reads and writes the office time of units in the table of people (four columns, in any row of the unit)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from documents.people.office_time import BadOfficeTime, office_time, parse_days, parse_hours, parse_week
from documents.sheets.columns import Heading, column
from documents.sheets.rows import Row, text_of
from documents.sheets.spelling import tidy
from documents.sheets.unreadable import Errors
from workflow.org.office_time import NOTHING_OWN, OfficeTime

HOURS = column(
    "hours", "Жұмыс уақыты", "Часы работы", "Office hours", r"жұмыс уақыт|часы работы|office hours|hours\b"
)
WEEK = column(
    "week", "Жұмыс аптасы", "Рабочая неделя", "Working week", r"жұмыс апта|рабочая неделя|working week|week\b"
)
OFF = column(
    "days_off",
    "Өз демалыс күндері",
    "Собственные выходные дни",
    "Own days off",
    r"өз демалыс|собственные выходн|own days off|days off",
)
WORKING = column(
    "working_days",
    "Өз жұмыс күндері",
    "Собственные рабочие дни",
    "Own days of work",
    r"өз жұмыс күн|собственные рабоч|own days of work|days of work|own working",
)
COLUMNS = (HOURS, WEEK, OFF, WORKING)


def read_office_time(
    row: Row, heading: Heading, unit: str, known: dict[str, OfficeTime], errors: Errors
) -> None:
    """Read the office time a row gives for its unit; do nothing when its cells are empty."""
    written = {one.id: _written(row, heading, one.id) for one in COLUMNS}
    if not any(written.values()):
        return
    try:
        said = office_time(
            hours=parse_hours(written["hours"]),
            week=parse_week(written["week"]),
            off=parse_days(written["days_off"]),
            working=parse_days(written["working_days"]),
        )
    except BadOfficeTime as refusal:
        errors.take(row.number, refusal)
        return
    if known.setdefault(unit, said) != said:
        errors.add(row.number, "paper_unit_time_differs", unit=unit)


def time_cells(own: OfficeTime) -> list[str]:
    """Return the cells of an office time, in the format in which they are read."""
    return [
        "–".join(f"{end:%H:%M}" for end in own.hours) if own.hours else "",
        ", ".join(map(str, own.week)),
        _days(own.off),
        _days(own.working),
    ]


def unit_office_time(units: Mapping[str, OfficeTime], unit: str) -> OfficeTime:
    """Return the office time the table gives a unit."""
    return units.get(unit, NOTHING_OWN)


def _days(several: Sequence[date]) -> str:
    """Return dates as one text."""
    return ", ".join(f"{day:%d.%m.%Y}" for day in several)


def _written(row: Row, heading: Heading, id: str) -> str:
    """Return the text of a row's cell in a column."""
    if id not in heading.at:
        return ""
    value = row.cell(heading.at[id])
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else tidy(text_of(value))
