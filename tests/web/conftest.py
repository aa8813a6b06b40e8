"""The dashboard of an office on a database of its own, on the demonstration day of the real schedule.

The database is made once for a process and copied for each test: people, accounts, three cases."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Collection, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from jinja2 import FileSystemBytecodeCache
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.services.accounts.credentials import hash_password
from merzim.services.app import AppContext
from merzim.services.upkeep.maintenance import rebuild
from merzim.settings import (
    LOOPBACK_NETWORKS,
    DatabaseSettings,
    EvidenceSettings,
    Network,
    OfficeSettings,
    RegulationSettings,
    Settings,
    WebSettings,
)
from merzim.storage import office as office_store
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.database import writing
from merzim.web.ui.render import environment
from notifications.channels import ChannelSettings
from notifications.channels.folder import Folder
from tests.web.lived_in import lived_in_office
from tests.web.offices import AT, NOW, OPEN, TODAY, Site, copied, example_office, office as three_units
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.moments import Moment
from workflow.org.access import Access, Reader
from workflow.org.office import Office

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


def enter(browser: TestClient, login: str = "officer", password: str = PASSWORD, **fields: str) -> int:
    """The status a log-in is answered with: 303 in, 401 not, 429 not looked at."""
    data = {"login": login, "password": password, **fields}
    return browser.post("/login?lang=en", data=data).status_code


def rewrite(site: Site, case: str, **payload: object) -> None:
    """Change what the opening of a case says, past the program and its chain."""
    from sqlalchemy import select, text, update

    from merzim.storage.tables.cases import CASE
    from merzim.storage.tables.events import EVENT, trigger_names

    with writing(site.context.engine) as session:
        for name in trigger_names("sqlite"):
            session.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        first = (EVENT.c.stream == f"case/{case}") & (EVENT.c.seq == 1)
        stored_payload = json.loads(session.execute(select(EVENT.c.payload).where(first)).scalar_one())
        session.execute(update(EVENT).where(first).values(payload=json.dumps({**stored_payload, **payload})))
        heads = {name: value for name, value in payload.items() if name in CASE.c}
        session.execute(update(CASE).where(CASE.c.id == case).values(heads))


def hide(site: Site, case: str, *readers: str) -> None:
    """Make a case confidential, known to these people alone."""
    rewrite(site, case, confidential=True, readers=list(readers))
    rebuild(site.context, at=AT)


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
            sections={"folder": Folder(path=folder / "letters", sender="merzim@merzim.example.kz")}
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
    folder = copied(_template(office, filled=filled))
    settings = settings_in(
        folder,
        acts,
        public_address=address,
        trusted_proxies=tuple(trusted_proxies),
        totp_required=frozenset(totp_required),
    )
    site = Site(settings, folder, Moment(now=NOW, today=today, demonstration=demonstration))
    if filled:
        site.real, site.late, site.missed = sorted(site.cases())
    return site


def office_with_cases(office: Office = THREE_UNITS, **options: Any) -> Site:
    """The same with three cases: the real schedule of 2026, one that is late, one that passed its announcement
    over."""
    return build(office, filled=True, **options)


@cache
def untouched() -> Site:
    """An office with three cases for tests that change nothing."""
    site = office_with_cases()
    OPEN.remove(site)
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


def _closed() -> Iterator[None]:
    """Close every dashboard a test, or a module, made for itself."""
    before = len(OPEN)
    yield
    for site in OPEN[before:]:
        site.close()
    del OPEN[before:]


_closed_of_test = pytest.fixture(autouse=True)(_closed)
_closed_of_module = pytest.fixture(autouse=True, scope="module")(_closed)


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Site:
    """An office with three cases; the one that is there already, where a module `ONLY_LOOKS` at it."""
    return untouched() if getattr(request.module, "ONLY_LOOKS", False) else office_with_cases()


@pytest.fixture
def browser(site: Site) -> Iterator[TestClient]:
    with site.client() as client:
        yield client


@pytest.fixture
def admin(site: Site) -> Iterator[TestClient]:
    with site.client("administrator") as client:
        yield client


@pytest.fixture(scope="module")
def office(request: pytest.FixtureRequest) -> Site:
    """The example office on a real database; with history and hostile input where a module says `LIVED_IN`."""
    return lived_in_office() if getattr(request.module, "LIVED_IN", False) else example_office()


@pytest.fixture
def officer(office: Site) -> Iterator[TestClient]:
    """The officer's browser in the example office."""
    with office.client() as client:
        yield client
