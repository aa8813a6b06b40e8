"""Queries of the board and the pages. Nothing here writes, and the number of SQL queries never grows with the
result.

`unit` limits a result to a unit and all units below it; None means the whole office. Open rows are those of
active cases only. `today` is passed where a result depends on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    String,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)

from calendars.hours import end_of_day, moment_of
from notifications.notice import Notice
from notifications.ports import InboxLine
from storage.accounts.audit_log import read_page
from storage.board import figures, first_rows, lateness, word_index
from storage.board import recommendations as recommended
from storage.board import sums as summing
from storage.board.first_rows import Firsts
from storage.board.recommendations import Standing as Stands
from storage.cache import DatabaseCache
from storage.cases.ledger import SqlLedger
from storage.cases.registers import cases_with_entries
from storage.database.dialect import folded_within, plan_for_values, text_within
from storage.database.engine import read_once, reading
from storage.database.in_list import execute_for_names, in_collection, in_names
from storage.notices import inbox, tally
from storage.notices.outbox import SqlOutbox
from storage.rows import EVENTS_IN_ORDER, HEAD, by_id, event, head, notice, row, rows_by_case
from storage.tables.audit import AUDIT
from storage.tables.board import DEADLINE, RECOMMENDATION
from storage.tables.cases import ASSIGNMENT_GIVEN, CASE, CASE_ROW, EVENT
from storage.tables.notices import NOTICE
from storage.visibility import Visibility
from workflow.board.figures import Outcomes, StageSpan
from workflow.board.portfolio import APPROVAL
from workflow.board.rows import CaseFilter, Row
from workflow.board.sums import DeadlineFilter, Horizon, Sums, counted
from workflow.cases.case import Case, CaseStatus, Event
from workflow.cases.registers.assignments import AssignmentFilter
from workflow.cases.registers.evidence_list import as_seen, events_as_seen
from workflow.cases.registers.risk_lists import Place, RecommendationFilter, RiskGroup, Words
from workflow.org.access import Scope
from workflow.org.audit import AuditFilter, AuditPage, AuditScope
from workflow.org.office import Office
from workflow.search_words import may_be_mistyped, typed_words, word_texts

_OPEN = and_(DEADLINE.c.state == "open", CASE.c.standing == "active")
_BOARD = select(DEADLINE).join(CASE, CASE.c.id == DEADLINE.c.case)
_HEADS_OF = select(*HEAD).where(in_names(CASE.c.id))
_ROWS_OF = (
    select(DEADLINE)
    .where(in_names(DEADLINE.c.case))
    .order_by(DEADLINE.c.case, DEADLINE.c.due.is_(None), DEADLINE.c.due, DEADLINE.c.obligation)
)
_EARLIEST = (CASE.c.span_first.is_(None), CASE.c.span_first, CASE.c.id)
_NEWEST = (CASE.c.opened_at.desc(), CASE.c.id.desc())
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


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPlaces:
    """What a search found.

    Attributes:
        places: case, row and title; of a case its id alone. No more than are counted.
        more: whether there are more than are counted.
        near: whether a word is another than was typed, much like it.
    """

    places: Sequence[tuple[str, str, str]]
    more: bool
    near: bool


_NOTHING = FoundPlaces(places=(), more=False, near=False)


class SqlReads:
    """Read queries for pages, commands and rounds.

    Args:
        officer, language: the person config.toml names for notices nobody else can get, and their language.
        kept: the process's cache of this database, if shared with others.
        scope: the scope of the user; None for the program itself, which sees all.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        officer: str = "",
        language: str = "kk",
        scope: Scope | None = None,
        kept: DatabaseCache | None = None,
    ) -> None:
        self._scope = scope
        self._engine = engine
        self._kept = kept or DatabaseCache(engine, officer=officer, language=language)
        self._visible = Visibility(engine, scope, self._kept)
        self._ledger = SqlLedger(engine, kept=self._kept)
        self._outbox = SqlOutbox(engine, kept=self._kept)

    def seen_by(self, scope: Scope) -> SqlReads:
        """Return the same queries limited to what a user may see."""
        return SqlReads(self._engine, scope=scope, kept=self._kept)

    def whole_office(self) -> SqlReads:
        """Return the same queries over all units, for results limited to the reader's own duties."""
        scope = self._scope
        return self.seen_by(replace(scope, unit="")) if scope is not None and scope.unit else self

    def in_reach(self, case: Case) -> bool:
        """Return whether a case lies in the reader's units."""
        return self._visible.in_reach(case)

    def scope_in(self, case: Case) -> Scope | None:
        """Return the reader's scope in that case: outside their units restricted documents are only for named
        readers.
        """
        return self._visible.scope_in(case)

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        """Return open rows that are overdue on `today`, the longest overdue first."""
        return self._rows(_BOARD.where(_OPEN, lateness.overdue(today)).order_by(*_IN_ORDER), unit)

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        """Return open rows with a valid due date from `today` to `until`, both included, the nearest first."""
        asked = _BOARD.where(_OPEN, lateness.ahead(today), DEADLINE.c.due <= until)
        return self._rows(asked.order_by(*_IN_ORDER), unit)

    def missed(self, unit: str | None = None) -> Sequence[Row]:
        """Return rows of the state `missed`, by due date."""
        asked = _BOARD.where(DEADLINE.c.state == "missed", CASE.c.standing == "active")
        return self._rows(asked.order_by(*_IN_ORDER), unit)

    def cases(
        self,
        unit: str | None = None,
        *,
        standing: CaseStatus | None = None,
        stage: str | None = None,
        procedure: str | None = None,
        search: str = "",
        limit: int | None = None,
    ) -> Sequence[Case]:
        """Return the heads of cases, the newest first, without facts and plan dates.

        Args:
            search: words to find in id, object or unit (`workflow.search_words`).
        """
        asked = select(*HEAD).where(*self._visible.cases())
        asked = asked.order_by(CASE.c.opened_at.desc(), CASE.c.id.desc()).limit(limit)
        narrowed = {"standing": standing, "stage": stage, "procedure": procedure}
        for name, value in narrowed.items():
            if value is not None:
                asked = asked.where(CASE.c[name] == value)
        asked = asked.where(*self._found(search))
        if unit is not None:
            asked = asked.where(self._visible.within(CASE.c.unit, unit))
        with reading(self._engine) as connection:
            return [head(record) for record in connection.execute(asked)]

    def page(self, wanted: CaseFilter, *, first: int, count: int) -> Sequence[Case]:
        """Return a page of the matching cases as heads, the newest first: `count` of them after the first
        `first`.
        """
        # Ids first: they are read off an index, and only what is shown is looked up whole.
        shown = select(CASE.c.id).where(*self._wanted(wanted))
        shown = shown.order_by(*_NEWEST).limit(count).offset(first)
        asked = select(*HEAD).where(CASE.c.id.in_(shown)).order_by(*_NEWEST)
        with reading(self._engine) as connection:
            return [head(record) for record in connection.execute(asked)]

    def earliest(self, wanted: CaseFilter, *, first: int, count: int) -> Sequence[Case]:
        """Return a page of the matching cases as heads, the earliest begun first: `count` of them after the
        first `first`.
        """
        shown = select(CASE.c.id).where(*self._wanted(wanted)).order_by(*_EARLIEST).limit(count).offset(first)
        asked = select(*HEAD).where(CASE.c.id.in_(shown)).order_by(*_EARLIEST)
        with reading(self._engine) as connection:
            return [head(record) for record in connection.execute(asked)]

    def by_stage(self, wanted: CaseFilter, *, limit: int) -> Mapping[str, tuple[int, list[Case]]]:
        """Return by stage the number of matching cases, and the earliest begun of them as heads."""
        stage = CASE.c.stage
        ranked = select(
            CASE.c.id,
            func.count().over(partition_by=stage).label("k_all"),
            func.row_number().over(partition_by=stage, order_by=_EARLIEST).label("k_nth"),
        )
        shown = ranked.where(*self._wanted(wanted)).subquery()
        asked = select(*HEAD, stage, shown.c.k_all).join_from(shown, CASE, CASE.c.id == shown.c.id)
        asked = asked.where(shown.c.k_nth <= limit).order_by(*_EARLIEST)
        found: dict[str, tuple[int, list[Case]]] = {}
        with reading(self._engine) as connection:
            for record in connection.execute(asked):
                found.setdefault(record.stage, (record.k_all, []))[1].append(head(record))
        return found

    def planning(self, cases: Collection[str]) -> Mapping[str, Sequence[Event]]:
        """Return by case the events of plan dates, withdrawals and approvals of schedules, in order."""
        told = or_(EVENT.c.kind.in_(("planned", "withdrawn")), EVENT.c.name == APPROVAL)
        asked = EVENTS_IN_ORDER.where(in_names(EVENT.c.case), told)
        found: dict[str, list[Event]] = {}
        with reading(self._engine) as connection:
            for one in map(event, execute_for_names(connection, asked, self._visible.among(cases))):
                found.setdefault(one.case, []).append(one)
        return found

    def how_many(self, wanted: CaseFilter) -> int:
        """Return the number of matching cases; cases without access limits are counted by an index alone."""
        asked = select(func.count()).select_from(CASE)
        plain = asked.where(not_(CASE.c.confidential), *self._wanted(wanted, to_know=False))
        secret = asked.where(CASE.c.confidential, *self._wanted(wanted))
        with reading(self._engine) as connection:
            return sum(connection.execute(one).scalar_one() for one in (plain, secret))

    def with_facts(
        self, procedure: str, facts: Collection[str], *, first: int, count: int | None
    ) -> tuple[list[str], int]:
        """Return ids of a page of a procedure's cases with one of the facts recorded, the newest first, and
        their total number; cancelled cases are left out.
        """
        done = select(DEADLINE.c.case).where(DEADLINE.c.obligation.in_(facts), DEADLINE.c.done_on.is_not(None))
        narrowed = (CASE.c.procedure == procedure, CASE.c.standing != "cancelled", CASE.c.id.in_(done))
        shown = select(CASE.c.id).where(*self._visible.cases(), *narrowed)
        with reading(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(shown.subquery())).scalar_one()
            ids = connection.execute(shown.order_by(*_NEWEST).limit(count).offset(first)).scalars()
            return list(ids), total

    def with_cases(self, procedures: Collection[str]) -> frozenset[str]:
        """Return those of the procedures that have a case, whatever its status."""
        of_one = select(CASE.c.id).where(*self._visible.cases()).limit(1)
        with reading(self._engine) as connection:
            return frozenset(
                name
                for name in procedures
                if connection.execute(of_one.where(CASE.c.procedure == name)).first() is not None
            )

    def own_of(self, unit: str) -> int:
        """Return the number of cases of a unit itself, whatever their status, without those of units below
        it.
        """
        asked = select(func.count()).select_from(CASE).where(*self._visible.cases(), CASE.c.unit == unit)
        with reading(self._engine) as connection:
            return connection.execute(asked).scalar_one()

    def heads(self, cases: Collection[str]) -> Mapping[str, Case]:
        """Return these cases by id, as heads (without facts and plan dates)."""
        asked = _HEADS_OF.where(*self._visible.cases())
        with reading(self._engine) as connection:
            found = by_id(head(record) for record in execute_for_names(connection, asked, cases))
            if missing := self._visible.assigned(connection, [name for name in cases if name not in found]):
                others = by_id(head(one) for one in execute_for_names(connection, _HEADS_OF, missing))
                return {**found, **others}
            return found

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        """Return these cases by id, computed from their events."""
        found = self._ledger.cases(self._visible.among(cases))
        return {name: as_seen(case, self.scope_in(case)) for name, case in found.items()}

    def stages(self, cases: Collection[str]) -> Mapping[str, str]:
        """Return the stage of each of these cases, by id."""
        asked = select(CASE.c.id, CASE.c.stage).where(in_names(CASE.c.id))
        with reading(self._engine) as connection:
            records = execute_for_names(connection, asked, self._visible.among(cases))
            return {record.id: record.stage for record in records}

    def days_of(self, steps: Mapping[str, str]) -> Mapping[str, date]:
        """Return by case the day on which its given obligation was done, else is planned; cases without a day
        are left out.
        """
        day, names = func.coalesce(DEADLINE.c.done_on, DEADLINE.c.planned_on), sorted({*steps.values()})
        asked = select(DEADLINE.c.case, DEADLINE.c.obligation, day)
        asked = asked.where(in_names(DEADLINE.c.case), DEADLINE.c.obligation.in_(names), day.is_not(None))
        with reading(self._engine) as connection:
            records = execute_for_names(connection, asked, self._visible.among(steps))
            return {case: on for case, obligation, on in records if steps[case] == obligation}

    def rows_of(self, cases: Collection[str]) -> Mapping[str, Sequence[Row]]:
        """Return all board rows of these cases by case id, by due date, those without one last."""
        with reading(self._engine) as connection:
            return rows_by_case(execute_for_names(connection, _ROWS_OF, self._visible.among(cases)))

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
            known = connection.execute(cases.order_by(CASE.c.unit, CASE.c.stage)).all()
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
            for where, stage, number in known
        ]

    def case(self, case: str) -> Case | None:
        """Return one whole case; None if there is none with that id, or it is not visible."""
        found = self._ledger.case(case) if self._visible.among([case]) else None
        return as_seen(found, self.scope_in(found)) if found is not None else None

    def events(self, case: str) -> Sequence[Event]:
        """Return the events of a case in order."""
        head = self.heads([case]).get(case)
        return events_as_seen(self._ledger.events(case), self.scope_in(head)) if head is not None else ()

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
        with reading(self._engine) as connection:
            visible = self._visible.cases()
            return read_page(
                connection, query, scope=scope, visible=visible, after=after, before=before, limit=limit
            )

    def last_audit_entry(self) -> int:
        """Return the number of the newest entry of the audit log, 0 for none."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.max(AUDIT.c.seq))).scalar() or 0

    def notices(self, case: str) -> Sequence[Notice]:
        """Return the notices of a case, the newest first."""
        return self._outbox.notices(case=case) if self._visible.among([case]) else ()

    def with_registers(self, unit: str | None = None) -> Sequence[Case]:
        """Return the active cases that have a risk register or another one, whole, in order of id."""
        # For readers of one unit the whole country's cases need not be searched.
        own = self._scope.unit if self._scope is not None else None
        found = self.whole(cases_with_entries(self._engine, (own or None) if unit is None else unit))
        return [found[case] for case in sorted(found)]

    def recommendations(self, narrowed: RecommendationFilter, today: date) -> Mapping[Stands, int]:
        """Return the number of recommendations by status and lateness, with all other filters applied."""
        seen = self._recommended(narrowed.unit)
        with reading(self._engine) as connection:
            return recommended.counts(connection, narrowed, today, [*seen, *self._worded(narrowed.words)])

    def recommended(
        self, narrowed: RecommendationFilter, today: date, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[Place]:
        """Return a page of the matching recommendations, by case, risk and measure."""
        seen = self._recommended(narrowed.unit)
        with reading(self._engine) as connection:
            seen += self._worded(narrowed.words)
            return recommended.page(connection, narrowed, today, seen, limit=limit, offset=offset)

    def alike(self, unit: str, *, limit: int, first: int) -> Sequence[RiskGroup]:
        """Return risks found in more than one case, those in most units first, each with up to `first`
        examples.
        """
        seen = self._recommended(unit)
        with reading(self._engine) as connection:
            return recommended.alike(connection, seen, limit=limit, first=first)

    def found_cases(self, text: str, *, near: bool = True) -> FoundPlaces:
        """Return the cases that have all words of a search, the newest first.

        Args:
            near: whether words much like those typed are looked for where the reader sees none that have these.
        """
        office, typed = self.office(), typed_words(text)
        units = [office.called(word_texts(word)) for word in typed]
        with reading(self._engine) as connection:
            plan_for_values(connection)

            def also(n: int) -> Collection[str] | None:
                """Return the cases of the units named so."""
                if len(units[n]) > word_index.COUNTED:
                    return None
                asked = select(CASE.c.id).where(in_collection(self._engine, CASE.c.unit, units[n]))
                found = (
                    connection.execute(asked.limit(word_index.COUNTED + 1)).scalars().all() if units[n] else ()
                )
                return None if len(found) > word_index.COUNTED else found

            words, found = [word_texts(word) for word in typed], _NOTHING
            for width in word_index.WIDTHS if near else word_index.WIDTHS[:3]:
                where = word_index.narrow(connection, "case", words, typed, width=width, also=also)
                if where is None:
                    continue
                walked = where.places is None and self._visible.sees_many
                asked = select(CASE.c.id, literal(""), literal("")).where(*self._visible.cases(walked=walked))
                for readings, named in zip(where.readings, units, strict=True):
                    text_has = [folded_within(self._engine, CASE.c.search, one) for one in readings]
                    asked = asked.where(or_(*text_has, in_collection(self._engine, CASE.c.unit, named)))
                found = self._at(connection, where, asked.order_by(*_NEWEST), CASE.c.id)
                if found.places:
                    break
            return found

    def found_rows(self, words: Words, typed: Sequence[str], *, files: bool = False) -> FoundPlaces:
        """Return the rows of cases' registers that have all words of a search, or the files of cases."""
        kind = word_index.FILE if files else "case_row"
        place = CASE_ROW.c.case, CASE_ROW.c.row
        is_file = place[1].startswith(f"{word_index.FILE}.", autoescape=True)
        with reading(self._engine) as connection:
            plan_for_values(connection)
            found = _NOTHING
            for width in word_index.WIDTHS:
                where = word_index.narrow(connection, kind, words, typed, width=width)
                if where is None:
                    continue
                asked = select(*place, CASE_ROW.c.title).join(CASE, CASE.c.id == CASE_ROW.c.case)
                walked = where.places is None and self._visible.sees_many
                asked = asked.where(is_file if files else not_(is_file), *self._visible.cases(walked=walked))
                asked = asked.where(*map(self._has, where.readings)).order_by(*(one.desc() for one in place))
                found = self._at(connection, where, asked, place[0])
                if found.places:
                    break
            return found

    def _at(
        self,
        connection: Connection,
        where: word_index.Narrowed,
        asked: Select[Any],
        place: ColumnElement[str],
    ) -> FoundPlaces:
        """Return what is found where the words may stand; what is seen is counted, as far as anybody counts."""
        if where.places is not None:
            asked = asked.where(in_collection(self._engine, place, sorted(where.places)))
        found = connection.execute(asked.limit(word_index.COUNTED + 1)).all() if where.places != set() else []
        places = [(one[0], one[1], one[2]) for one in found[: word_index.COUNTED]]
        return FoundPlaces(places=places, more=len(found) > len(places), near=where.near)

    def _worded(self, words: Words) -> list[ColumnElement[bool]]:
        """Return the conditions that each word occurs in the risk or the measure of a recommendation."""
        place = RECOMMENDATION.c
        rows = [literal("risk.") + cast(place.risk, String), literal("measure.") + cast(place.measure, String)]
        return [
            exists().where(CASE_ROW.c.case == place.case, CASE_ROW.c.row.in_(rows), self._has(word))
            for word in words
        ]

    def _has(self, word: Collection[str]) -> ColumnElement[bool]:
        return or_(*(text_within(self._engine, CASE_ROW.c.search, reading) for reading in word))

    def _recommended(self, unit: str) -> list[ColumnElement[bool]]:
        reach = self._visible.reach(RECOMMENDATION.c.case, RECOMMENDATION.c.unit, unit or None, walked=True)
        return self._visible.lines(RECOMMENDATION.c.case, reach)

    def unreported(
        self, today: date, unit: str | None = None, *, limit: int, offset: int = 0
    ) -> Mapping[str, Firsts]:
        """Return by quarter the number of rows that were due before the day and not reported, and some of
        them.
        """
        eyes = self._visible.filters(unit)
        with reading(self._engine) as connection:
            return first_rows.unreported(connection, today, eyes, limit=limit, offset=offset)

    def days(self, first: date, last: date, unit: str | None = None, *, limit: int) -> Mapping[date, Firsts]:
        """Return by day from `first` to `last` the number of open rows due, and the first of them by case."""
        eyes = self._visible.filters(unit)
        with reading(self._engine) as connection:
            return first_rows.by_day(connection, first, last, eyes, limit=limit)

    def notices_matching(
        self,
        *,
        case: str = "",
        person: str = "",
        state: str = "",
        channel: str = "",
        limit: int | None = None,
        skip: int = 0,
    ) -> Sequence[Notice]:
        """Return notices that match the given filters, the newest first, without digests that had no content.

        A notice about no case is visible to its recipient and to readers of the whole office.
        """
        # Aliased, because the visibility of a case queries the same table for each row.
        told = NOTICE.alias("told")
        narrowed = {"case": case, "person": person, "state": state, "channel": channel}
        narrowed = {name: value for name, value in narrowed.items() if value}
        shown = [or_(told.c.state != "withdrawn", told.c.case.is_not(None))]
        newest = (told.c.queued_at.desc(), told.c.key)
        of_a_case = [told.c.case.is_not(None), *self._visible.cases()]
        of_none = [told.c.case.is_(None)]
        if self._scope is not None and self._scope.unit != "":
            of_none.append(told.c.person.in_(self._scope.names))
        if not (case or person) and self._few_notices(None if limit is None else skip + limit):
            # Found case by case: by date, state or channel one would walk over everybody's.
            shown += [func.coalesce(told.c[name], "") == value for name, value in narrowed.items()]
            theirs = select(told.c.key, told.c.queued_at).join(CASE, CASE.c.id == told.c.case)
            nobodys = select(told.c.key, told.c.queued_at).where(*of_none, *shown)
            both = union_all(theirs.where(*of_a_case, *shown), nobodys).subquery()
            keys = select(both.c.key).order_by(both.c.queued_at.desc(), both.c.key).limit(limit).offset(skip)
            asked = select(told).where(told.c.key.in_(keys)).order_by(*newest)
        else:
            shown += [told.c[name] == value for name, value in narrowed.items()]
            if state and state != "sent":
                # Said in the words of the index that leaves out what was sent, which most notices were.
                shown.append(told.c.state != literal_column("'sent'"))
            asked = select(told).outerjoin(CASE, CASE.c.id == told.c.case).where(*shown)
            if self._scope is not None:
                asked = asked.where(or_(and_(*of_none), and_(*of_a_case)))
            asked = asked.order_by(*newest).limit(limit).offset(skip)
        with reading(self._engine) as connection:
            return [notice(record) for record in connection.execute(asked)]

    def _few_notices(self, wanted: int | None) -> bool:
        """Return whether a page of the register is found faster by the cases of the reader's units, when these
        are a small part of the office, than by reading all notices from the newest on.
        """
        if self._scope is None or self._scope.unit == "":
            return False
        if self._scope.unit is None:
            return True
        with reading(self._engine) as connection:
            number = sum(tally.counts(connection).values())
        part = len(self._visible.below(self._scope.unit)) / max(1, len(self.office().units))
        return part * number < (number if wanted is None else wanted / part)

    def sums(self, horizon: Horizon, unit: str | None = None) -> Sums:
        """Return the counts of rows by status and assignee."""
        if self._scope is not None and self._scope.unit is None:
            return Sums()
        eyes = self._visible.filters(unit)
        with reading(self._engine) as connection:
            secret = summing.confidential(connection, horizon, eyes, besides=self._visible.elsewhere())
        plain = self._plain(horizon, unit)
        return summing.joined(plain, secret) if secret else plain

    def by_day(self, first: date, last: date, unit: str | None = None) -> Mapping[date, int]:
        """Return the number of open rows due on each day from `first` to `last`, with due dates valid on
        `first`.
        """
        eyes = self._visible.filters(unit)
        with reading(self._engine) as connection:
            return summing.by_day(connection, first, last, eyes)

    def overdue_since(self, units: Sequence[str], today: date) -> Mapping[str, date]:
        """Return, for each of these units, the due date of its longest overdue row."""
        own = self._scope.unit if self._scope is not None else ""
        if own is None:
            return {}
        seen = {*self._visible.below(own)} if own else {*units}
        eyes = self._visible.filters(None, narrowed=False)
        with reading(self._engine) as connection:
            return summing.since(connection, [unit for unit in units if unit in seen], today, eyes)

    def outcomes(
        self, first: date, last: date, today: date, unit: str | None = None
    ) -> tuple[Sequence[Outcomes], Sequence[StageSpan]]:
        """Return the outcomes of obligatory deadlines due in a period, as of a day, and the stages that ended
        in it.
        """
        seen = self._visible.filters(unit).rows
        with reading(self._engine) as connection:
            ended = figures.outcomes(connection, first, last, today, seen)
            return ended, figures.stage_spans(connection, first, last, seen)

    def listed(self, sought: DeadlineFilter, *, limit: int, offset: int = 0) -> Sequence[Row]:
        """Return a page of the matching rows, the earliest due first."""
        eyes = self._visible.filters(sought.unit, few=self._by_unit(sought, limit + offset))
        with reading(self._engine) as connection:
            return summing.listed(connection, sought, eyes, limit=limit, offset=offset)

    def count(self, sought: DeadlineFilter) -> int:
        """Return the number of matching rows."""
        if sought.on is None and sought.urgency != "undated":
            return counted(self.sums(sought.horizon, sought.unit), sought)
        eyes = self._visible.filters(sought.unit)
        with reading(self._engine) as connection:
            return summing.count(connection, sought, eyes)

    def any_case(self) -> bool:
        """Return whether any case is visible."""
        asked = select(CASE.c.id).where(*self._visible.cases()).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(asked).first() is not None

    def unread(self, cases: Collection[str]) -> Mapping[tuple[str, str], str]:
        """Return by obligation the key of the last letter the reader got and has not acknowledged."""
        if self._scope is None or not cases:
            return {}
        with reading(self._engine) as connection:
            return inbox.unread_letters(connection, cases, self._scope.names)

    def assignments(
        self, sought: AssignmentFilter, *, limit: int, offset: int = 0
    ) -> tuple[Sequence[Row], int]:
        """Return a page of the matching assignments' rows, and their total number.

        Open ones are ordered by due date, the longest overdue first; answered ones the latest first.
        """
        if self._visible.is_blind:
            return [], 0
        given = select(DEADLINE).join(CASE, CASE.c.id == DEADLINE.c.case)
        number = literal("assignment.").concat(EVENT.c.name)
        given = given.join(EVENT, and_(EVENT.c.case == DEADLINE.c.case, DEADLINE.c.obligation == number))
        states = {"open": "open", "overdue": "open", "done": "done", "refused": "not_required"}
        asked = [*self._visible.cases()]
        if sought.whose == "mine":
            asked.append(DEADLINE.c.responsible == sought.person)
        elif sought.whose == "given":
            asked.append(EVENT.c.by == sought.login)
        if sought.state != "all":
            asked.append(DEADLINE.c.state == states[sought.state])
        if sought.state == "overdue":
            asked.append(DEADLINE.c.due < sought.today)
        waits = sought.state in ("open", "overdue")
        given = given.where(ASSIGNMENT_GIVEN, *asked)
        order = DEADLINE.c.due if waits else DEADLINE.c.due.desc()
        page = given.order_by(order, DEADLINE.c.case, DEADLINE.c.obligation).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(given.subquery())).scalar_one()
            return [row(record) for record in connection.execute(page)], total

    def unread_lines(self, person: str) -> int:
        """Return the number of a person's unread inbox events."""
        return 0 if self._visible.is_blind else inbox.unread(self._engine, person, self._visible.cases())

    def inbox(self, person: str, *, limit: int, offset: int = 0) -> Sequence[InboxLine]:
        """Return the inbox events of a person, the newest first."""
        if self._visible.is_blind:
            return []
        return inbox.lines(self._engine, person, self._visible.cases(), limit=limit, offset=offset)

    def _plain(self, horizon: Horizon, unit: str | None) -> Sums:
        roots = self._visible.roots(unit)
        if len(roots) > 1:
            # Neither lies in the other: nothing is in both.
            return Sums()
        return self._kept.sums(horizon, roots[0] if roots else None)

    def _by_unit(self, sought: DeadlineFilter, wanted: int) -> bool:
        """Return whether the rows of a list are found faster unit by unit than by reading everybody's by due
        date.
        """
        roots, asked = self._visible.roots(sought.unit), sought.asked
        in_names = asked is not None and len(asked) <= summing.NAMED
        if not (roots or in_names) or sought.on is not None:
            return bool(roots) or in_names
        units = len({one.unit for one in asked or ()}) if in_names else len(self._visible.below(roots[0]))
        every_sum = self._kept.sums(sought.horizon)
        if sought.urgency == "undated":
            # No sum counts these: as many as what is dated, and spread evenly over the units.
            every = counted(every_sum, replace(sought, urgency="open", unit=None, stage=None, asked=None))
            share = units / max(1, len(self.office().units))
            return share * share * every < wanted
        theirs = counted(
            self._plain(sought.horizon, sought.unit),
            replace(sought, unit=None, stage=None, asked=asked if in_names else None),
        )
        every = counted(every_sum, replace(sought, unit=None, stage=None, asked=None))
        return theirs + units < wanted * every / max(1, theirs)

    def office(self) -> Office:
        """Return units, people and matches, with the officer config.toml names."""
        return self._kept.office()

    def _rows(self, asked: Select[tuple[object, ...]], unit: str | None) -> list[Row]:
        asked = asked.where(*self._visible.cases())
        if unit is not None:
            asked = asked.where(self._visible.within(DEADLINE.c.unit, unit))
        with reading(self._engine) as connection:
            return [row(record) for record in connection.execute(asked)]

    def _found(self, search: str) -> list[ColumnElement[bool]]:
        """Return the conditions that each word occurs in id or object, or in the name of the unit.

        Few cases are found by the index of words. The texts are read where too many have them, and where none
        has a number or a short word, which may stand within a longer one.
        """
        typed = typed_words(search)
        if not typed:
            return []
        found = read_once(
            self._engine,
            lambda _: self.found_cases(search, near=False),
            *("found cases", search, self._scope),
        )
        if found.places and not found.more:
            return [in_collection(self._engine, CASE.c.id, sorted(case for case, _, _ in found.places))]
        whole = " ".join(filter(may_be_mistyped, typed))
        is_none = not found.places and bool(whole)
        if is_none and (whole == " ".join(typed) or not self.found_cases(whole, near=False).places):
            return [false()]
        office = self.office()
        return [
            or_(
                *(folded_within(self._engine, CASE.c.search, form) for form in forms),
                in_collection(self._engine, CASE.c.unit, office.called(forms)),
            )
            for forms in map(word_texts, typed)
        ]

    def _wanted(self, wanted: CaseFilter, *, to_know: bool = True) -> list[ColumnElement[bool]]:
        asked = self._visible.cases(to_know=to_know)
        for name in ("procedure", "stage", "standing"):
            value = getattr(wanted, name)
            if value is not None:
                asked.append(CASE.c[name] == value)
        if wanted.unit is not None:
            asked.append(self._visible.within(CASE.c.unit, wanted.unit))
        if wanted.late_on is not None:
            late = DEADLINE.c.state == "open", lateness.overdue(wanted.late_on)
            asked.append(CASE.c.id.in_(select(DEADLINE.c.case).where(*late)))
            asked.append(CASE.c.standing == "active")
        if wanted.year is not None:
            first, last = date(wanted.year, 1, 1), date(wanted.year, 12, 31)
            within = and_(CASE.c.span_first <= last, CASE.c.span_last >= first)
            opened = CASE.c.opened_at >= moment_of(first, None), CASE.c.opened_at < end_of_day(last)
            asked.append(or_(within, and_(CASE.c.span_first.is_(None), *opened)))
        asked += self._found(wanted.search)
        return asked
