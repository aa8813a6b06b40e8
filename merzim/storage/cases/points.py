"""Queries for the scoring of a year: recorded facts with their numbers, and missing facts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, not_, or_, select
from sqlmodel import Session

from merzim.storage.database import Row_, execute_for_names, in_names, reading, text_before
from merzim.storage.events import OFFICE
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE, COUNTED_LINE
from merzim.storage.tables.events import EVENT, OF_CASES
from workflow.cases.case import values_of, withdrawn_documents, withdrawn_lines
from workflow.scoring.indicators import EMBARGO, Scoring
from workflow.scoring.records import MissingFact, RecordedFact

_AMENDING = ("corrected", "evidence", "withdrawn")
"""Kinds of the events that amend what a fact said."""
_OF_FACT = (EVENT.c.seq, EVENT.c.kind, EVENT.c.name, EVENT.c.on, EVENT.c.payload)


def of_year(
    engine: Engine, scoring: Scoring, year: int
) -> tuple[Sequence[RecordedFact], Sequence[MissingFact]]:
    """Return what active cases recorded for the points of a year, and what of it they lack: what is open or was
    missed, and the terms that run on into the next year.
    """
    with reading(engine) as session:
        facts = [*_recorded(session, scoring, year), *_lines(session, year)]
        lacking = _due(session, scoring.awaited, ("open", "missed"), year)
        # What ran on counts whatever became of it. The states are named since the index begins with them.
        running = _due(session, scoring.running, ("open", "missed", "done", "not_required"), year + 1)
        return facts, [*lacking, *running]


def _recorded(session: Session, scoring: Scoring, year: int) -> Iterator[RecordedFact]:
    """Yield the facts of active cases that points of a year are counted from: of it and of the year before, and
    those whose period is of the year.

    A corrected fact has its last date; its numbers and evidence are those of all its events that were not
    withdrawn. A fact recorded from a row of a register is left out: the row itself is counted, and a case above
    its unit must not count it besides.
    """
    names = scoring.facts
    name = text_before(session, EVENT.c.name, ".")
    counts = and_(
        or_(
            _in_year(EVENT.c.on, year),
            _in_year(EVENT.c.on, year - 1) & name.in_(_names(scoring.of_year_before)),
            EVENT.c.name.like(f"%.{year}%"),
        ),
        name.in_(_names(names)),
    )
    query = select(EVENT.c.case, CASE.c.unit, CASE.c.procedure, *_OF_FACT, counts.label("counts"))
    query = _of_active(query, EVENT.c.case, names).where(OF_CASES)
    is_said = or_(EVENT.c.kind.in_(_AMENDING), (EVENT.c.kind == "fact") & counts)
    said = session.execute(query.where(is_said)).all()
    # Of most cases each fact has one event. Where something was said anew or withdrawn, all of it counts.
    own_cases = {record.case for record in said if record.counts and record.kind != "withdrawn"}
    amended = {record.case for record in said if record.kind != "fact"} & own_cases
    settled = own_cases - amended
    whole_query = query.where(EVENT.c.kind.in_(("fact", *_AMENDING)), in_names(EVENT.c.case))
    whole_query = whole_query.order_by(EVENT.c.case, EVENT.c.seq)
    records = [record for record in said if record.case in settled]
    records += execute_for_names(session, whole_query, sorted(amended))
    yield from _facts_of_events(records, names)


def _due(session: Session, facts: Collection[str], states: Collection[str], year: int) -> Iterator[MissingFact]:
    """Yield the board rows of these facts in active cases that are in one of the states and due in a year."""
    columns = DEADLINE.c.case, CASE.c.unit, CASE.c.procedure, DEADLINE.c.obligation
    query = select(*columns, DEADLINE.c.due, DEADLINE.c.counts_until)
    query = _of_active(query, DEADLINE.c.case, facts).where(
        DEADLINE.c.obligation.in_(_names(facts)), DEADLINE.c.state.in_(states), _in_year(DEADLINE.c.due, year)
    )
    for record in session.execute(query):
        fact = f"{record.procedure}:{record.obligation}"
        if fact in facts:
            yield MissingFact(
                case=record.case, unit=record.unit, fact=fact, due=record.due, counts_until=record.counts_until
            )


def first_record(engine: Engine) -> datetime | None:
    """Return the UTC moment of the first record, of the office's chain or of a case; None before it."""
    with reading(engine) as session:
        of_office = select(EVENT.c.at).where(EVENT.c.stream == OFFICE).order_by(EVENT.c.seq)
        act = session.execute(of_office.limit(1)).scalar()
        case = session.execute(select(CASE.c.opened_at).order_by(CASE.c.opened_at).limit(1)).scalar()
    return min((at for at in (act, case) if at is not None), default=None)


def _lines(session: Session, year: int) -> Iterator[RecordedFact]:
    """Yield the lines of registers of active cases that points of a year count; of confidential ones none."""
    query = select(COUNTED_LINE, CASE.c.unit).join(CASE, CASE.c.id == COUNTED_LINE.c.case)
    query = query.where(CASE.c.status == "active", not_(CASE.c.confidential))
    for record in session.execute(query.where(_in_year(COUNTED_LINE.c.on, year))):
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


def _in_year(day: ColumnElement[Any], year: int) -> ColumnElement[bool]:
    """Return the condition that a local date is of a year."""
    return day.between(date(year, 1, 1), date(year, 12, 31))


def _of_active(query: Select[Any], case: ColumnElement[str], facts: Iterable[str]) -> Select[Any]:
    """Return a query limited to active cases of the procedures of these facts. `case`: its column of ids."""
    procedures = sorted({fact.partition(":")[0] for fact in facts})
    query = query.join(CASE, CASE.c.id == case)
    return query.where(CASE.c.procedure.in_(procedures), CASE.c.status == "active")


def _facts_of_events(records: Sequence[Row_], facts: frozenset[str]) -> Iterator[RecordedFact]:
    """Yield the facts of events, one for all of its name not withdrawn, without those that rows count for."""
    withdrawals = [
        (record.case, json.loads(record.payload)) for record in records if record.kind == "withdrawn"
    ]
    lines = {(case, seq) for case, payload in withdrawals for seq in withdrawn_lines(payload)}
    documents = {(case, *of) for case, payload in withdrawals for of in withdrawn_documents(payload)}
    records_by_fact: dict[tuple[str, str], list[Row_]] = {}
    for record in records:
        if not withdrawals or (record.kind != "withdrawn" and (record.case, record.seq) not in lines):
            records_by_fact.setdefault((record.case, record.name), []).append(record)
    for (case, name), said in records_by_fact.items():
        fact_name, _, period = name.partition(".")
        fact = f"{said[0].procedure}:{fact_name}"
        payloads = [(record.seq, json.loads(record.payload)) for record in said if record.payload != "{}"]
        if fact not in facts or (fact not in EMBARGO and any(of.get("row") for _, of in payloads)):
            continue
        values: dict[str, Decimal] = {}
        for _, payload in payloads:
            values |= values_of(payload)
        evidence = (
            str(item.get("kind", ""))
            for seq, payload in payloads
            for place, item in enumerate(payload.get("evidence", ()))
            if (case, seq, place) not in documents
        )
        yield RecordedFact(
            case=case,
            unit=said[0].unit,
            fact=fact,
            on=[record.on for record in said if record.on is not None][-1],
            period=period,
            values=values,
            evidence=frozenset(evidence),
        )
