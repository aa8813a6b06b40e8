"""Queries for the scoring of a year: recorded facts with their numbers, and missing facts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, or_, select

from merzim.storage.cases.ledger import cases
from merzim.storage.database.dialect import execute_for_names, in_names, text_before
from merzim.storage.database.engine import Row_, reading
from merzim.storage.events import OFFICE
from merzim.storage.rows import read_as
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE, COUNTED_LINE
from merzim.storage.tables.events import EVENT, OF_CASES
from workflow.cases.case import Case, values_of
from workflow.scoring.records import MissingFact, RecordedFact
from workflow.scoring.scale import Scoring

_OF_FACTS = EVENT.c.kind.in_(("fact", "corrected", "evidence"))
_COLUMNS = (EVENT.c.case, CASE.c.unit, CASE.c.procedure, EVENT.c.name, EVENT.c.on, EVENT.c.payload)
_AMENDED = select(EVENT.c.case, EVENT.c.kind).where(
    OF_CASES, EVENT.c.kind.in_(("corrected", "evidence", "withdrawn")), in_names(EVENT.c.case)
)


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
            yield MissingFact(
                case=record.case,
                unit=record.unit,
                fact=fact,
                due=record.due,
                counts_until=record.counts_until,
            )


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
    """Yield the lines of the registers of active cases that points of a year are counted from."""
    query = select(COUNTED_LINE, CASE.c.unit).join(CASE, CASE.c.id == COUNTED_LINE.c.case)
    in_year = COUNTED_LINE.c.on.between(date(year, 1, 1), date(year, 12, 31))
    for record in connection.execute(query.where(CASE.c.status == "active", in_year)):
        yield RecordedFact(
            case=record.case,
            unit=record.unit,
            fact=record.fact,
            on=record.on,
            line=(record.section, record.place),
        )


def _names(facts: Iterable[str]) -> list[str]:
    """Return the names of facts without their procedures (`procedure:fact`), each once."""
    return sorted({fact.partition(":")[2] for fact in facts})


def _of_active(query: Select[Any], case: ColumnElement[str], facts: Iterable[str]) -> Select[Any]:
    """Return a query limited to active cases of the procedures of these facts. `case`: its column of ids."""
    procedures = sorted({fact.partition(":")[0] for fact in facts})
    query = query.join(CASE, CASE.c.id == case)
    return query.where(CASE.c.procedure.in_(procedures), CASE.c.status == "active")


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
    records_by_fact: dict[tuple[str, str], list[Row_]] = {}
    for record in records:
        records_by_fact.setdefault((record.case, record.name), []).append(record)
    for (case, name), said in records_by_fact.items():
        fact_name, _, period = name.partition(".")
        fact = f"{said[0].procedure}:{fact_name}"
        payloads = [json.loads(record.payload) for record in said if record.payload != "{}"]
        if fact in facts and not any(payload.get("row") for payload in payloads):
            values: dict[str, Decimal] = {}
            for payload in payloads:
                values |= values_of(payload)
            yield RecordedFact(
                case=case,
                unit=said[0].unit,
                fact=fact,
                on=[record.on for record in said if record.on is not None][-1],
                period=period,
                values=values,
                evidence=frozenset(
                    str(item.get("kind", "")) for payload in payloads for item in payload.get("evidence", ())
                ),
            )
