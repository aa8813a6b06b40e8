"""Counts and lists for the overview and the task list, from running totals and the rows of two months.

Months entirely before or after the queried days come from the totals; rows are read only for the months of
these days. The conditions of `storage.queries` limit what a person may see.
"""

from __future__ import annotations

from calendar import monthrange
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
    bindparam,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)

from calendars.hours import end_of_day, moment_of, present
from storage.board import lateness
from storage.board.totals import month, open_until
from storage.database.engine import Row_
from storage.database.in_list import execute_for_names, in_names
from storage.rows import row
from storage.tables.board import DEADLINE, IN_HOURS, TOTAL, UNDATED
from storage.tables.cases import CASE
from workflow.board.rows import Row
from workflow.board.sums import AssigneeKey, DeadlineFilter, Horizon, Mend, Sum, Sums, base, by_unit

Conditions = Sequence[ColumnElement[bool]]
_ASKED = (DEADLINE.c.unit, DEADLINE.c.duty, DEADLINE.c.responsible, DEADLINE.c.person)
_WAITS = (*_ASKED, CASE.c.edition, DEADLINE.c.stage, DEADLINE.c.obligation)
_SUMMED = tuple(
    TOTAL.c[name] for name in ("unit", "duty", "responsible", "person", "edition", "stage", "obligation")
)
_FIGURES = ("overdue", "today", "week", "later", "due", "missed", "slipped")
_PLAIN = not_(CASE.c.confidential)
NAMED = 300
"""Maximum number of assignees listed individually in a query."""
WALKED = 200
"""Rows fetched at once when a list is read sequentially."""
MOST_OF_A_DAY = 1_000_000
_IN_ORDER = (DEADLINE.c.due, DEADLINE.c.case, DEADLINE.c.obligation)
_ENDED = (1, -1, 0, 0, -1, 0, 0)
"""Corrections of the counts by day for terms in hours that have ended within the day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessFilter:
    """SQL conditions for what a person may see: on cases (with confidential ones) and on rows alone.

    `few`: whether only a small part of the office is visible, so that rows are best found by unit.
    """

    cases: Conditions
    rows: Conditions
    few: bool = False


def plain(
    connection: Connection, horizon: Horizon, ends: Iterable[Row_], *, units: Collection[str] | None = None
) -> list[Sum]:
    """Return counts of rows by status, assignee, edition, stage and obligation, without confidential cases.

    They are the same for everybody who may see the unit.

    Args:
        ends: the terms in hours that end on the day (`ends_on`).
        units: only these units; None for all.
    """
    found: dict[tuple[object, ...], Sum] = {}
    first, last = _window(horizon)
    # Rows valid until a day of this month are checked one by one; those valid until an earlier month wait.
    holds = or_(
        TOTAL.c.state == "open",
        and_(TOTAL.c.state.startswith("open:"), TOTAL.c.state > open_until(horizon.today)),
    )
    asked = (
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
        for one in (asked, *rows):
            _add(found, connection.execute(one))
    else:
        _add(found, execute_for_names(connection, asked.where(in_names(TOTAL.c.unit)), units))
        for one in rows:
            _add(found, execute_for_names(connection, one.where(in_names(DEADLINE.c.unit)), units))
    _add_ended(found, (one for one in ends if units is None or one.unit in units), horizon.today)
    return list(found.values())


def ends_on(connection: Connection, day: date) -> Sequence[Row_]:
    """Return the moments at which terms in hours end on a local date, each with the columns its row is counted
    by.
    """
    return connection.execute(_ends(day).where(_PLAIN)).all()


def _ends(day: date) -> Select[tuple[Any, ...]]:
    """Return the statement that finds open rows whose term in hours ends on a local date."""
    at = DEADLINE.c.due_at
    asked = select(at, *_WAITS).join_from(DEADLINE, CASE, CASE.c.id == DEADLINE.c.case)
    within = (at > moment_of(day, None), at <= end_of_day(day), DEADLINE.c.counts_until.is_(None))
    return asked.where(IN_HOURS, DEADLINE.c.state == "open", *within)


def _add_ended(found: dict[tuple[object, ...], Sum], records: Iterable[Row_], today: date) -> None:
    """Count terms in hours that have ended today as overdue, since the counts by day have them as due today."""
    _add(found, ((*waits, *_ENDED) for at, *waits in records if at <= present(today)))


def confidential(
    connection: Connection, horizon: Horizon, eyes: AccessFilter, *, besides: Collection[str] = ()
) -> list[Sum]:
    """Return the same counts for the confidential cases the person may see, and for cases of other units
    visible to them.
    """
    found: dict[tuple[object, ...], Sum] = {}
    # Their cases first, which are few: in one statement SQLite would read every row there is.
    known = [*connection.execute(select(CASE.c.id).where(CASE.c.confidential, *eyes.cases)).scalars()]
    if besides:
        others = select(CASE.c.id).where(in_names(CASE.c.id), _PLAIN, *eyes.cases)
        known += [record.id for record in execute_for_names(connection, others, besides)]
    if known:
        theirs = _counted(horizon).where(in_names(CASE.c.id))
        _add(found, execute_for_names(connection, theirs, known))
        ends = _ends(horizon.today).where(in_names(CASE.c.id))
        _add_ended(found, execute_for_names(connection, ends, known), horizon.today)
    return list(found.values())


def joined(plain: Sums, others: Sequence[Sum]) -> Sums:
    """Return both sets of counts added up, without changing either."""
    known = ("with", *map(astuple, others))
    return plain.once(known, lambda every: Sums(_joined(every, others)), _rejoined(others))


def _joined(plain: Iterable[Sum], others: Iterable[Sum]) -> Collection[Sum]:
    """Add up counts of equal keys."""
    found: dict[tuple[object, ...], Sum] = {}
    for one in (*plain, *others):
        known = (one.asked, one.edition, one.stage, one.obligation)
        before = found.get(known)
        found[known] = one if before is None else _both(before, one)
    return found.values()


def _rejoined(others: Sequence[Sum]) -> Mend[Sums]:
    """Return the function that updates combined sums when some of the added counts change."""
    theirs = by_unit(others)

    def mended(before: Sums, gone: Sums, come: Sums) -> Sums:
        fresh = by_unit(come)
        units = {one.asked.unit for one in gone} | {*fresh}
        return before.exchanged(
            {unit: (*_joined(fresh.get(unit, ()), theirs.get(unit, ())),) for unit in units}
        )

    return mended


def by_day(connection: Connection, first: date, last: date, eyes: AccessFilter) -> dict[date, int]:
    """Return the number of open rows due on each day from `first` to `last`; days without any are left out.

    Counts rows whose due date still applies on `first`.
    """
    asked = (
        select(DEADLINE.c.due, func.count())
        .where(DEADLINE.c.state == "open", lateness.ahead(first), DEADLINE.c.due <= last, *eyes.rows)
        .group_by(DEADLINE.c.due)
    )
    return {record[0]: record[1] for record in connection.execute(asked)}


def since(connection: Connection, units: Sequence[str], today: date, eyes: AccessFilter) -> Mapping[str, date]:
    """Return, for each of these units, the due date of its longest overdue row."""
    if not units:
        return {}
    in_names = union_all(*(select(literal(unit).label("unit")) for unit in units)).subquery()
    longest = (
        select(DEADLINE.c.due)
        .where(
            DEADLINE.c.unit == in_names.c.unit,
            DEADLINE.c.state == "open",
            lateness.overdue(today),
            *eyes.rows,
        )
        .order_by(DEADLINE.c.due)
        .limit(1)
        .correlate(in_names)
        .scalar_subquery()
    )
    return {unit: on for unit, on in connection.execute(select(in_names.c.unit, longest)) if on is not None}


def listed(
    connection: Connection, sought: DeadlineFilter, eyes: AccessFilter, *, limit: int, offset: int
) -> list[Row]:
    """Return a page of the matching rows, earliest due (or, for slipped ones, earliest planned) first."""
    if sought.urgency == "undated" and sought.asked:
        return _undated(connection, sought, sought.asked, eyes, limit=limit, offset=offset)
    asked = select(DEADLINE).where(*_sought(sought), *eyes.rows)
    # Of a few units the rows are to be found by unit: by due date one would walk over everybody's.
    first = func.coalesce(*_IN_ORDER[:1], *_IN_ORDER[:1]) if eyes.few else DEADLINE.c.due
    if sought.urgency == "slipped":
        first = DEADLINE.c.planned_on
    asked = asked.order_by(first, *_IN_ORDER[1:])
    if sought.asked is None or len(sought.asked) <= NAMED:
        return [row(record) for record in connection.execute(asked.limit(limit).offset(offset))]
    # Who waits for so many is met often on the way: it is walked until the page is full.
    with connection.execute(asked.execution_options(yield_per=WALKED)) as records:
        found = (one for one in map(row, records) if _asked_by(one) in sought.asked)
        return [*islice(found, offset, offset + limit)]


def _undated(
    connection: Connection,
    sought: DeadlineFilter,
    asked: frozenset[AssigneeKey],
    eyes: AccessFilter,
    *,
    limit: int,
    offset: int,
) -> list[Row]:
    """Return a page of the rows without a due date that have these assignees, ordered by case and obligation.

    Each assignee is looked up in the index, because only few of such rows are theirs.
    """
    units: dict[tuple[str, str, str], set[str]] = {}
    for unit, *rest in map(tuple, asked):
        units.setdefault((rest[0], rest[1], rest[2]), set()).add(unit)
    names = ("duty", "responsible", "person")
    chosen = select(DEADLINE).where(
        UNDATED,
        in_names(DEADLINE.c.unit),
        *(DEADLINE.c[name] == bindparam(f"k_{name}") for name in names),
        lateness.holds(sought.horizon.today),
        *([] if sought.stage is None else [DEADLINE.c.stage == sought.stage]),
        *eyes.rows,
    )
    chosen = chosen.order_by(func.coalesce(DEADLINE.c.case, DEADLINE.c.case), DEADLINE.c.obligation)
    # The same statement for each: SQLAlchemy makes it once.
    chosen = chosen.limit(offset + limit)
    found: list[Row] = []
    for values, of_units in sorted(units.items()):
        asked_of = {f"k_{name}": value for name, value in zip(names, values, strict=True)}
        found += map(row, execute_for_names(connection, chosen, sorted(of_units), asked_of))
    found.sort(key=lambda one: (one.case, one.obligation))
    return found[offset : offset + limit]


def count(connection: Connection, sought: DeadlineFilter, eyes: AccessFilter) -> int:
    """Return the number of rows matching a filter."""
    if sought.asked is not None and len(sought.asked) > NAMED:
        return len(listed(connection, sought, eyes, limit=MOST_OF_A_DAY, offset=0))
    asked = select(func.count()).select_from(DEADLINE).where(*_sought(sought), *eyes.rows)
    return int(connection.execute(asked).scalar_one())


def _sought(sought: DeadlineFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a filter."""
    day, due = sought.horizon, DEADLINE.c.due
    yield DEADLINE.c.state == ("missed" if sought.urgency == "missed" else "open")
    if sought.urgency == "slipped":
        yield lateness.slipped(day.today)
    elif sought.urgency != "missed" and (sought.on is None or sought.on >= day.today):
        # A past day shows what was computed for it, whether still valid or not.
        yield lateness.holds(day.today)
    match sought.urgency:
        case "overdue":
            yield lateness.overdue(day.today)
        case "today":
            yield and_(due == day.today, not_(lateness.ended(day.today)))
        case "week":
            yield and_(due > day.today, due <= day.week)
        case "later":
            yield due > max(day.week, day.today)
        case "due":
            yield and_(lateness.ahead(day.today), due <= day.soon)
        case "undated":
            yield and_(due.is_(None), DEADLINE.c.force == "obligatory")
        case "open":
            yield due.is_not(None)
    if sought.on is not None:
        yield due == sought.on
    if sought.stage is not None:
        yield DEADLINE.c.stage == sought.stage
    if sought.is_obligatory is not None:
        obligatory = DEADLINE.c.force == "obligatory"
        yield obligatory if sought.is_obligatory else not_(obligatory)
    if sought.asked is not None:
        yield _waiting_for(sought.asked)


def _waiting_for(asked: frozenset[AssigneeKey]) -> ColumnElement[bool]:
    """Return the condition on the assignee: units first, so that an index is used; for very many only the
    duty.
    """
    if not asked:
        return DEADLINE.c.unit.in_(())
    if len(asked) > NAMED:
        return DEADLINE.c.duty.in_(sorted({one.duty for one in asked}))
    return and_(
        DEADLINE.c.unit.in_(sorted({one.unit for one in asked})),
        tuple_(*_ASKED).in_([*map(tuple, sorted(asked))]),
    )


def _counted(horizon: Horizon, *, slipped: bool = True) -> Select[tuple[object, ...]]:
    """Return the statement that counts rows."""
    open_, due = and_(DEADLINE.c.state == "open", lateness.holds(horizon.today)), DEADLINE.c.due
    ahead = and_(open_, due > horizon.today)

    def number(of: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((of, 1), else_=0))

    asked = select(
        *_WAITS,
        number(and_(open_, due < horizon.today)),
        number(and_(open_, due == horizon.today)),
        number(and_(ahead, due <= horizon.week)),
        number(and_(ahead, due > horizon.week)),
        number(and_(open_, due >= horizon.today, due <= horizon.soon)),
        number(DEADLINE.c.state == "missed"),
        number(lateness.slipped(horizon.today)) if slipped else literal(0),
    )
    return asked.join_from(DEADLINE, CASE, CASE.c.id == DEADLINE.c.case).group_by(*_WAITS)


def _slipped(today: date) -> Select[tuple[object, ...]]:
    """Return the query for counts of rows whose plan date has passed; all other figures are zero."""
    noughts = (literal(0) for _ in _FIGURES[1:])
    asked = select(*_WAITS, *noughts, func.count()).join_from(DEADLINE, CASE, CASE.c.id == DEADLINE.c.case)
    return asked.where(lateness.slipped(today)).group_by(*_WAITS)


def _add(found: dict[tuple[object, ...], Sum], records: Iterable[Sequence[Any]]) -> None:
    """Add counted rows to the sums, by key."""
    for unit, duty, responsible, person, edition, stage, name, *numbers in records:
        if not any(numbers):
            continue
        known = (unit, duty, responsible, person, edition, stage, base(name))
        one = found.get(known)
        if one is None:
            one = found[known] = Sum(
                asked=AssigneeKey(unit, duty, responsible, person),
                edition=edition,
                stage=stage,
                obligation=base(name),
            )
        one.overdue += numbers[0]
        one.today += numbers[1]
        one.week += numbers[2]
        one.later += numbers[3]
        one.due += numbers[4]
        one.missed += numbers[5]
        one.slipped += numbers[6]


def _asked_by(row: Row) -> AssigneeKey:
    """Return the assignee of a counted row."""
    return AssigneeKey(row.unit, row.duty, row.responsible, row.person)


def _both(one: Sum, other: Sum) -> Sum:
    """Return two sums added up."""
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in _FIGURES})


def _window(horizon: Horizon) -> tuple[date, date]:
    """Return whole months around the queried days: first day of today's month to last day of the latest
    day's.
    """
    latest = max(horizon.today, horizon.week, horizon.soon)
    last = latest.replace(day=monthrange(latest.year, latest.month)[1])
    return horizon.today.replace(day=1), last
