"""What a reader may see, as SQL conditions: on cases, on rows that belong to a case, and on units."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any, Self

from sqlalchemy import ColumnElement, Engine, Select, exists, false, not_, or_, select, union

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import in_names, read_column, read_first, read_for_names
from merzim.storage.office import PresentOffice
from merzim.storage.rows import HEAD, by_id, head
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE, INBOX, READER
from merzim.storage.tables.notices import ABOUT_ASSIGNMENT, NOTICE, OPENS_CASE, SETTLED
from workflow.cases.case import Case
from workflow.org.access import Scope, within
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Office

_HEADS_OF = select(*HEAD).where(in_names(CASE.c.id))
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


class ReaderQueries:
    """Queries limited to what a reader may see.

    What takes ids leaves out the cases the reader does not see. What takes cases does not ask again: they are
    those that these queries returned, never the ledger's. `office`: the present office, if shared with others.
    `scope`: the scope of the user; None for the program itself, which sees all.
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
        self._present = office or PresentOffice(engine)
        self._ledger = SqlLedger(engine, office=self._present)

    def seen_by(self, scope: Scope) -> Self:
        """Return the same queries limited to what a user may see."""
        return type(self)(self._engine, scope=scope, office=self._present)

    def whole_office(self) -> Self:
        """Return the same queries over all units, for results limited to the reader's own duties."""
        scope = self._scope
        return self.seen_by(replace(scope, unit="")) if scope is not None and scope.unit else self

    @cached_property
    def _first_read(self) -> Office:
        return self._present.read()

    def office(self) -> Office:
        """Return units, people and matches, with the officer config.toml names; to a reader always as they were
        when first asked for.
        """
        return self._present.read() if self._scope is None else self._first_read

    def heads(self, cases: Collection[str]) -> Mapping[str, Case]:
        """Return those of these cases the reader sees by unit, letter, duty or open assignment, by id, as heads
        (without facts and plan dates).
        """
        heads = by_id(map(head, read_for_names(self._engine, _HEADS_OF.where(*self._seen()), cases)))
        others = self._owed(_ASSIGNED, [case for case in cases if case not in heads])
        return (
            {**heads, **by_id(map(head, read_for_names(self._engine, _HEADS_OF, others)))} if others else heads
        )

    def in_reach(self, case: Case) -> bool:
        """Return whether a case lies in the reader's units: each for the program, none for a blind reader."""
        unit = self._scope.unit if self._scope is not None else ""
        if not unit:
            return unit is not None
        office = self.office()
        return within(office, case.unit, unit) if case.unit else unit == office.root

    def may_write(self, case: Case) -> bool:
        """Return whether the reader may write to a case they see, beyond the answer of an assignment: it lies
        in their units, a letter to them left or failed, or they have another obligation (none if confidential).
        """
        if self._scope is None or self.in_reach(case):
            return True
        letter = NOTICE.c.case == case.id, NOTICE.c.person.in_(self._scope.names), NOTICE.c.state.in_(SETTLED)
        told = select(NOTICE.c.key).where(*letter, not_(ABOUT_ASSIGNMENT)).limit(1)
        return read_first(self._engine, told) is not None or bool(self._owed(_OBLIGATIONS, [case.id]))

    def scope_in(self, case: Case) -> Scope | None:
        """Return the reader's scope in that case: outside their units restricted documents are only for named
        readers. None for whoever sees everything.
        """
        scope = self._scope
        return scope if scope is None or self.in_reach(case) else replace(scope, opens_restricted=False)

    def _seen(
        self,
        of_case: ColumnElement[str] = CASE.c.id,
        of_unit: ColumnElement[str] = CASE.c.unit,
        unit: str | None = None,
    ) -> list[ColumnElement[bool]]:
        """Return the conditions under which a case, or a row that belongs to one, is seen: it lies in the
        reader's units, or a letter told them of it; of a confidential one only by those named to know of it or
        told. `unit`: of a unit with all units below it alone; None for all.
        """
        scope = self._scope
        conditions = [] if unit is None else [self._within(of_unit, unit)]
        if scope is None:
            return conditions
        if scope.unit is None:
            return [false()]
        if of_case is CASE.c.id:
            conditions.append(or_(CASE.c.confidential.is_(False), _is_recipient(scope)))
        else:
            hidden = select(CASE.c.id).where(CASE.c.confidential, not_(_is_recipient(scope)))
            conditions.append(of_case.not_in(hidden))
        if scope.unit:
            inside, elsewhere = self._within(of_unit, scope.unit), self._elsewhere
            conditions.append(or_(inside, of_case.in_(elsewhere)) if elsewhere else inside)
        return conditions

    def _seen_rows(self, unit: str | None) -> list[ColumnElement[bool]]:
        """Return the conditions under which a row of the board is seen, of a unit with all units below it or of
        all.
        """
        return self._seen(DEADLINE.c.case, DEADLINE.c.unit, unit)

    def _within(self, column: ColumnElement[str], root: str) -> ColumnElement[bool]:
        """Return the condition that a unit is the root or lies below it; the organisation has also the cases
        without a unit, an unknown root itself only.
        """
        return column.in_(self.office().whose_cases(root))

    def _among(self, cases: Collection[str]) -> Collection[str]:
        """Return the ids of those of these cases the reader sees, as `heads`; unordered."""
        if self._scope is None:
            return cases
        query = select(CASE.c.id).where(in_names(CASE.c.id), *self._seen())
        seen = {record.id for record in read_for_names(self._engine, query, cases)}
        return [*seen, *self._owed(_ASSIGNED, [case for case in cases if case not in seen])]

    def _owed(self, query: Select[Any], cases: Iterable[str]) -> Collection[str]:
        """Return those of these cases in which a reader of a unit is responsible for a row the query finds."""
        scope, owed = self._scope, set[str]()
        if scope is None or scope.acts_on is None or not scope.unit:
            return owed
        office = self.office()
        for case, unit, duty, responsible, person in read_for_names(self._engine, query, cases):
            people = resolve(
                office, duty=duty, unit=unit, on=scope.acts_on, responsible=responsible, person=person
            )
            if not isinstance(people, Unresolved) and any(each.person.key in scope.names for each in people):
                owed.add(case)
        return owed

    @cached_property
    def _elsewhere(self) -> Sequence[str]:
        """The visible cases outside the units of a reader of a unit: those of letters they received, and of
        their open assignments.
        """
        scope = self._scope
        if scope is None or not scope.unit:
            return ()
        names, outside = scope.names, not_(self._within(CASE.c.unit, scope.unit))
        letters = select(CASE.c.id).join(NOTICE, NOTICE.c.case == CASE.c.id)
        letters = letters.where(NOTICE.c.person.in_(names), OPENS_CASE, outside)
        given = select(CASE.c.id).join(INBOX, INBOX.c.case == CASE.c.id)
        given = given.join(DEADLINE, DEADLINE.c.case == CASE.c.id)
        is_own = INBOX.c.person.in_(names), DEADLINE.c.responsible == INBOX.c.person
        is_open = _OF_ASSIGNMENT, DEADLINE.c.state == "open"
        given = given.where(*is_own, *is_open, not_(CASE.c.confidential), outside)
        return read_column(self._engine, union(letters, given))


@lru_cache(maxsize=1024)
def _is_recipient(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that the reader is a named reader of a case or a recipient of its letters."""
    is_named = exists().where(READER.c.case == CASE.c.id, READER.c.person.in_(scope.names))
    # A letter that left is proved in the register; one that only waits could have been put there by anybody.
    got_letter = exists().where(NOTICE.c.case == CASE.c.id, NOTICE.c.person.in_(scope.names), OPENS_CASE)
    return or_(is_named, got_letter)
