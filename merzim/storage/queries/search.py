"""What a search finds: cases, and rows of the registers of cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    cast,
    exists,
    literal,
    not_,
    or_,
    select,
)

from merzim.storage.board import word_index
from merzim.storage.database.dialect import folded_within, plan_for_values, text_within
from merzim.storage.database.engine import reading
from merzim.storage.database.in_list import in_collection
from merzim.storage.queries.reader import Reader
from merzim.storage.tables.board import RECOMMENDATION
from merzim.storage.tables.cases import CASE, CASE_ROW
from workflow.cases.registers.risk_lists import Words
from workflow.search_words import typed_words, word_texts

_NEWEST = (CASE.c.opened_at.desc(), CASE.c.id.desc())


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPlaces:
    """What a search found.

    Attributes:
        places: case, row and title; of a case its id alone. No more than are counted.
        more: whether there are more than are counted.
        near: whether a word is another than was typed, much like it.
    """

    places: Sequence[tuple[str, str, str]]
    more: bool
    near: bool


_NOTHING = FoundPlaces(places=(), more=False, near=False)


class SearchReads(Reader):
    """Queries by words."""

    def found_cases(self, text: str, *, near: bool = True) -> FoundPlaces:
        """Return the cases that have all words of a search, the newest first.

        Args:
            near: whether words much like those typed are looked for where the reader sees none that have these.
        """
        office, query_words = self.office(), typed_words(text)
        units = [office.units_named(word_texts(word)) for word in query_words]
        with reading(self._engine) as connection:
            plan_for_values(connection)

            def also(n: int) -> Collection[str] | None:
                """Return the cases of the units named so."""
                if len(units[n]) > word_index.COUNTED:
                    return None
                query = select(CASE.c.id).where(in_collection(self._engine, CASE.c.unit, units[n]))
                case_ids = (
                    connection.execute(query.limit(word_index.COUNTED + 1)).scalars().all() if units[n] else ()
                )
                return None if len(case_ids) > word_index.COUNTED else case_ids

            words, hits = [word_texts(word) for word in query_words], _NOTHING
            for width in word_index.WIDTHS if near else word_index.WIDTHS[:3]:
                where = word_index.narrow(connection, "case", words, query_words, width=width, also=also)
                if where is None:
                    continue
                walked = where.places is None and self._visible.sees_many
                query = select(CASE.c.id, literal(""), literal("")).where(*self._visible.cases(walked=walked))
                for readings, unit_names in zip(where.readings, units, strict=True):
                    text_has = [folded_within(self._engine, CASE.c.search, reading) for reading in readings]
                    query = query.where(or_(*text_has, in_collection(self._engine, CASE.c.unit, unit_names)))
                hits = self._at(connection, where, query.order_by(*_NEWEST), CASE.c.id)
                if hits.places:
                    break
            return hits

    def found_rows(self, words: Words, query_words: Sequence[str], *, files: bool = False) -> FoundPlaces:
        """Return the rows of cases' registers that have all words of a search, or the files of cases."""
        kind = word_index.FILE if files else "case_row"
        place = CASE_ROW.c.case, CASE_ROW.c.row
        is_file = place[1].startswith(f"{word_index.FILE}.", autoescape=True)
        with reading(self._engine) as connection:
            plan_for_values(connection)
            hits = _NOTHING
            for width in word_index.WIDTHS:
                where = word_index.narrow(connection, kind, words, query_words, width=width)
                if where is None:
                    continue
                query = select(*place, CASE_ROW.c.title).join(CASE, CASE.c.id == CASE_ROW.c.case)
                walked = where.places is None and self._visible.sees_many
                query = query.where(is_file if files else not_(is_file), *self._visible.cases(walked=walked))
                query = query.where(*map(self._has, where.readings)).order_by(
                    *(column.desc() for column in place)
                )
                hits = self._at(connection, where, query, place[0])
                if hits.places:
                    break
            return hits

    def _at(
        self,
        connection: Connection,
        where: word_index.SearchScope,
        query: Select[Any],
        place: ColumnElement[str],
    ) -> FoundPlaces:
        """Return what is found where the words may stand; what is seen is counted, as far as anybody counts."""
        if where.places is not None:
            query = query.where(in_collection(self._engine, place, sorted(where.places)))
        records = connection.execute(query.limit(word_index.COUNTED + 1)).all() if where.places != set() else []
        places = [(record[0], record[1], record[2]) for record in records[: word_index.COUNTED]]
        return FoundPlaces(places=places, more=len(records) > len(places), near=where.near)

    def _worded(self, words: Words) -> list[ColumnElement[bool]]:
        """Return the conditions that each word occurs in the risk or the measure of a recommendation."""
        place = RECOMMENDATION.c
        rows = [literal("risk.") + cast(place.risk, String), literal("measure.") + cast(place.measure, String)]
        return [
            exists().where(CASE_ROW.c.case == place.case, CASE_ROW.c.row.in_(rows), self._has(word))
            for word in words
        ]

    def _has(self, word: Collection[str]) -> ColumnElement[bool]:
        return or_(*(text_within(self._engine, CASE_ROW.c.search, reading) for reading in word))
