"""Inputs of points computed naively: every case folded, every fact assigned to its unit."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from merzim.services.law.regulations import scoring
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.cases.points import register_entries
from workflow.cases.case import Case
from workflow.org.office import Office
from workflow.scoring.recorded import MissingFact, RecordedFact, YearRecords, body, numbers
from workflow.scoring.tally import Tally, Year, tally


def tallied(records: YearRecords, root: str, year: int, *, today: date) -> dict[str, object]:
    """By indicator what is counted, under the usual readings: what a reader sees of it."""
    of = Year(
        gathered=records, root=root, year=year, today=today, since=date(2026, 1, 1), kinds=scoring().units
    )
    return {
        name: _seen(indicator_tally) for name, indicator_tally in tally(scoring(), of, scoring().usual).items()
    }


def _seen(indicator_tally: Tally) -> tuple[object, ...]:
    return indicator_tally.answer, indicator_tally.missing, indicator_tally.waiting, indicator_tally.pending


def plain(engine: Engine, office: Office, year: int, *, today: date) -> YearRecords:
    """The records of a year, of active cases."""
    ledger = SqlLedger(engine)
    cases = [case for case in ledger.cases(ledger.ids()).values() if case.standing == "active"]
    rows = ledger.rows_of([case.id for case in cases])
    bodies = {}
    for unit in {case.unit for case in cases}:
        of_it = [case for case in cases if case.unit == unit]
        lacking = [
            MissingFact(
                case=case.id,
                unit=unit,
                fact=f"{case.procedure}:{row.obligation}",
                due=row.due,
                counts_until=row.counts_until,
            )
            for case in of_it
            for row in rows[case.id]
            if row.state in ("open", "missed")
        ]
        entries = [entry for case in of_it for entry in register_entries(case)]
        facts = [fact for case in of_it for fact in _facts(case)]
        year_numbers = numbers(
            facts, scoring(), year=year, today=min(today, date(year, 12, 31)), entries=entries
        )
        bodies[unit] = body(year_numbers, [gap for gap in lacking if gap.fact in scoring().awaited], year=year)
    return YearRecords(office, bodies)


def _facts(case: Case) -> list[RecordedFact]:
    return [
        RecordedFact(
            case=case.id,
            unit=case.unit,
            fact=f"{case.procedure}:{fact.name.partition('.')[0]}",
            period=fact.name.partition(".")[2],
            on=fact.on,
            values=fact.values,
            evidence=frozenset(item.kind for item in fact.evidence),
        )
        for fact in case.facts.values()
        if f"{case.procedure}:{fact.name.partition('.')[0]}" in scoring().facts
    ]
