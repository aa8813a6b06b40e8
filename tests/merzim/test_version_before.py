"""Rolling upgrade: the real code of the version before, from git, on the tables of this version.

On a file of SQLite (one machine, where an old process still runs) and on PostgreSQL (nodes one after another).
Skipped where git does not have that code; the last line of the test run says so.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from merzim.storage.database.engine import open as open_database
from merzim.storage.database.engine import reading
from merzim.storage.maintenance.schema import FLOOR, create_or_migrate, shipped_revisions, usable
from merzim.storage.tables.board import RECOMMENDATION, UNLISTED
from tests import before
from tests.before import Before
from tests.merzim.conftest import PEOPLE, SCHEDULE, Merzim
from tests.notifications.servers import free_port
from tests.postgres import administer
from tests.processes import Program
from tests.storage.next_version import add_what_a_next_version_may

MORNING, NEXT_WEEK = "2026-04-06T12:00", "2026-04-13T12:00"
PASSWORD = "жақсы құпиясөз 1"
CASE = "2026-0001"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Before]:
    """The code of the version before."""
    try:
        code = before.unpack(tmp_path_factory.mktemp("before"))
    except before.NoHistory as trouble:
        pytest.skip(f"the version before ({trouble}): git does not know it here (git fetch --unshallow)")
    with before.running(code) as old_office:
        yield old_office


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database nobody has written to."""
    if request.param == "sqlite":
        yield f"sqlite:///{(tmp_path / 'merzim.sqlite').as_posix()}"
        return
    server = request.getfixturevalue("postgresql")
    administer(server, "CREATE DATABASE two_versions")
    yield server.format(name="two_versions")
    administer(server, "DROP DATABASE two_versions WITH (FORCE)")


class Pages:
    """The web node, over HTTP as a browser and a program ask it."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, path: str, body: str | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, text, the cookie that was set."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET" if body is None else "POST", path, body, sent)
        response = connection.getresponse()
        content = response.read().decode("utf-8")
        cookie = (response.getheader("set-cookie") or "").partition(";")[0]
        connection.close()
        return response.status, content, cookie

    def up(self) -> bool:
        """Whether somebody answers; waited for, since a node says its address a moment before it listens."""
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            try:
                return self.ask("/login")[0] == 200
            except ConnectionRefusedError:
                time.sleep(0.05)
        return False

    def log_in(self, invitation: str) -> str:
        """Somebody invited chooses a password and logs in; the session's cookie."""
        form = {"content_type": "application/x-www-form-urlencoded"}
        chosen = urlencode({"login": "officer", "password": PASSWORD, "again": PASSWORD})
        assert self.ask(invitation, chosen, **form)[0] == 303
        status, _, cookie = self.ask("/login", urlencode({"login": "officer", "password": PASSWORD}), **form)
        assert (status, bool(cookie)) == (303, True)
        return cookie

    def record(self, token: str, fact: str, on: str) -> None:
        """A program says what happened."""
        body = json.dumps({"fact": fact, "on": on})
        signed = {"authorization": f"Bearer {token}", "content_type": "application/json"}
        status, answer, _ = self.ask(f"/api/v1/cases/{CASE}/facts", body, **signed)
        assert status == 200, answer


def _settings(folder: Path, address: str) -> int:
    """A config.toml both versions read; the port of the pages."""
    port = free_port()
    (folder / "config.toml").write_text(
        f'[office]\nname = "Кеңсе"\nofficer = "a.akhmetova@example.kz"\n[database]\nurl = "{address}"\n'
        f'[web]\nport = {port}\npublic_address = "http://127.0.0.1:{port}"\n'
        '[reminders]\ntick = 1\noffice_hours = ["00:00", "23:59"]\n',
        encoding="utf-8",
    )
    return port


def _brought_up_to_date(address: str, old: Before) -> None:
    """By this version; where it has no migration of its own, by one it may have next."""
    engine = open_database(address)
    with reading(engine) as connection:
        assert not usable(connection) or shipped_revisions() == before.revisions(old.code)
    create_or_migrate(engine)
    if shipped_revisions() == before.revisions(old.code):
        add_what_a_next_version_may(engine)
    engine.dispose()


def _sent(address: str, on: str) -> int:
    """How many letters left on that day."""
    engine = open_database(address)
    with engine.connect() as connection:
        query = 'SELECT state FROM notice WHERE "case" IS NOT NULL AND CAST(sent_at AS TEXT) LIKE :on'
        states = connection.execute(text(query), {"on": f"{on}%"}).scalars().all()
    engine.dispose()
    return len(states)


def _listed(address: str) -> list[str]:
    """Cases whose recommendations stand in the list; none waits to be listed."""
    engine = open_database(address)
    with reading(engine) as connection:
        assert connection.execute(UNLISTED.select()).first() is None
        rows = connection.execute(RECOMMENDATION.select()).all()
    engine.dispose()
    return [row.case for row in rows]


def _until_sent(address: str, on: str) -> int:
    give_up = time.monotonic() + 60
    while not (sent := _sent(address, on)):
        assert time.monotonic() < give_up, "no letter left"
        time.sleep(0.2)
    return sent


def test_the_version_before_may_still_work_on_these_tables(old: Before) -> None:
    """It is named in pyproject.toml and not older than the floor; else no two may go on side by side."""
    assert before.revisions(old.code)[-1] >= FLOOR
    assert before.revisions(old.code)[-1] in shipped_revisions()


def test_old_code_goes_on_while_the_office_is_brought_up_to_date(
    old: Before, address: str, tmp_path: Path, merzim: Merzim
) -> None:
    """Old pages, commands and workers work on the new tables; then new ones go on with what they wrote."""
    pages = Pages(_settings(tmp_path, address))
    one_machine = address.startswith("sqlite")
    earlier = partial(old.command, tmp_path)
    earlier("people", old.code / "examples" / PEOPLE.name)
    earlier("open", "internal-analysis", "--planned", "analysis_started=2026-04-13", "--now", "2026-03-30")
    earlier("record", CASE, "start_announced", "--on", "2026-03-30", "--now", "2026-03-30")
    invited = earlier("user", "add", "officer", "--access", "officer", "--now", MORNING)
    (invitation,) = re.findall(r"/welcome/[\w-]+", invited)
    with old.nodes(tmp_path, "serve", *(() if one_machine else ("worker",)), now=MORNING):
        assert pages.up()

        _brought_up_to_date(address, old)

        # The old nodes go on, and so do commands of old code; letters leave.
        cookie = pages.log_in(invitation)
        assert pages.ask(f"/cases/{CASE}", cookie=cookie)[0] == 200
        assert json.loads(pages.ask("/ready")[1])["ready"] is True
        output = earlier("user", "token", "officer", "--write", "--json", "--now", MORNING)
        token = json.loads(output)["token"]
        earlier("import", old.code / "examples" / SCHEDULE.name, "--now", MORNING)
        earlier("record", CASE, "order_signed", "--on", "2026-04-06", "--now", MORNING)
        earlier("risks", "add", CASE, "--text", "Тәуекел", "--now", MORNING)
        earlier("remind", "--now", MORNING)
        assert _until_sent(address, "2026-04-06")

        # The first node of this version beside them, each reading what the other writes.
        assert merzim("record", CASE, "analysis_started", "--on", "2026-04-06", "--now", MORNING).code == 0
        assert "analysis_started" in earlier("case", CASE, "--json", "--now", MORNING)
        pages.record(token, "discussion_announced", "2026-04-06")
        earlier("replan", CASE, "analysis_ended", "--on", "2026-05-29", "--now", MORNING)
        case_output = merzim("case", CASE, "--json", "--now", MORNING).out
        assert "discussion_announced" in case_output
        assert "2026-05-29" in case_output

    # The last old node is gone.
    worker = None if one_machine else Program("worker", folder=tmp_path, MERZIM_NOW=NEXT_WEEK)
    assert merzim("remind", "--now", NEXT_WEEK).code == 0
    if worker is None:
        assert merzim("deliver", "--now", NEXT_WEEK).code == 0
    assert _until_sent(address, "2026-04-13")
    assert worker is None or (worker.end(), "Traceback" in worker.err) == (0, False)
    # What the old code knew nothing of was made up for by the first round of the new.
    assert _listed(address) == [CASE]
    earlier("replan", CASE, "analysis_ended", "--on", "2026-06-05", "--now", NEXT_WEEK)
    result = merzim("verify", "--json", "--now", NEXT_WEEK)
    # What the old code wrote by its own text of the law is adopted, and the board counted anew.
    expected = {"board_differs", "total_differs", "edition_altered"}
    assert {problem["code"] for problem in result.json["problems"]} <= expected
    assert merzim("editions", "adopt", "--now", NEXT_WEEK).code == 0
    assert merzim("rebuild", "--now", NEXT_WEEK).code == 0
    assert merzim("verify", "--now", NEXT_WEEK).code == 0


def test_open_cases_of_the_version_before_keep_every_date_or_the_office_adopts_the_new_one(
    old: Before, tmp_path: Path, merzim: Merzim
) -> None:
    """Cases opened by the version before, under its editions: `verify` names those whose text has changed since
    and nothing else; every date is the old one but those the adoption names; adopted, all agrees."""
    _settings(tmp_path, f"sqlite:///{(tmp_path / 'merzim.sqlite').as_posix()}")
    earlier = partial(old.command, tmp_path)
    earlier("people", old.code / "examples" / PEOPLE.name)
    earlier("import", old.code / "examples" / SCHEDULE.name, "--now", MORNING)
    for procedure in ("gift-handover", "conflict-of-interest", "national-report"):
        earlier("open", procedure, "--now", MORNING)
    earlier("record", CASE, "order_signed", "--on", "2026-04-06", "--now", MORNING)
    heads = json.loads(earlier("cases", "--json", "--now", MORNING))["cases"]
    cases = [head["id"] for head in heads]
    was = {name: _dues(earlier("case", name, "--json", "--now", MORNING)) for name in cases}
    assert len(cases) == 4

    problems = merzim("verify", "--json", "--now", MORNING).json["problems"]
    foreseen = merzim("editions", "adopt", "--dry-run", "--json", "--now", MORNING).json["adopted"]
    becomes = {name: _dues(merzim("case", name, "--json", "--now", MORNING).out) for name in cases}

    altered = " ".join(problem["message"] for problem in problems if problem["code"] == "edition_altered")
    assert {edition["edition"] for edition in foreseen} == set(re.findall(r"\(([\w.-]+)\)", altered))
    assert {problem["code"] for problem in problems} <= {"edition_altered", "board_differs", "total_differs"}
    moved_days = {(move["case"], move["obligation"]): move["to"] for of in foreseen for move in of["moved"]}
    for name in cases:
        for obligation in was[name].keys() | becomes[name].keys():
            old_due, new_due = was[name].get(obligation), becomes[name].get(obligation)
            assert new_due == moved_days.get((name, obligation), old_due), (name, obligation)

    assert merzim("editions", "adopt", "--now", MORNING).code == 0
    assert merzim("verify", "--now", MORNING).code == 0
    assert merzim("editions", "adopt", "--json", "--now", MORNING).json["adopted"] == []


def _dues(printed: str) -> dict[str, str | None]:
    return {obligation["id"]: obligation["due"] for obligation in json.loads(printed)["obligations"]}
