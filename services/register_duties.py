"""Duties of yearly cases that rows of registers carry out (`[[fulfils]]`), recorded there as the rows say.

After a row is written the period it belongs to is compared with its case; a round compares whole years, so that
what lay ahead, was kept before its case was opened, or was interrupted is recorded too. Comparing again changes
nothing.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from workflow.cases.case import Evidence, Fact
from workflow.cases.commands.row_facts import DutyRow, follow_rows
from workflow.periods import Span, period_of
from workflow.ports import Conflict
from workflow.registers.values import as_date, holds, is_filled

if TYPE_CHECKING:
    from services.app import AppContext
    from workflow.law.procedure import Obligation
    from workflow.registers.definition import Fulfilment, Register
    from workflow.registers.rows import RegisterRow
    from workflow.registers.values import Values

log = logging.getLogger("merzim.registers")
_Touched: TypeAlias = "Mapping[str, Mapping[str, Collection[date]]]"
"""Case -> fact -> days in the periods that are compared."""
_Rows: TypeAlias = "Mapping[str, list[DutyRow]]"
"""Case -> the rows that carry out a fact there."""


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
    """Record in yearly cases what rows carry out, after they were written, in the name of who wrote them.

    Args:
        rows: as they were and as they are; of a withdrawn one as it was.
        ground: of what is corrected and withdrawn.
    """
    if not register.fulfils:
        return
    found = {
        (one.fact, day, row.unit)
        for row in rows
        for one in register.fulfils
        if (day := _period_day(one, row.values)) is not None
    }
    for year in sorted({day.year for _, day, _ in found}):
        duties = _YearDuties(app, year, today=today)
        touched: dict[str, dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
        for fact, day, unit in found:
            case = duties.case_of(fact, unit) if day.year == year else ""
            if case:
                touched[case][fact].add(day)
        _compare(app, duties, touched, ground=ground, by=by, now=now)


def record_year(app: AppContext, year: int, *, by: str, now: datetime, today: date) -> None:
    """Record in the cases of a year what rows of registers carry out and the cases do not say yet."""
    duties = _YearDuties(app, year, today=today)
    touched: dict[str, dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
    for fact in duties.by_fact:
        for unit, _, day, _ in duties.days(fact, duties.first, duties.last):
            if case := duties.case_of(fact, unit):
                touched[case][fact].add(day)
    _compare(app, duties, touched, ground="", by=by, now=now)


def record_due_rows(app: AppContext, *, now: datetime, today: date) -> None:
    """Record what rows of this year and of the one before carry out by this day; part of a round."""
    for year in (today.year - 1, today.year):
        record_year(app, year, by="merzim", now=now, today=today)


def duties_of(app: AppContext, register: Register, row: RegisterRow, *, today: date) -> list[tuple[str, Fact]]:
    """Return what cases record from a row: each with its case, by their days."""
    found = dict[tuple[str, str], Fact]()
    for one in register.fulfils:
        day = _period_day(one, row.values)
        case_id = _YearDuties(app, day.year, today=today).case_of(one.fact, row.unit) if day else ""
        case = app.ledger.case(case_id) if case_id else None
        facts = case.facts.values() if case else ()
        found |= {(case_id, fact.name): fact for fact in facts if fact.row == row.id}
    return sorted(((case, fact) for (case, _), fact in found.items()), key=lambda each: each[1].on)


class _YearDuties:
    """The rows of a year that carry out duties, and the cases they belong to."""

    def __init__(self, app: AppContext, year: int, *, today: date) -> None:
        self._app, self.today = app, today
        self.first, self.last = date(year, 1, 1), date(year, 12, 31)
        self._found: dict[tuple[str, date, date], _Rows] = {}
        self._places: dict[tuple[str, str], str] = {}

    @cached_property
    def by_fact(self) -> Mapping[str, list[tuple[Register, Fulfilment]]]:
        """What carries out each fact, of registers as they were in force at the end of the year."""
        from storage.registers.lists import SqlRegisterLists

        found: dict[str, list[tuple[Register, Fulfilment]]] = defaultdict(list)
        last = min(self.today, self.last)
        registers = [self._app.registers.on(name, last) for name in self._app.registers.ids()]
        fulfilling = [register for register in registers if register.fulfils]
        kept = SqlRegisterLists(self._app.engine).kept() if fulfilling else ()
        for register in fulfilling:
            for one in register.fulfils if register.id in kept else ():
                found[one.fact].append((register, one))
        return found

    @cached_property
    def _cases(self) -> Mapping[tuple[str, str], str]:
        from storage.cases.programmes import active

        library = self._app.library
        names = {fact.partition(":")[0] for fact in self.by_fact} & {*library.procedures()}
        begins = {name: library.latest(name).begins_with for name in names}
        return active(self._app.engine, begins, self.first)

    def case_of(self, fact: str, unit: str) -> str:
        """Return the case of a unit, or of the nearest one above it in its organisation; "" for none."""
        procedure = fact.partition(":")[0]
        if (procedure, unit) not in self._places:
            office = self._app.reads.office()
            organisation, place = office.organisation(unit), ""
            for one in office.above(unit):
                place = self._cases.get((procedure, one), "")
                if place or one == organisation:
                    break
            self._places[procedure, unit] = place
        return self._places[procedure, unit]

    def rows(self, fact: str, first: date, last: date) -> _Rows:
        """Return the rows that carry out a fact in a period, by their days; each once."""
        if (fact, first, last) not in self._found:
            found: dict[str, dict[object, DutyRow]] = defaultdict(dict)
            for unit, key, _, row in self.days(fact, first, last):
                case = self.case_of(fact, unit)
                other = found[case].get(key) if case else None
                if case and (other is None or row.on < other.on):
                    found[case][key] = row
            self._found[fact, first, last] = {
                case: sorted(rows.values(), key=lambda one: (one.on, one.row)) for case, rows in found.items()
            }
        return self._found[fact, first, last]

    def days(self, fact: str, first: date, last: date) -> Iterator[tuple[str, object, date, DutyRow]]:
        """Yield the unit of each row whose day has come, what it is counted once by, the day whose period it
        belongs to, and its duty.
        """
        from storage.registers.lists import SqlRegisterLists

        lists = SqlRegisterLists(self._app.engine)
        for register, one in self.by_fact.get(fact, ()):
            for record in lists.dated(register.id, one.within, first, last):
                values: Values = record.shown
                day, on = _period_day(one, values), as_date(values.get(one.date))
                if day is not None and on is not None and on <= self.today:
                    numbers = {
                        name: Decimal(str(values[field]))
                        for name, field in one.values.items()
                        if is_filled(values.get(field))
                    }
                    proof = _evidence(one, values)
                    key = values.get(one.distinct) or record.id
                    yield record.unit, key, day, DutyRow(row=record.id, on=on, evidence=proof, values=numbers)


def _compare(
    app: AppContext, duties: _YearDuties, touched: _Touched, *, ground: str, by: str, now: datetime
) -> None:
    """Make each case say of the periods of these days what the rows say.

    A case somebody changed at the same moment, time and again, is left to the next round.
    """
    if not touched:
        return
    for case in app.ledger.cases(touched).values():
        procedure, said = app.library.of(case), dict[str, list[DutyRow]]()
        for fact, days in touched[case.id].items():
            obligation = procedure.by_id.get(fact.partition(":")[2])
            for name, span in _periods(obligation, days, duties) if obligation else ():
                said[name] = duties.rows(fact, span.first, span.last).get(case.id, [])
        try:
            follow_rows(app.desk, case.id, said, ground=ground, by=by, now=now, today=duties.today)
        except Conflict:
            log.warning("case %s: rows of registers are recorded by the next round", case.id)


def _periods(obligation: Obligation, days: Iterable[date], duties: _YearDuties) -> Iterator[tuple[str, Span]]:
    """Yield the periods of an obligation in which these days lie: name of the fact, and its days."""
    recurs = obligation.recurs
    if recurs is None:
        yield obligation.id, Span(str(duties.first.year), duties.first, duties.last)
        return
    for span in dict.fromkeys(period_of(day, recurs.every) for day in days):
        yield f"{obligation.id}.{span.name}", span


def _period_day(one: Fulfilment, values: Values) -> date | None:
    """Return the day whose period a row belongs to; None where it carries out nothing."""
    on, day = as_date(values.get(one.date)), as_date(values.get(one.within))
    return day if on is not None and all(holds(each, values) for each in one.where) else None


def _evidence(one: Fulfilment, values: Values) -> tuple[Evidence, ...]:
    """Return what proves the fact: files and links of the row."""
    found = [(kind, values.get(name)) for kind, name in one.evidence.items()]
    return tuple(
        Evidence(
            kind=kind,
            reference=str(value["sha256"]),
            name=value.get("name"),
            type=value.get("type"),
            size=value.get("size"),
        )
        if isinstance(value, Mapping)
        else Evidence(kind=kind, reference=str(value))
        for kind, value in found
        if is_filled(value)
    )
