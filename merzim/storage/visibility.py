"""What a reader may see, as SQL conditions: on cases, on rows that belong to a case, and on units."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    exists,
    false,
    not_,
    or_,
    select,
    true,
    union,
)
from sqlmodel import Session

from merzim.storage.database.dialect import execute_for_names, in_names
from merzim.storage.database.engine import read_column, reading
from merzim.storage.org.store import PresentOffice
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE, INBOX, READER
from merzim.storage.tables.notices import ABOUT_ASSIGNMENT, NOTICE, OPENS_CASE, SETTLED
from workflow.cases.case import Case
from workflow.org import access
from workflow.org.access import Scope
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Office

_OF_ASSIGNMENT = DEADLINE.c.obligation.like("assignment.%")
_OWED = (
    select(*(DEADLINE.c[name] for name in ("case", "unit", "duty", "responsible", "person")))
    .distinct()
    .join(CASE, CASE.c.id == DEADLINE.c.case)
    .where(in_names(DEADLINE.c.case), DEADLINE.c.state != "not_required", not_(CASE.c.confidential))
)
_OBLIGATIONS = _OWED.where(not_(_OF_ASSIGNMENT))
_ASSIGNED = _OWED.where(or_(not_(_OF_ASSIGNMENT), DEADLINE.c.state == "open"))
"""What shows a case to whom must act in it: obligations, and assignments while they are open."""


class Visibility:
    """The SQL conditions for what one reader may see, for one request; database reads are cached in it.

    Args:
        scope: the scope of the reader; None is the program itself, which sees all and caches nothing.
        office: the present units and people.
    """

    def __init__(self, engine: Engine, scope: Scope | None, office: PresentOffice) -> None:
        self._engine = engine
        self._scope = scope
        self._present = office
        self._office: Office | None = None
        self._seen_elsewhere: Sequence[str] | None = None

    def office(self) -> Office:
        """Return units and people; of a reader always as they were when first asked for."""
        if self._office is None or self._scope is None:
            self._office = self._present.read()
        return self._office

    @property
    def is_blind(self) -> bool:
        """Return whether the reader sees no case at all."""
        return self._scope is not None and self._scope.unit is None

    def in_reach(self, case: Case) -> bool:
        """Return whether a case lies in the reader's units: each for the program, none for a blind reader."""
        scope = self._scope
        return scope is None or (
            scope.unit is not None and (not scope.unit or case.unit in self.below(scope.unit))
        )

    def may_write(self, case: Case) -> bool:
        """Return whether the reader may write to a case they see, beyond the answer of an assignment: it lies
        in their units, a letter to them left or failed, or they have another obligation (none if confidential).
        """
        if self._scope is None or self.in_reach(case):
            return True
        told = select(NOTICE.c.key).where(
            NOTICE.c.case == case.id,
            NOTICE.c.person.in_(self._scope.names),
            NOTICE.c.state.in_(SETTLED),
            not_(ABOUT_ASSIGNMENT),
        )
        with reading(self._engine) as session:
            if session.execute(told.limit(1)).first() is not None:
                return True
            return case.id in self._of_duty(session, _OBLIGATIONS, [case.id])

    def scope_in(self, case: Case) -> Scope | None:
        """Return the reader's scope in that case: outside their units restricted documents are only for named
        readers. None for whoever sees everything.
        """
        scope = self._scope
        return scope if scope is None or self.in_reach(case) else replace(scope, opens_restricted=False)

    def cases(self) -> list[ColumnElement[bool]]:
        """Return the conditions under which a case is seen: it lies in the reader's units, or a letter told
        them of it; a confidential one only by those named to know of it or told. No condition for the program.
        """
        scope = self._scope
        if scope is None:
            return []
        if scope.unit is None:
            return [false()]
        if not scope.unit:
            return [_may_know(scope)]
        inside, elsewhere = self.within(CASE.c.unit, scope.unit), self.elsewhere()
        return [_may_know(scope), or_(inside, CASE.c.id.in_(elsewhere)) if elsewhere else inside]

    def among(self, cases: Collection[str]) -> Collection[str]:
        """Return those of these cases the reader sees by unit, letter, duty or open assignment; unordered."""
        if self._scope is None:
            return cases

        query = select(CASE.c.id).where(in_names(CASE.c.id), *self.cases())
        with reading(self._engine) as session:
            visible_cases = {record.id for record in execute_for_names(session, query, cases)}
            others = [name for name in cases if name not in visible_cases]
            return [*visible_cases, *self._of_duty(session, _ASSIGNED, others)]

    def _of_duty(self, session: Session, query: Select[Any], cases: Collection[str]) -> Collection[str]:
        """Return those of these cases in which a reader of a unit is responsible for a row the query finds."""
        scope = self._scope
        if scope is None or scope.acts_on is None or not scope.unit or not cases:
            return ()
        office, case_ids = self.office(), set[str]()
        for case, unit, duty, responsible, person in execute_for_names(session, query, cases):
            if case not in case_ids:
                people = resolve(
                    office, duty=duty, unit=unit, on=scope.acts_on, responsible=responsible, person=person
                )
                if not isinstance(people, Unresolved) and any(
                    recipient.person.key in scope.names for recipient in people
                ):
                    case_ids.add(case)
        return case_ids

    def elsewhere(self) -> Collection[str]:
        """Return the visible cases outside the reader's units: those of letters they received, and of their
        open assignments; none unless the reader is of a unit.
        """
        scope = self._scope
        if scope is None or not scope.unit:
            return ()
        if self._seen_elsewhere is None:
            outside = not_(self.within(CASE.c.unit, scope.unit))
            letters = select(CASE.c.id).join(NOTICE, NOTICE.c.case == CASE.c.id)
            letters = letters.where(NOTICE.c.person.in_(scope.names), OPENS_CASE, outside)
            given = select(CASE.c.id).join(INBOX, INBOX.c.case == CASE.c.id)
            given = given.join(DEADLINE, DEADLINE.c.case == CASE.c.id)
            given = given.where(
                INBOX.c.person.in_(scope.names),
                DEADLINE.c.responsible == INBOX.c.person,
                DEADLINE.c.state == "open",
                _OF_ASSIGNMENT,
                not_(CASE.c.confidential),
                outside,
            )
            self._seen_elsewhere = read_column(self._engine, union(letters, given))
        return self._seen_elsewhere

    def rows(self, unit: str | None) -> list[ColumnElement[bool]]:
        """Return the conditions under which a row of the board is seen, of a unit with all units below it or of
        all.
        """
        return self.lines(DEADLINE.c.case, self.reach(DEADLINE.c.case, DEADLINE.c.unit, unit))

    def lines(
        self, of_case: ColumnElement[str], reach: Sequence[ColumnElement[bool]]
    ) -> list[ColumnElement[bool]]:
        """Return the conditions for visible rows that belong to a case, combined with those of `reach`."""
        nobody = [false()] if self.is_blind else []
        hidden = select(CASE.c.id).where(CASE.c.confidential, not_(_is_recipient(self._scope)))
        return [*nobody, of_case.not_in(hidden), *reach]

    def reach(
        self, of_case: ColumnElement[str], of_unit: ColumnElement[str], unit: str | None
    ) -> list[ColumnElement[bool]]:
        """Return the conditions that limit rows to the requested and visible units, or to cases visible
        elsewhere.
        """
        roots, elsewhere = self.roots(unit), self.elsewhere()
        if self._scope is None or self._scope.unit not in roots or not elsewhere:
            return [self.within(of_unit, root) for root in roots]
        own_condition = self.within(of_unit, self._scope.unit)
        condition = or_(own_condition, of_case.in_(elsewhere))
        return [condition] if unit is None else [condition, self.within(of_unit, unit)]

    def roots(self, unit: str | None) -> list[str]:
        """Return the topmost units to search: those requested and visible; only the lower one if one lies in
        the other; none where nothing narrows them.
        """
        scope_unit = self._scope.unit if self._scope is not None else ""
        roots = [root for root in (unit, scope_unit or None) if root is not None]
        if len(roots) == 2:
            office = self.office()
            if access.within(office, roots[0], roots[1]):
                return roots[:1]
            if access.within(office, roots[1], roots[0]):
                return roots[1:]
        return roots

    def within(self, column: ColumnElement[str], root: str) -> ColumnElement[bool]:
        """Return the condition that a unit is the root or lies below it; an unknown root matches itself
        only.
        """
        return column.in_(self.below(root))

    def below(self, root: str) -> Sequence[str]:
        """Return a unit and all units below it; for the organisation also "", the cases without a unit."""
        return self.office().whose_cases(root)


@lru_cache(maxsize=1024)
def _may_know(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a case is not confidential, or that the reader is one it is shown to."""
    return or_(CASE.c.confidential.is_(False), _is_recipient(scope))


@lru_cache(maxsize=1024)
def _is_recipient(scope: Scope | None) -> ColumnElement[bool]:
    """Return the condition that the reader is a named reader of a case or a recipient of its letters; always
    true for the program.
    """
    if scope is None:
        return true()
    is_named = exists().where(READER.c.case == CASE.c.id, READER.c.person.in_(scope.names))
    # A letter that left is proved in the register; one that only waits could have been put there by anybody.
    got_letter = exists().where(NOTICE.c.case == CASE.c.id, NOTICE.c.person.in_(scope.names), OPENS_CASE)
    return or_(is_named, got_letter)
