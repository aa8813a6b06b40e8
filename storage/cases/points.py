"""What a year's points are counted from: facts with their numbers, and what nobody has recorded."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from storage.cases.ledger import cases
from storage.database.dialect import text_before
from storage.database.engine import Row_
from storage.database.in_list import execute_for_names, in_names
from storage.tables import CASE, DEADLINE, EVENT, FIRST_ENTRY
from workflow.cases.case import Case, values_of
from workflow.cases.registers.risk import register
from workflow.scoring.recorded import MissingFact, RecordedFact
from workflow.scoring.scale import Risks

_TOLD = EVENT.c.kind.in_(("fact", "corrected", "evidence"))
_COLUMNS = (EVENT.c.case, CASE.c.unit, CASE.c.procedure, EVENT.c.name, EVENT.c.on, EVENT.c.payload)
_AMENDED = select(EVENT.c.case, EVENT.c.kind).where(
    EVENT.c.kind.in_(("corrected", "evidence", "withdrawn")), in_names(EVENT.c.case)
)
_ENTERED = select(EVENT.c.case).where(FIRST_ENTRY, in_names(EVENT.c.case))


def recorded(
    connection: Connection, facts: Collection[str], year: int, *, units: Collection[str] | None = None
) -> dict[str, list[RecordedFact]]:
    """Every fact of these (`procedure:fact`) of active cases that happened in a year, by unit.

    A corrected fact has its last date; its numbers and links are those of all its events.

    Args:
        units: as their cases name them; None for all.
    """
    wanted = frozenset(facts)
    asked = _of_active(select(*_COLUMNS), EVENT.c.case, wanted).where(_TOLD)
    called = text_before(connection, EVENT.c.name, ".").in_(sorted({fact.partition(":")[2] for fact in facts}))
    within = EVENT.c.on.between(date(year, 1, 1), date(year, 12, 31))
    found = list(_in(connection, asked.where(called, within), CASE.c.unit, units))
    # Of most cases each fact has one event. Where something was said anew, all that was said counts; where
    # something was withdrawn, what is left of the case.
    amended = list(execute_for_names(connection, _AMENDED, {record.case for record in found}))
    withdrawn = {record.case for record in amended if record.kind == "withdrawn"}
    anew = {record.case for record in amended} - withdrawn
    whole = asked.where(in_names(EVENT.c.case)).order_by(EVENT.c.case, EVENT.c.seq)
    records = [one for one in found if one.case not in anew | withdrawn]
    records += execute_for_names(connection, whole, sorted(anew))
    by_unit: dict[str, list[RecordedFact]] = {}
    for one in (*_told(records, wanted), *_left(cases(connection, withdrawn).values(), wanted)):
        if one.on.year == year:
            by_unit.setdefault(one.unit, []).append(one)
    return by_unit


def lacking(
    connection: Connection, facts: Collection[str], year: int, *, units: Collection[str] | None = None
) -> dict[str, list[MissingFact]]:
    """Board rows of these facts that wait or were missed in active cases and were due in a year, by unit."""
    asked = _lacking(facts, DEADLINE.c.due.between(date(year, 1, 1), date(year, 12, 31)))
    found: dict[str, list[MissingFact]] = {}
    for record in _in(connection, asked, DEADLINE.c.unit, units):
        fact = f"{record.procedure}:{record.obligation}"
        if fact in facts:
            one = MissingFact(
                case=record.case,
                unit=record.unit,
                fact=fact,
                due=record.due,
                counts_until=record.counts_until,
            )
            found.setdefault(one.unit, []).append(one)
    return found


def any_lacking(connection: Connection, facts: Collection[str]) -> bool:
    """Whether any of these facts waits or was missed anywhere, of whatever year."""
    return any(connection.execute(_lacking([fact]).limit(1)).first() is not None for fact in sorted(facts))


def risks(connection: Connection, ended: Collection[str]) -> dict[str, Risks]:
    """Of each of these cases that keeps a register of risks: how many were found and removed."""
    entered = {record.case for record in execute_for_names(connection, _ENTERED, ended)}
    found = {name: _risks(case) for name, case in cases(connection, entered).items()}
    return {name: one for name, one in found.items() if one.found}


def _risks(case: Case) -> Risks:
    known = register(case).risks.values()
    removals = [risk.removal for risk in known if risk.removal is not None]
    completed = sum(one.completed for one in removals)
    return Risks(found=len(known), removed=len(removals) - completed, completed=completed)


def _lacking(facts: Collection[str], *more: ColumnElement[bool]) -> Select[Any]:
    names = sorted({fact.partition(":")[2] for fact in facts})
    asked = select(
        DEADLINE.c.case,
        CASE.c.unit,
        CASE.c.procedure,
        DEADLINE.c.obligation,
        DEADLINE.c.due,
        DEADLINE.c.counts_until,
    )
    return _of_active(asked, DEADLINE.c.case, facts).where(
        DEADLINE.c.obligation.in_(names), DEADLINE.c.state.in_(("open", "missed")), *more
    )


def _of_active(asked: Select[Any], case: ColumnElement[str], facts: Iterable[str]) -> Select[Any]:
    procedures = sorted({fact.partition(":")[0] for fact in facts})
    asked = asked.join(CASE, CASE.c.id == case)
    return asked.where(CASE.c.procedure.in_(procedures), CASE.c.standing == "active")


def _in(
    connection: Connection, asked: Select[Any], unit: ColumnElement[str], units: Collection[str] | None
) -> Iterable[Row_]:
    if units is None:
        return connection.execute(asked)
    return execute_for_names(connection, asked.where(in_names(unit)), sorted(units))


def _left(known: Iterable[Case], facts: frozenset[str]) -> Iterator[RecordedFact]:
    """What cases hold of these facts after their withdrawals."""
    for case in known:
        for name, fact in case.facts.items():
            meant = f"{case.procedure}:{name.partition('.')[0]}"
            if meant in facts:
                yield RecordedFact(
                    case=case.id,
                    unit=case.unit,
                    fact=meant,
                    on=fact.on,
                    values=dict(fact.values),
                    linked=any(item.kind.startswith("link:") for item in fact.evidence),
                )


def _told(records: Iterable[Row_], facts: frozenset[str]) -> Iterator[RecordedFact]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in records:
        fact = f"{one.procedure}:{one.name.partition('.')[0]}"
        if fact not in facts:
            continue
        known = found.setdefault(
            (one.case, one.name),
            {"case": one.case, "unit": one.unit, "fact": fact, "values": {}, "linked": False},
        )
        if one.on is not None:
            known["on"] = one.on
        if one.payload == "{}":
            continue
        payload = json.loads(one.payload)
        known["values"] |= values_of(payload)
        known["linked"] |= any(
            str(item.get("kind", "")).startswith("link:") for item in payload.get("evidence", ())
        )
    for values in found.values():
        yield RecordedFact(**values)
