"""What all queries share: the database, the reader's scope, the office; the audit log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self

from sqlalchemy import ColumnElement, Engine, String, cast, exists, func, literal, not_, or_, select

from merzim.storage import events
from merzim.storage.accounts.audit_log import read_page
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.cases.recommendations import FILE
from merzim.storage.database.engine import reading
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.org.present import PresentOffice
from merzim.storage.tables.board import RECOMMENDATION
from merzim.storage.tables.cases import CASE, CASE_ROW
from merzim.storage.visibility import Visibility
from workflow.cases.case import Case
from workflow.cases.registers.risk_lists import Words
from workflow.org.access import Scope
from workflow.org.audit import AuditFilter, AuditPage, AuditScope
from workflow.org.name_index import search_words
from workflow.org.office import Office


class Reader:
    """Queries limited to what a reader may see.

    Args:
        officer, language: the person config.toml names for notices nobody else can get, and their language.
        office: the present office, if shared with others.
        scope: the scope of the user; None for the program itself, which sees all.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        officer: str = "",
        language: str = "kk",
        scope: Scope | None = None,
        office: PresentOffice | None = None,
    ) -> None:
        self._scope = scope
        self._engine = engine
        self._office = office or PresentOffice(engine, officer=officer, language=language)
        self._visible = Visibility(engine, scope, self._office)
        self._ledger = SqlLedger(engine, office=self._office)
        self._outbox = SqlOutbox(engine, office=self._office)

    def seen_by(self, scope: Scope) -> Self:
        """Return the same queries limited to what a user may see."""
        return type(self)(self._engine, scope=scope, office=self._office)

    def whole_office(self) -> Self:
        """Return the same queries over all units, for results limited to the reader's own duties."""
        scope = self._scope
        return self.seen_by(replace(scope, unit="")) if scope is not None and scope.unit else self

    def in_reach(self, case: Case) -> bool:
        """Return whether a case lies in the reader's units."""
        return self._visible.in_reach(case)

    def may_write(self, case: Case) -> bool:
        """Return whether the reader may write to a case they see, beyond the answer of an assignment."""
        return self._visible.may_write(case)

    def scope_in(self, case: Case) -> Scope | None:
        """Return the reader's scope in that case: outside their units restricted documents are only for named
        readers.
        """
        return self._visible.scope_in(case)

    def office(self) -> Office:
        """Return units, people and matches, with the officer config.toml names."""
        return self._office.read()

    def audit(
        self,
        query: AuditFilter,
        *,
        scope: AuditScope,
        after: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> AuditPage:
        """Return entries of the audit log after a number in order, or before one, the newest first.

        Entries about a case are visible to users who see the case.
        """
        with reading(self._engine) as connection:
            visible = self._visible.cases()
            return read_page(
                connection, query, scope=scope, visible=visible, after=after, before=before, limit=limit
            )

    def last_audit_entry(self) -> int:
        """Return the number of the newest entry of the audit log, 0 for none."""
        with reading(self._engine) as connection:
            return events.settled(connection)


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPlaces:
    """How many places a search found, and the first of them: case, row and title."""

    total: int
    places: Sequence[tuple[str, str, str]]


class SearchReads(Reader):
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
                CASE.c.unit.in_(self.office().units_named(word)),
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
