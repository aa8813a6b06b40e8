"""Queries of deadlines: how many there are, which, on what days, since when, those of given cases, and how they
and stages ended over time.

Every query is limited to what its reader may see but `rows_of`, whose cases a query has returned already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    extract,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)

from merzim.storage.database import in_names, read, read_for_names, read_value, reading
from merzim.storage.queries.reader import ReaderQueries
from merzim.storage.rows import row, rows_by_case
from merzim.storage.tables import board
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.organisation import MATCH, PERSON
from workflow.board.figures import Outcomes, StageSpan
from workflow.board.rows import APART, DeadlineFilter, Horizon, Sum, Urgency, base
from workflow.cases.case import Case
from workflow.deadlines.deadline import AssigneeKey, Row
from workflow.org.office import OF_A_PERSON

Conditions: TypeAlias = Sequence[ColumnElement[bool]]
Firsts: TypeAlias = tuple[int, Sequence[Row]]
"""The number of rows, and the first of them."""
_D = DEADLINE.c
_BETWEEN = "\x1f"
"""A sign no unit, duty, name or key contains."""
_SOMEBODY = literal_column(f"'{_BETWEEN}'", String)
_MAY_ACT = or_(
    _D.person.in_(select(PERSON.c.key).where(PERSON.c.duties != [])),
    _D.person.in_(select(PERSON.c.deputy).where(PERSON.c.deputy.is_not(None))),
    _D.person.in_(select(MATCH.c.target)),
    _D.person == _D.responsible,
)
"""Whether the person a case is about holds a duty, is a deputy or is meant by a schedule: letters go past them
to others.
"""
_PLACE = (_D.case, _D.obligation)
_IN_ORDER = (_D.due, *_PLACE)
_OPEN = _D.state == "open"
_SINCE = func.coalesce(_D.due, _D.reminds_from)
_DATED = (_SINCE.is_(None), _SINCE)
_ORDERS: Mapping[Urgency, tuple[ColumnElement[Any], ...]] = {
    "slipped": (_D.planned_on,),
    "undated": (_D.reminds_from,),
    "missed": _DATED,
    "unconfirmed": _DATED,
    "never_confirmed": _DATED,
}
"""What rows of an urgency are listed by, those without any day last on both databases; those of the others by
their due date.
"""
_ROWS_OF = select(DEADLINE).where(in_names(_D.case))
_ROWS_OF = _ROWS_OF.order_by(_D.case, _D.due.is_(None), _D.due, _D.obligation)
_ONLY = {
    "": _ROWS_OF,
    "measures": _ROWS_OF.where(_D.obligation.startswith("measure.", autoescape=True)),
    "dated": _ROWS_OF.where(
        _D.state != "not_required", func.coalesce(_D.due, _D.planned_on, _D.done_on).is_not(None)
    ),
}


LONGEST_STAGE = timedelta(days=366)
"""Maximum time between the first and the last due date of a stage."""
_WHOSE = (_D.unit, _D.stage, CASE.c.edition)


class DeadlineReads(ReaderQueries):
    """Queries of deadlines: their numbers, lists of them, the first of each day or quarter, and outcomes."""

    def _assignee(self) -> Sequence[ColumnElement[str]]:
        """Return the columns that identify assignees. All people that cases are about but who could not be
        asked to act stand as one: thousands of such cases have few assignees.
        """
        last_resort = self.office().officer_of_last_resort
        is_officer = _D.person == (last_resort.key if last_resort else "")
        matters = or_(_D.person == "", _D.duty.in_(OF_A_PERSON), _MAY_ACT, is_officer)
        return _D.unit, _D.duty, _D.responsible, case((matters, _D.person), else_=_SOMEBODY)

    def sums(self, horizon: Horizon, unit: str | None = None) -> Sequence[Sum]:
        """Return the numbers of open rows overdue or due by `horizon.soon`, by assignee, edition, stage and
        obligation, without due dates that no longer apply.
        """
        due, day = _D.due, horizon.today
        key = (*self._assignee(), CASE.c.edition, _D.stage, _D.obligation)
        figures = (func.count(case((condition, 1))) for condition in (due < day, due == day, due >= day))
        query = select(*key, *figures, func.min(due, type_=due.type))
        query = query.join_from(DEADLINE, CASE, CASE.c.id == _D.case).group_by(*key)
        query = query.where(_OPEN, due <= horizon.soon, board.holds(day), *self._seen_rows(unit))
        sums: dict[tuple[str, ...], Sum] = {}
        for *place, obligation, overdue, today, near, first in read(self._engine, query):
            # The periods of an obligation are counted together.
            of_all = (*place, base(obligation))
            before = sums.get(of_all)
            if before is not None:
                overdue, today, near = overdue + before.overdue, today + before.today, near + before.due
                first = min(first, before.first_due)
            *assignee, edition, stage, name = of_all
            sums[of_all] = Sum(AssigneeKey(*assignee), edition, stage, name, overdue, today, near, first)
        return [*sums.values()]

    def urgencies(self, horizon: Horizon) -> Mapping[AssigneeKey, Mapping[str, int]]:
        """Return by assignee how many of their open rows are past their plan date; of the others how many are
        overdue, due today, near, later, and undated; "" stands for the rest.
        """
        days = _days(horizon)
        groups = ((days[name], name) for name in ("overdue", "today", "near", "later", "undated"))
        slipped = board.slipped(horizon.today), "slipped"
        urgency = case(slipped, (not_(board.holds(horizon.today)), ""), *groups, else_="")
        key = (*self._assignee(), urgency)
        query = select(*key, func.count()).group_by(*key)
        numbers: dict[AssigneeKey, dict[str, int]] = {}
        for *assignee, group, number in read(self._engine, query.where(_OPEN, *self._seen_rows(None))):
            numbers.setdefault(AssigneeKey(*assignee), {})[group] = number
        return numbers

    def assignees(self, unit: str | None = None) -> Sequence[AssigneeKey]:
        """Return the assignees of the rows of a unit and those below, in any state, each once; None: of all."""
        query = select(*self._assignee()).where(*self._seen_rows(unit)).distinct()
        return [AssigneeKey(*record) for record in read(self._engine, query)]

    def listed(self, criteria: DeadlineFilter, *, limit: int | None = None, offset: int = 0) -> Sequence[Row]:
        """Return a page of the matching rows, earliest due (or, for slipped ones, earliest planned) first."""
        order = *_ORDERS.get(criteria.urgency, (_D.due,)), *_PLACE
        # Keys first: only what is shown is looked up whole.
        shown = select(*_PLACE).where(*_matching(criteria, self._assignee()), *self._seen_rows(criteria.unit))
        shown = shown.order_by(*order).limit(limit).offset(offset)
        query = select(DEADLINE).where(tuple_(*_PLACE).in_(shown)).order_by(*order)
        return [row(record) for record in read(self._engine, query)]

    def count(self, criteria: DeadlineFilter) -> int:
        """Return the number of the matching rows that the reader sees."""
        conditions = (*_matching(criteria, self._assignee()), *self._seen_rows(criteria.unit))
        return int(read_value(self._engine, select(func.count()).select_from(DEADLINE).where(*conditions)))

    def by_day(self, first: date, last: date, unit: str | None = None) -> Mapping[date, int]:
        """Return the number of open rows due on each day from `first` to `last`, without due dates that
        no longer apply on `first`; days without any are left out.
        """
        conditions = _OPEN, _D.due.between(first, last), board.holds(first), *self._seen_rows(unit)
        query = select(_D.due, func.count()).where(*conditions).group_by(_D.due)
        return {record[0]: record[1] for record in read(self._engine, query)}

    def days(self, first: date, last: date, unit: str | None = None, *, limit: int) -> Mapping[date, Firsts]:
        """Return by day from `first` to `last` the number of open rows due, and the first of them by case; due
        dates that no longer apply count too, and days without any are left out.
        """
        conditions = [_OPEN, _D.due.between(first, last), *self._seen_rows(unit)]
        records = read(self._engine, _firsts(_D.due, conditions, limit, 0))
        return _grouped(records, lambda record: record.due)

    def unreported(
        self, today: date, unit: str | None = None, *, limit: int, offset: int = 0
    ) -> Mapping[str, Firsts]:
        """Return by quarter the number of reports due before the day and not made, and some of them, earliest
        due first.
        """
        conditions = [
            _D.state.in_(("open", "missed")),
            _D.obligation.startswith("quarter_reported.", autoescape=True),
            board.overdue(today),
            *self._seen_rows(unit),
        ]
        records = read(self._engine, _firsts(_D.obligation, conditions, limit, offset))
        return _grouped(records, lambda record: record.obligation.partition(".")[2])

    def rows_of(
        self, cases: Iterable[Case], only: Literal["", "measures", "dated"] = ""
    ) -> Mapping[str, Sequence[Row]]:
        """Return the board rows of these cases by case id, by due date, those without one last. `only`: those
        of measures, or those that are required and have any date.
        """
        return rows_by_case(read_for_names(self._engine, _ONLY[only], [case.id for case in cases]))

    def outcomes(
        self, first: date, last: date, today: date, unit: str | None = None
    ) -> tuple[Sequence[Outcomes], Sequence[StageSpan]]:
        """Return the outcomes of obligatory deadlines due in a period, as of a day, in numbers by unit, stage,
        edition, month, outcome and days late; and the stages that ended in it. Deadlines not due yet or no
        longer required are left out, and those of cases cancelled or exempted.
        """
        in_force = _D.force == "obligatory", CASE.c.status == "active", *self._seen_rows(unit)
        rows = select().join_from(DEADLINE, CASE, CASE.c.id == _D.case).where(*in_force)
        with reading(self._engine) as session:
            ended = [
                Outcomes(unit, stage, edition, date(int(year), int(number), 1), outcome, days, count, due)
                for unit, stage, edition, year, number, outcome, days, due, count in session.execute(
                    _ended(rows, first, last, today)
                )
            ]
            spans = [StageSpan(*record) for record in session.execute(_stage_spans(rows, first, last))]
        return ended, spans


def _days(horizon: Horizon) -> Mapping[str, ColumnElement[bool]]:
    """Return by urgency the condition on the days of an open row whose due date, if any, still applies."""
    due, today, soon = _D.due, horizon.today, horizon.soon
    return {
        "overdue": due < today,
        "today": due == today,
        "near": and_(due > today, due <= soon),
        "later": due > soon,
        "due": and_(due >= today, due <= soon),
        "undated": and_(due.is_(None), _D.force == "obligatory", _D.reminds_from <= soon),
        "open": due.is_not(None),
    }


def _matching(
    criteria: DeadlineFilter, assignee: Sequence[ColumnElement[str]]
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a filter, except that of its unit."""
    today, on = criteria.horizon.today, criteria.on
    match criteria.urgency:
        case "missed":
            yield _D.state == "missed"
        case "slipped":
            yield board.slipped(today)
        case "unconfirmed":
            yield _D.state.in_(("missed", "open"))
            yield or_(_D.state == "missed", board.open_since_before(today))
        case "never_confirmed":
            yield board.never_confirmed(today)
        case urgency:
            yield and_(_OPEN, _days(criteria.horizon)[urgency])
            # A past day shows what was computed for it, whether still valid or not.
            if on is None or on >= today:
                yield board.holds(today)
    if criteria.urgency in APART:
        yield or_(_D.planned_on.is_(None), not_(board.slipped(today)))
    if on is not None:
        yield _D.due == on
    if criteria.stage is not None:
        yield _D.stage == criteria.stage
    if criteria.is_obligatory is not None:
        obligatory = _D.force == "obligatory"
        yield obligatory if criteria.is_obligatory else not_(obligatory)
    if criteria.assignees is not None:
        # The unit by itself as well: an index finds the rows by it.
        yield _D.unit.in_(sorted({assignee.unit for assignee in criteria.assignees}))
        # Joined, they are a quarter of the parameters; an officer has hundreds of assignees.
        unit, duty, responsible, person = assignee
        joined = unit + _BETWEEN + duty + _BETWEEN + responsible + _BETWEEN + person
        yield joined.in_([_BETWEEN.join(assignee) for assignee in sorted(criteria.assignees)])


def _firsts(group: ColumnElement[Any], conditions: Conditions, limit: int, offset: int) -> Select[Any]:
    """Return the query for the rows of each group from `offset` on, and the number of all of them. The first
    row comes along always, for the number.
    """
    ranked = select(
        DEADLINE,
        func.count().over(partition_by=group).label("k_all"),
        func.row_number().over(partition_by=group, order_by=_IN_ORDER).label("k_nth"),
    )
    found = ranked.where(*conditions).subquery()
    shown = and_(found.c.k_nth > offset, found.c.k_nth <= offset + limit)
    query = select(found, shown.label("k_shown")).where(or_(shown, found.c.k_nth == 1))
    return query.order_by(found.c.due, found.c.case, found.c.obligation)


def _grouped(records: Iterable[Any], group_of: Any) -> dict[Any, Firsts]:
    """Return the records of a `_firsts` query by group: the number of all rows, and those shown."""
    groups: dict[Any, tuple[int, list[Row]]] = {}
    for record in records:
        of_group = groups.setdefault(group_of(record), (record.k_all, []))
        if record.k_shown:
            of_group[1].append(row(record[: len(DEADLINE.c)]))
    return dict(groups)


def _ended(rows: Select[Any], first: date, last: date, today: date) -> Select[Any]:
    """Return the query of the outcomes, counted by what they have in common."""
    late_by, is_open = func.coalesce(_D.late_by, 0), _D.state == "open"
    is_missed, is_late = _D.state == "missed", (late_by > 0, "late")
    ended = case((is_missed, "missed"), (is_open, "open"), is_late, else_="on_time")
    month = extract("year", _D.due), extract("month", _D.due)
    alike: tuple[ColumnElement[Any], ...] = (*_WHOSE, *month, ended, late_by, case((is_open, _D.due)))
    is_done = and_(_D.state == "done", _D.done_on.is_not(None))
    came_due = or_(is_missed, is_done, and_(is_open, board.overdue(today)))
    # Named together as well: an index finds the rows by their state.
    states = _D.state.in_(("done", "open", "missed"))
    query = rows.add_columns(*alike, func.count()).group_by(*alike)
    return query.where(states, _D.due.between(first, last), came_due)


def _stage_spans(rows: Select[Any], first: date, last: date) -> Select[Any]:
    """Return the query that counts stages of one length (first day of a term, last due, last done, by unit and
    edition) whose deadlines (`rows`: the obligatory ones) are all met, the last of them due from `first` to
    `last`. A step that waits for another has no due date yet but keeps its stage open; a step without a term
    does not. A stage with only terms counted backwards has no duration.
    """
    due = func.max(_D.due)
    days = func.min(_D.span_first).label("first"), due.label("due"), func.max(_D.done_on).label("done")
    awaited = and_(_D.state == "open", or_(_D.due.is_not(None), _D.waiting_for.is_not(None)))
    is_counted = and_(_D.due >= first - LONGEST_STAGE, _D.span_first.is_not(None))
    is_over = and_(_D.state.in_(("done", "missed")), is_counted)
    is_met = func.sum(case((_D.state != "done", 1), else_=0)) == 0
    stages = rows.add_columns(*_WHOSE, *days).where(or_(awaited, is_over)).group_by(_D.case, *_WHOSE)
    stage = stages.having(is_met, due.between(first, last)).subquery().c
    whose = [stage[name] for name in ("unit", "stage", "edition", "first", "due", "done")]
    lasted = stage.done >= stage.first, stage.due > stage.first
    return select(*whose, func.count()).where(*lasted).group_by(*whose)
