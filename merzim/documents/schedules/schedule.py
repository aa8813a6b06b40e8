"""What a schedule says: an analysis it plans, in either form of its rows; what stands above its table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from merzim.documents.sheets.dates import Days, days_of, read, read_lines, years_named
from merzim.documents.sheets.rows import RowOfSheet, cell_name
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, RowNote, UnreadableCell
from merzim.documents.sheets.written_time import full_days

START, END = "analysis_started", "analysis_ended"
Form = Literal["published", "flat"]
"""One row a step, or one row an analysis."""
UNREAD = {
    "paper_date_unreadable": "read_cell_unread",
    "paper_date_words": "read_cell_unread",
    "paper_dates_several": "read_cell_several",
    "paper_date_without_year": "read_cell_no_year",
    "paper_date_far": "read_cell_far",
}
"""Why the day of a step was not taken -> the note that says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadSchedule:
    """A planned analysis of a schedule.

    Attributes:
        object: what is analysed; `unit`: the unit it belongs to, as written, "" when the schedule has none.
        row: its first row; `written`: the texts of that row, "" in the published form.
        facts: days of facts that have happened, by name of fact: the approval; `planned`: plan dates.
        cells: name of fact -> the cell its day was read from (`B7`); none of a day that stands in the title.
        responsible: name of fact -> responsible, as written; rows without a date included.
        notes: how its rows were understood, in row order.
    """

    form: Form
    object: str
    unit: str = ""
    row: int = 0
    written: str = ""
    facts: Mapping[str, date] = field(default_factory=dict)
    planned: Mapping[str, date] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    responsible: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[RowNote, ...] = ()


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
OBJECT_IS = r"(?:объект(?: анализа)?|(?:талдау )?объекті?сі)\s*:\s*(?=\S)"
_OBJECT, _GOES_ON = re.compile(OBJECT_IS, re.IGNORECASE), re.compile("график|кесте$", re.IGNORECASE)
_ASIDE = re.compile(r"\s*\((?:далее|бұдан әрі)[^()]*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ScheduleTitle:
    """The rows above the table.

    Attributes:
        object: as labelled, else the organisation whose activity is analysed, else the whole title.
        year: the single year of its period, for dates without a year.
        years: all it speaks of, from which no date of the table may be far.
    """

    object: str
    approved_on: date | None
    approved_row: int
    approved_cell: str
    period: Days | None
    year: int | None
    years: frozenset[int]


def read_title(rows: Sequence[RowOfSheet], errors: Errors) -> ScheduleTitle:
    """Return object, period and approval read from the rows above the table."""
    cells = [
        (row.number, place, value) for row in rows for place, value in enumerate(row.cells) if value is not None
    ]
    texts = [tidy(value) for *_, value in cells if isinstance(value, str)]
    whole = [max((text for text in texts if _SCHEDULE.search(plain(text))), key=len, default="")]
    if whole != [""] and " " not in whole[0]:
        # "ГРАФИК" in a row of its own: what it is of stands below it, in Kazakh above "КЕСТЕСІ".
        others = [text for text in texts if text in whole or not _APPROVED.search(plain(text))]
        at = others.index(whole[0])
        whole = others[at : at + 2] if _GOES_ON.search(whole[0]) else others[max(at - 1, 0) : at + 1]
    title = " ".join(whole)
    besides = [cell for cell in cells if not isinstance(cell[2], str) or tidy(cell[2]) not in whole]
    approved_on, row, place = _approval(besides, errors)
    period = _period(title)
    of_period = {period.first.year, period.last.year} if period else set[int]()
    of_title, of_all = years_named([title]), years_named(value for *_, value in cells)
    bare = _ASIDE.sub("", title)
    named = _OF_RU.search(bare) or _OF_KK.search(bare)
    labelled = (_OBJECT.sub("", text) for text in texts if _OBJECT.match(text))
    return ScheduleTitle(
        object=next(labelled, named["object"].strip(" ,.;:") if named else bare),
        approved_on=approved_on,
        approved_row=row,
        approved_cell=cell_name(row, place) if approved_on else "",
        period=period,
        year=next((min(years) for years in (of_period, of_title, of_all) if len(years) == 1), None),
        years=frozenset(of_period | (of_title or of_all) | ({approved_on.year} if approved_on else set())),
    )


def _approval(cells: Sequence[tuple[int, int, object]], errors: Errors) -> tuple[date | None, int, int]:
    """Return the first day after (or within) the words of approval, its row and column; None for the day where
    there is none, or it is reported as unreadable.
    """
    has_begun = False
    for number, place, value in cells:
        has_begun = has_begun or (isinstance(value, str) and bool(_APPROVED.search(plain(value))))
        try:
            on = next(_days(value), None) if has_begun else None
        except UnreadableCell as refusal:
            errors.take(number, refusal)
            break
        if on is not None:
            return on, number, place
    return None, 0, 0


def _days(value: object) -> Iterator[date]:
    """Yield the day of a date, or of each line of a text that names a single whole one (`приказом от 30.03.2026
    г. № 45`). Raises UnreadableCell for a day that cannot be.
    """
    if isinstance(value, date) and isinstance(when := read(value), Days):
        yield when.first
    for line in value.replace("_x000D_", "\n").splitlines() if isinstance(value, str) else ():
        days = full_days(line)
        if len(days) == 1:
            yield days_of(days[0], None, tidy(line), "")[1]


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
