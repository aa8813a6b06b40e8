"""Queries of the board: deadlines, their sums, recommendations, assignments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    literal,
    select,
)

from merzim.storage.board import figures, first_rows, lateness, short_lists
from merzim.storage.board import recommendations as recommended
from merzim.storage.board import sums as summing
from merzim.storage.board.change_counters import BOARD, LISTS, OFFICE
from merzim.storage.board.first_rows import Firsts
from merzim.storage.board.recommendations import MeasureStatus as Stands
from merzim.storage.database.dialect import execute_for_names, in_names
from merzim.storage.database.engine import reading
from merzim.storage.queries.search import SearchReads
from merzim.storage.rows import row, rows_by_case
from merzim.storage.tables.board import DEADLINE, RECOMMENDATION
from merzim.storage.tables.cases import ASSIGNMENT_GIVEN, CASE, EVENT
from workflow.board.figures import Outcomes, StageSpan
from workflow.board.rows import Row
from workflow.board.sums import DeadlineFilter, Horizon, Sums, counted
from workflow.cases.registers.assignments import AssignmentFilter
from workflow.cases.registers.risk_lists import Place, RecommendationFilter, RiskGroup

_OPEN = and_(DEADLINE.c.state == "open", CASE.c.standing == "active")
_BOARD = select(DEADLINE).join(CASE, CASE.c.id == DEADLINE.c.case)
_ROWS_OF = {
    only: (
        select(DEADLINE)
        .where(in_names(DEADLINE.c.case), *conditions)
        .order_by(DEADLINE.c.case, DEADLINE.c.due.is_(None), DEADLINE.c.due, DEADLINE.c.obligation)
    )
    for only, conditions in {
        "": (),
        # Not by the index over states and days, under which everybody's rows lie.
        "open": (func.coalesce(DEADLINE.c.state, "") == "open", DEADLINE.c.due.is_not(None)),
        "measures": (func.substr(DEADLINE.c.obligation, 1, 8) == "measure.",),
        "dated": (
            func.coalesce(DEADLINE.c.state, "") != "not_required",
            func.coalesce(DEADLINE.c.due, DEADLINE.c.planned_on, DEADLINE.c.done_on).is_not(None),
        ),
    }.items()
}
_IN_ORDER = (DEADLINE.c.due, DEADLINE.c.case, DEADLINE.c.obligation)


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """Number of active cases of one unit at one stage, and their overdue rows.

    Attributes:
        overdue: number of rows overdue on the day.
        stake: points at stake in those rows, exact.
    """

    unit: str
    stage: str
    cases: int
    overdue: int
    stake: Decimal


class BoardReads(SearchReads):
    """Queries of the board's rows."""

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        """Return open rows that are overdue on `today`, the longest overdue first."""
        return self._rows(_BOARD.where(_OPEN, lateness.overdue(today)).order_by(*_IN_ORDER), unit)

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        """Return open rows with a valid due date from `today` to `until`, both included, the nearest first."""
        query = _BOARD.where(_OPEN, lateness.ahead(today), DEADLINE.c.due <= until)
        return self._rows(query.order_by(*_IN_ORDER), unit)

    def missed(self, unit: str | None = None) -> Sequence[Row]:
        """Return rows of the state `missed`, by due date."""
        query = _BOARD.where(DEADLINE.c.state == "missed", CASE.c.standing == "active")
        return self._rows(query.order_by(*_IN_ORDER), unit)

    def rows_of(
        self, cases: Collection[str], only: Literal["", "open", "measures", "dated"] = ""
    ) -> Mapping[str, Sequence[Row]]:
        """Return the board rows of these cases by case id, by due date, those without one last.

        Args:
            only: those that are open and have a due date, those of measures, or those that are required and
                have any date.
        """
        with reading(self._engine) as connection:
            return rows_by_case(execute_for_names(connection, _ROWS_OF[only], self._visible.among(cases)))

    def days_of(self, steps: Mapping[str, str]) -> Mapping[str, date]:
        """Return by case the day on which its given obligation was done, else is planned; cases without a day
        are left out.
        """
        day, names = func.coalesce(DEADLINE.c.done_on, DEADLINE.c.planned_on), sorted({*steps.values()})
        query = select(DEADLINE.c.case, DEADLINE.c.obligation, day)
        query = query.where(in_names(DEADLINE.c.case), DEADLINE.c.obligation.in_(names), day.is_not(None))
        with reading(self._engine) as connection:
            records = execute_for_names(connection, query, self._visible.among(steps))
            return {case: on for case, obligation, on in records if steps[case] == obligation}

    def counts(self, today: date, unit: str | None = None) -> Sequence[Count]:
        """Return counts of active cases by unit and stage, with their overdue rows and the points at stake."""
        active = and_(CASE.c.standing == "active", *self._visible.cases())
        cases = (
            select(CASE.c.unit, CASE.c.stage, func.count()).where(active).group_by(CASE.c.unit, CASE.c.stage)
        )
        late = (
            select(CASE.c.unit, CASE.c.stage, DEADLINE.c.stake, func.count())
            .join(CASE, CASE.c.id == DEADLINE.c.case)
            .where(_OPEN, active, lateness.overdue(today))
            .group_by(CASE.c.unit, CASE.c.stage, DEADLINE.c.stake)
        )
        if unit is not None:
            cases = cases.where(self._visible.within(CASE.c.unit, unit))
            late = late.where(self._visible.within(CASE.c.unit, unit))
        overdue: dict[tuple[str, str], int] = {}
        stakes: dict[tuple[str, str], Decimal] = {}
        with reading(self._engine) as connection:
            records = connection.execute(cases.order_by(CASE.c.unit, CASE.c.stage)).all()
            for where, stage, stake, number in connection.execute(late):
                place = (where, stage)
                overdue[place] = overdue.get(place, 0) + number
                # A deduction is at stake too: its size counts.
                stakes[place] = stakes.get(place, Decimal()) + abs(Decimal(stake or "0")) * number
        return [
            Count(
                unit=where,
                stage=stage,
                cases=number,
                overdue=overdue.get((where, stage), 0),
                stake=stakes.get((where, stage), Decimal()),
            )
            for where, stage, number in records
        ]

    def sums(self, horizon: Horizon, unit: str | None = None) -> Sums:
        """Return the counts of rows by status and assignee."""
        if self._scope is not None and self._scope.unit is None:
            return Sums()
        access = self._visible.filters(unit)
        with reading(self._engine) as connection:
            secret = summing.confidential(connection, horizon, access, besides=self._visible.elsewhere())
        plain = self._plain(horizon, unit)
        return summing.joined(plain, secret) if secret else plain

    def listed(self, criteria: DeadlineFilter, *, limit: int, offset: int = 0) -> Sequence[Row]:
        """Return a page of the matching rows, the earliest due first."""
        plain = DeadlineFilter(urgency="undated", horizon=criteria.horizon, assignees=criteria.assignees)
        if criteria == plain and criteria.assignees and self._visible.is_whole:
            with reading(self._engine) as connection:
                rows = short_lists.undated_rows(
                    connection, criteria.assignees, self._scope, criteria.horizon, limit=offset + limit
                )
            return rows[offset:]
        access = self._visible.filters(criteria.unit, few_rows=self._by_unit(criteria, limit + offset))
        with reading(self._engine) as connection:
            return summing.listed(connection, criteria, access, limit=limit, offset=offset)

    def first_rows(self, lists: Sequence[tuple[DeadlineFilter, int]]) -> Sequence[Sequence[Row]]:
        """Return the first rows of each list, given with their number: of one horizon, with one unit
        and one set of assignees, of all stages and days.
        """
        first = lists[0][0] if lists else None
        assignees = first.assignees if first else None
        if (
            first is None
            or first.unit is not None
            or len(assignees or ()) > summing.NAMED
            or not self._visible.is_whole
        ):
            return [self.listed(criteria, limit=limit) for criteria, limit in lists]
        short = [
            short_lists.ShortList(
                criteria.urgency,
                limit,
                is_obligatory=criteria.is_obligatory,
                by_unit=self._by_unit(criteria, limit),
                of_assignees=assignees is not None,
            )
            for criteria, limit in lists
        ]
        with reading(self._engine) as connection:
            return short_lists.first_rows(connection, short, assignees or (), self._scope, first.horizon)

    def count(self, criteria: DeadlineFilter) -> int:
        """Return the number of matching rows."""
        if criteria.on is None and criteria.is_obligatory is None and criteria.urgency != "undated":
            return counted(self.sums(criteria.horizon, criteria.unit), criteria)
        access = self._visible.filters(criteria.unit)
        with reading(self._engine) as connection:
            return summing.count(connection, criteria, access)

    def by_day(self, first: date, last: date, unit: str | None = None) -> Mapping[date, int]:
        """Return the number of open rows due on each day from `first` to `last`, with due dates valid on
        `first`.
        """
        access = self._visible.filters(unit)
        with reading(self._engine) as connection:
            return summing.by_day(connection, first, last, access)

    def coming_days(self, horizon: Horizon, last: date, unit: str | None = None) -> Mapping[date, int]:
        """Return what `by_day` does from today on; of the whole office it is kept with the sums."""
        first = horizon.today
        if unit is not None or not self._visible.is_whole:
            return self.by_day(first, last, unit)
        sums = self._plain(horizon, None)
        with reading(self._engine) as connection:
            plain = sums.once(("by day", last), lambda _: summing.plain_by_day(connection, first, last))
            secret = summing.confidential_by_day(connection, first, last, self._visible.filters(None))
        return {day: plain.get(day, 0) + secret.get(day, 0) for day in {*plain, *secret}}

    def days(self, first: date, last: date, unit: str | None = None, *, limit: int) -> Mapping[date, Firsts]:
        """Return by day from `first` to `last` the number of open rows due, and the first of them by case."""
        access = self._visible.filters(unit)
        with reading(self._engine) as connection:
            return first_rows.by_day(connection, first, last, access, limit=limit)

    def overdue_since(self, units: Sequence[str], today: date) -> Mapping[str, date]:
        """Return, for each of these units, the due date of its longest overdue row."""
        scope_unit = self._scope.unit if self._scope is not None else ""
        if scope_unit is None:
            return {}
        visible_units = {*self._visible.below(scope_unit)} if scope_unit else {*units}
        with reading(self._engine) as connection:
            return summing.since(
                connection, [unit for unit in units if unit in visible_units], today, self._scope
            )

    def outcomes(
        self, first: date, last: date, today: date, unit: str | None = None
    ) -> tuple[Sequence[Outcomes], Sequence[StageSpan]]:
        """Return the outcomes of obligatory deadlines due in a period, as of a day, and the stages that ended
        in it.
        """
        conditions = self._visible.filters(unit).rows
        with reading(self._engine) as connection:
            ended = figures.outcomes(connection, first, last, today, conditions)
            return ended, figures.stage_spans(connection, first, last, conditions)

    def unreported(
        self, today: date, unit: str | None = None, *, limit: int, offset: int = 0
    ) -> Mapping[str, Firsts]:
        """Return by quarter the number of rows that were due before the day and not reported, and some of
        them.
        """
        access = self._visible.filters(unit, by_unit=False)
        with reading(self._engine) as connection:
            return first_rows.unreported(connection, today, access, limit=limit, offset=offset)

    def recommendations(self, criteria: RecommendationFilter, today: date) -> Mapping[Stands, int]:
        """Return the number of recommendations by status and lateness, with all other filters applied."""

        def read() -> Mapping[Stands, int]:
            seen = self._recommended(criteria.unit)
            with reading(self._engine) as connection:
                return recommended.counts(connection, criteria, today, [*seen, *self._worded(criteria.words)])

        if criteria.words:
            return read()
        key = criteria, today, self._visible.key(), self._visible.hidden()
        return self._cache.once(read, "recommendations", *key, counters=(OFFICE, LISTS, BOARD))

    def recommended(
        self, criteria: RecommendationFilter, today: date, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[Place]:
        """Return a page of the matching recommendations, by case, risk and measure."""
        conditions = self._recommended(criteria.unit)
        with reading(self._engine) as connection:
            conditions += self._worded(criteria.words)
            return recommended.page(connection, criteria, today, conditions, limit=limit, offset=offset)

    def alike(self, unit: str, *, limit: int, first: int) -> Sequence[RiskGroup]:
        """Return risks found in more than one case, those in most units first, each with up to `first`
        examples.
        """

        def read() -> Sequence[RiskGroup]:
            seen = self._recommended(unit)
            with reading(self._engine) as connection:
                return recommended.alike(connection, seen, limit=limit, first=first)

        key = limit, first, self._visible.key(unit), self._visible.hidden()
        return self._cache.once(read, "alike", *key, counters=(OFFICE, LISTS))

    def assignments(
        self, criteria: AssignmentFilter, *, limit: int, offset: int = 0
    ) -> tuple[Sequence[Row], int]:
        """Return a page of the matching assignments' rows, and their total number.

        Open ones are ordered by due date, the longest overdue first; answered ones the latest first.
        """
        if self._visible.is_blind:
            return [], 0
        query = select(DEADLINE).join(CASE, CASE.c.id == DEADLINE.c.case)
        number = literal("assignment.").concat(EVENT.c.name)
        query = query.join(EVENT, and_(EVENT.c.case == DEADLINE.c.case, DEADLINE.c.obligation == number))
        states = {"open": "open", "overdue": "open", "done": "done", "refused": "not_required"}
        conditions = [*self._visible.cases()]
        if criteria.whose == "mine":
            conditions.append(DEADLINE.c.responsible == criteria.person)
        elif criteria.whose == "given":
            conditions.append(EVENT.c.by == criteria.login)
        if criteria.state != "all":
            conditions.append(DEADLINE.c.state == states[criteria.state])
        if criteria.state == "overdue":
            conditions.append(DEADLINE.c.due < criteria.today)
        waits = criteria.state in ("open", "overdue")
        query = query.where(ASSIGNMENT_GIVEN, *conditions)
        # No index gives them in order: everybody's rows would be walked for few assignments.
        day = func.coalesce(DEADLINE.c.due, DEADLINE.c.due)
        order = day if waits else day.desc()
        page = query.order_by(order, DEADLINE.c.case, DEADLINE.c.obligation).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
            return [row(record) for record in connection.execute(page)], total

    def _plain(self, horizon: Horizon, unit: str | None) -> Sums:
        roots = self._visible.roots(unit)
        if len(roots) > 1:
            # Neither lies in the other: nothing is in both.
            return Sums()
        return self._cache.sums(horizon, roots[0] if roots else None)

    def _by_unit(self, criteria: DeadlineFilter, limit: int) -> bool:
        """Return whether the rows of a list are found faster unit by unit than by reading everybody's by due
        date.
        """
        roots, assignees = self._visible.roots(criteria.unit), criteria.assignees
        in_names = assignees is not None and len(assignees) <= summing.NAMED
        if not (roots or in_names) or criteria.on is not None:
            return bool(roots) or in_names
        units = (
            len({assignee.unit for assignee in assignees or ()})
            if in_names
            else len(self._visible.below(roots[0]))
        )
        every_sum = self._cache.sums(criteria.horizon)
        if criteria.urgency == "undated":
            # No sum counts these: as many as what is dated, and spread evenly over the units.
            total = counted(every_sum, replace(criteria, urgency="open", unit=None, stage=None, assignees=None))
            share = units / max(1, len(self.office().units))
            return share * share * total < limit
        theirs = counted(
            self._plain(criteria.horizon, criteria.unit),
            replace(criteria, unit=None, stage=None, assignees=assignees if in_names else None),
        )
        total = counted(every_sum, replace(criteria, unit=None, stage=None, assignees=None))
        return theirs + units < limit * total / max(1, theirs)

    def _rows(self, query: Select[tuple[object, ...]], unit: str | None) -> list[Row]:
        query = query.where(*self._visible.cases())
        if unit is not None:
            query = query.where(self._visible.within(DEADLINE.c.unit, unit))
        with reading(self._engine) as connection:
            return [row(record) for record in connection.execute(query)]

    def _recommended(self, unit: str) -> list[ColumnElement[bool]]:
        reach = self._visible.reach(RECOMMENDATION.c.case, RECOMMENDATION.c.unit, unit or None, walked=True)
        return self._visible.lines(RECOMMENDATION.c.case, reach)
