"""Queries for the scoring of a year: recorded facts with their numbers, and missing facts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, or_, select

from merzim.storage.cases.ledger import cases
from merzim.storage.database.dialect import execute_for_names, in_names, text_before
from merzim.storage.database.engine import Row_, reading
from merzim.storage.events import OFFICE
from merzim.storage.rows import EVENTS_IN_ORDER, HEAD, event, head, read_as
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.events import EVENT, FIRST_ENTRY, OF_CASES
from workflow.cases.case import Case, Event, values_of, with_rows
from workflow.cases.registers.exposure import exposure
from workflow.cases.registers.risk import register
from workflow.scoring.records import (
    CARTOGRAM,
    COMPLETED,
    FOUND,
    REMOVED,
    TALK,
    MissingFact,
    RecordedFact,
)
from workflow.scoring.scale import Scoring

_OF_FACTS = EVENT.c.kind.in_(("fact", "corrected", "evidence"))
_COLUMNS = (EVENT.c.case, CASE.c.unit, CASE.c.procedure, EVENT.c.name, EVENT.c.on, EVENT.c.payload)
_AMENDED = select(EVENT.c.case, EVENT.c.kind).where(
    OF_CASES, EVENT.c.kind.in_(("corrected", "evidence", "withdrawn")), in_names(EVENT.c.case)
)
_ENTRY_DAYS = ("risk_found", "risk_removed", "talk_held", "cartogram_recorded")
"""Kinds of events whose day decides in which year a row of a case's register counts."""
_ENTRY_KINDS = (*_ENTRY_DAYS, "measure_set", "position_exposed", "position_cleared", "row_edited", "withdrawn")
"""Kinds of events that say what such rows hold."""
REGISTER_YEARS = 2
"""Number of earlier years in which a case may have been opened for its registers to count."""


def of_year(
    engine: Engine, scoring: Scoring, year: int
) -> tuple[Sequence[RecordedFact], Sequence[MissingFact]]:
    """Return what active cases recorded for the points of a year, and what of it they lack."""
    with reading(engine) as connection:
        facts = [*_recorded(connection, scoring, year), *_lines(connection, year)]
        return facts, [*_lacking(connection, scoring.awaited, year), *_running(connection, scoring, year)]


def _recorded(connection: Connection, scoring: Scoring, year: int) -> Iterator[RecordedFact]:
    """Yield the facts of active cases that points of a year are counted from.

    Those of the year and of the year before, and those whose period is of the year. A corrected fact has its
    last date; its numbers and evidence are those of all its events. A fact recorded from a row of a register is
    left out: the row itself is counted, and a case above its unit must not count it besides.
    """
    names = scoring.facts
    query = _of_active(select(*_COLUMNS), EVENT.c.case, names).where(OF_CASES, _OF_FACTS)
    name = text_before(connection, EVENT.c.name, ".")
    name_condition = name.in_(_names(names))
    within = or_(
        EVENT.c.on.between(date(year, 1, 1), date(year, 12, 31)),
        EVENT.c.on.between(date(year - 1, 1, 1), date(year - 1, 12, 31))
        & name.in_(_names(scoring.of_year_before)),
        *(EVENT.c.name.like(f"{fact}.{year}%") for fact in _names(scoring.of_the_period)),
    )
    own_records = connection.execute(query.where(name_condition, within)).all()
    # Of most cases each fact has one event. Where something was said anew, all that was said counts; where
    # something was withdrawn, what is left of the case.
    amended = list(execute_for_names(connection, _AMENDED, {record.case for record in own_records}))
    withdrawn = {record.case for record in amended if record.kind == "withdrawn"}
    amended_cases = {record.case for record in amended} - withdrawn
    whole_query = query.where(in_names(EVENT.c.case)).order_by(EVENT.c.case, EVENT.c.seq)
    records = [record for record in own_records if record.case not in amended_cases | withdrawn]
    records += execute_for_names(connection, whole_query, sorted(amended_cases))
    yield from _facts_of_events(records, names)
    yield from _remaining_facts(cases(connection, withdrawn).values(), names)


def _lacking(connection: Connection, facts: Collection[str], year: int) -> Iterator[MissingFact]:
    """Yield the board rows of these facts that are open or missed in active cases and due in a year."""
    columns = DEADLINE.c.case, CASE.c.unit, CASE.c.procedure, DEADLINE.c.obligation
    query = select(*columns, DEADLINE.c.due, DEADLINE.c.counts_until)
    query = _of_active(query, DEADLINE.c.case, facts).where(
        DEADLINE.c.obligation.in_(_names(facts)),
        DEADLINE.c.state.in_(("open", "missed")),
        DEADLINE.c.due.between(date(year, 1, 1), date(year, 12, 31)),
    )
    for record in connection.execute(query):
        fact = f"{record.procedure}:{record.obligation}"
        if fact in facts:
            yield read_as(MissingFact, record, fact=fact)


def _running(connection: Connection, scoring: Scoring, year: int) -> Iterator[MissingFact]:
    """Yield each term that began in the year and ends in the next one, in active cases."""
    began = DEADLINE.alias()
    for fact, since in scoring.running.items():
        procedure, _, obligation = fact.partition(":")
        columns = select(DEADLINE.c.case, CASE.c.unit, DEADLINE.c.due).select_from(DEADLINE)
        query = _of_active(columns, DEADLINE.c.case, [fact]).where(
            CASE.c.procedure == procedure,
            DEADLINE.c.obligation == obligation,
            DEADLINE.c.due.between(date(year + 1, 1, 1), date(year + 1, 12, 31)),
            began.c.case == DEADLINE.c.case,
            began.c.obligation == since.partition(":")[2],
            began.c.done_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
        for record in connection.execute(query):
            yield read_as(MissingFact, record, fact=fact)


def first_record(engine: Engine) -> datetime | None:
    """Return the UTC moment of the first record, of the office's chain or of a case; None before it."""
    with reading(engine) as connection:
        of_office = select(EVENT.c.at).where(EVENT.c.stream == OFFICE).order_by(EVENT.c.seq)
        act = connection.execute(of_office.limit(1)).scalar()
        case = connection.execute(select(CASE.c.opened_at).order_by(CASE.c.opened_at).limit(1)).scalar()
    return min((at for at in (act, case) if at is not None), default=None)


def _lines(connection: Connection, year: int) -> Iterator[RecordedFact]:
    """Yield the lines of the registers of active cases opened in the year or in those before that may count."""
    counted = EVENT.alias()
    in_year = counted.c.on.between(date(year, 1, 1), date(year, 12, 31))
    may_count = or_(counted.c.kind.in_(_ENTRY_DAYS), counted.c.name == "analysis_ended")
    has_counted = select(counted.c.seq).where(counted.c.case == CASE.c.id, in_year, may_count).exists()
    has_register = select(EVENT.c.case).where(EVENT.c.case == CASE.c.id, FIRST_ENTRY).exists()
    since = datetime(year - REGISTER_YEARS, 1, 1, tzinfo=UTC)
    of_registers = (CASE.c.opened_at >= since, CASE.c.standing == "active", has_register, has_counted)
    heads = {case.id: case for case in map(head, connection.execute(select(*HEAD).where(*of_registers)))}
    wanted = or_(EVENT.c.kind.in_(_ENTRY_KINDS), EVENT.c.name == "analysis_ended")
    entries = EVENTS_IN_ORDER.where(in_names(EVENT.c.case), wanted)
    events: dict[str, list[Event]] = {}
    for entry in map(event, execute_for_names(connection, entries, heads)):
        events.setdefault(entry.case, []).append(entry)
    for name, case in heads.items():
        yield from lines_of(with_rows(case, events[name]))


def lines_of(case: Case) -> Iterator[RecordedFact]:
    """Yield the lines of a case's registers that points are counted from."""
    line = partial(RecordedFact, case=case.id, unit=case.unit)
    ended = case.facts.get("analysis_ended")
    for risk in register(case).risks.values():
        if found_on := risk.found_on or (ended.on if ended else None):
            yield line(fact=FOUND, on=found_on)
        if removal := risk.removal:
            yield line(fact=COMPLETED if removal.completed else REMOVED, on=removal.on)
    talks = (talk for position in exposure(case).positions.values() for talk in position.talks)
    for month in {(talk.holder, talk.on.replace(day=1)): talk.on for talk in talks}.values():
        yield line(fact=TALK, on=month)
    for entry in case.entries:
        # A cartogram recorded later takes the place of this one in its register, not of what was published.
        if entry.kind == "cartogram_recorded" and entry.on is not None:
            cartogram = exposure(replace(case, entries=(entry,))).cartogram
            for of_place in cartogram.lines if cartogram else ():
                if place := of_place.district or of_place.department:
                    yield line(fact=CARTOGRAM, on=entry.on, line=(of_place.section, place))


def _names(facts: Iterable[str]) -> list[str]:
    """Return the names of facts without their procedures (`procedure:fact`), each once."""
    return sorted({fact.partition(":")[2] for fact in facts})


def _of_active(query: Select[Any], case: ColumnElement[str], facts: Iterable[str]) -> Select[Any]:
    """Return a query limited to active cases of the procedures of these facts. `case`: its column of ids."""
    procedures = sorted({fact.partition(":")[0] for fact in facts})
    query = query.join(CASE, CASE.c.id == case)
    return query.where(CASE.c.procedure.in_(procedures), CASE.c.standing == "active")


def _remaining_facts(cases: Iterable[Case], facts: frozenset[str]) -> Iterator[RecordedFact]:
    """Yield those of these facts that whole cases have now, without those recorded from rows of registers."""
    for case in cases:
        for name, fact in case.facts.items():
            fact_name, _, period = name.partition(".")
            meant = f"{case.procedure}:{fact_name}"
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


def _facts_of_events(records: Iterable[Row_], facts: frozenset[str]) -> Iterator[RecordedFact]:
    """Yield the facts that events record, one for all events of its name, without those recorded from rows of
    registers.
    """
    facts_by_key: dict[tuple[str, str], dict[str, Any]] = {}
    of_rows = set[tuple[str, str]]()
    for record in records:
        fact_name, _, period = record.name.partition(".")
        fact = f"{record.procedure}:{fact_name}"
        if fact not in facts:
            continue
        values_of_fact = facts_by_key.setdefault(
            (record.case, record.name),
            {
                "case": record.case,
                "unit": record.unit,
                "fact": fact,
                "period": period,
                "values": {},
                "evidence": frozenset(),
            },
        )
        if record.on is not None:
            values_of_fact["on"] = record.on
        if record.payload == "{}":
            continue
        payload = json.loads(record.payload)
        if payload.get("row"):
            of_rows.add((record.case, record.name))
        values_of_fact["values"] |= values_of(payload)
        values_of_fact["evidence"] |= {str(item.get("kind", "")) for item in payload.get("evidence", ())}
    for key, values in facts_by_key.items():
        if key not in of_rows:
            yield RecordedFact(**values)
