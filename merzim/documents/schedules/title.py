"""Reads what stands above the table of a schedule: its title, the object, the period, the approval."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from merzim.documents.sheets.dates import (
    LONGEST,
    Days,
    days_of,
    read,
    read_lines,
    years_named,
)
from merzim.documents.sheets.rows import RowOfSheet, cell_name
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, UnreadableCell
from merzim.documents.sheets.written_time import full_days

_APPROVED = re.compile(r"утвержд|бекітемін|бекітілген|бекітілді|approved")
_SCHEDULE = re.compile(r"\bграфик|кесте|\bschedule|план график|жоспар кесте")
_PERIOD = re.compile(
    r"(?:на|за|в) период\s+(?:с\s+)?(?P<ru>.+)$|(?P<kk>[0-9][^()]{0,200}?(?:аралығ|дейін|кезең)\w*)",
    re.IGNORECASE | re.DOTALL,
)
_OF_RU = re.compile(
    r"(?:в деятельности|деятельности|\bв)\s+(?P<object>.+?)(?=\s+(?:на|за|в) период|\s+на\s+20[0-9]{2}|\s*$)",
    re.IGNORECASE,
)
_OF_KK = re.compile(r"^(?P<object>.+?)\s+қызметін\w*", re.IGNORECASE)
_ASIDE = re.compile(r"\s*\((?:далее|бұдан әрі)[^()]*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ScheduleTitle:
    """The rows above the table. `year`: the single year of its period, for dates without a year; `years`: all
    it speaks of, from which no date of the table may be far.
    """

    title: str = ""
    object: str = ""
    approved_on: date | None = None
    approved_row: int = 0
    approved_cell: str = ""
    period: Days | None = None
    year: int | None = None
    years: frozenset[int] = frozenset()


def read_title(rows: Sequence[RowOfSheet], errors: Errors) -> ScheduleTitle:
    """Return title, object, period and approval read from the rows above the table."""
    cells = [
        (row.number, place, value) for row in rows for place, value in enumerate(row.cells) if value is not None
    ]
    title = max(
        (tidy(value) for *_, value in cells if isinstance(value, str) and _SCHEDULE.search(plain(value))),
        key=len,
        default="",
    )
    besides_title = [cell for cell in cells if not isinstance(cell[2], str) or tidy(cell[2]) != title]
    approved_on, row, place = _approval(besides_title, errors)
    period, named = _period(title), years_named(value for *_, value in cells)
    years = {period.first.year, period.last.year} if period else set[int]()
    return ScheduleTitle(
        title,
        _object(title),
        approved_on,
        row,
        cell_name(row, place) if approved_on else "",
        period,
        _year(years, years_named([title]), named),
        frozenset(years | (years_named([title]) or named) | ({approved_on.year} if approved_on else set())),
    )


def _year(*named: Collection[int]) -> int | None:
    """Return the year of the first of several places that names a single one; None if none does."""
    return next((min(years) for years in named if len(years) == 1), None)


def _approval(cells: Sequence[tuple[int, int, object]], errors: Errors) -> tuple[date | None, int, int]:
    """Return the first day after (or within) the words of approval, its row and column; None for the day where
    there is none, or it is reported as unreadable.
    """
    has_begun = False
    for number, place, value in cells:
        has_begun = has_begun or (isinstance(value, str) and bool(_APPROVED.search(plain(value))))
        if not has_begun:
            continue
        for line in _heading_lines(value):
            try:
                on = _only_day(line)
            except UnreadableCell as refusal:
                errors.take(number, refusal)
                return None, number, place
            if on is not None:
                return on, number, place
    return None, 0, 0


def _only_day(line: object) -> date | None:
    """Return the single whole date of a line (`приказом от 30.03.2026 г. № 45`); None for several or none.

    Raises UnreadableCell for a day that cannot be.
    """
    if isinstance(line, str):
        days = full_days(line[:LONGEST])
        return days_of(days[0], None, tidy(line), "")[1] if len(days) == 1 else None
    reading = read(line)
    return reading.first if isinstance(reading, Days) and not reading.is_span else None


def _heading_lines(value: object) -> Iterator[object]:
    """Yield the lines of a text, or a date; nothing of any other cell."""
    if isinstance(value, str):
        yield from value.replace("_x000D_", "\n").splitlines()
    elif isinstance(value, datetime | date):
        yield value


def _period(title: str) -> Days | None:
    """Return the span of days a title names as its period; None where it names none that can be read."""
    for match in _PERIOD.finditer(title):
        try:
            readings = read_lines(match["ru"] or match["kk"])
        except UnreadableCell:
            continue
        if len(readings) == 1 and isinstance(readings[0], Days) and readings[0].is_span:
            return readings[0]
    return None


def _object(title: str) -> str:
    """Return the organisation whose activity is analysed, from the title; the whole title where it is not
    found.
    """
    bare = _ASIDE.sub("", title)
    for pattern in (_OF_RU, _OF_KK):
        match = pattern.search(bare)
        if match:
            return match["object"].strip(" ,.;:")
    return bare
