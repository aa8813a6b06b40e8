"""Database outage campaign: server stopped and started, connections cut, nodes not restarted."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

from notifications.delivery import BATCH
from tests.crash.account import people
from tests.crash.campaign import Done, Room, balanced
from tests.crash.morning import Morning, morning
from tests.crash.nodes import until
from tests.crash.wire import wire
from tests.postgres import administer

STOPS = 10
CUTS = 200
LETTERS = 6_000
WORKERS = 2
BACK = 60.0
"""Seconds in which the web node must answer requests again after the database has come back."""


def stopped(room: Room, times: int = STOPS) -> Done:
    """The server stopped, by turns as its administrator does and as a power cut would, and started again."""
    assert room.server is not None
    faults: list[str] = []
    slowest = 0.0
    modes: tuple[Literal["fast", "immediate"], ...] = ("fast", "immediate")
    with morning(room, room.letters(LETTERS), address=room.database()) as office:
        for number in range(times):
            _more(office, room)
            room.server.stop(modes[number % 2])
            faults += _says_so(office)
            time.sleep(0.5 if room.quick else room.chance.uniform(1, 5))
            room.server.start()
            slowest = max(slowest, _back(office))
            room.tell(f"stopped {number + 1} times, {office.nodes.sent()} letters sent")
            time.sleep(0.5 if room.quick else room.chance.uniform(3, 8))
    return _done(
        office,
        faults,
        name="database stopped",
        description="PostgreSQL stopped (fast and immediate) and started, nodes go on",
        times=times,
        slowest=slowest,
    )


def cut(room: Room, times: int = CUTS) -> Done:
    """Connections of the nodes ended by the server, one at random after another."""
    with morning(room, room.letters(LETTERS), address=(address := room.database())) as office:
        name = address.rpartition("?")[0].rpartition("/")[2]
        assert room.server is not None
        for number in range(times):
            if number % 10 == 0:
                _more(office, room)
            administer(
                room.server.address,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE datname = '{name}' AND backend_type = 'client backend' ORDER BY random() LIMIT 1",
            )
            time.sleep(room.chance.uniform(0.05, 0.4))
            if number % 50 == 49:
                room.tell(f"{number + 1} connections ended, {office.nodes.sent()} letters sent")
        slowest = _back(office)
    return _done(
        office,
        [],
        name="connections ended",
        description="connections of the nodes ended by the server (pg_terminate_backend)",
        times=times,
        slowest=slowest,
    )


def torn(room: Room, times: int = CUTS) -> Done:
    """The wire cut: an answer of the server broken off half way; now and then every connection at once."""
    assert room.server is not None
    # A socket's path has 108 bytes at most.
    address, folder = room.database(), Path(mkdtemp(prefix="mz"))
    through = address.replace(str(room.server.sockets), str(folder))
    with (
        wire(room.server.sockets, folder, room.chance) as cutter,
        morning(room, room.letters(LETTERS), address=address, through=through) as office,
    ):
        while cutter.cut < times:
            before = cutter.cut
            if cutter.cut % 10 == 0:
                _more(office, room)
            if room.chance.random() < 0.1:
                cutter.drop()
            else:
                cutter.tear(1)
            time.sleep(room.chance.uniform(0.05, 0.4))
            if cutter.cut // 50 > before // 50:
                room.tell(f"{cutter.cut} connections cut, {office.nodes.sent()} letters sent")
        slowest = _back(office)
    return _done(
        office,
        [],
        name="connections cut",
        description="the wire to PostgreSQL cut, answers broken off half way",
        times=cutter.cut,
        slowest=slowest,
    )


def _more(office: Morning, room: Room) -> None:
    if 0 <= office.nodes.left() < 200:
        office.more(40 if room.quick else 200)


def _says_so(office: Morning) -> list[str]:
    """The web node without its database: alive, not ready, and a page that says so."""
    answers = {path: office.nodes.answer(path) for path in ("/health", "/ready", "/login")}
    expected = {"/health": 200, "/ready": 503, "/login": 503}
    return [
        f"{path} answered {answers[path]}, not {expected[path]}"
        for path in expected
        if answers[path] != expected[path]
    ]


def _back(office: Morning) -> float:
    """Seconds until the web node is ready again."""
    started_at = time.monotonic()
    until(lambda: office.nodes.answer("/ready") == 200, "the web node does not come back", BACK)
    return time.monotonic() - started_at


def _done(
    office: Morning, faults: list[str], *, name: str, description: str, times: int, slowest: float
) -> Done:
    account = office.ended()
    return balanced(
        account,
        name=name,
        description=description,
        times=times,
        seconds=office.seconds,
        twice=times * WORKERS * BATCH,
        notes=(
            f"{len(account.seen)} letters; people: {people(account)}",
            f"ready again after {slowest:.1f} s at the longest",
            *office.nodes.said()[:6],
        ),
        faults=tuple(faults),
    )
