"""The dashboard of an office in memory, on the demonstration day of the real schedule."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

import calendars
from merzim.behind_pages.shell import Shell
from services.credentials import hashed, hidden, new_secret
from storage.cache import DatabaseCache
from storage.cases.points_cache import PointsCache
from storage.database import engine as database
from storage.maintenance import schema
from tests.web.administration_memory import AdministrationInMemory
from tests.web.memory import (
    AccountsInMemory,
    AnswersInMemory,
    EvidenceInMemory,
    LeavesInMemory,
    Memory,
    SecondFactorsInMemory,
    library,
)
from web.app import create_app
from web.auth.dependencies import COOKIE
from web.ports.accounts import Accounts
from workflow.cases.case import Fact
from workflow.cases.commands.desk import Desk
from workflow.cases.commands.opening import Opening
from workflow.org.access import Entry, Reader

TODAY = date(2026, 4, 6)
NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)


@dataclass
class Home:
    """Everything a test may look at. `late`, `early` and `missed`: ids of the cases that stand so."""

    app: FastAPI
    memory: Memory
    desk: Desk
    store: EvidenceInMemory
    accounts: Accounts
    factors: SecondFactorsInMemory
    real: str = ""
    late: str = ""
    missed: str = ""

    def facts(self, case: str) -> Mapping[str, Fact]:
        """What is recorded of a case."""
        found = self.memory.case(case)
        assert found is not None
        return found.facts

    def stranger(self, **headers: str) -> TestClient:
        """A browser on this machine nobody has logged in with."""
        return TestClient(
            self.app,
            base_url="https://127.0.0.1:8000",
            client=("127.0.0.1", 50000),
            headers=headers,
            follow_redirects=False,
        )

    def client(self, login: str = "officer", **headers: str) -> TestClient:
        """The browser of somebody who has logged in."""
        browser = self.stranger(**headers)
        browser.cookies.set(COOKIE, self.new_session(login), domain="127.0.0.1")
        return browser

    def new_session(self, login: str) -> str:
        """Open a session of an account; the secret of its cookie."""
        secret = new_secret()
        self.accounts.let_in(
            Entry(
                hash=hidden(secret),
                kind="session",
                login=login,
                created_at=NOW,
                seen_at=NOW,
                expires_at=NOW + timedelta(hours=12),
            )
        )
        return secret


PASSWORD = "жақсы құпиясөз 1"
READERS = (
    Reader(login="officer", access="officer", name="Әлиева Гүлнұр"),
    Reader(login="responsible", access="responsible", unit="hr", person="a@org.kz"),
    Reader(login="head_of_unit", access="head_of_unit", unit="hr", person="b@org.kz"),
    Reader(login="first_head", access="first_head"),
    Reader(login="auditor", access="auditor"),
    Reader(login="administrator", access="administrator"),
)
_HASH = hashed(PASSWORD)


def people(accounts: Accounts) -> Accounts:
    """An account of every access; its name is the access."""
    for reader in READERS:
        accounts.save(reader, disabled=False, by="test", now=NOW, today=TODAY)
        accounts.set_password(reader.login, _HASH, by="test", now=NOW, today=TODAY)
    return accounts


@cache
def empty_database() -> Engine:
    """A database nobody has written to, for what the office in memory has no answer to."""
    engine = database.open(f"sqlite:///{Path(tempfile.mkdtemp(prefix='mzweb')) / 'empty.sqlite'}")
    schema.create_or_migrate(engine)
    atexit.register(engine.dispose)
    return engine


def behind(reads: Any, desk: Desk, store: Any, **more: object) -> Any:
    """What the shell needs of a house; what asks the database (points, proofs) is given one besides."""
    settings = SimpleNamespace(office=SimpleNamespace(name="Министрлік", kind="", language="kk"))
    house = SimpleNamespace(
        settings=settings,
        reads=reads,
        ledger=reads,
        desk=desk,
        evidence=store,
        library=library(),
        editions=library(),
        calendar=calendars.calendar(),
    )
    house.__dict__.update(more)
    if "engine" in more:
        house.kept_points = PointsCache(house.engine, cast("DatabaseCache", reads))
    return house


def build(memory: Memory, *, demonstration: bool = True, today: date = TODAY, **more: object) -> Home:
    """A dashboard over a memory."""
    desk = Desk(memory, library(), calendars.calendar())
    store = EvidenceInMemory()
    known = AccountsInMemory()
    accounts, factors = people(known), SecondFactorsInMemory(known)
    app = create_app(
        desk,
        memory,
        library(),
        calendars.calendar(),
        clock=lambda: (NOW, today),
        demonstration=demonstration,
        evidence_store=store,
        accounts=accounts,
        factors=factors,
        answers=AnswersInMemory(),
        shell=Shell(behind(memory, desk, store, engine=empty_database())),
        administration=AdministrationInMemory(memory),
        leaves=LeavesInMemory(memory),
        **more,  # type: ignore[arg-type]
    )
    return Home(app=app, memory=memory, desk=desk, store=store, accounts=accounts, factors=factors)


def fill(home: Home) -> Home:
    """Three cases: the real schedule of 2026, one that is late, one that passed its announcement over."""
    real, late, missed = home.desk.open_many(
        [
            Opening(
                procedure="internal-analysis",
                unit="hr",
                object="Персоналды басқару департаменті",
                planned={
                    "analysis_started": date(2026, 4, 13),
                    "analysis_ended": date(2026, 5, 26),
                    "plan_approved": date(2026, 5, 13),
                },
                facts={"start_announced": date(2026, 3, 30)},
            ),
            Opening(
                procedure="internal-analysis",
                unit="law",
                object="Заң департаменті",
                planned={"analysis_started": date(2026, 4, 8), "analysis_ended": date(2026, 5, 12)},
            ),
            Opening(
                procedure="internal-analysis",
                unit="law",
                object="Мемлекеттік сатып алу басқармасы",
                facts={
                    "order_signed": date(2026, 1, 12),
                    "analysis_started": date(2026, 1, 20),
                    "analysis_ended": date(2026, 2, 20),
                },
            ),
        ],
        by="test",
        now=NOW,
        today=TODAY,
    )
    home.real, home.late, home.missed = real.id, late.id, missed.id
    return home


@pytest.fixture
def home() -> Home:
    """An office with three cases."""
    return fill(build(Memory()))


@pytest.fixture
def browser(home: Home) -> Iterator[TestClient]:
    with home.client() as client:
        yield client
