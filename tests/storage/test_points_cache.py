"""Cached inputs of points: equal to a full recomputation after every write."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from merzim.services.regulations.registers import scoring
from merzim.storage.cache import DatabaseCache
from merzim.storage.cases.points_cache import PointsCache
from merzim.storage.database.engine import open as open_database
from merzim.storage.org import store as office_store
from tests.case_rows import FoundRisk, RiskCommands
from tests.storage.plain_points import plain, tallied
from tests.storage.sample_cases import NOW, case_commands
from tests.storage.test_database_cache import statements
from workflow.cases.case import Evidence
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.cases.commands.withdrawals import withdraw
from workflow.org.office import Unit
from workflow.scoring.scale import Analyses

TODAY = date(2026, 7, 20)
WHO = {"by": "А", "now": NOW, "today": TODAY}
UNITS = (
    Unit(id="head", name="Аппарат", kind="central_body"),
    Unit(id="hr", name="Кадр бөлімі", parent="head"),
    Unit(id="law", name="Заң бөлімі", parent="head"),
    Unit(id="plant", name="Зауыт", parent="hr", kind="quasi_state"),
)
ROOTS = ("", "head", "hr", "law", "plant")
FACTS = (
    *("order_signed", "start_announced", "discussion_announced", "discussion_held", "note_signed"),
    *("plan_approved", "published", "analysis_ended"),
)
LINK = Evidence(kind="link:site", reference="https://org.kz/1", published_on=date(2026, 5, 5))


def opened(engine: Engine, *units: str) -> list[str]:
    """Cases of units by id, by name, and of none; one asks for numbers."""
    units = units or ("hr", "law", "plant", " кадр БӨЛІМІ", "", "сырттан")
    office_store.save(engine, units=UNITS)
    core = case_commands(engine)
    kinds = [("internal-analysis", unit) for unit in units]
    planned = {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)}
    ids = [
        core.open(Opening(procedure=kind, unit=unit, object=f"{n}", planned=planned), **WHO).id
        for n, (kind, unit) in enumerate([*kinds, *kinds[:3]])
    ]
    numbers = Opening(procedure="tbn4-project-4", unit="law", object="")
    return [*ids, core.open(numbers, **WHO).id]


def change(core: CaseCommands, case: str, chance: random.Random, step: int) -> None:
    """One thing somebody does."""
    ledger = core._ledger
    current_case = ledger.case(case)
    assert current_case is not None
    on = date(chance.choice((2025, 2026, 2026)), 1 + chance.randrange(7), 1 + chance.randrange(19))
    fact = chance.choice(FACTS)
    if current_case.standing != "active":
        core.reopen(case, ground="Қайта", **WHO)
    elif current_case.procedure == "tbn4-project-4":
        if "servants_trained.2026" not in current_case.facts:
            values = {"trained": Decimal(49), "staff": Decimal(1000)}
            core.record(case, "servants_trained.2026", on=date(2026, 3, 31), values=values, **WHO)
        elif step % 2:
            values = {"trained": Decimal(50 + step), "staff": Decimal(1000)}
            core.correct(
                case, "servants_trained.2026", on=date(2026, 4, 1), ground="Қате", values=values, **WHO
            )
        else:
            core.record(case, f"event_held.2026-03#{step + 2}", on=date(2026, 3, 20), **WHO)
    elif step % 9 == 8:
        core.cancel(case, ground="Бекер", **WHO)
    elif step % 7 == 6:
        RiskCommands(core).find(case, FoundRisk(description=f"Тәуекел {step}"), on=date(2026, 5, 5), **WHO)
    elif fact in current_case.facts and step % 2:
        withdraw(core, case, fact, ground="Қате", **WHO)
    elif fact in current_case.facts:
        core.correct(case, fact, on=on, ground="Қате", **WHO)
    else:
        core.record(case, fact, on=on, evidence=[LINK] if step % 4 == 3 else [], **WHO)


def kept_points(engine: Engine) -> PointsCache:
    return PointsCache(engine, DatabaseCache(engine))


def told(points: PointsCache, root: str, year: int) -> dict[str, object]:
    """The cached inputs, as a reader sees them."""
    return tallied(points.year(scoring(), year, today=TODAY), root, year, today=TODAY)


@pytest.fixture
def other(url: str) -> Iterator[Engine]:
    """The same database by another process."""
    engine = open_database(url)
    yield engine
    engine.dispose()


def test_points_are_counted_from_what_is_recorded_whoever_records_it(engine: Engine, other: Engine) -> None:
    """Recorded, corrected into another year, withdrawn, proved by a link, cancelled, taken up again; risks; a
    unit that moves below another. What is kept, what is read anew, and what each case says are the same.
    """
    names, points = opened(engine), kept_points(engine)
    core, chance, office = case_commands(other), random.Random(7), DatabaseCache(engine).office()
    figures_seen = set()
    for step in range(70):
        change(core, chance.choice(names), chance, step)
        if step == 20:
            office_store.save(other, units=[Unit(id="law", name="Заң бөлімі", parent="hr")])
            office = DatabaseCache(other).office()
        if step % 5 == 0:
            for year in (2025, 2026):
                records = plain(other, office, year, today=TODAY)
                for root in ROOTS:
                    right = tallied(records, root, year, today=TODAY)
                    assert told(points, root, year) == right, (step, root, year)
                    figures_seen |= {(name, figure[0]) for name, figure in right.items()}
    assert told(kept_points(other), "head", 2026) == told(points, "head", 2026)

    # The country was not an empty one.
    assert {name for name, _ in figures_seen} >= {"P1.T1.S2", "P1.T1.S3", "P1.T3.S3", "P4.T2.S1", "P4.T2.S3"}
    assert any(isinstance(answer, Analyses) and answer.risks for _, answer in figures_seen)
    assert len(figures_seen) > 30


def test_nothing_that_stands_is_read_again(engine: Engine) -> None:
    """Asked again, only the marks are; after a change, only the units it touched."""
    names, points = opened(engine, "hr", "law"), kept_points(engine)
    before = points.year(scoring(), 2026, today=TODAY)
    assert all(
        "mark" in statement
        for statement in statements(engine, lambda: points.year(scoring(), 2026, today=TODAY))
    )
    assert points.year(scoring(), 2026, today=TODAY) is before
    case_commands(engine).record(names[0], "order_signed", on=TODAY, **WHO)
    after = points.year(scoring(), 2026, today=TODAY)

    assert after.body("law") is before.body("law")
    assert after.body("hr").numbers != before.body("hr").numbers


def test_a_date_that_is_corrected_without_moving_a_deadline_is_seen(engine: Engine) -> None:
    """No row of the board is counted otherwise, and the month is another one."""
    names, points = opened(engine), kept_points(engine)
    core, fact = case_commands(engine), "internal-analysis:order_signed"
    core.record(names[0], "order_signed", on=date(2026, 3, 2), **WHO)
    assert points.year(scoring(), 2026, today=TODAY).body("hr").months(fact, 3, 4) == (1, 0)
    core.correct(names[0], "order_signed", on=date(2026, 4, 2), ground="Қате", **WHO)

    assert points.year(scoring(), 2026, today=TODAY).body("hr").months(fact, 3, 4) == (0, 1)


def test_a_year_gone_by_is_not_read_again_the_next_day(engine: Engine) -> None:
    """What happened in it is known; of the year that runs a day ahead may have come."""
    names, points = opened(engine, "hr"), kept_points(engine)
    case_commands(engine).record(names[0], "order_signed", on=date(2025, 12, 31), **WHO)
    before = points.year(scoring(), 2025, today=date(2025, 12, 30))
    last = points.year(scoring(), 2025, today=date(2025, 12, 31))
    fact = "internal-analysis:order_signed"

    assert [year_points.body("hr").months(fact, 12, 12) for year_points in (before, last)] == [(0,), (1,)]
    assert points.year(scoring(), 2025, today=TODAY) is last


def test_reading_a_large_office_leaves_the_collector_of_the_process_alone(engine: Engine) -> None:
    """A cache keeps values; how a process collects its garbage is for those who start the process to say."""
    opened(engine)
    units = [Unit(id=f"u{n}", name=f"{n}") for n in range(2_500)]
    office_store.save(engine, units=units, people=[])
    before, frozen = (gc.get_threshold(), gc.isenabled()), gc.get_freeze_count()

    kept_points(engine).year(scoring(), TODAY.year, today=TODAY)

    assert (gc.get_threshold(), gc.isenabled()) == before
    # What was frozen before may be freed meanwhile; nothing more is frozen.
    assert gc.get_freeze_count() <= frozen
