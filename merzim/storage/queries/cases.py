"""Queries of cases: lists of heads, whole cases, their events; rows of their registers and files by words."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    text,
)

from calendars.hours import end_of_day, moment_of
from merzim.storage import lateness
from merzim.storage.cases.recommendations import FILE, cases_with_entries
from merzim.storage.database.dialect import in_names, read_for_names
from merzim.storage.database.engine import read, read_column, read_first, read_value, reading
from merzim.storage.queries.reader import ReaderQueries
from merzim.storage.queries.recommendations import has_word
from merzim.storage.rows import EVENTS_IN_ORDER, HEAD, by_id, event, head
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE, CASE_ROW
from merzim.storage.tables.events import EVENT
from workflow.board.portfolio import APPROVAL
from workflow.board.rows import CaseFilter, CaseOrder
from workflow.cases.case import ENTRIES, Case, CaseStatus, Event, with_rows
from workflow.cases.registers.evidence_list import as_seen, events_as_seen
from workflow.cases.registers.risk_lists import Words
from workflow.search_words import search_words

_DAY = func.coalesce(DEADLINE.c.due, DEADLINE.c.planned_on)
_HEADS_OF = select(*HEAD).where(in_names(CASE.c.id))
_OF_ROWS = text(f"kind IN ({', '.join(repr(kind) for kind in sorted({*ENTRIES, 'withdrawn'}))})")
_ROW_EVENTS_OF = EVENTS_IN_ORDER.where(in_names(EVENT.c.case), _OF_ROWS)
_URGENT = (
    select(func.min(case((DEADLINE.c.planned_on < DEADLINE.c.due, DEADLINE.c.planned_on), else_=_DAY)))
    .where(DEADLINE.c.case == CASE.c.id, DEADLINE.c.state == "open", DEADLINE.c.counts_until.is_(None))
    .where(CASE.c.status == "active")
    .scalar_subquery()
)
"""The first day by which anything open of a case is due or planned."""
_ORDERS: Mapping[CaseOrder, tuple[ColumnElement[Any], ...]] = {
    "newest": (CASE.c.opened_at.desc(), CASE.c.id.desc()),
    "earliest": (CASE.c.span_first.is_(None), CASE.c.span_first, CASE.c.id),
    "urgent": (_URGENT.is_(None), _URGENT, CASE.c.id),
    "object": (CASE.c.object_ru, CASE.c.object_kk, CASE.c.id),
    "unit": (CASE.c.unit, CASE.c.id),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPlaces:
    """How many places a search found, and the first of them: case, row and title."""

    total: int
    places: Sequence[tuple[str, str, str]]


class CaseReads(ReaderQueries):
    """Queries of cases."""

    def cases(
        self,
        unit: str | None = None,
        *,
        status: CaseStatus | None = None,
        procedure: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Case]:
        """Return the heads of cases, the newest first, without facts and plan dates."""
        return self.page(CaseFilter(unit=unit, procedure=procedure, status=status), count=limit)

    def page(
        self, criteria: CaseFilter, *, first: int = 0, count: int | None = None, order: CaseOrder = "newest"
    ) -> Sequence[Case]:
        """Return a page of the matching cases as heads: `count` of them after the first `first`."""
        # Ids first: only what is shown is looked up whole.
        shown_ids = select(CASE.c.id).where(*self._conditions(criteria))
        shown_ids = shown_ids.order_by(*_ORDERS[order]).limit(count).offset(first)
        query = select(*HEAD).where(CASE.c.id.in_(shown_ids)).order_by(*_ORDERS[order])
        return [head(record) for record in read(self._engine, query)]

    def planning_events(self, cases: Collection[str]) -> Mapping[str, Sequence[Event]]:
        """Return by case the events of plan dates, withdrawals and approvals of schedules, in order; a case
        without any, or one the reader does not see, is left out.
        """
        condition = or_(EVENT.c.kind.in_(("planned", "withdrawn")), EVENT.c.name == APPROVAL)
        query = EVENTS_IN_ORDER.where(in_names(EVENT.c.case), condition)
        events_by_case: dict[str, list[Event]] = {}
        for plan_event in map(event, read_for_names(self._engine, query, self._visible.among(cases))):
            events_by_case.setdefault(plan_event.case, []).append(plan_event)
        return events_by_case

    def with_facts(self, facts: Mapping[str, Collection[str]], unit: str | None = None) -> Mapping[str, Case]:
        """Return by id the active cases, whole, in which a fact was ever recorded whose name begins as one of
        these of its procedure: a period or the number of an occurrence may follow ("talk_held.2026",
        "talk_held#2").
        """
        named = (
            (CASE.c.procedure == procedure)
            & or_(*(EVENT.c.name.startswith(name, autoescape=True) for name in names))
            for procedure, names in facts.items()
        )
        recorded = exists().where(EVENT.c.case == CASE.c.id, EVENT.c.kind == "fact", or_(false(), *named))
        active = CASE.c.procedure.in_(facts), *self._conditions(CaseFilter(unit=unit, status="active"))
        return self.whole(read_column(self._engine, select(CASE.c.id).where(*active, recorded)))

    def schedule_approved(
        self, procedure: str, since: date, unit: str | None = None
    ) -> tuple[str, date] | None:
        """Return the case of a procedure whose schedule was approved last, and that day; None if none was since
        `since`.
        """
        active = self._conditions(CaseFilter(unit=unit, procedure=procedure, status="active"))
        query = select(DEADLINE.c.case, DEADLINE.c.done_on).where(
            DEADLINE.c.case.in_(select(CASE.c.id).where(*active)),
            DEADLINE.c.obligation == APPROVAL,
            DEADLINE.c.done_on >= since,
        )
        query = query.order_by(DEADLINE.c.done_on.desc(), DEADLINE.c.case.desc()).limit(1)
        with reading(self._engine) as session:
            found = session.execute(query).one_or_none()
        return (found.case, found.done_on) if found else None

    def how_many(self, criteria: CaseFilter) -> int:
        """Return the number of the matching cases that the reader sees."""
        query = select(func.count()).select_from(CASE).where(*self._conditions(criteria))
        return int(read_value(self._engine, query))

    def with_cases(self, procedures: Collection[str]) -> frozenset[str]:
        """Return those of the procedures that have a case visible to the reader, whatever its status."""
        if not procedures:
            return frozenset()
        query = (
            select(CASE.c.procedure).distinct().where(CASE.c.procedure.in_(procedures), *self._visible.cases())
        )
        return frozenset(read_column(self._engine, query))

    def count_of_unit(self, unit: str) -> int:
        """Return the number of cases of a unit itself, whatever their status, and of none below it."""
        query = select(func.count()).select_from(CASE).where(*self._visible.cases(), CASE.c.unit == unit)
        return int(read_value(self._engine, query))

    def any_case(self) -> bool:
        """Return whether the reader sees any case, whatever its status."""
        query = select(CASE.c.id).where(*self._visible.cases()).limit(1)
        return read_first(self._engine, query) is not None

    def heads(self, cases: Collection[str]) -> Mapping[str, Case]:
        """Return those of these cases the reader sees, by id, as heads (without facts and plan dates)."""
        return by_id(map(head, read_for_names(self._engine, _HEADS_OF, self._visible.among(cases))))

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        """Return those of these cases the reader sees, by id, with all that was recorded but for evidence
        restricted to others.
        """
        cases_by_id = self._ledger.cases(self._visible.among(cases))
        return {name: as_seen(case, self.scope_in(case)) for name, case in cases_by_id.items()}

    def heads_with_rows(self, cases: Collection[str]) -> Mapping[str, Case]:
        """Return those of the cases the reader sees by id: heads with the rows of their registers, without
        evidence.
        """
        heads, events = self.heads(cases), dict[str, list[Event]]()
        for row_event in map(event, read_for_names(self._engine, _ROW_EVENTS_OF, heads)):
            events.setdefault(row_event.case, []).append(row_event)
        return {name: with_rows(head, events.get(name, ())) for name, head in heads.items()}

    def stages(self, cases: Collection[str]) -> Mapping[str, str]:
        """Return by id the present stage of those of these cases the reader sees."""
        query = select(CASE.c.id, CASE.c.stage).where(in_names(CASE.c.id))
        records = read_for_names(self._engine, query, self._visible.among(cases))
        return {record.id: record.stage for record in records}

    def said_done(self, cases: Collection[str]) -> Mapping[tuple[str, str], date]:
        """Return the obligations of which somebody said by letter that they are done and evidence follows, with
        the day (local date) it is awaited; the last such answer counts.
        """
        query = select(EVENT.c.case, EVENT.c.name, EVENT.c.payload, EVENT.c.on).where(
            in_names(EVENT.c.case), EVENT.c.kind == "notice", EVENT.c.on.is_not(None)
        )
        records = read_for_names(self._engine, query.order_by(EVENT.c.seq), self._visible.among(cases))
        return {
            (case, name): on
            for case, name, payload, on in records
            if json.loads(payload).get("what") == "said_done"
        }

    def case(self, case: str) -> Case | None:
        """Return one whole case; None if there is none with that id, or it is not visible."""
        stored_case = self._ledger.case(case) if self._visible.among([case]) else None
        return as_seen(stored_case, self.scope_in(stored_case)) if stored_case is not None else None

    def events(self, case: str) -> Sequence[Event]:
        """Return the events of a case in order, evidence restricted to others as `events_as_seen` leaves it;
        none if the reader does not see the case.
        """
        head = self.heads([case]).get(case)
        return events_as_seen(self._ledger.events(case), self.scope_in(head)) if head is not None else ()

    def with_registers(self, unit: str | None = None) -> Sequence[Case]:
        """Return the active cases that have a risk register or another one, whole, in order of id."""
        # For readers of one unit the whole country's cases need not be searched.
        scope_unit = self._scope.unit if self._scope is not None else None
        cases_by_id = self.whole(
            cases_with_entries(self._engine, (scope_unit or None) if unit is None else unit)
        )
        return [cases_by_id[case] for case in sorted(cases_by_id)]

    def found_rows(self, words: Words, *, limit: int, files: bool = False) -> FoundPlaces:
        """Return the rows of cases' registers that have all words of a search, or the files of cases."""
        is_file = CASE_ROW.c.row.startswith(f"{FILE}.", autoescape=True)
        conditions = [is_file if files else not_(is_file), *self._visible.cases(), *map(has_word, words)]
        found = select(CASE_ROW.c.case, CASE_ROW.c.row, CASE_ROW.c.title).where(*conditions)
        found = found.join(CASE, CASE.c.id == CASE_ROW.c.case)
        newest = found.order_by(CASE_ROW.c.case.desc(), CASE_ROW.c.row.desc()).limit(limit)
        with reading(self._engine) as session:
            total = session.execute(select(func.count()).select_from(found.subquery())).scalar_one()
            places = [(case, row, title) for case, row, title in session.execute(newest)]
        return FoundPlaces(total=total, places=places)

    def _conditions(self, criteria: CaseFilter) -> list[ColumnElement[bool]]:
        """Return the conditions under which the reader sees a case and it meets a filter."""
        conditions = self._visible.cases()
        for name in ("procedure", "stage", "status"):
            value = getattr(criteria, name)
            if value is not None:
                conditions.append(CASE.c[name] == value)
        if criteria.unit is not None:
            conditions.append(self._visible.within(CASE.c.unit, criteria.unit))
        if criteria.late_on is not None:
            late = DEADLINE.c.state == "open", lateness.overdue(criteria.late_on)
            conditions.append(CASE.c.id.in_(select(DEADLINE.c.case).where(*late)))
            conditions.append(CASE.c.status == "active")
        if criteria.year is not None:
            first, last = date(criteria.year, 1, 1), date(criteria.year, 12, 31)
            within = and_(CASE.c.span_first <= last, CASE.c.span_last >= first)
            opened = CASE.c.opened_at >= moment_of(first, None), CASE.c.opened_at < end_of_day(last)
            conditions.append(or_(within, and_(CASE.c.span_first.is_(None), *opened)))
        for word in search_words(criteria.search):
            of_unit = CASE.c.unit.in_(self.office().units_with_word(word))
            conditions.append(or_(CASE.c.search.contains(word, autoescape=True), of_unit))
        return conditions
