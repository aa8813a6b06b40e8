"""An office with many letters due on one day: the start of every analysis is a week late."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.org import store as office_store
from notifications.rules import Rules
from tests.law import CALENDAR, library
from tests.notifications.sample_office import OPENED, PEOPLE, PLANNED, UNITS, noon
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening

TODAY = date(2026, 4, 6)
MORNING = datetime(2026, 4, 6, 0, tzinfo=UTC)
RULES = Rules(domain="letters.example.kz", office_hours=(time(0), time(23, 59, 59)))
"""Always open: a killed process comes back when it comes back."""
LETTERS = 5
"""Notices of each case on that day: four people for the announcement, one for the order."""
OPENING = Opening(
    procedure="internal-analysis",
    unit="staff",
    object="Құрылыс басқармасы",
    planned=PLANNED,
    facts={"schedule_approved": date(2026, 1, 15)},
)


def made(file: Path, cases: int) -> str:
    """Create an SQLite file with so many cases and no notices; return its address."""
    address = f"sqlite:///{file.as_posix()}"
    settled(address, cases)
    return address


def settled(address: str, cases: int) -> None:
    """The same in the database at an address."""
    engine = open_database(address)
    create_or_migrate(engine)
    office_store.save(engine, units=UNITS, people=PEOPLE)
    case_commands = CaseCommands(SqlLedger(engine), library(), CALENDAR)
    # Everything before that day has been settled: what is told is told on it, and at once.
    case_commands.open_many([OPENING] * cases, by="Айгүл", now=noon(OPENED), today=TODAY)
    engine.dispose()
