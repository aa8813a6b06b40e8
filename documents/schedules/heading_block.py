"""Reads the block above a published schedule's table: approval, object and period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from documents.sheets.dates import Day, Span, read, read_lines
from documents.sheets.rows import Row, cell_name
from documents.sheets.spelling import plain, tidy
from documents.sheets.unreadable import Errors, UnreadableCell

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
class HeadingBlock:
    """The block above the table. `year`: the single year of its period, for dates without a year."""

    title: str = ""
    object: str = ""
    approved_on: date | None = None
    approved_row: int = 0
    approved_cell: str = ""
    period: Span | None = None
    year: int | None = None


def read_above(rows: Sequence[Row], errors: Errors) -> HeadingBlock:
    """Return title, object, period and approval read from the rows above the table."""
    cells = [
        (row.number, place, value) for row in rows for place, value in enumerate(row.cells) if value is not None
    ]
    title = max(
        (tidy(value) for *_, value in cells if isinstance(value, str) and _SCHEDULE.search(plain(value))),
        key=len,
        default="",
    )
    approved_on, row, place = _approval([cell for cell in cells if _not_title(cell[2], title)], errors)
    period = _period(title)
    years = {period.first.year, period.last.year} if period else set[int]()
    return HeadingBlock(
        title,
        _object(title),
        approved_on,
        row,
        cell_name(row, place) if approved_on else "",
        period,
        years.pop() if len(years) == 1 else None,
    )


def _not_title(value: object, title: str) -> bool:
    return not isinstance(value, str) or tidy(value) != title


def _approval(cells: Sequence[tuple[int, int, object]], errors: Errors) -> tuple[date | None, int, int]:
    """Return the first day after (or within) the words of approval, its row and column; a blank date is no
    approval.
    """
    begun = False
    for number, place, value in cells:
        begun = begun or (isinstance(value, str) and bool(_APPROVED.search(plain(value))))
        if not begun:
            continue
        for line in _lines(value):
            if isinstance(line, str) and not re.search(r"[0-9]", line):
                continue
            try:
                said = read(line)
            except UnreadableCell as refusal:
                # The number of an order or of a building is no date; a day that cannot be is an error.
                if refusal.code in ("paper_date_impossible", "paper_date_beyond"):
                    errors.take(number, refusal)
                    return None, number, place
                continue
            if isinstance(said, Day):
                return said.on, number, place
    return None, 0, 0


def _lines(value: object) -> Iterator[object]:
    """Yield the lines of a cell."""
    if isinstance(value, str):
        yield from value.replace("_x000D_", "\n").splitlines()
    elif isinstance(value, datetime | date):
        yield value


def _period(title: str) -> Span | None:
    """Return the span of days in the title."""
    for match in _PERIOD.finditer(title):
        try:
            said = read_lines(match["ru"] or match["kk"])
        except UnreadableCell:
            continue
        if len(said) == 1 and isinstance(said[0], Span):
            return said[0]
    return None


def _object(title: str) -> str:
    """Return the organisation whose activity is analysed, from the title; the whole title where it is not
    found.
    """
    bare = _ASIDE.sub("", title)
    for pattern in (_OF_RU, _OF_KK):
        found = pattern.search(bare)
        if found:
            return found["object"].strip(" ,.;:")
    return bare
