"""Counts and lists for the overview and the task list, from running totals and the rows of two months.

Months entirely before or after the queried days come from the totals; rows are read only for the months of
these days. The conditions of `merzim.storage.queries` limit what a person may see.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)

from merzim.storage.board import lateness
from merzim.storage.board.lateness import Day
from merzim.storage.board.totals import month, open_until
from merzim.storage.confidentiality import HIDDEN, reader_values
from merzim.storage.database.dialect import execute_for_names, in_names
from merzim.storage.rows import row
from merzim.storage.tables.board import DEADLINE, TOTAL
from merzim.storage.tables.cases import CASE
from workflow.board.rows import Row
from workflow.board.sums import AssigneeKey, DeadlineFilter, Horizon, Mend, Sum, Sums, Urgency, base, by_unit
from workflow.org.access import Scope

Conditions = Sequence[ColumnElement[bool]]
_ASSIGNEE = (DEADLINE.c.unit, DEADLINE.c.duty, DEADLINE.c.responsible, DEADLINE.c.person)
_WAITS = (*_ASSIGNEE, CASE.c.edition, DEADLINE.c.stage, DEADLINE.c.obligation)
_SUMMED = tuple(
    TOTAL.c[name] for name in ("unit", "duty", "responsible", "person", "edition", "stage", "obligation")
)
_FIGURES = ("overdue", "today", "week", "later", "due", "missed", "slipped")
_PLAIN = not_(CASE.c.confidential)
_SINCE = (
    select(DEADLINE.c.unit, func.min(DEADLINE.c.due))
    .where(
        in_names(DEADLINE.c.unit),
        DEADLINE.c.state == "open",
        lateness.overdue(lateness.TODAY),
        DEADLINE.c.case.not_in(HIDDEN),
    )
    .group_by(DEADLINE.c.unit)
)
NAMED = 300
"""Maximum number of assignees listed individually in a query."""
WALKED = 200
"""Rows fetched at once when a list is read sequentially."""
MOST_OF_A_DAY = 1_000_000
_IN_ORDER = (DEADLINE.c.due, DEADLINE.c.case, DEADLINE.c.obligation)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessFilter:
    """SQL conditions for what a person may see: on cases (with confidential ones) and on rows alone.

    `is_small`: whether only a small part of the office is visible, so that rows are best found by unit.
    """

    cases: Conditions
    rows: Conditions
    is_small: bool = False


def plain(connection: Connection, horizon: Horizon, *, units: Collection[str] | None = None) -> list[Sum]:
    """Return counts of rows by status, assignee, edition, stage and obligation, without confidential cases.

    They are the same for everybody who may see the unit.

    Args:
        units: only these units; None for all.
    """
    sums: dict[tuple[object, ...], Sum] = {}
    first, last = _window(horizon)
    # Rows valid until a day of this month are checked one by one; those valid until an earlier month wait.
    holds = or_(
        TOTAL.c.state == "open",
        and_(TOTAL.c.state.startswith("open:"), TOTAL.c.state > open_until(horizon.today)),
    )
    query = (
        select(
            *_SUMMED,
            func.sum(case((and_(holds, TOTAL.c.month < month(first)), TOTAL.c.n), else_=0)),
            literal(0),
            literal(0),
            func.sum(case((and_(holds, TOTAL.c.month > month(last)), TOTAL.c.n), else_=0)),
            literal(0),
            func.sum(case((TOTAL.c.state == "missed", TOTAL.c.n), else_=0)),
            literal(0),
        )
        .where(TOTAL.c.n > 0)
        .group_by(*_SUMMED)
    )
    inside = and_(DEADLINE.c.state == "open", DEADLINE.c.due >= first, DEADLINE.c.due <= last)
    month_ends = first.replace(day=monthrange(first.year, first.month)[1])
    # Under the index over states lies all that is open: this is found by its day, or by its unit.
    in_doubt = and_(
        func.coalesce(DEADLINE.c.state, DEADLINE.c.state) == "open",
        DEADLINE.c.counts_until.between(first, month_ends),
        not_(DEADLINE.c.due.between(first, last)),
    )
    rows = [
        _counted(horizon, slipped=False).where(inside, _PLAIN),
        _counted(horizon, slipped=False).where(in_doubt, _PLAIN),
        _slipped(horizon.today).where(_PLAIN),
    ]
    if units is None:
        for select_rows in (query, *rows):
            _add(sums, connection.execute(select_rows))
    else:
        _add(sums, execute_for_names(connection, query.where(in_names(TOTAL.c.unit)), units))
        for select_rows in rows:
            _add(sums, execute_for_names(connection, select_rows.where(in_names(DEADLINE.c.unit)), units))
    return list(sums.values())


def confidential(
    connection: Connection, horizon: Horizon, access: AccessFilter, *, besides: Collection[str] = ()
) -> list[Sum]:
    """Return the same counts for the confidential cases the person may see, and for cases of other units
    visible to them.
    """
    sums: dict[tuple[object, ...], Sum] = {}
    # Their cases first, which are few: in one statement SQLite would read every row there is.
    case_ids = _confidential_cases(connection, access)
    if besides:
        other_cases = select(CASE.c.id).where(in_names(CASE.c.id), _PLAIN, *access.cases)
        case_ids += [record.id for record in execute_for_names(connection, other_cases, besides)]
    if case_ids:
        theirs = _counted(horizon).where(in_names(CASE.c.id))
        _add(sums, execute_for_names(connection, theirs, case_ids))
    return list(sums.values())


def _confidential_cases(connection: Connection, access: AccessFilter) -> list[str]:
    return [*connection.execute(select(CASE.c.id).where(CASE.c.confidential, *access.cases)).scalars()]


def joined(plain: Sums, other_sums: Sequence[Sum]) -> Sums:
    """Return both sets of counts added up, without changing either."""
    cache_key = ("with", *map(astuple, other_sums))
    return plain.once(cache_key, lambda all_sums: Sums(_joined(all_sums, other_sums)), _rejoined(other_sums))


def _joined(plain: Iterable[Sum], other_sums: Iterable[Sum]) -> Collection[Sum]:
    """Add up counts of equal keys."""
    sums_by_key: dict[tuple[object, ...], Sum] = {}
    for part in (*plain, *other_sums):
        key = (part.assignee, part.edition, part.stage, part.obligation)
        before = sums_by_key.get(key)
        sums_by_key[key] = part if before is None else _both(before, part)
    return sums_by_key.values()


def _rejoined(other_sums: Sequence[Sum]) -> Mend[Sums]:
    """Return the function that updates combined sums when some of the added counts change."""
    theirs = by_unit(other_sums)

    def updated(before: Sums, gone: Sums, come: Sums) -> Sums:
        fresh = by_unit(come)
        units = {part.assignee.unit for part in gone} | {*fresh}
        return before.exchanged(
            {unit: (*_joined(fresh.get(unit, ()), theirs.get(unit, ())),) for unit in units}
        )

    return updated


def by_day(connection: Connection, first: date, last: date, access: AccessFilter) -> dict[date, int]:
    """Return the number of open rows due on each day from `first` to `last`; days without any are left out.

    Counts rows whose due date still applies on `first`.
    """
    return {record[0]: record[1] for record in connection.execute(_by_day(first, last).where(*access.rows))}


def plain_by_day(connection: Connection, first: date, last: date) -> dict[date, int]:
    """Return the same of the whole office, without confidential cases."""
    hidden = select(CASE.c.id).where(CASE.c.confidential)
    query = _by_day(first, last).where(DEADLINE.c.case.not_in(hidden))
    return {record[0]: record[1] for record in connection.execute(query)}


def confidential_by_day(
    connection: Connection, first: date, last: date, access: AccessFilter
) -> Mapping[date, int]:
    """Return the same of the confidential cases the person may see."""
    case_ids = _confidential_cases(connection, access)
    query = _by_day(first, last).where(in_names(DEADLINE.c.case))
    numbers: Counter[date] = Counter()
    for due, number in execute_for_names(connection, query, case_ids):
        numbers[due] += number
    return numbers


def _by_day(first: date, last: date) -> Select[Any]:
    query = select(DEADLINE.c.due, func.count()).group_by(DEADLINE.c.due)
    return query.where(DEADLINE.c.state == "open", lateness.ahead(first), DEADLINE.c.due <= last)


def since(connection: Connection, units: Sequence[str], today: date, scope: Scope | None) -> Mapping[str, date]:
    """Return, for each of these units, the due date of its longest overdue row that the reader may know of."""
    values = {"today": today, **reader_values(scope)}
    return {unit: on for unit, on in execute_for_names(connection, _SINCE, units, values) if on is not None}


def listed(
    connection: Connection, filters: DeadlineFilter, access: AccessFilter, *, limit: int, offset: int
) -> list[Row]:
    """Return a page of the matching rows, earliest due (or, for slipped ones, earliest planned) first."""
    query = select(DEADLINE).where(*_conditions(filters), *access.rows)
    # Of a few units the rows are to be found by unit: by due date one would walk over everybody's.
    first = func.coalesce(*_IN_ORDER[:1], *_IN_ORDER[:1]) if access.is_small else DEADLINE.c.due
    if filters.urgency == "slipped":
        first = DEADLINE.c.planned_on
    query = query.order_by(first, *_IN_ORDER[1:])
    if filters.assignees is None or len(filters.assignees) <= NAMED:
        return [row(record) for record in connection.execute(query.limit(limit).offset(offset))]
    # Who waits for so many is met often on the way: it is walked until the page is full.
    with connection.execute(query.execution_options(yield_per=WALKED)) as records:
        rows = (
            deadline_row
            for deadline_row in map(row, records)
            if _assignee_of(deadline_row) in filters.assignees
        )
        return [*islice(rows, offset, offset + limit)]


def count(connection: Connection, filters: DeadlineFilter, access: AccessFilter) -> int:
    """Return the number of rows matching a filter."""
    if filters.assignees is not None and len(filters.assignees) > NAMED:
        return len(listed(connection, filters, access, limit=MOST_OF_A_DAY, offset=0))
    query = select(func.count()).select_from(DEADLINE).where(*_conditions(filters), *access.rows)
    return int(connection.execute(query).scalar_one())


def _conditions(filters: DeadlineFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a filter."""
    day, due = filters.horizon, DEADLINE.c.due
    # A past day shows what was computed for it, whether still valid or not.
    whenever = filters.on is not None and filters.on < day.today
    yield from of_urgency(filters.urgency, day.today, day.week, day.soon, whenever=whenever)
    if filters.on is not None:
        yield due == filters.on
    if filters.stage is not None:
        yield DEADLINE.c.stage == filters.stage
    if filters.is_obligatory is not None:
        obligatory = DEADLINE.c.force == "obligatory"
        yield obligatory if filters.is_obligatory else not_(obligatory)
    if filters.assignees is not None:
        yield _waiting_for(filters.assignees)


def of_urgency(
    urgency: Urgency, today: Day, week: Day, soon: Day, *, whenever: bool = False
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for rows of an urgency; `whenever`: also due dates that no longer apply."""
    due = DEADLINE.c.due
    yield DEADLINE.c.state == ("missed" if urgency == "missed" else "open")
    if urgency == "slipped":
        yield lateness.slipped(today)
    elif urgency != "missed" and not whenever:
        yield lateness.holds(today)
    match urgency:
        case "overdue":
            yield lateness.overdue(today)
        case "today":
            yield due == today
        case "week":
            yield and_(due > today, due <= week)
        case "later":
            yield due > week
        case "due":
            yield and_(lateness.ahead(today), due <= soon)
        case "undated":
            yield and_(due.is_(None), DEADLINE.c.force == "obligatory")
        case "open":
            yield due.is_not(None)


def _waiting_for(assignees: frozenset[AssigneeKey]) -> ColumnElement[bool]:
    """Return the condition on the assignee: units first, so that an index is used; for very many only the
    duty.
    """
    if not assignees:
        return DEADLINE.c.unit.in_(())
    if len(assignees) > NAMED:
        return DEADLINE.c.duty.in_(sorted({assignee.duty for assignee in assignees}))
    return and_(
        DEADLINE.c.unit.in_(sorted({assignee.unit for assignee in assignees})),
        tuple_(*_ASSIGNEE).in_([*map(tuple, sorted(assignees))]),
    )


def _counted(horizon: Horizon, *, slipped: bool = True) -> Select[tuple[object, ...]]:
    """Return the statement that counts rows."""
    open_, due = and_(DEADLINE.c.state == "open", lateness.holds(horizon.today)), DEADLINE.c.due
    ahead = and_(open_, due > horizon.today)

    def number(of: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((of, 1), else_=0))

    query = select(
        *_WAITS,
        number(and_(open_, due < horizon.today)),
        number(and_(open_, due == horizon.today)),
        number(and_(ahead, due <= horizon.week)),
        number(and_(ahead, due > horizon.week)),
        number(and_(open_, due >= horizon.today, due <= horizon.soon)),
        number(DEADLINE.c.state == "missed"),
        number(lateness.slipped(horizon.today)) if slipped else literal(0),
    )
    return query.join_from(DEADLINE, CASE, CASE.c.id == DEADLINE.c.case).group_by(*_WAITS)


def _slipped(today: date) -> Select[tuple[object, ...]]:
    """Return the query for counts of rows whose plan date has passed; all other figures are zero."""
    noughts = (literal(0) for _ in _FIGURES[1:])
    query = select(*_WAITS, *noughts, func.count()).join_from(DEADLINE, CASE, CASE.c.id == DEADLINE.c.case)
    return query.where(lateness.slipped(today)).group_by(*_WAITS)


def _add(sums: dict[tuple[object, ...], Sum], records: Iterable[Sequence[Any]]) -> None:
    """Add counted rows to the sums, by key."""
    for unit, duty, responsible, person, edition, stage, name, *numbers in records:
        if not any(numbers):
            continue
        key = (unit, duty, responsible, person, edition, stage, base(name))
        part = sums.get(key)
        if part is None:
            part = sums[key] = Sum(
                assignee=AssigneeKey(unit, duty, responsible, person),
                edition=edition,
                stage=stage,
                obligation=base(name),
            )
        part.overdue += numbers[0]
        part.today += numbers[1]
        part.week += numbers[2]
        part.later += numbers[3]
        part.due += numbers[4]
        part.missed += numbers[5]
        part.slipped += numbers[6]


def _assignee_of(row: Row) -> AssigneeKey:
    """Return the assignee of a counted row."""
    return AssigneeKey(row.unit, row.duty, row.responsible, row.person)


def _both(first: Sum, other: Sum) -> Sum:
    """Return two sums added up."""
    return replace(first, **{name: getattr(first, name) + getattr(other, name) for name in _FIGURES})


def _window(horizon: Horizon) -> tuple[date, date]:
    """Return whole months around the queried days: first day of today's month to last day of the latest
    day's.
    """
    latest = max(horizon.today, horizon.week, horizon.soon)
    last = latest.replace(day=monthrange(latest.year, latest.month)[1])
    return horizon.today.replace(day=1), last
