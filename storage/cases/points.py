"""Queries for the scoring of a year: recorded facts with their numbers, and missing facts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from storage.cases.ledger import cases
from storage.database.dialect import text_before
from storage.database.engine import Row_
from storage.database.in_list import execute_for_names, in_names
from storage.tables.board import DEADLINE
from storage.tables.cases import CASE, EVENT, FIRST_ENTRY
from storage.tables.organisation import ACT
from workflow.cases.case import Case, values_of
from workflow.cases.registers.exposure import exposure
from workflow.cases.registers.risk import register
from workflow.scoring.recorded import MissingFact, RecordedFact, RegisterEntry
from workflow.scoring.scale import Scoring

_TOLD = EVENT.c.kind.in_(("fact", "corrected", "evidence"))
_COLUMNS = (EVENT.c.case, CASE.c.unit, CASE.c.procedure, EVENT.c.name, EVENT.c.on, EVENT.c.payload)
_AMENDED = select(EVENT.c.case, EVENT.c.kind).where(
    EVENT.c.kind.in_(("corrected", "evidence", "withdrawn")), in_names(EVENT.c.case)
)
REGISTER_YEARS = 2
"""Number of earlier years in which a case may have been opened for its registers to count."""


def recorded(
    connection: Connection, scoring: Scoring, year: int, *, units: Collection[str] | None = None
) -> dict[str, list[RecordedFact]]:
    """Return the facts of active cases that points of a year are counted from, by unit.

    Those of the year and of the year before, and those whose period is of the year. A corrected fact has its
    last date; its numbers and evidence are those of all its events. A fact recorded from a row of a register is
    left out: the row itself is counted, and a case above its unit must not count it besides.

    Args:
        units: as their cases name them; None for all.
    """
    wanted = scoring.facts
    asked = _of_active(select(*_COLUMNS), EVENT.c.case, wanted).where(_TOLD)
    name = text_before(connection, EVENT.c.name, ".")
    called = name.in_(_names(wanted))
    within = or_(
        EVENT.c.on.between(date(year, 1, 1), date(year, 12, 31)),
        EVENT.c.on.between(date(year - 1, 1, 1), date(year - 1, 12, 31))
        & name.in_(_names(scoring.of_year_before)),
        *(EVENT.c.name.like(f"{fact}.{year}%") for fact in _names(scoring.of_the_period)),
    )
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
        if one.on.year in (year - 1, year) or one.period.startswith(str(year)):
            by_unit.setdefault(one.unit, []).append(one)
    return by_unit


def lacking(
    connection: Connection, facts: Collection[str], year: int, *, units: Collection[str] | None = None
) -> dict[str, list[MissingFact]]:
    """Return board rows of these facts that are open or missed in active cases and due in a year, by unit."""
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
                due_at=record.due_at,
            )
            found.setdefault(one.unit, []).append(one)
    return found


def first_record(connection: Connection) -> datetime | None:
    """Return the UTC moment of the first record, of the office's chain or of a case; None before it."""
    act = connection.execute(select(ACT.c.at).order_by(ACT.c.seq).limit(1)).scalar()
    case = connection.execute(select(CASE.c.opened_at).order_by(CASE.c.opened_at).limit(1)).scalar()
    return min((at for at in (act, case) if at is not None), default=None)


def entries(
    connection: Connection, year: int, *, units: Collection[str] | None = None
) -> dict[str, list[RegisterEntry]]:
    """Return the rows of active cases opened in the year or in the years before it that count, by unit."""
    since = datetime(year - REGISTER_YEARS, 1, 1, tzinfo=UTC)
    kept = select(EVENT.c.case).where(EVENT.c.case == CASE.c.id, FIRST_ENTRY).exists()
    asked = select(CASE.c.id, CASE.c.unit).where(CASE.c.opened_at >= since, CASE.c.standing == "active", kept)
    unit_of = {record.id: record.unit for record in _in(connection, asked, CASE.c.unit, units)}
    by_unit: dict[str, list[RegisterEntry]] = {}
    for name, case in cases(connection, unit_of).items():
        by_unit.setdefault(unit_of[name], []).extend(register_entries(case))
    return by_unit


def register_entries(case: Case) -> Iterator[RegisterEntry]:
    """Yield the lines of a case's registers that points are counted from."""
    ended = case.facts.get("analysis_ended")
    for risk in register(case).risks.values():
        if found_on := risk.found_on or (ended.on if ended else None):
            yield RegisterEntry(kind="found", on=found_on)
        if removal := risk.removal:
            yield RegisterEntry(kind="completed" if removal.completed else "removed", on=removal.on)
    talks = (talk for position in exposure(case).positions.values() for talk in position.talks)
    for month in {(talk.holder, talk.on.replace(day=1)): talk.on for talk in talks}.values():
        yield RegisterEntry(kind="talk", on=month)
    for event in case.entries:
        # A cartogram recorded later takes the place of this one in its register, not of what was published.
        if event.kind == "cartogram_recorded" and event.on is not None:
            cartogram = exposure(replace(case, entries=(event,))).cartogram
            for line in cartogram.lines if cartogram else ():
                if place := line.district or line.department:
                    yield RegisterEntry(kind="cartogram", on=event.on, place=(line.section, place))


def _lacking(facts: Collection[str], *more: ColumnElement[bool]) -> Select[Any]:
    """Return the condition for open or missed rows of these facts."""
    asked = select(
        DEADLINE.c.case,
        CASE.c.unit,
        CASE.c.procedure,
        DEADLINE.c.obligation,
        DEADLINE.c.due,
        DEADLINE.c.counts_until,
        DEADLINE.c.due_at,
    )
    return _of_active(asked, DEADLINE.c.case, facts).where(
        DEADLINE.c.obligation.in_(_names(facts)), DEADLINE.c.state.in_(("open", "missed")), *more
    )


def _names(facts: Iterable[str]) -> list[str]:
    return sorted({fact.partition(":")[2] for fact in facts})


def _of_active(asked: Select[Any], case: ColumnElement[str], facts: Iterable[str]) -> Select[Any]:
    """Restrict a query to active cases."""
    procedures = sorted({fact.partition(":")[0] for fact in facts})
    asked = asked.join(CASE, CASE.c.id == case)
    return asked.where(CASE.c.procedure.in_(procedures), CASE.c.standing == "active")


def _in(
    connection: Connection, asked: Select[Any], unit: ColumnElement[str], units: Collection[str] | None
) -> Iterable[Row_]:
    """Run a query for all units or some of them."""
    if units is None:
        return connection.execute(asked)
    return execute_for_names(connection, asked.where(in_names(unit)), sorted(units))


def _left(known: Iterable[Case], facts: frozenset[str]) -> Iterator[RecordedFact]:
    """Yield the facts that remain after withdrawals."""
    for case in known:
        for name, fact in case.facts.items():
            called, _, period = name.partition(".")
            meant = f"{case.procedure}:{called}"
            if meant in facts and not fact.row:
                yield RecordedFact(
                    case=case.id,
                    unit=case.unit,
                    fact=meant,
                    on=fact.on,
                    period=period,
                    values=dict(fact.values),
                    evidence=frozenset(item.kind for item in fact.evidence),
                )


def _told(records: Iterable[Row_], facts: frozenset[str]) -> Iterator[RecordedFact]:
    """Yield the recorded facts of rows."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    of_rows = set[tuple[str, str]]()
    for one in records:
        called, _, period = one.name.partition(".")
        fact = f"{one.procedure}:{called}"
        if fact not in facts:
            continue
        known = found.setdefault(
            (one.case, one.name),
            {
                "case": one.case,
                "unit": one.unit,
                "fact": fact,
                "period": period,
                "values": {},
                "evidence": frozenset(),
            },
        )
        if one.on is not None:
            known["on"] = one.on
        if one.payload == "{}":
            continue
        payload = json.loads(one.payload)
        if payload.get("row"):
            of_rows.add((one.case, one.name))
        known["values"] |= values_of(payload)
        known["evidence"] |= {str(item.get("kind", "")) for item in payload.get("evidence", ())}
    for key, values in found.items():
        if key not in of_rows:
            yield RecordedFact(**values)
