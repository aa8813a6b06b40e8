"""Offices with their pages on the demonstration day: a ministry of three units, and the example office.

The example is made by the commands of a new installation, once for the whole run, and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import Engine
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.cli import main
from merzim.clock import parse_moment
from merzim.services.accounts.credentials import hash_secret, new_secret
from merzim.settings import Settings
from merzim.settings_file import read
from merzim.storage import office as office_store
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.database import writing
from merzim.storage.tables.accounts import Credential
from merzim.web.app import create_app
from merzim.web.auth.dependencies import COOKIE
from notifications.notice import Notice
from tests.web.serving import browser_of
from workflow.cases.case import Case, Event, Fact
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.moments import Moment
from workflow.org.access import ACCESSES, OF_ONE_UNIT, CredentialKind
from workflow.org.office import Office, Person, Unit

TODAY = date(2026, 4, 6)
NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
AT = Moment(by="test", now=NOW, today=TODAY)
DEMONSTRATION = Moment(now=NOW, today=TODAY, demonstration=True)
ROOT = Path(__file__).parents[2]
DAY = "2026-04-06"
CONFIGURATION = """
[office]
name = "Ұлттық экономика министрлігі"
officer = "a.akhmetova@example.kz"
language = "kk"
[web]
public_planner = true
[regulations]
acts = ["tbn4-2024", "mne-standard-2025", "enterprise-policy", "decree-802", "decree-154"]
"""
OPEN: list[Site] = []
"""The dashboards to close after the test or the module they were made for."""


@dataclass
class Site:
    """An office and its pages. `real`, `late` and `missed`: ids of cases of that status.

    `moment`: the day it is, which a test may set; `folder`: goes when it is closed."""

    settings: Settings
    folder: Path
    moment: Moment = DEMONSTRATION
    real: str = ""
    late: str = ""
    missed: str = ""
    uploaded: Sequence[str] = ()
    """Pages that no link leads to: of files sent but not decided about."""

    def __post_init__(self) -> None:
        self.context = build_app(self.settings, clock=self.clock)
        self.app = create_app(self.context, self.clock)
        OPEN.append(self)

    def clock(self) -> Moment:
        return self.moment

    @property
    def case_commands(self) -> CaseCommands:
        return self.context.case_commands

    @property
    def accounts(self) -> SqlAccounts:
        return self.context.accounts

    @property
    def office(self) -> Office:
        """Units and people as stored."""
        return self.context.reads.office().written_down

    def keep(self, office: Office) -> None:
        """Write units and people down, over those that are there."""
        office_store.save(self.context.engine, units=office.units.values(), people=office.people.values())

    def files(self) -> list[str]:
        """The digests of the stored files."""
        return sorted(file.name for file in self.context.settings.evidence.folder.glob("??/*"))

    def case(self, case: str) -> Case:
        stored_case: Case = self.context.reads.case(case)
        return stored_case

    def cases(self) -> list[str]:
        return [case.id for case in self.context.reads.cases()]

    def events(self, case: str) -> Sequence[Event]:
        return self.context.reads.events(case)

    def facts(self, case: str) -> Mapping[str, Fact]:
        """Recorded facts of a case."""
        return self.case(case).facts

    def open(self, *, procedure: str = "internal-analysis", unit: str = "hr", **fields: Any) -> str:
        """Open a case; its id."""
        return self.case_commands.open(Opening(procedure=procedure, unit=unit, **fields), at=AT).id

    def write(self, case: str, command: Any, *arguments: Any, **options: Any) -> None:
        """Carry out a command on a case."""
        self.case_commands.write(case, AT, command, *arguments, **options)

    def sent(self, *letters: Notice) -> None:
        """Store letters in the given state."""
        with writing(self.context.engine) as connection:
            self.context.outbox.queue(connection, letters)
        mark(self.context.engine, letters)

    def run(self, *arguments: str, now: str = "2026-03-30T15:00") -> None:
        """A command, as an operator types it; it must succeed."""
        run(self.folder, *arguments, now=now)

    def later(self, by: timedelta) -> None:
        """Let the clock go on."""
        self.moment = replace(self.moment, now=self.moment.now + by)

    def close(self) -> None:
        """Let go of the database."""
        self.context.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stranger(self, **options: Any) -> TestClient:
        """A browser on this machine nobody has logged in with."""
        return browser_of(self.app, **options)

    def client(self, login: str = "officer", **options: Any) -> TestClient:
        """The browser of somebody who has logged in."""
        browser = self.stranger(**options)
        browser.cookies.set(COOKIE, self.way_in(login), domain="127.0.0.1")
        return browser

    def way_in(self, login: str, kind: CredentialKind = "session", scope: str = "") -> str:
        """The secret of a session, token, feed or invitation of an account, good for twelve hours."""
        secret, now = new_secret(), self.moment.now
        times = {"created_at": now, "seen_at": now, "expires_at": now + timedelta(hours=12)}
        entry = Credential(hash=hash_secret(secret), kind=kind, login=login, scope=scope, **times)
        self.accounts.store_entry(entry)
        return secret


def copied(pattern: Path) -> Path:
    """A new folder with all there is in another one."""
    folder = Path(mkdtemp(prefix="merzim-office-"))
    shutil.copytree(pattern, folder, dirs_exist_ok=True)
    return folder


def installed(folder: Path, day: str = DAY) -> Site:
    """The dashboard of a folder with a config.toml."""
    return Site(read(folder / "config.toml", at=folder), folder, parse_moment(day))


def example_office(*, day: str = DAY, cases: bool = True) -> Site:
    """The example office: people, schedule, one announcement, an account of every access.

    Without `cases` the schedule has not been taken in yet."""
    return installed(copied(_with_cases() if cases else _with_people()), day)


@cache
def _with_people() -> Path:
    """The office as `make run` makes it, before its first case."""
    folder = Path(mkdtemp(prefix="merzim-office-"))
    (folder / "config.toml").write_text(CONFIGURATION, encoding="utf-8")
    run(folder, "people", str(ROOT / "examples" / "people.csv"))
    for access in ACCESSES:
        unit = ["--unit", "Правление"] if access in OF_ONE_UNIT else []
        run(folder, "user", "add", access, "--access", access, *unit)
    return folder


@cache
def _with_cases() -> Path:
    """The same with the example schedule and its announcement."""
    folder = copied(_with_people())
    link = "https://example.kz/vakr/2026"
    run(folder, "import", str(ROOT / "examples" / "real_schedule_2026_ru.xlsx"))
    evidence = [f"--evidence=link:{kind}={link}/{kind}@2026-03-30" for kind in ("site", "media", "social")]
    run(folder, "record", "2026-0001", "start_announced", "--on", "2026-03-30", *evidence)
    return folder


def run(folder: Path, *arguments: str, now: str = "2026-03-30T15:00") -> None:
    """A command in a folder, as an operator types it; it must succeed."""
    line = [*arguments, "--config", str(folder / "config.toml"), "--lang", "en", "--now", now]
    # In a thread of its own: where a browser is at hand, this one already runs a loop.
    with ThreadPoolExecutor(1) as pool:
        code = pool.submit(main, line).result()
    assert code == 0, line


def mark(engine: Engine, letters: Sequence[Notice]) -> None:
    """Store the state of these letters without the rules of delivery."""
    from sqlalchemy import update

    from merzim.storage.tables.notices import NOTICE

    names = ("state", "sent_at", "acknowledged_at", "answer", "attempts")
    with writing(engine) as connection:
        for letter in letters:
            connection.execute(
                update(NOTICE)
                .where(NOTICE.c.key == letter.key)
                .values({name: getattr(letter, name) for name in names})
            )


def office() -> Office:
    """A ministry's three units with their people."""
    return Office(
        units={
            "head": Unit(id="head", name="Орталық аппарат"),
            "hr": Unit(id="hr", name="Персоналды басқару департаменті", parent="head"),
            "law": Unit(id="law", name="Заң департаменті", parent="head"),
        },
        people={
            "a@org.kz": Person(
                key="a@org.kz", name="Әлиева Гүлнұр", unit="hr", duties=("authorised_person",), language="kk"
            ),
            "b@org.kz": Person(key="b@org.kz", name="Иванов Пётр", unit="hr", duties=("head",), language="ru"),
            "c@org.kz": Person(
                key="c@org.kz", name="Өтегенов Ерлан", unit="law", duties=("authorised_person",)
            ),
        },
    )
