"""What pages ask of deadlines: how many there are, which, on what days, since when.

Every query is limited to what its reader may see (`merzim.storage.visibility`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select, tuple_

from merzim.storage import lateness
from merzim.storage.database.engine import read, read_value
from merzim.storage.queries.reader import ReaderQueries
from merzim.storage.rows import row
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from workflow.board.rows import AssigneeKey, DeadlineFilter, Horizon, Row, Sum, Urgency, base

Conditions: TypeAlias = Sequence[ColumnElement[bool]]
Firsts: TypeAlias = tuple[int, Sequence[Row]]
"""The number of rows, and the first of them."""
_ASSIGNEE = (DEADLINE.c.unit, DEADLINE.c.duty, DEADLINE.c.responsible, DEADLINE.c.person)
_BETWEEN = "\x1f"
"""A sign no unit, duty or name contains."""
_PLACE = (DEADLINE.c.case, DEADLINE.c.obligation)
_IN_ORDER = (DEADLINE.c.due, *_PLACE)
_OPEN = DEADLINE.c.state == "open"


class DeadlineReads(ReaderQueries):
    """Queries of deadlines: their numbers, lists of them, and the first of each day or quarter."""

    def sums(self, horizon: Horizon, unit: str | None = None) -> Sequence[Sum]:
        """Return the numbers of open rows overdue or due by `horizon.soon`, by assignee, edition, stage and
        obligation, without due dates that no longer apply.
        """
        due, day = DEADLINE.c.due, horizon.today
        key = (*_ASSIGNEE, CASE.c.edition, DEADLINE.c.stage, DEADLINE.c.obligation)
        figures = (func.count(case((condition, 1))) for condition in (due < day, due == day, due >= day))
        query = select(*key, *figures, func.min(due, type_=due.type))
        query = query.join_from(DEADLINE, CASE, CASE.c.id == DEADLINE.c.case).group_by(*key)
        query = query.where(_OPEN, due <= horizon.soon, lateness.holds(day), *self._visible.rows(unit))
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
        due, today = DEADLINE.c.due, horizon.today
        is_undated = and_(DEADLINE.c.force == "obligatory", DEADLINE.c.reminds_from <= horizon.soon)
        urgency = case(
            (lateness.slipped(today), "slipped"),
            (not_(lateness.holds(today)), ""),
            (due < today, "overdue"),
            (due == today, "today"),
            (due <= horizon.soon, "near"),
            (due.is_not(None), "later"),
            (is_undated, "undated"),
            else_="",
        )
        query = select(*_ASSIGNEE, urgency, func.count()).group_by(*_ASSIGNEE, urgency)
        numbers: dict[AssigneeKey, dict[str, int]] = {}
        for *assignee, group, number in read(self._engine, query.where(_OPEN, *self._visible.rows(None))):
            numbers.setdefault(AssigneeKey(*assignee), {})[group] = number
        return numbers

    def assignees(self, unit: str | None = None) -> Sequence[AssigneeKey]:
        """Return the assignees of the rows of a unit and those below, in any state, each once; None: of all."""
        query = select(*_ASSIGNEE).where(*self._visible.rows(unit)).distinct()
        return [AssigneeKey(*record) for record in read(self._engine, query)]

    def listed(self, criteria: DeadlineFilter, *, limit: int, offset: int = 0) -> Sequence[Row]:
        """Return a page of the matching rows, earliest due (or, for slipped ones, earliest planned) first."""
        dated = func.coalesce(DEADLINE.c.due, DEADLINE.c.reminds_from)
        ordered = {
            "slipped": DEADLINE.c.planned_on,
            "undated": DEADLINE.c.reminds_from,
            "missed": dated,
            "unconfirmed": dated,
            "never_confirmed": dated,
        }
        order = ordered.get(criteria.urgency, DEADLINE.c.due), *_PLACE
        # Keys first: only what is shown is looked up whole.
        shown = select(*_PLACE).where(*_matching(criteria), *self._visible.rows(criteria.unit))
        shown = shown.order_by(*order).limit(limit).offset(offset)
        query = select(DEADLINE).where(tuple_(*_PLACE).in_(shown)).order_by(*order)
        return [row(record) for record in read(self._engine, query)]

    def count(self, criteria: DeadlineFilter) -> int:
        """Return the number of the matching rows that the reader sees."""
        conditions = (*_matching(criteria), *self._visible.rows(criteria.unit))
        return int(read_value(self._engine, select(func.count()).select_from(DEADLINE).where(*conditions)))

    def by_day(self, first: date, last: date, unit: str | None = None) -> Mapping[date, int]:
        """Return the number of open rows due on each day from `first` to `last`, without due dates that
        no longer apply on `first`; days without any are left out.
        """
        query = select(DEADLINE.c.due, func.count()).group_by(DEADLINE.c.due)
        query = query.where(_OPEN, lateness.ahead(first), DEADLINE.c.due <= last, *self._visible.rows(unit))
        return {record[0]: record[1] for record in read(self._engine, query)}

    def days(self, first: date, last: date, unit: str | None = None, *, limit: int) -> Mapping[date, Firsts]:
        """Return by day from `first` to `last` the number of open rows due, and the first of them by case; due
        dates that no longer apply count too, and days without any are left out.
        """
        conditions = [_OPEN, DEADLINE.c.due.between(first, last), *self._visible.rows(unit)]
        records = read(self._engine, _firsts(DEADLINE.c.due, conditions, limit, 0))
        return _grouped(records, lambda record: record.due)

    def unreported(
        self, today: date, unit: str | None = None, *, limit: int, offset: int = 0
    ) -> Mapping[str, Firsts]:
        """Return by quarter the number of reports due before the day and not made, and some of them, earliest
        due first.
        """
        conditions = [
            DEADLINE.c.state.in_(("open", "missed")),
            DEADLINE.c.obligation.startswith("quarter_reported.", autoescape=True),
            lateness.overdue(today),
            *self._visible.rows(unit),
        ]
        records = read(self._engine, _firsts(DEADLINE.c.obligation, conditions, limit, offset))
        return _grouped(records, lambda record: record.obligation.partition(".")[2])


def _matching(criteria: DeadlineFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a filter, except that of its unit."""
    # A past day shows what was computed for it, whether still valid or not.
    whenever = criteria.on is not None and criteria.on < criteria.horizon.today
    yield from _of_urgency(criteria.urgency, criteria.horizon, whenever=whenever)
    if criteria.is_apart and criteria.urgency != "slipped":
        yield or_(DEADLINE.c.planned_on.is_(None), not_(lateness.slipped(criteria.horizon.today)))
    if criteria.on is not None:
        yield DEADLINE.c.due == criteria.on
    if criteria.stage is not None:
        yield DEADLINE.c.stage == criteria.stage
    if criteria.is_obligatory is not None:
        obligatory = DEADLINE.c.force == "obligatory"
        yield obligatory if criteria.is_obligatory else not_(obligatory)
    yield from _of_assignees(criteria.assignees)


def _of_assignees(assignees: frozenset[AssigneeKey] | None) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for rows of these assignees; none for None."""
    if assignees is not None:
        # The unit by itself as well: an index finds the rows by it.
        yield DEADLINE.c.unit.in_(sorted({assignee.unit for assignee in assignees}))
        # Joined, they are a quarter of the parameters; an officer has hundreds of assignees.
        unit, duty, responsible, person = _ASSIGNEE
        joined = unit + _BETWEEN + duty + _BETWEEN + responsible + _BETWEEN + person
        yield joined.in_([_BETWEEN.join(assignee) for assignee in sorted(assignees)])


def _of_urgency(urgency: Urgency, horizon: Horizon, *, whenever: bool) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for rows of an urgency; `whenever`: also due dates that no longer apply."""
    due, today = DEADLINE.c.due, horizon.today
    if urgency == "unconfirmed":
        yield DEADLINE.c.state.in_(("missed", "open"))
        yield or_(DEADLINE.c.state == "missed", lateness.open_since_before(today))
        return
    yield DEADLINE.c.state == ("missed" if urgency == "missed" else "open")
    if urgency == "slipped":
        yield lateness.slipped(today)
    elif urgency != "missed" and not whenever:
        yield lateness.holds(today)
    match urgency:
        case "overdue":
            yield due < today
        case "today":
            yield due == today
        case "near":
            yield and_(due > today, due <= horizon.soon)
        case "later":
            yield due > horizon.soon
        case "due":
            yield and_(due >= today, due <= horizon.soon)
        case "undated":
            is_obligatory = and_(due.is_(None), DEADLINE.c.force == "obligatory")
            yield and_(is_obligatory, DEADLINE.c.reminds_from <= horizon.soon)
        case "never_confirmed":
            yield lateness.never_confirmed(today)
        case "open":
            yield due.is_not(None)


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
