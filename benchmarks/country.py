"""An office of many cases, made in seconds.

Two thousand cases with different dates are computed by the case commands; each is then written several times
under other ids and units by the ledger: every chain is hashed anew, and `merzim verify` finds no
fault.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from calendars import calendar
from calendars.terms import OnDate
from merzim.services.law.regulations import shared_law
from merzim.storage import events, office as office_store
from merzim.storage.cases.ledger import CHUNK, SqlLedger
from merzim.storage.database import chunks, writing
from merzim.storage.maintenance.schema import create_or_migrate
from tests.case_rows import DIRECTIONS, FoundRisk, RowCommands, SetMeasure
from workflow.cases.case import Case, Event
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.cases.registers.rows import MeasureTerm
from workflow.deadlines.deadline import Row
from workflow.law.library import Library, read_edition
from workflow.moments import Moment
from workflow.org.office import Office, Person, Unit
from workflow.ports import Change

TODAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 16, 5, 0, tzinfo=UTC)
DONE = 0.97
"""So much of what is past has been recorded."""
TEMPLATES = 2_000
FACTS = (
    *("start_announced", "order_signed", "analysis_started", "discussion_announced", "discussion_held"),
    *("analysis_ended", "discussion_results_published", "note_signed", "plan_developed", "plan_approved"),
    *("certificate_filed", "published"),
)
QUARTERLY = ("quarter_reported", "quarter_reviewed")
OTHERS = (("candidate-check", "reception_ended"), ("procurement-analysis", "procurement_analysis_ended"))


@cache
def library() -> Library:
    """Return the shipped editions."""
    folder = Path(__file__).parent.parent / "regulations"
    return Library(
        read_edition(file.name, file.read_bytes(), shared_law()) for file in sorted(folder.glob("*.*.toml"))
    )


def opening(n: int, chance: random.Random, today: date) -> dict[str, Any]:
    """Return the values of the n-th case: three of ten are analyses, the others checks and purchases.

    Analyses (40 obligations each) began over three years and most of their past is done; checks of candidates
    and analyses of purchases have 4 each: 15 obligations per case on average.
    """
    begins = today - timedelta(days=800 - chance.randrange(1000))
    if n % 10 > 2:
        procedure, fact = OTHERS[n % 2]
        on = max(date(2025, 9, 19), today - timedelta(days=200)) + timedelta(days=chance.randrange(300))
        return {"procedure": procedure, "planned": {fact: on}}
    facts = {}
    for place, fact in enumerate(FACTS):
        on = begins + timedelta(days=-14 + 7 * place)
        if on <= today and chance.random() < DONE:
            facts[fact] = on
    for quarter in range(4):
        on = begins + timedelta(days=100 + 91 * quarter)
        for fact in QUARTERLY:
            if on <= today and chance.random() < DONE:
                facts[f"{fact}.{on.year}Q{(on.month + 2) // 3}"] = on
    planned = {"analysis_started": begins, "analysis_ended": begins + timedelta(days=42)}
    return {"procedure": "internal-analysis", "planned": planned, "facts": facts}


def units_of(number: int) -> list[Unit]:
    """Return a tree of units: ten below the top, ten below each of them, and so on."""
    units = [Unit(id="top", name="Министрлік")]
    return [
        *units,
        *(
            Unit(id=f"u{n}", name=f"{n + 1}-ұйым", parent="top" if n < 10 else f"u{n // 10 - 1}")
            for n in range(number)
        ),
    ]


def people_of(number: int) -> list[Person]:
    """Return one person for each unit, and one at the top."""
    duties = ("head", "authorised_person", "officer")
    return [
        Person(key="top", name="Нұрғалиев Асхат", unit="top", duties=duties, email="top@example.kz"),
        *(
            Person(
                key=f"p{n}",
                name=f"Адам {n}",
                unit=f"u{n}",
                duties=("head_of_unit", "authorised_person", "object_unit"),
                email=f"p{n}@example.kz",
            )
            for n in range(number)
        ),
    ]


def computed(openings: Sequence[Opening], *, now: datetime, today: date, risks: bool = False) -> list[Change]:
    """Return what the case commands would write for these openings, kept in memory instead of stored.

    With `risks`, analyses whose note is signed get risks.
    """
    store, chance = _Kept(), random.Random(2026)
    case_commands = CaseCommands(store, library(), calendar())
    case_commands.open_many(openings, at=Moment(by="bench", now=now, today=today))
    for name, change in [*store.written.items()]:
        if risks and "note_signed" in change.case.facts:
            _find(
                RowCommands(case_commands),
                name,
                change.case.facts["note_signed"].on,
                chance,
                now=now,
                today=today,
            )
    return [*store.written.values()]


def _find(
    case_commands: RowCommands, case: str, noted: date, chance: random.Random, *, now: datetime, today: date
) -> None:
    """Add two to four risks with a measure each; most measures whose date has passed are reviewed."""
    terms = [noted + timedelta(60 + chance.randrange(240)) for _ in range(2 + chance.randrange(3))]
    lines: list[FoundRisk | SetMeasure] = []
    for n, due in enumerate(terms, 1):
        above = {"body": "Қаржы министрлігі", "act": f"{chance.randrange(200)}-бұйрық"}
        new_risk = FoundRisk(
            description=f"Шешімді бір адам қабылдайды: {chance.randrange(3000)}-рәсім",
            direction=chance.choice(DIRECTIONS),
            for_legal_monitoring=chance.random() < 0.3,
            **(above if chance.random() < 0.1 else {}),
        )
        term = MeasureTerm(written=f"до {due:%d.%m.%Y}", term=OnDate(due), reading="date", day_in_doubt=True)
        measure = SetMeasure(risk=n, action="Комиссия құру", responsible="Басқарма басшысы", term=term)
        lines += [new_risk, measure]
    case_commands.add(case, lines, on=noted, at=Moment(by="bench", now=now, today=today))
    for n, due in enumerate(terms, 1):
        if due < today and chance.random() < 0.9:
            outcome = "executed" if chance.random() < 0.8 else "partly"
            case_commands.review(
                case, n, outcome=outcome, on=due, done_on=due, at=Moment(by="bench", now=now, today=today)
            )


def renamed(change: Change, name: str, unit: str, object: str) -> Change:
    """Return the same case under another id, unit and object."""
    opening_event, *other_events = change.events
    payload = {**opening_event.payload, "unit": unit, "object": object}
    return Change(
        events=(
            replace(opening_event, case=name, payload=payload),
            *(replace(event, case=name) for event in other_events),
        ),
        case=replace(change.case, id=name, unit=unit, object=object, written=()),
        stage=change.stage,
        rows=tuple(row._replace(case=name, unit=unit) for row in change.rows),
    )


def build(
    engine: Engine,
    cases: int,
    units: int,
    *,
    now: datetime = NOW,
    today: date = TODAY,
    templates: int = TEMPLATES,
    risks: bool = False,
) -> None:
    """Fill a database with tables, units, people and so many cases with chains, rows, totals and a seal.

    Args:
        risks: whether analyses get a register of risks and measures.
    """
    create_or_migrate(engine)
    office_store.save(engine, units=units_of(units), people=people_of(units))
    chance = random.Random(2026)
    changes = computed(
        [Opening(unit="u0", object="x", **opening(n, chance, today)) for n in range(min(cases, templates))],
        now=now,
        today=today,
        risks=risks,
    )
    writes = (
        renamed(
            changes[n % len(changes)], f"{today.year}-{n + 1:06d}", f"u{n % units}", f"Сатып алу рәсімі {n}"
        )
        for n in range(cases)
    )
    for chunk in chunks(writes, CHUNK):
        SqlLedger(engine).append(chunk, now=now)
    with writing(engine) as connection:
        events.seal(connection, now=now)


@dataclass
class _Kept:
    """A ledger that keeps what it is given in memory."""

    written: dict[str, Change] = field(default_factory=dict)

    def write(self, case: str, change: Callable[[Mapping[str, Row]], Change], *, now: datetime) -> Change:
        made = change(self.rows(case))
        if made.events:
            self.append([made], now=now)
        return made

    def append(self, changes: Sequence[Change], *, now: datetime) -> None:
        for change in changes:
            before = self.written.get(change.case.id)
            events = (*before.events, *change.events) if before else change.events
            self.written[change.case.id] = replace(change, events=events)

    def next_ids(self, year: int, count: int) -> Sequence[str]:
        return [f"{year}-{n:04d}" for n in range(count)]

    def active_case(self, procedure: str, unit: str, object: str) -> str | None:
        return None

    def office(self) -> Office:
        return Office(units={"u0": Unit(id="u0", name="1-ұйым", kind="central_body")})

    def case(self, case: str) -> Case | None:
        return self.written[case].case

    def events(self, case: str) -> Sequence[Event]:
        return self.written[case].events

    def rows(self, case: str) -> Mapping[str, Row]:
        return {row.obligation: row for row in self.written[case].rows}
