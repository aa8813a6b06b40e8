"""Duties of yearly cases that register rows carry out (`[[fulfils]]`): records facts in the cases to match the
rows.

After a row is written, its period is compared with its case. A round compares the cases of everything written
since the last round, which completes interrupted work; on a new day, after changes of the office or the law,
and in a new process it compares whole years. Comparing again changes nothing.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, partial
from typing import TypeAlias

from merzim.services.app import AppContext, RoundMark
from merzim.storage.cases.programmes import active
from merzim.storage.registers.lists import SqlRegisterLists
from workflow.cases.case import Case, Evidence, Fact
from workflow.cases.commands.row_facts import DutyRow, follow_rows, row_changes
from workflow.law.procedure import Obligation, Procedure
from workflow.org.audit import EVERYTHING, AuditFilter
from workflow.org.office import Office
from workflow.periods import Span, period_of
from workflow.ports import Conflict
from workflow.registers.definition import Fulfilment, Register
from workflow.registers.rows import RegisterRow
from workflow.registers.values import Values, as_date, holds, is_filled

FEW_DAYS = 3
"""Up to so many days, rows are read by the days' periods; for more, by the whole year."""
FEW_CASES = 3
"""Above so many cases, rows are found by the units of the cases; else by their days."""
WRITERS = 4
"""Number of cases written in parallel if the database supports several writers."""
MAX_WRITTEN = 500
"""Above so many changes since the last round, whole years are compared."""
log = logging.getLogger("merzim.registers")
_Days: TypeAlias = "Mapping[str, Collection[date]]"
"""Fact -> days in the periods that are compared."""
_Rows: TypeAlias = "Mapping[str, list[DutyRow]]"
"""Case -> the rows that carry out a fact there; rows of unknown units under ""."""


@dataclass(frozen=True, slots=True)
class _Written:
    """Changes since the last round: (register, unit) of rows, and ids of cases."""

    rows: frozenset[tuple[str, str]]
    cases: frozenset[str]


def follow_duties(
    app: AppContext,
    register: Register,
    rows: Iterable[RegisterRow],
    *,
    ground: str = "",
    by: str,
    now: datetime,
    today: date,
) -> None:
    """Record in yearly cases the facts that written rows carry out, in the name of the user who wrote them.

    Args:
        rows: the rows before and after the change; a withdrawn one only as before.
        ground: ground for corrections and withdrawals.
    """
    if not register.fulfils:
        return
    periods = {
        (fulfilment.fact, day, row.unit)
        for row in rows
        for fulfilment in register.fulfils
        if (day := _period_day(fulfilment, row.values)) is not None
    }
    for year in sorted({day.year for _, day, _ in periods}):
        duties = _YearDuties(app, year, today=today)
        touched: dict[str, dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
        for fact, day, unit in periods:
            case = duties.case_of(fact, unit) if day.year == year else ""
            if case:
                touched[case][fact].add(day)
        duties.of_many = len(touched) > FEW_CASES
        follow = partial(_follow, app, duties, ground=ground, by=by, now=now)
        _one_by_one_or_at_once(app, [partial(follow, case, days) for case, days in touched.items()])


def record_year(
    app: AppContext, year: int, *, new_rows: _Written | None = None, by: str, now: datetime, today: date
) -> None:
    """Make the cases of a year match the register rows wherever they differ.

    Args:
        new_rows: only the cases affected by these changes.
    """
    duties = _YearDuties(app, year, today=today)
    cases = app.ledger.cases(duties.cases() if new_rows is None else duties.cases_of(new_rows))
    duties.of_many = len(cases) > FEW_CASES
    read = duties if new_rows is None else duties.again(of=cases.values())
    follow, changed_cases = partial(_follow, app, duties, days=None, ground="", by=by, now=now), list[str]()
    for case in cases.values():
        rows_by_fact = read.of_case(case, app.library.of(case))
        changes = row_changes(case, app.library.of(case), rows_by_fact, partial(app.ledger.events, case.id))
        if next(changes, None) is not None:
            changed_cases.append(case.id)
    _one_by_one_or_at_once(app, [partial(follow, case) for case in changed_cases])


def _one_by_one_or_at_once(app: AppContext, work: Sequence[Callable[[], None]]) -> None:
    """Run functions on different cases; in parallel if there are many and the database allows it.

    SQLite has one writer at a time, so that threads would only wait for each other.
    """
    if len(work) <= FEW_CASES or app.engine.dialect.name == "sqlite":
        for task in work:
            task()
        return
    with ThreadPoolExecutor(WRITERS, thread_name_prefix="register-duties") as threads:
        for future in [threads.submit(copy_context().run, task) for task in work]:
            future.result()


def _follow(
    app: AppContext,
    duties: _YearDuties,
    case_id: str,
    days: _Days | None,
    *,
    ground: str,
    by: str,
    now: datetime,
) -> None:
    """Make a case match the rows, which are read after the case.

    A case that other users keep changing at the same moment is left to the next round.
    """

    def read(case: Case, procedure: Procedure) -> Mapping[str, Sequence[DutyRow]]:
        rows_by_fact = duties.again(of=[case]).of_case(case, procedure, days)
        rows = {row.row for duty_rows in rows_by_fact.values() for row in duty_rows}
        recorded = (
            fact for fact in case.facts.values() if fact.row and fact.name.partition("#")[0] in rows_by_fact
        )
        if all(fact.row in rows for fact in recorded):
            return rows_by_fact
        # The row was deleted, or its unit no longer belongs to the case.
        return duties.again().of_case(case, procedure, days)

    try:
        follow_rows(app.case_commands, case_id, read, ground=ground, by=by, now=now, today=duties.today)
    except Conflict:
        log.warning("case %s: rows of registers are recorded by the next round", case_id)


def record_due_rows(app: AppContext, *, now: datetime, today: date) -> None:
    """Record what the rows of this year and the previous one carry out up to today; part of a round."""
    # Read first: later entries have higher numbers.
    mark = RoundMark(app.reads.last_audit_entry(), today, app.reads.office(), app.library)
    new_rows = _written_since(app, app.rows_compared, mark)
    if new_rows is None or new_rows.rows or new_rows.cases:
        for year in (today.year - 1, today.year):
            record_year(app, year, new_rows=new_rows, by="merzim", now=now, today=today)
    app.rows_compared = mark


def _written_since(app: AppContext, before: RoundMark | None, mark: RoundMark) -> _Written | None:
    """Return the changes since a round; None if whole years must be compared."""
    if before is None or before.entry > mark.entry or before.today != mark.today:
        return None
    if before.office is not mark.office or before.library is not mark.library:
        return None

    query = AuditFilter(topics=("case", "register"))
    page = app.reads.audit(query, scope=EVERYTHING, after=before.entry, limit=MAX_WRITTEN)
    rows = [entry for entry in page.entries if entry.topic == "register"]
    if page.more:
        return None
    heads = SqlRegisterLists(app.engine).heads({entry.name for entry in rows}) if rows else ()
    return _Written(
        rows=frozenset((head.register_id, head.unit) for head in heads),
        cases=frozenset(entry.case for entry in page.entries if entry.topic == "case"),
    )


def duties_of(app: AppContext, register: Register, row: RegisterRow, *, today: date) -> list[tuple[str, Fact]]:
    """Return the facts recorded from a row, each with its case, ordered by day."""
    facts_by_case = dict[tuple[str, str], Fact]()
    for fulfilment in register.fulfils:
        day = _period_day(fulfilment, row.values)
        case_id = _YearDuties(app, day.year, today=today).case_of(fulfilment.fact, row.unit) if day else ""
        case = app.ledger.case(case_id) if case_id else None
        facts = case.facts.values() if case else ()
        facts_by_case |= {(case_id, fact.name): fact for fact in facts if fact.row == row.id}
    return sorted(
        ((case, fact) for (case, _), fact in facts_by_case.items()), key=lambda case_fact: case_fact[1].on
    )


class _YearDuties:
    """The rows of a year that carry out duties, and the cases they belong to; read on demand."""

    def __init__(self, app: AppContext, year: int, *, today: date) -> None:
        self._app, self.today = app, today
        self._units: Collection[str] | None = None
        self.of_many = False
        self.first, self.last = date(year, 1, 1), date(year, 12, 31)
        self._found: dict[tuple[str, date, date], _Rows] = {}
        self._years: dict[str, list[tuple[str, object, date, DutyRow]]] = {}
        self._places: dict[tuple[str, str], str] = {}

    @cached_property
    def by_fact(self) -> Mapping[str, list[tuple[Register, Fulfilment]]]:
        """Fact -> the registers and rules that carry it out, in the versions in force at the end of the
        year.
        """
        carriers: dict[str, list[tuple[Register, Fulfilment]]] = defaultdict(list)
        last = min(self.today, self.last)
        registers = [self._app.registers.on(name, last) for name in self._app.registers.ids()]
        fulfilling = [register for register in registers if register.fulfils]
        kept_registers = SqlRegisterLists(self._app.engine).registers_with_rows() if fulfilling else ()
        for register in fulfilling:
            for fulfilment in register.fulfils if register.id in kept_registers else ():
                carriers[fulfilment.fact].append((register, fulfilment))
        return carriers

    @cached_property
    def _cases(self) -> Mapping[tuple[str, str], str]:
        library = self._app.library
        names = {fact.partition(":")[0] for fact in self.by_fact} & {*library.procedures()}
        begins = {name: library.latest(name).begins_with for name in names}
        return active(self._app.engine, begins, self.first)

    @cached_property
    def _office(self) -> Office:
        return self._app.reads.office()

    def case_of(self, fact: str, unit: str) -> str:
        """Return the case of a unit, or of the nearest unit above it in its organisation; "" for none."""
        return self._place(fact.partition(":")[0], unit)

    def _place(self, procedure: str, unit: str) -> str:
        if (procedure, unit) not in self._places:
            organisation, place = self._office.organisation(unit), ""
            for organisation_id in self._office.above(unit):
                place = self._cases.get((procedure, organisation_id), "")
                if place or organisation_id == organisation:
                    break
            self._places[procedure, unit] = place
        return self._places[procedure, unit]

    def again(self, *, of: Iterable[Case] | None = None) -> _YearDuties:
        """Return the same year with its rows to be read again. `of`: only rows of the units of these cases."""
        other = copy(self)
        other._found, other._years = {}, {}
        if of is not None:
            other._units = [
                unit
                for case in of
                for unit in self._office.below(case.unit)
                if self._place(case.procedure, unit) == case.id
            ]
        return other

    def of_case(
        self, case: Case, procedure: Procedure, days: _Days | None = None
    ) -> Mapping[str, Sequence[DutyRow]]:
        """Return the rows that carry out facts of a case, by name of the fact with its period.

        Args:
            days: only the periods that contain these days; None for the whole year.
        """
        rows_by_fact = dict[str, Sequence[DutyRow]]()
        recorded = {fact.row for fact in case.facts.values()}
        for fact in self.by_fact if days is None else days:
            obligation = procedure.by_id.get(fact.partition(":")[2])
            if obligation is None or not fact.startswith(f"{procedure.id}:"):
                continue
            is_whole_year = days is None or len(days[fact]) > FEW_DAYS
            if is_whole_year and fact not in self._years:
                self._years[fact] = [*self._read(fact, self.first, self.last)]
            months = (date(self.first.year, month, 1) for month in range(1, 13))
            for name, span in _periods(obligation, months if days is None else days[fact], self):
                rows = self._rows(fact, span.first, span.last)
                # The unit of a row may be gone from the office: what was recorded of it stays.
                stay = (row for row in rows.get("", ()) if row.row in recorded)
                rows_by_fact[name] = sorted((*rows.get(case.id, ()), *stay), key=lambda row: (row.on, row.row))
        return rows_by_fact

    def _rows(self, fact: str, first: date, last: date) -> _Rows:
        """Return the rows that carry out a fact in a period, by case, without duplicates; those of unknown
        units under "".
        """
        if (fact, first, last) not in self._found:
            rows_by_case: dict[str, dict[object, DutyRow]] = defaultdict(dict)
            units = self._office.units
            year = self._years.get(fact)
            for unit, key, day, row in self._read(fact, first, last) if year is None else year:
                case = self.case_of(fact, unit)
                if not first <= day <= last or (not case and unit in units):
                    continue
                other = rows_by_case[case].get(key)
                if other is None or row.on < other.on:
                    rows_by_case[case][key] = row
            self._found[fact, first, last] = {case: [*rows.values()] for case, rows in rows_by_case.items()}
        return self._found[fact, first, last]

    def cases(self) -> set[str]:
        """Return the cases of all units that have ever had rows, even if none is left in the year."""
        register_ids = {register.id for carriers in self.by_fact.values() for register, _ in carriers}
        return self._cases_of(SqlRegisterLists(self._app.engine).units(register_ids) if register_ids else ())

    def cases_of(self, new_rows: _Written) -> set[str]:
        """Return the cases that changed rows belong to, and the changed cases of the year."""
        heads = self._app.reads.heads(new_rows.cases) if new_rows.cases else {}
        procedures = {fact.partition(":")[0] for fact in self.by_fact}
        yearly = {case for case, head in heads.items() if head.procedure in procedures}
        return self._cases_of(new_rows.rows) | (yearly & set(self._cases.values()) if yearly else set())

    def _cases_of(self, rows: Iterable[tuple[str, str]]) -> set[str]:
        """Return the cases that rows belong to, given by register and unit."""
        facts: dict[str, list[str]] = defaultdict(list)
        for fact, carriers in self.by_fact.items():
            for name in {register.id for register, _ in carriers}:
                facts[name].append(fact)
        return {self.case_of(fact, unit) for name, unit in rows for fact in facts[name]} - {""}

    def _read(self, fact: str, first: date, last: date) -> Iterator[tuple[str, object, date, DutyRow]]:
        """Yield for each row whose day has come: its unit, the key by which duplicates count once, the day that
        decides its period, and its duty.
        """
        lists = SqlRegisterLists(self._app.engine)
        for register, fulfilment in self.by_fact.get(fact, ()):
            for record in lists.dated(
                register.id, fulfilment.within, first, last, self._units, by_unit=self.of_many
            ):
                values: Values = record.shown
                day, on = _period_day(fulfilment, values), as_date(values.get(fulfilment.date))
                if day is not None and on is not None and on <= self.today:
                    key = values.get(fulfilment.distinct) or record.id
                    yield record.unit, key, day, _duty_row(fulfilment, record.id, on, values)


def _periods(obligation: Obligation, days: Iterable[date], duties: _YearDuties) -> Iterator[tuple[str, Span]]:
    """Yield the periods of an obligation that contain these days: name of the fact, and the period."""
    recurs = obligation.recurs
    if recurs is None:
        yield obligation.id, Span(str(duties.first.year), duties.first, duties.last)
        return
    for span in dict.fromkeys(period_of(day, recurs.every) for day in days):
        yield f"{obligation.id}.{span.name}", span


def _period_day(fulfilment: Fulfilment, values: Values) -> date | None:
    """Return the day that decides the period of a row; None if the row carries out nothing."""
    on, day = as_date(values.get(fulfilment.date)), as_date(values.get(fulfilment.within))
    return day if on is not None and all(holds(condition, values) for condition in fulfilment.where) else None


def _duty_row(fulfilment: Fulfilment, row: str, on: date, values: Values) -> DutyRow:
    """Return the duty a row carries out, with evidence and numbers for the fact."""
    proof = [(kind, values.get(name)) for kind, name in fulfilment.evidence.items()]
    numbers = {name: values.get(field) for name, field in fulfilment.values.items()}
    return DutyRow(
        row=row,
        on=on,
        evidence=tuple(as_evidence(kind, value) for kind, value in proof if is_filled(value)),
        values={name: Decimal(str(value)) for name, value in numbers.items() if is_filled(value)},
    )


def as_evidence(kind: str, value: object) -> Evidence:
    """Return a file or a link as evidence of a kind."""
    if not isinstance(value, Mapping):
        return Evidence(kind=kind, reference=str(value))
    name, type, size = (value.get(key) for key in ("name", "type", "size"))
    return Evidence(kind=kind, reference=str(value["sha256"]), name=name, type=type, size=size)
