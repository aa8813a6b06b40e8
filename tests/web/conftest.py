"""The dashboard of an office on a database of its own, on the demonstration day of the real schedule.

The database is made once for a process and copied for each test: people, accounts, three cases.
"""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import pytest
from fastapi import FastAPI
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.services.accounts.credentials import hash_password
from merzim.services.app import AppContext
from merzim.services.moments import Moment
from merzim.services.upkeep.maintenance import rebuild
from merzim.settings import (
    LOOPBACK_NETWORKS,
    ChannelSettings,
    DatabaseSettings,
    EvidenceSettings,
    Network,
    OfficeSettings,
    RegulationSettings,
    Settings,
    WebSettings,
)
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.accounts.second_factors import SqlSecondFactors
from merzim.storage.database.engine import writing
from merzim.storage.org import store as office_store
from merzim.web.app import create_app
from merzim.web.auth.dependencies import COOKIE
from merzim.web.ui.render import environment
from notifications.notice import Notice
from tests.web.lived_in import lived_in_office
from tests.web.offices import office as three_units
from tests.web.offices import way_in
from tests.web.real import RealOffice, real_office
from tests.web.serving import browser_of
from workflow.cases.case import Case, Event, Fact
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.org.access import Access, CredentialKind, Reader
from workflow.org.audit import Stamp
from workflow.org.office import Office

TODAY = date(2026, 4, 6)
NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
AT = Stamp(by="test", now=NOW, today=TODAY)
PASSWORD = "жақсы құпиясөз 1"
READERS = (
    Reader(login="officer", access="officer", name="Әлиева Гүлнұр"),
    Reader(login="responsible", access="responsible", unit="hr", person="a@org.kz"),
    Reader(login="head_of_unit", access="head_of_unit", unit="hr", person="b@org.kz"),
    Reader(login="first_head", access="first_head"),
    Reader(login="auditor", access="auditor"),
    Reader(login="administrator", access="administrator"),
)
EVERY_ACT = ("tbn4-2024", "mne-standard-2025", "enterprise-policy", "decree-802", "decree-154")
"""Acts an office may adopt: pages then show all there is."""
_HASH = hash_password(PASSWORD)
# Compiled by the first process, templates are read by the others: 3 s of processor each.
environment().bytecode_cache = FileSystemBytecodeCache()
_OPEN: list[Site] = []
DEMONSTRATION = Moment(now=NOW, today=TODAY, demonstration=True)


@dataclass
class Site:
    """Everything a test may look at. `real`, `late` and `missed`: ids of cases of that status."""

    app: FastAPI
    context: AppContext
    folder: TemporaryDirectory[str] | None = None
    real: str = ""
    late: str = ""
    missed: str = ""
    shared: bool = False
    """Whether it stays open for other tests."""

    @property
    def case_commands(self) -> CaseCommands:
        return self.context.case_commands

    @property
    def accounts(self) -> SqlAccounts:
        return self.context.accounts

    @property
    def factors(self) -> SqlSecondFactors:
        return self.context.factors

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

    def close(self) -> None:
        """Let go of the database."""
        self.context.close()
        if self.folder is not None:
            self.folder.cleanup()

    def stranger(self, **headers: str) -> TestClient:
        """A browser on this machine nobody has logged in with."""
        return browser_of(self.app, headers=headers)

    def client(self, login: str = "officer", **headers: str) -> TestClient:
        """The browser of somebody who has logged in."""
        browser = self.stranger(**headers)
        browser.cookies.set(COOKIE, self.way_in(login), domain="127.0.0.1")
        return browser

    def way_in(self, login: str, kind: CredentialKind = "session", scope: str = "") -> str:
        """The secret of a session, token, feed or invitation of an account."""
        return way_in(self.accounts, login, kind, scope, now=NOW)


def enter(browser: TestClient, login: str = "officer", password: str = PASSWORD, **fields: str) -> int:
    """The status a log-in is answered with: 303 in, 401 not, 429 not looked at."""
    data = {"login": login, "password": password, **fields}
    return browser.post("/login?lang=en", data=data).status_code


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


def rewrite(site: Site, case: str, **payload: object) -> None:
    """Change what the opening of a case says, past the program and its chain."""
    from sqlalchemy import select, update

    from merzim.storage.maintenance import triggers
    from merzim.storage.tables.cases import CASE
    from merzim.storage.tables.events import EVENT

    with writing(site.context.engine) as connection:
        for name in triggers.names("sqlite"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        first = (EVENT.c.stream == f"case/{case}") & (EVENT.c.seq == 1)
        stored_payload = json.loads(connection.execute(select(EVENT.c.payload).where(first)).scalar_one())
        connection.execute(update(EVENT).where(first).values(payload=json.dumps({**stored_payload, **payload})))
        heads = {name: value for name, value in payload.items() if name in CASE.c}
        connection.execute(update(CASE).where(CASE.c.id == case).values(heads))


def hide(site: Site, case: str, *readers: str) -> None:
    """Make a case confidential, known to these people alone."""
    rewrite(site, case, confidential=True, readers=list(readers))
    rebuild(site.context, now=NOW, today=TODAY)


def people(accounts: SqlAccounts) -> SqlAccounts:
    """An account of every access; its name is the access."""
    for reader in READERS:
        accounts.save(reader, disabled=False, at=AT)
        accounts.set_password(reader.login, _HASH, at=AT)
    return accounts


def settings_in(folder: Path, acts: Collection[str] = EVERY_ACT, **web: Any) -> Settings:
    """The settings of an office in a folder."""
    return Settings(
        office=OfficeSettings(name="Министрлік", kept_from=date(2022, 1, 1)),
        database=DatabaseSettings(url=f"sqlite:///{(folder / 'merzim.sqlite').as_posix()}"),
        evidence=EvidenceSettings(folder=folder / "evidence"),
        channels=ChannelSettings(
            sections={
                "folder": {"path": folder / "letters", "sender": "merzim@merzim.example.kz"},
            }
        ),
        regulations=RegulationSettings(acts=tuple(acts)),
        web=WebSettings(**web),
    )


_TEMPLATES: dict[tuple[int, bool], tuple[Office, Path]] = {}
THREE_UNITS = three_units()


def _template(office: Office, *, filled: bool) -> Path:
    """A folder with the database of an office: its people and accounts, and three cases where it is filled."""
    key = (id(office), filled)
    if key in _TEMPLATES:
        return _TEMPLATES[key][1]
    folder = Path(mkdtemp(prefix="merzim-web-"))
    context = build_app(settings_in(folder), clock=lambda: Moment(now=NOW, today=TODAY))
    office_store.save(context.engine, units=office.units.values(), people=office.people.values())
    people(context.accounts)
    if filled:
        _open_cases(context.case_commands)
    context.close()
    _TEMPLATES[key] = (office, folder)
    return folder


def dashboard_of(settings: Settings, moment: Moment = DEMONSTRATION) -> Site:
    """The dashboard of an installation that is there."""
    context = build_app(settings, clock=lambda: moment)
    site = Site(app=create_app(context, lambda: moment), context=context)
    _OPEN.append(site)
    return site


def build(
    office: Office = THREE_UNITS,
    *,
    filled: bool = False,
    demonstration: bool = True,
    today: date = TODAY,
    address: str = "",
    trusted_proxies: Collection[Network] = LOOPBACK_NETWORKS,
    totp_required: Collection[Access] = (),
    acts: Collection[str] = EVERY_ACT,
) -> Site:
    """A dashboard over an office of its own, on a copy of its database."""
    folder = TemporaryDirectory(prefix="merzim-web-")
    shutil.copytree(_template(office, filled=filled), folder.name, dirs_exist_ok=True)
    settings = settings_in(
        Path(folder.name),
        acts,
        public_address=address,
        trusted_proxies=tuple(trusted_proxies),
        totp_required=frozenset(totp_required),
    )
    site = dashboard_of(settings, Moment(now=NOW, today=today, demonstration=demonstration))
    site.folder = folder
    if filled:
        site.real, site.late, site.missed = sorted(site.cases())
    return site


def office_with_cases(office: Office = THREE_UNITS, **options: Any) -> Site:
    """The same with three cases: the real schedule of 2026, one that is late, one that passed its announcement
    over.
    """
    return build(office, filled=True, **options)


@cache
def untouched() -> Site:
    """An office with three cases for tests that change nothing."""
    site = office_with_cases()
    site.shared = True
    return site


def staffed_office() -> Site:
    """The same; the officer is Әлиева Гүлнұр of hr, and `erlan` is Өтегенов Ерлан, who answers for law."""
    site = office_with_cases()
    account(site, "officer", "officer", "a@org.kz")
    account(site, "erlan", "responsible", "c@org.kz")
    return site


def account(site: Site | AppContext, login: str, access: Access, person: str = "", unit: str = "") -> Reader:
    """Save an account of somebody; without a password."""
    reader = Reader(login=login, access=access, person=person, unit=unit)
    site.accounts.save(reader, disabled=False, at=AT)
    return reader


def _open_cases(case_commands: CaseCommands) -> None:
    case_commands.open_many(
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
        at=AT,
    )


@pytest.fixture(autouse=True)
def _secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets are encrypted with one key, whatever the public address."""
    monkeypatch.setenv("MERZIM_SECRET_KEY", b64encode(bytes(32)).decode())


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Close every dashboard a test made for itself; those of whole modules stay."""
    before = len(_OPEN)
    yield
    for site in _OPEN[before:]:
        if not site.shared:
            site.close()
    del _OPEN[before:]


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Site:
    """An office with three cases; the one that is there already, where a module `ONLY_LOOKS` at it."""
    return untouched() if getattr(request.module, "ONLY_LOOKS", False) else office_with_cases()


@pytest.fixture
def browser(site: Site) -> Iterator[TestClient]:
    with site.client() as client:
        yield client


@pytest.fixture(scope="module")
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    """The example office on a real database; with history and hostile input where a module says `LIVED_IN`."""
    opened = lived_in_office if getattr(request.module, "LIVED_IN", False) else real_office
    with opened(tmp_path_factory.mktemp("office")) as office:
        yield office
