"""What a search finds by words: cases, rows of their registers, their files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, cast, exists, func, literal, not_, or_, select

from merzim.storage.cases.recommendations import FILE
from merzim.storage.database.engine import reading
from merzim.storage.queries.reader import ReaderQueries
from merzim.storage.tables.board import RECOMMENDATION
from merzim.storage.tables.cases import CASE, CASE_ROW
from workflow.cases.registers.risk_lists import Words
from workflow.search_words import search_words


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPlaces:
    """How many places a search found, and the first of them: case, row and title."""

    total: int
    places: Sequence[tuple[str, str, str]]


class SearchReads(ReaderQueries):
    """Queries by words."""

    def found_rows(self, words: Words, *, limit: int, files: bool = False) -> FoundPlaces:
        """Return the rows of cases' registers that have all words of a search, or the files of cases."""
        is_file = CASE_ROW.c.row.startswith(f"{FILE}.", autoescape=True)
        conditions = [is_file if files else not_(is_file), *self._visible.cases(), *map(_has, words)]
        found = select(CASE_ROW.c.case, CASE_ROW.c.row, CASE_ROW.c.title).where(*conditions)
        found = found.join(CASE, CASE.c.id == CASE_ROW.c.case)
        newest = found.order_by(CASE_ROW.c.case.desc(), CASE_ROW.c.row.desc()).limit(limit)
        with reading(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()
            places = [(case, row, title) for case, row, title in connection.execute(newest)]
        return FoundPlaces(total=total, places=places)

    def _search_conditions(self, search: str) -> list[ColumnElement[bool]]:
        """Return the conditions that each word occurs in the id or the texts of a case, or in the name of its
        unit.
        """
        return [
            or_(
                CASE.c.search.contains(word, autoescape=True),
                CASE.c.unit.in_(self.office().units_with_word(word)),
            )
            for word in search_words(search)
        ]

    def _worded(self, words: Words) -> list[ColumnElement[bool]]:
        """Return the conditions that each word occurs in the risk or the measure of a recommendation."""
        place = RECOMMENDATION.c
        rows = [literal("risk.") + cast(place.risk, String), literal("measure.") + cast(place.measure, String)]
        mine = CASE_ROW.c.case == place.case, CASE_ROW.c.row.in_(rows)
        return [exists().where(*mine, _has(word)) for word in words]


def _has(readings: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that one of the texts of a word occurs in those of a row."""
    return or_(*(CASE_ROW.c.search.contains(reading, autoescape=True) for reading in readings))
