"""Finds the table of a schedule on a sheet: its head of one or two rows, its columns, its rows.

Above the head stand titles and the approval. A head may be merged over columns: "term" over "from" and "to";
below it may stand a row that numbers the columns; between the rows, sections, totals and the head again.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from merzim.documents.schedules.audit_table import Headings
from merzim.documents.sheets.rows import NotAValue, RowOfSheet, Sheet, columns, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors
from merzim.documents.sheets.written_time import NamedTime, parse

WITHIN = 60
"""Rows searched for the head."""
LONGEST = 160
"""Maximum characters of a heading; a longer text is an instruction or a title."""
_NUMBERS = re.compile(r"[0-9]{2}")
_TOTAL = re.compile(r"(?:итого|всего|барлығы|жиыны|жалпы саны|total)\b")
STEP = "step:"
"""What stands before the name of a fact in the kind of a column of its days."""
PART = "part:"
"""What stands before the words of a month or quarter whose column has a mark in it."""
_OUTSIDE_TABLE = ("case", "number")
COLUMNS, ASIDE = columns("schedule"), "aside"
"""ASIDE: the kind of columns that are not read."""


@dataclass(frozen=True, slots=True)
class HeadCell:
    """A column: its place, its heading from the top down, and what the heading names ("" for nothing known)."""

    place: int
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class ScheduleTable:
    """A table: the rows above its head, the number of the head's last row, its columns and rows."""

    above: tuple[RowOfSheet, ...]
    head: int
    columns: tuple[HeadCell, ...]
    rows: tuple[RowOfSheet, ...]

    def of(self, kind: str) -> tuple[HeadCell, ...]:
        """Return the columns whose heading names this ("start"), from left to right."""
        return tuple(column for column in self.columns if column.kind == kind)

    def dated(self) -> tuple[HeadCell, ...]:
        """Return the columns that hold days."""
        kinds = ("start", "end", "period", "month", "quarter", PART, STEP)
        return tuple(column for column in self.columns if column.kind.startswith(kinds))


def naming(facts: Collection[str], headings: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that says what a heading names; "" for nothing known. `facts`: the names of the
    procedure's facts; `headings`: the product's own words of a heading -> fact.
    """
    own = Headings(facts, headings)
    return cache(lambda heading: _named(heading, own))


def _named(heading: str, own: Headings) -> str:
    """Return what a heading names, by the product's own words, else by those of offices; "" if unknown."""
    column = own.column(heading)
    if column and column not in _OUTSIDE_TABLE and "." not in column:
        return {"analysis_started": "start", "analysis_ended": "end"}.get(column, STEP + column)
    text = plain(heading)
    written = parse(heading)
    if isinstance(written, NamedTime) and written.stretch.unit in ("month", "quarter") and not written.is_end:
        return PART + heading
    kind = next((kind for kind, roots in COLUMNS.roots.items() if roots.search(text)), "")
    if kind in ("start", "end", "period", "work", "object"):
        step = _step(text)
        return STEP + step if step else kind
    return "" if kind == ASIDE else kind


def _step(text: str) -> str:
    """Return the fact whose day a heading names, the last of several; "" for none or the analysis itself."""
    if re.search(
        r"(?:объявлен|анонс|хабарландыр|хабарлама)\w* (?:о|туралы)? ?(?:начал|баста)|басталғаны туралы", text
    ):
        return "start_announced"
    found = match_facts(text)
    certain = [fact for fact in found if fact not in ("analysis_started", "analysis_ended")]
    return certain[-1] if certain and RUN not in found else ""


def text_at(row: RowOfSheet, column: HeadCell, errors: Errors) -> str:
    """Return the text of a cell. A formula is an error, and its own text."""
    value = row.cell(column.place)
    if not isinstance(value, NotAValue):
        return text_of(value)
    errors.add(row.number, "paper_formula", text=value.text, where=column.title)
    return value.text


def find_table(sheet: Sheet, naming: Callable[[str], str]) -> ScheduleTable | None:
    """Return the table of a sheet: the first rows that name the most columns; None where none names two."""
    best: tuple[int, int, int, tuple[HeadCell, ...]] | None = None
    rows = sheet.rows[:WITHIN]
    for at in range(len(rows)):
        for height in (1, 2):
            head = rows[at : at + height]
            if len(head) < height or (height == 2 and not _continues(sheet, head[0], head[1])):
                continue
            columns = _columns(sheet, head, naming)
            count = len({column.kind for column in columns if column.kind})
            divides = height == 2 and best is not None and (count, at) == best[:2] and _divides(sheet, *head)
            if count >= 2 and (best is None or count > best[0] or divides):
                best = count, at, height, columns
    if best is None:
        return None
    _, at, height, columns = best
    head_texts = [_texts(row) for row in rows[at : at + height]]
    body = [row for row in sheet.rows[at + height :] if not _is_aside(row) and _texts(row) not in head_texts]
    return ScheduleTable(sheet.rows[:at], rows[at + height - 1].number, columns, tuple(body))


def _columns(sheet: Sheet, head: Sequence[RowOfSheet], naming: Callable[[str], str]) -> tuple[HeadCell, ...]:
    """Return the columns of a head; a heading merged over several stands above each of them."""
    width = max(sheet.covered(row.number, place).stop for row in head for place in row.filled())
    rows = [_headings(sheet, row, width, is_top=row is not head[-1]) for row in head]
    titles = [" – ".join(filter(None, dict.fromkeys(parts))) for parts in zip(*rows, strict=True)]
    return tuple(
        HeadCell(place, title, naming(title))
        for place, title in enumerate(titles)
        if title and len(title) <= LONGEST
    )


def _headings(sheet: Sheet, row: RowOfSheet, width: int, *, is_top: bool) -> list[str]:
    """Return the heading a row has over each column: its own cell, or one to the left that is merged or, in a
    top row, followed by empty cells, at most twelve; "" for none.
    """
    headings: list[str] = []
    text, covered, is_open = "", range(0), False
    for place in range(width):
        value = row.cell(place)
        if isinstance(value, str) and value.strip():
            text, covered, is_open = tidy(value), sheet.covered(row.number, place), is_top
        else:
            is_open = is_open and value in (None, "") and place - covered.start <= 12
        headings.append(text if place in covered or is_open else "")
    return headings


def _continues(sheet: Sheet, first: RowOfSheet, second: RowOfSheet) -> bool:
    """Return whether a row goes on with a head of several cells above: words alone, without numbers of two
    digits, under a merged heading or a gap.
    """
    values = [second.cell(place) for place in second.filled()]
    if len(first.filled()) < 2 or _is_aside(second) or not all(isinstance(value, str) for value in values):
        return False
    # A heading merged downwards stands in both rows.
    own = [place for place in second.filled() if second.cell(place) != first.cell(place)]
    if not own or any(_NUMBERS.search(str(second.cell(place))) for place in own):
        return False
    covered = [sheet.covered(first.number, place) for place in first.filled()]
    has_merged = any(len(places) > 1 for places in covered)
    return has_merged or any(not any(place in places for places in covered) for place in own)


def _divides(sheet: Sheet, first: RowOfSheet, second: RowOfSheet) -> bool:
    """Return whether a row only says what stands below the headings that are merged over several columns."""
    covered = [sheet.covered(first.number, place) for place in first.filled()]
    wide = {place for places in covered if len(places) > 1 for place in places}
    return all(place in wide or second.cell(place) == first.cell(place) for place in second.filled())


def _texts(row: RowOfSheet) -> tuple[str, ...]:
    return tuple(plain(text_of(value)) if isinstance(value, str) else "" for value in row.cells)


def _is_aside(row: RowOfSheet) -> bool:
    """Return whether a row only numbers the columns (`1 | 2 | 3`), or sums up."""
    cells = [text for value in row.cells if isinstance(value, str | int | float) and (text := text_of(value))]
    if len(cells) > 2 and cells == [str(n) for n in range(1, len(cells) + 1)]:
        return True
    return any(isinstance(value, str) and _TOTAL.match(plain(value)) for value in row.cells[:3])


RUN = "run"
"""The analysis itself, whose span gives two facts."""
Facts = Mapping[str, bool]
"""The facts a work is about, or RUN -> whether it surely dates them: one that stands for another (preparing the
note for signing it) dates them only if no other work does. Empty where nothing was recognised.
"""
_FILE = tomllib.loads(Path(__file__).with_name("roots.toml").read_text(encoding="utf-8"))
_ROOTS = {
    name: re.compile("|".join(rf"\b(?:{root})" for root in roots)) for name, roots in _FILE["roots"].items()
}
_RULES = [
    (
        [frozenset(word.split("|")) for word in words.split()],
        {fact.removesuffix("?"): not fact.endswith("?") for fact in facts.split()},
    )
    for words, facts in _FILE["rules"]
]


@lru_cache(maxsize=1000)
def match_facts(work: str) -> Facts:
    """Return the facts the text of a row is about, by the first rule that fits."""
    text = plain(work)
    met = {name if pattern.search(text) else f"-{name}" for name, pattern in _ROOTS.items()}
    return next(facts for words, facts in _RULES if all(met & one_of for one_of in words))
