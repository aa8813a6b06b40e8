"""Sixty people, or sixty strangers with a wrong token, in the same second; twenty people who click.

`merzim serve` on SQLite, with its rounds in the same process.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import NamedTuple

from benchmarks.country import TODAY, build
from benchmarks.table import Line
from merzim.clock import parse_moment
from merzim.services.accounts.credentials import hash_secret, new_secret
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.database import open as open_database
from merzim.storage.tables.accounts import Credential
from tests.notifications.servers import free_port
from workflow.moments import Moment
from workflow.org.access import Reader

CASES, UNITS = 1_000, 60
CROWD, PEOPLE, CLICKS = 60, 20, 15
"""Who asks at once; who clicks once a second, and how often each."""
SOON, AT_ONCE, FAST = 5.0, 1.0, 0.150
"""Seconds: an answer to one of the crowd, one of `/health` meanwhile, and p95 of a click."""
PAGES = ("/", "/cases", "/deadlines", "/desk")
NOBODY = {"authorization": "Bearer wrong"}
Headers = Mapping[str, str]


class Answer(NamedTuple):
    """An answer: its status (0: none within a minute) and the seconds it took."""

    status: int
    seconds: float


def measured() -> Iterator[Line]:
    """Build, serve, ask."""
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        folder = Path(name)
        address = f"sqlite:///{folder / 'merzim.sqlite'}"
        cookie = _make(address)
        with _served(folder, address) as port:
            for path in PAGES:
                _ask(port, path, cookie)
            for who, headers, status in (("people", cookie, 200), ("strangers", NOBODY, 303)):
                answers, health = _at_once(port, headers)
                slowest = max(answer.seconds for answer in answers)
                waited = max(answer.seconds for answer in health)
                right = {answer.status for answer in answers} == {status}
                right = right and {answer.status for answer in health} == {200}
                yield Line(
                    f"{CROWD} {who} in one second, the slowest",
                    f"{slowest:.2f} s",
                    f"/health meanwhile {waited:.2f} s",
                    f"{SOON:g} s, /health {AT_ONCE:g} s",
                    right and slowest <= SOON and waited <= AT_ONCE,
                )
            what = f"{PEOPLE} people, a click a second, p95"
            early = _p95(port, cookie)
            yield Line(f"{what}, while the morning's letters are written", f"{early * 1000:.0f} ms", "")
            _wait_for_letters(folder)
            p95 = _p95(port, cookie)
            yield Line(what, f"{p95 * 1000:.0f} ms", f"{CASES:,} cases", f"{FAST * 1000:.0f} ms", p95 <= FAST)


def _make(address: str) -> Headers:
    """Fill the database; return the headers of its officer's requests."""
    engine = open_database(address)
    build(engine, CASES, UNITS)
    now = parse_moment(TODAY.isoformat()).now
    accounts, secret = SqlAccounts(engine), new_secret()
    reader = Reader(login="officer", access="officer", person="top")
    accounts.save(reader, disabled=False, at=Moment(by="bench", now=now, today=TODAY))
    expires = now + timedelta(hours=12)
    accounts.store_entry(
        Credential(
            hash=hash_secret(secret),
            kind="session",
            login=reader.login,
            created_at=now,
            seen_at=now,
            expires_at=expires,
        )
    )
    engine.dispose()
    return {"cookie": f"__Host-merzim={secret}"}


@contextmanager
def _served(folder: Path, address: str) -> Iterator[int]:
    """Run `merzim serve` in a folder of its own; yield its port."""
    port = free_port()
    (folder / "config.toml").write_text(f'[database]\nurl = "{address}"\n[web]\nport = {port}\n')
    command = [sys.executable, "-m", "merzim", "--config", str(folder / "config.toml"), "serve"]
    environment = {**os.environ, "MERZIM_NOW": TODAY.isoformat()}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        give_up_at = time.monotonic() + 300
        while _ask(port, "/health", {}).status != 200:
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise TimeoutError("it does not start")
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _at_once(port: int, headers: Headers) -> tuple[list[Answer], list[Answer]]:
    """Ask for the overview sixty times at once; return the answers and those of `/health` meanwhile."""
    together = Barrier(CROWD)

    def ask() -> Answer:
        together.wait()
        return _ask(port, "/", headers)

    with ThreadPoolExecutor(CROWD + 1) as crowd:
        asked = [crowd.submit(ask) for _ in range(CROWD)]
        over = Event()
        health = crowd.submit(_watch, port, over)
        answers = [one.result() for one in asked]
        over.set()
        return answers, health.result()


def _wait_for_letters(folder: Path) -> None:
    """Wait until the letters of the morning have left: none came in three seconds."""
    before, count = -1, 0
    while before < count:
        time.sleep(3)
        before, count = count, sum(1 for _ in folder.rglob("*.eml"))


def _p95(port: int, headers: Headers) -> float:
    """Return the seconds within which 95 % of the clicks are answered."""
    times = sorted(answer.seconds for answer in _clicking(port, headers))
    return times[int(len(times) * 0.95)]


def _clicking(port: int, headers: Headers) -> list[Answer]:
    """The answers to twenty people who click once a second."""
    began = time.monotonic()

    def click(number: int) -> list[Answer]:
        answers: list[Answer] = []
        for n in range(CLICKS):
            time.sleep(max(0.0, began + number / PEOPLE + n - time.monotonic()))
            answers.append(_ask(port, PAGES[(number + n) % len(PAGES)], headers))
        return answers

    with ThreadPoolExecutor(PEOPLE) as crowd:
        return [answer for clicked in crowd.map(click, range(PEOPLE)) for answer in clicked]


def _watch(port: int, over: Event) -> list[Answer]:
    """Ask for `/health` ten times a second until it is over."""
    answers = [_ask(port, "/health", {})]
    while not over.wait(0.1):
        answers.append(_ask(port, "/health", {}))
    return answers


def _ask(port: int, path: str, headers: Headers) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    start, status = time.perf_counter(), 0
    try:
        connection.request("GET", path, headers={**headers})
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    except OSError:
        pass
    finally:
        connection.close()
    return Answer(status, time.perf_counter() - start)
