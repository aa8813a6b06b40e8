"""Bulk writes of cases: same result as one by one, or nothing at all."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine

from benchmarks.country import NOW, TODAY, computed, library, opening, renamed
from calendars import compile_calendar
from calendars.checks import adopt_act
from calendars.records import parse, shipped_records
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.maintenance.verify import verify
from tests.law import CALENDAR
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.org.audit import Stamp
from workflow.ports import Change, Conflict

TRANSFER = compile_calendar(
    adopt_act(
        shipped_records(),
        parse(
            '[[transfer]]\noff = 2026-05-08\nwork = 2026-05-16\nact = "X"\naddress = "https://example.kz/x"\n'
        ),
    )
)


@cache
def patterns() -> Sequence[Change]:
    """Sixty different cases, as the desk opens them."""
    chance = random.Random(7)
    openings = [Opening(unit="u0", object="x", **opening(n, chance, TODAY)) for n in range(60)]
    return computed(openings, now=NOW, today=TODAY)


def cases_named(prefix: str, number: int) -> list[Change]:
    changes = patterns()
    return [
        renamed(changes[n % len(changes)], f"{prefix}-{n:04d}", f"{prefix}u{n % 3}", f"Нысан {n}")
        for n in range(number)
    ]


@pytest.fixture
def other(url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A second database of the same kind."""
    address = f"sqlite:///{tmp_path / 'екінші.sqlite'}"
    if not url.startswith("sqlite"):
        from tests.postgres import administer

        server = request.getfixturevalue("postgresql")
        administer(
            server, "DROP DATABASE IF EXISTS other WITH (FORCE)", "CREATE DATABASE other TEMPLATE pattern"
        )
        address = server.format(name="other")
    engine = open_database(address)
    create_or_migrate(engine)
    yield engine
    engine.dispose()


class Kept(SqlLedger):
    """A ledger that reads the database and collects writes."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.written: list[Change] = []

    def append(self, changes: Sequence[Change], *, now: datetime) -> int:
        self.written += changes
        return len(changes)


def recorded(engine: Engine, names: Sequence[str], *, days: int) -> list[Change]:
    """What the desk would write if the first thing open in each of these cases were done."""
    ledger = Kept(engine)
    case_commands = CaseCommands(ledger, library(), CALENDAR)
    for name in names:
        procedure = library().of(ledger.cases([name])[name])
        fact = next((row.obligation for row in ledger.rows(name).values() if row.state == "open"), None)
        if fact in procedure.decisions:
            fact = procedure.decisions[fact].options[0].fact
        if fact is not None:
            on = TODAY - timedelta(days=days)
            case_commands.write(name, Stamp(by="Айгүл", now=NOW, today=TODAY), recording.record, fact, on=on)
    return ledger.written


def counted_anew(engine: Engine, names: Sequence[str]) -> list[Change]:
    """Writes of an adoption for these cases."""
    ledger = SqlLedger(engine)
    by_transfer = CaseCommands(ledger, library(), TRANSFER)
    return [by_transfer.recomputed(case, today=TODAY) for case in ledger.cases(names).values()]


def sound(engine: Engine) -> bool:
    """Whether `verify` finds nothing: chains, seals, boards by the days of the transfer, sums."""
    new_commands = CaseCommands(SqlLedger(engine), library(), TRANSFER)
    return verify(engine, recompute=lambda case: new_commands.recomputed(case, today=TODAY)) == ()


@pytest.mark.parametrize("middle", [0, 11])
def test_a_case_written_meanwhile_keeps_its_fact_and_the_batch_leaves_nothing(
    engine: Engine, middle: int
) -> None:
    """Read again, all of it goes in."""
    cases = cases_named("C", 12)
    names = [change.case.id for change in cases]
    ledger = SqlLedger(engine)
    ledger.append(cases, now=NOW)
    batch = recorded(engine, names, days=3)
    theirs = recorded(engine, [names[middle]], days=1)

    ledger.append(theirs, now=NOW)
    with pytest.raises(Conflict) as caught:
        ledger.append(batch, now=NOW)

    assert caught.value.case == names[middle]
    seqs = {name: case.seq for name, case in ledger.cases(names).items()}
    assert {name for name, case in seqs.items() if case != cases[names.index(name)].case.seq} == {names[middle]}
    with pytest.raises(Conflict):
        ledger.append(batch, now=NOW)
    ledger.append([change for change in batch if change.case.id != names[middle]], now=NOW)
    ledger.append(counted_anew(engine, names), now=NOW)
    assert len(ledger.events(names[middle])) == seqs[names[middle]]
    assert sound(engine)


def test_rows_counted_anew_by_two_at_once_are_counted_once(engine: Engine) -> None:
    """Two adoptions meet: no event more, but other rows. The later one finds nothing to write."""
    cases = cases_named("R", 40)
    names = [change.case.id for change in cases]
    ledger = SqlLedger(engine)
    ledger.append(cases, now=NOW)
    changes = counted_anew(engine, names)

    first, second = ledger.append(changes, now=NOW), ledger.append(changes, now=NOW)

    assert first
    assert second == ledger.append(counted_anew(engine, names), now=NOW) == 0
    assert sound(engine)


@pytest.mark.parametrize("number", [1, 40])
def test_an_id_somebody_took_meanwhile_is_a_conflict(engine: Engine, number: int) -> None:
    """Of a whole import nothing is left behind."""
    cases = cases_named("T", number)
    ledger = SqlLedger(engine)
    ledger.append(cases[-1:], now=NOW)

    with pytest.raises(Conflict) as caught:
        ledger.append(cases, now=NOW)

    assert caught.value.case == cases[-1].case.id
    assert ledger.ids() == [cases[-1].case.id]
