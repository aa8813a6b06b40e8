"""SIGKILL of the pages and the worker while letters leave: none is missing, one at most leaves twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from merzim.app import build_app
from merzim.cli import main
from merzim.settings_file import read
from merzim.storage import office as office_store
from merzim.storage.cases.ledger import SqlLedger
from tests.law import CALENDAR, library
from tests.notifications.sample_office import AIGUL, OPENED, PEOPLE, PLANNED, UNITS, at_noon
from tests.notifications.servers import Office, free_port, serving
from tests.processes import Program
from workflow.cases.commands.case_commands import CaseCommands, Opening

NOW = "2026-04-06T12:00"
CASES = 2
DOERS = tuple(
    replace(AIGUL, key=f"p{number}@example.kz", name=f"Аза Мат {number}", email=f"p{number}@example.kz")
    for number in range(16)
)
"""Sixteen people who must announce the start: a letter each, with the lines of both cases."""
PROGRAMS = ("serve", "worker")
"""What is killed; each had one letter in hand at most."""
OPENING = Opening(
    procedure="internal-analysis",
    unit="staff",
    object="Құрылыс басқармасы",
    planned=PLANNED,
    facts={"schedule_approved": date(2026, 1, 15)},
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return "sqlite:///office.sqlite"
    address: str = request.getfixturevalue("database")
    return address


def _office(folder: Path, url: str, mail_port: int) -> None:
    """Two analyses whose start should have been announced a week ago; the order is due today."""
    settings = f"""
[database]
url = "{url}"
[web]
port = {free_port()}
[reminders]
tick = 1
[channels]
use = ["email"]
[channels.email]
host = "localhost"
port = {mail_port}
tls = "none"
sender = "merzim@example.kz"
"""
    (folder / "config.toml").write_text(settings, encoding="utf-8")
    assert main(["installation", "--now", "2026-01-01", "--config", str(folder / "config.toml")]) == 0
    app = build_app(read(at=folder))
    office_store.save(app.engine, units=UNITS, people=[*PEOPLE, *DOERS])
    commands = CaseCommands(SqlLedger(app.engine), library(), CALENDAR)
    commands.open_many([OPENING] * CASES, at=at_noon(OPENED))
    app.close()


@contextmanager
def _running(folder: Path) -> Iterator[None]:
    """The pages and a worker, killed at the end of the block."""
    programs = [Program(command, folder=folder, MERZIM_NOW=NOW) for command in PROGRAMS]
    try:
        yield
    finally:
        for program in programs:
            program.kill()


def _until(so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 300
    while not so():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def test_killed_while_letters_leave_nothing_is_lost_and_nothing_said_twice(url: str, tmp_path: Path) -> None:
    """In the middle of a delivery; started again they run to the end, and the ledger is whole."""
    with serving(Office()) as mail:
        _office(tmp_path, url, mail.port)
        with _running(tmp_path):
            _until(lambda: len(mail.accepted) >= 6)
        app = build_app(read(at=tmp_path))
        with _running(tmp_path):
            _until(lambda: {notice.state for notice in app.reads.notices_matching()} <= {"sent", "withdrawn"})
        notices = tuple(app.reads.notices_matching())
        app.close()
    seen = Counter(str(message["Message-ID"]) for _, message in mail.accepted)
    told = Counter(notice.key for notice in notices)

    assert {notice.case for notice in notices if notice.case} == {f"2026-{n:04}" for n in range(1, CASES + 1)}
    assert set(told.values()) == {1}
    letters = [notice for notice in notices if not notice.bundle and notice.state == "sent"]
    assert set(seen) == {notice.message_id for notice in letters}
    assert max(Counter(notice.person for notice in letters).values()) == 1
    assert sum(seen.values()) - len(seen) <= len(PROGRAMS)
    assert main(["verify", "--now", NOW, "--config", str(tmp_path / "config.toml")]) == 0
