"""Queries of cases: lists of heads, whole cases, their events, assignments; rows and files found by words."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, literal, not_, or_, select, text

from calendars.hours import end_of_day, moment_of
from merzim.storage.cases.recommendations import FILE
from merzim.storage.database import Row_, in_names, read, read_column, read_for_names, read_value, reading
from merzim.storage.queries.reader import ReaderQueries
from merzim.storage.queries.recommendations import has_word
from merzim.storage.rows import EVENTS_IN_ORDER, HEAD, event, head, row
from merzim.storage.tables import board
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE, CASE_ROW
from merzim.storage.tables.events import ASSIGNMENT_GIVEN, EVENT, FIRST_ENTRY
from workflow.board.rows import CaseFilter, CaseOrder
from workflow.cases.case import APPROVAL, ENTRIES, Case, CaseStatus, Event, fold, with_rows
from workflow.cases.registers.assignments import AssignmentState, Whose
from workflow.cases.registers.evidence_list import as_seen, events_as_seen
from workflow.cases.registers.risks import Words
from workflow.deadlines.deadline import Row
from workflow.org.access import Reader
from workflow.search_words import search_words

_DAY = func.coalesce(DEADLINE.c.due, DEADLINE.c.planned_on)
_OF_GIVEN = literal("assignment.").concat(EVENT.c.name)
"""The obligation of the assignment an event gave."""
_IS_PLANNING = or_(EVENT.c.kind.in_(("planned", "withdrawn")), EVENT.c.name == APPROVAL)
_PLANNING_EVENTS_OF = EVENTS_IN_ORDER.where(in_names(EVENT.c.case), _IS_PLANNING)
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

    def planning_events(self, cases: Iterable[Case]) -> Mapping[str, Sequence[Event]]:
        """Return by case the events of plan dates, withdrawals and approvals of schedules, in order; a case
        without any is left out.
        """
        return self._events_by_case(_PLANNING_EVENTS_OF, cases)

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
        query = select(CASE.c.procedure).distinct().where(CASE.c.procedure.in_(procedures), *self._seen())
        return frozenset(read_column(self._engine, query))

    def count_of_unit(self, unit: str) -> int:
        """Return the number of cases of a unit itself, whatever their status, and of none below it."""
        query = select(func.count()).select_from(CASE).where(*self._seen(), CASE.c.unit == unit)
        return int(read_value(self._engine, query))

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        """Return those of these cases the reader sees, by id, with all that was recorded but for evidence
        restricted to others.
        """
        cases_by_id = self._ledger.cases(self._among(cases))
        return {name: as_seen(case, self.scope_in(case)) for name, case in cases_by_id.items()}

    def heads_with_rows(self, cases: Collection[str]) -> Mapping[str, Case]:
        """Return those of the cases the reader sees by id: heads with the rows of their registers, without
        evidence.
        """
        return self.with_rows(self.heads(cases).values())

    def with_rows(self, heads: Collection[Case]) -> Mapping[str, Case]:
        """Return these heads by id, with the rows of their registers, without evidence."""
        events = self._events_by_case(_ROW_EVENTS_OF, heads)
        return {head.id: with_rows(head, events.get(head.id, ())) for head in heads}

    def stages(self, cases: Iterable[Case]) -> Mapping[str, str]:
        """Return by id the present stage of these cases."""
        query = select(CASE.c.id, CASE.c.stage).where(in_names(CASE.c.id))
        return dict(map(tuple, read_for_names(self._engine, query, [case.id for case in cases])))

    def said_done(self, cases: Iterable[Case]) -> Mapping[tuple[str, str], date]:
        """Return the obligations of which somebody said by letter that they are done and evidence follows, with
        the day (local date) it is awaited; the last such answer counts.
        """
        query = select(EVENT.c.case, EVENT.c.name, EVENT.c.payload, EVENT.c.on).where(
            in_names(EVENT.c.case), EVENT.c.kind == "notice", EVENT.c.on.is_not(None)
        )
        records = read_for_names(self._engine, query.order_by(EVENT.c.seq), [case.id for case in cases])
        return {
            (case, name): on
            for case, name, payload, on in records
            if json.loads(payload).get("what") == "said_done"
        }

    def with_events(self, case: str) -> tuple[Case, Sequence[Event]] | None:
        """Return one whole case and its events in order, restricted evidence in both as the reader sees it;
        None if there is none with that id, or it is not visible.
        """
        events = self._ledger.events(case) if self._among([case]) else ()
        if not events:
            return None
        whole = fold(events)
        scope = self.scope_in(whole)
        return as_seen(whole, scope), events_as_seen(events, scope)

    def case(self, case: str) -> Case | None:
        """Return one whole case; None if there is none with that id, or it is not visible."""
        found = self.with_events(case)
        return found[0] if found else None

    def events(self, case: str) -> Sequence[Event]:
        """Return the events of a case; none if the reader does not see it."""
        found = self.with_events(case)
        return found[1] if found else ()

    def with_registers(self, unit: str = "") -> Sequence[Case]:
        """Return the active cases that have a risk register or another one, whole, in order of id: those of a
        unit and all below it, "" for the reader's.
        """
        unit = unit or (self._scope.unit or "" if self._scope is not None else "")
        within = [self._within(CASE.c.unit, unit)] if unit else []
        # By the case: for a unit the whole country's events need not be searched.
        having = exists().where(EVENT.c.case == CASE.c.id, FIRST_ENTRY)
        query = select(CASE.c.id).where(CASE.c.status == "active", having, *within)
        cases_by_id = self.whole(read_column(self._engine, query))
        return [cases_by_id[case] for case in sorted(cases_by_id)]

    def found_rows(
        self, words: Words, *, limit: int, files: bool = False
    ) -> tuple[Sequence[tuple[str, str, str]], int]:
        """Return the newest rows of cases' registers that have all words of a search, or the files of cases:
        case, row and title; and the number of all.
        """
        is_file = CASE_ROW.c.row.startswith(f"{FILE}.", autoescape=True)
        conditions = [is_file if files else not_(is_file), *self._seen(), *map(has_word, words)]
        query = select(CASE_ROW.c.case, CASE_ROW.c.row, CASE_ROW.c.title).where(*conditions)
        query = query.join(CASE, CASE.c.id == CASE_ROW.c.case)
        newest = query.order_by(CASE_ROW.c.case.desc(), CASE_ROW.c.row.desc()).limit(limit)
        records, total = self._page_of(newest)
        return [(case, row, title) for case, row, title in records], total

    def assignments(
        self,
        whose: Whose,
        state: AssignmentState,
        *,
        reader: Reader,
        today: date,
        limit: int,
        offset: int = 0,
    ) -> tuple[Sequence[Row], int]:
        """Return a page of the rows of assignments in a state, given to a reader, by them or to anybody, and
        their total number. By due date: of the states `open` and `overdue` the earliest first, of all others
        the latest.
        """
        is_given = and_(EVENT.c.case == DEADLINE.c.case, DEADLINE.c.obligation == _OF_GIVEN)
        query = select(DEADLINE).join(CASE, CASE.c.id == DEADLINE.c.case).join(EVENT, is_given)
        query = query.where(ASSIGNMENT_GIVEN, *self._seen())
        if whose == "mine":
            query = query.where(DEADLINE.c.responsible == reader.person)
        elif whose == "given":
            query = query.where(EVENT.c.by == reader.login)
        if state != "all":
            states = {"open": "open", "overdue": "open", "done": "done", "refused": "not_required"}
            query = query.where(DEADLINE.c.state == states[state])
        if state == "overdue":
            query = query.where(DEADLINE.c.due < today)
        order = DEADLINE.c.due if state in ("open", "overdue") else DEADLINE.c.due.desc()
        page = query.order_by(order, DEADLINE.c.case, DEADLINE.c.obligation).limit(limit).offset(offset)
        records, total = self._page_of(page)
        return [*map(row, records)], total

    def _page_of(self, page: Select[Any]) -> tuple[Sequence[Row_], int]:
        """Return the rows of a query with a limit, and the number of rows it has without one."""
        everything = page.order_by(None).limit(None).offset(None).subquery()
        with reading(self._engine) as session:
            total = session.execute(select(func.count()).select_from(everything)).scalar_one()
            return session.execute(page).all(), total

    def _events_by_case(self, query: Select[Any], cases: Iterable[Case]) -> Mapping[str, list[Event]]:
        """Return by case the events of these cases that a query of events finds, in order."""
        events: dict[str, list[Event]] = {}
        for found in map(event, read_for_names(self._engine, query, [each.id for each in cases])):
            events.setdefault(found.case, []).append(found)
        return events

    def _conditions(self, criteria: CaseFilter) -> list[ColumnElement[bool]]:
        """Return the conditions under which the reader sees a case and it meets a filter."""
        conditions = self._seen()
        for name in ("procedure", "stage", "status"):
            value = getattr(criteria, name)
            if value is not None:
                conditions.append(CASE.c[name] == value)
        if criteria.unit is not None:
            conditions.append(self._within(CASE.c.unit, criteria.unit))
        if criteria.late_on is not None:
            late = DEADLINE.c.state == "open", board.overdue(criteria.late_on)
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
