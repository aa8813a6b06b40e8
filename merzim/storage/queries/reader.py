"""What all queries share: the database, the reader's scope, the office; the audit log."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from sqlalchemy import Engine

from merzim.storage import events
from merzim.storage.accounts.audit_log import read_page
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import reading
from merzim.storage.org.store import PresentOffice
from merzim.storage.visibility import Visibility
from workflow.cases.case import Case
from workflow.org.access import Scope
from workflow.org.audit import AuditFilter, AuditPage, AuditScope
from workflow.org.office import Office


class ReaderQueries:
    """Queries limited to what a reader may see.

    Args:
        office: the present office, if shared with others.
        scope: the scope of the user; None for the program itself, which sees all.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        scope: Scope | None = None,
        office: PresentOffice | None = None,
    ) -> None:
        self._scope = scope
        self._engine = engine
        self._office = office or PresentOffice(engine)
        self._visible = Visibility(engine, scope, self._office)
        self._ledger = SqlLedger(engine, office=self._office)

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
        readers. None for whoever sees everything.
        """
        return self._visible.scope_in(case)

    def office(self) -> Office:
        """Return units, people and matches, with the officer config.toml names."""
        return self._visible.office()

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
        with reading(self._engine) as session:
            visible = self._visible.cases()
            return read_page(
                session, query, scope=scope, visible=visible, after=after, before=before, limit=limit
            )

    def last_event(self) -> int:
        """Return the number of the newest event, whether the audit log shows it or not; 0 for none."""
        with reading(self._engine) as session:
            return events.settled(session)
