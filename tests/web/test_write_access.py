"""Write access: every writing route with every access, own, foreign and no unit, named or not.

On a real database, in which a refused request must change nothing.

The routes come from the router. A route that is neither made of a verb nor in `tests.web.writes.SENT`, or names
no need, fails.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256

import pytest
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.testclient import TestClient

from merzim.storage.tables.events import EVENT
from merzim.web.api import mount
from merzim.web.auth.dependencies import COOKIE
from tests.web.real import real_office
from tests.web.test_access import OPEN, ROUTES, filled, is_question, need
from tests.web.writes import ELSEWHERE, READERS, SENT, UNNAMED, Sent, World, prepare
from workflow.org.access import Reader

WRITES: list[tuple[str, APIRoute]] = [(method, route) for method, route in ROUTES if method != "GET"]
ASKED = [(method, route) for method, route in WRITES if need(route) is not None]
BY_VERB = Sent()
"""Of an operation that `mount.post` makes of a verb: its access is looked at before its body."""


def sent(route: APIRoute) -> Sent:
    return SENT.get(route.path, BY_VERB)


def is_made_of_a_verb(route: APIRoute) -> bool:
    return route.endpoint.__qualname__ == f"{mount.post.__name__}.<locals>.operation"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with real_office(tmp_path_factory.mktemp("office")) as office:
        yield prepare(office)


@dataclass
class Watch:
    """The database and the files of an office, from outside."""

    world: World
    connection: sqlite3.Connection

    def version(self) -> int:
        """A number that is another one as soon as anybody has written anything."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def digests(self) -> dict[str, str]:
        """Of each table how many rows it has, and a digest of them; of the folder of evidence the names."""
        tables = self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        digests = {}
        for (table,) in tables:
            rows = sorted(map(repr, self.connection.execute(f'SELECT * FROM "{table}"')))
            digests[table] = f"{len(rows)} {sha256(chr(10).join(rows).encode()).hexdigest()}"
        folder = self.world.office.app.settings.evidence.folder
        digests["evidence"] = " ".join(sorted(str(path.relative_to(folder)) for path in folder.rglob("*")))
        return digests


@pytest.fixture(scope="module")
def watch(world: World) -> Iterator[Watch]:
    with closing(sqlite3.connect(str(world.office.app.engine.url.database))) as connection:
        yield Watch(world, connection)


def request(
    world: World, browser: TestClient, method: str, route: APIRoute, *, case: str, login: str
) -> Response:
    """What the table says is sent to the route, into that case."""
    world.now_at = login
    path = route.path
    for place, value in _places(world, sent(route), case).items():
        path = path.replace(place, value)
    answer: Response = browser.request(method, filled(path, case), **sent(route).request(world, case))
    return answer


def _places(world: World, sent: Sent, case: str) -> dict[str, str]:
    places = dict(sent.places(world) if callable(sent.places) else sent.places)
    return {**places, **({"{case}": case} if case == world.secret else {})}


def refused(world: World, reader: Reader, route: APIRoute, case: str) -> bool:
    """Whether this reader must be refused."""
    access = need(route)
    assert access is not None
    if not reader.may(access):
        return True
    if sent(route).row and reader in ELSEWHERE:
        return True
    if not sent(route).case:
        return False
    return reader in ELSEWHERE or (case == world.secret and reader.login != "officer")


def test_the_table_holds_every_route_that_writes_and_no_other() -> None:
    """A new route is a decision: what it needs, and what the walk sends it."""
    by_hand = {route.path for _, route in ASKED if not is_made_of_a_verb(route)}

    assert set(SENT) == by_hand
    assert {route.path for _, route in WRITES if need(route) is None} <= OPEN
    assert {path for path in by_hand if "{case}" in path} <= {path for path, sent in SENT.items() if sent.case}


def test_whoever_is_refused_is_told_so_and_nothing_is_written(world: World, watch: Watch) -> None:
    """403 where the access does not reach, 404 for a case that is not seen; the database stays as it was.

    Of those who must be refused every fourth asks, by turns, so that each route refuses several of them.
    """
    before = watch.digests()
    wrong: list[tuple[str, str, object]] = []
    request_count = 0
    for turn, reader in enumerate((*READERS, *ELSEWHERE, UNNAMED)):
        with world.office.client(reader.login) as browser:
            version = watch.version()
            for number, (method, route) in enumerate(ASKED):
                if (number + turn) % 4:
                    continue
                may = reader.may(need(route) or "self")
                for case in (world.case, world.secret) if may and sent(route).case else (world.case,):
                    if not refused(world, reader, route, case):
                        continue
                    request_count += 1
                    status = request(world, browser, method, route, case=case, login=reader.login).status_code
                    if status != (404 if may else 403):
                        wrong.append((reader.login, route.path, status))
                    if (now := watch.version()) != version:
                        version = now
                        wrong.append((reader.login, route.path, "written"))

    assert not wrong, wrong
    assert request_count > 250
    after = watch.digests()
    # A session of each reader was opened to ask at all, and the events say so.
    assert {table for table in after if after[table] != before[table]} <= {"entry", "event"}
    with world.office.app.engine.connect() as connection:
        newest = connection.execute(EVENT.select().order_by(EVENT.c.id.desc()).limit(len(READERS))).all()
    assert {entry.kind for entry in newest} == {"session_given"}


def test_nobody_writes_anything(world: World, watch: Watch) -> None:
    """401 for pages and programs alike."""
    before, wrong = watch.digests(), []
    with world.office.client("") as browser:
        for method, route in ASKED:
            status = request(world, browser, method, route, case=world.case, login="officer").status_code
            if status != 401:
                wrong.append((route.path, status))

    assert not wrong, wrong
    assert watch.digests() == before


def test_a_token_that_only_reads_writes_nothing(world: World, watch: Watch) -> None:
    """Neither through the API nor through pages; questions it may ask."""
    with world.office.client("") as browser:
        browser.headers["authorization"] = (
            f"Bearer {world.office.way_in('officer', kind='token', scope='read')}"
        )
        before, wrong = watch.digests(), []
        for method, route in ASKED:
            if is_question(route):
                continue
            status = request(world, browser, method, route, case=world.case, login="officer").status_code
            if status != 403:
                wrong.append((route.path, status))

    assert not wrong, wrong
    assert watch.digests() == before


def test_an_officer_of_another_unit_opens_nothing_in_this_one(world: World, watch: Watch) -> None:
    """What names its unit in the body is refused in a sentence, and nothing is written."""
    paths = ("/open/case", "/api/v1/cases", "/api/v1/schedules", "/api/v1/calendar/acts", "/calendar/acts")
    with world.office.client("officer_elsewhere") as browser:
        before = watch.digests()
        statuses = {
            route.path: request(
                world, browser, method, route, case=world.case, login="officer_elsewhere"
            ).status_code
            for method, route in ASKED
            if route.path in paths
        }

    assert set(statuses) == set(paths)
    assert set(statuses.values()) <= {403, 404, 422}
    assert watch.digests() == before


def test_whoever_is_allowed_is_let_through_and_what_the_table_sends_is_right(
    world: World, watch: Watch
) -> None:
    """The officer's and the administrator's requests are done and written: nobody above was refused for a fault
    in what was sent. The others come after them and find some of it done; nobody is refused for who they are.
    Each of them asks every third route.

    The last of the tests: afterwards the office is another one.
    """
    wrong: list[tuple[str, str, object]] = []
    readers = sorted(READERS, key=lambda reader: reader.access not in ("officer", "administrator"))
    for turn, reader in enumerate(readers):
        first = reader.access in ("officer", "administrator")
        with world.office.client("") as browser:
            secret = ""
            for number, (method, route) in enumerate(ASKED):
                if route.path not in SENT or refused(world, reader, route, world.case):
                    continue
                if not (first or (number + turn) % 3 == 0):
                    continue
                # Some end the session they come in by.
                if not world.office.is_in(secret):
                    secret = world.office.way_in(reader.login)
                    browser.cookies.set(COOKIE, secret, domain="127.0.0.1")
                asked, version = SENT[route.path], watch.version()
                answer = request(world, browser, method, route, case=world.case, login=reader.login)
                has_written = watch.version() != version
                if answer.status_code in (401, 403, 404) or answer.status_code >= 500:
                    wrong.append((reader.login, route.path, answer.status_code))
                elif first and (answer.status_code not in asked.status or has_written < asked.changes):
                    wrong.append((reader.login, route.path, (answer.status_code, has_written)))

    assert not wrong, wrong
