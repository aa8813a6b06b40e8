"""Measures sixty people who open the overview in the same second, and sixty strangers with a wrong token.

Serves by `merzim serve` on SQLite and on PostgreSQL, rounds included where they run in that process. Prints the
slowest answer, the slowest answer of `/health` meanwhile, and how many were not answered as they should be.
Targets: every answer within 5 s, `/health` within 1 s. With SECONDS sixty people then click once a second.

    python -m benchmarks.crowd [CASES] [SECONDS]
"""

from __future__ import annotations

import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import NamedTuple

from benchmarks.country import TODAY, build, databases, load
from merzim.clock import stand
from merzim.services.accounts.credentials import hash_secret, new_secret
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.database.engine import open as open_database
from tests.notifications.servers import free_port
from workflow.org.access import Entry, Reader

CASES = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 0
PEOPLE = 60
UNITS = 60
PAGES = ("/", "/cases", "/deadlines", "/desk")
NOBODY = {"authorization": "Bearer wrong"}
Headers = Mapping[str, str]


class Answer(NamedTuple):
    """An answer: its status (0: none within a minute) and the seconds it took."""

    status: int
    seconds: float


def main() -> None:
    """Build, serve, ask and print, on one database after the other."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="merzim-bench-")))
        (server,) = stack.enter_context(databases("crowd"))
        for name, address in (("sqlite", f"sqlite:///{folder / 'merzim.sqlite'}"), ("postgresql", server)):
            cookie = _make(address)
            with _served(folder / name, address) as port:
                for path in PAGES:
                    _ask(port, path, cookie)
                _print(name, "people, /", *_at_once(port, "/", cookie), expected=200)
                _print(name, "strangers, /", *_at_once(port, "/", NOBODY), expected=303)
                _print(name, "strangers, API", *_at_once(port, "/api/v1/cases", NOBODY), expected=401)
                if SECONDS:
                    _print(name, f"people, {SECONDS:g} s", *_for_a_time(port, cookie), expected=200)
    print(f"{load()} (target: every answer within 5 s, /health within 1 s)")


def _make(address: str) -> Headers:
    """Fill the database; return the headers of its officer's requests."""
    engine = open_database(address)
    build(engine, CASES, UNITS)
    now = stand(TODAY.isoformat()).now
    accounts, secret = SqlAccounts(engine), new_secret()
    reader = Reader(login="officer", access="officer", person="top")
    accounts.save(reader, disabled=False, by="bench", now=now, today=TODAY)
    expires = now + timedelta(hours=12)
    accounts.let_in(
        Entry(
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
    folder.mkdir()
    port = free_port()
    (folder / "config.toml").write_text(f'[database]\nurl = "{address}"\n[web]\nport = {port}\n')
    command = [sys.executable, "-m", "merzim", "--config", str(folder / "config.toml"), "serve"]
    environment = {**os.environ, "MERZIM_NOW": TODAY.isoformat()}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        give_up_at = time.monotonic() + 60
        while _ask(port, "/health", {}).status != 200:
            if time.monotonic() > give_up_at:
                raise TimeoutError("it does not start")
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _at_once(port: int, path: str, headers: Headers) -> tuple[list[Answer], list[Answer]]:
    """Ask for a page sixty times at once; return the answers and those of `/health` meanwhile."""
    together = Barrier(PEOPLE)

    def ask() -> Answer:
        together.wait()
        return _ask(port, path, headers)

    with ThreadPoolExecutor(PEOPLE + 1) as crowd:
        asked = [crowd.submit(ask) for _ in range(PEOPLE)]
        over = Event()
        health = crowd.submit(_watch, port, over)
        answers = [one.result() for one in asked]
        over.set()
        return answers, health.result()


def _for_a_time(port: int, headers: Headers) -> tuple[list[Answer], list[Answer]]:
    """Let sixty people click once a second for SECONDS."""
    until = time.monotonic() + SECONDS

    def click(number: int) -> list[Answer]:
        answers: list[Answer] = []
        next_at = time.monotonic() + number / PEOPLE
        while next_at < until:
            time.sleep(max(0.0, next_at - time.monotonic()))
            answers.append(_ask(port, PAGES[(number + len(answers)) % len(PAGES)], headers))
            next_at += 1
        return answers

    with ThreadPoolExecutor(PEOPLE + 1) as crowd:
        over = Event()
        health = crowd.submit(_watch, port, over)
        answers = [answer for clicked in crowd.map(click, range(PEOPLE)) for answer in clicked]
        over.set()
        return answers, health.result()


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


def _print(name: str, what: str, answers: list[Answer], health: list[Answer], *, expected: int) -> None:
    times = sorted(answer.seconds for answer in answers)
    wrong = sum(answer.status != expected for answer in answers)
    p95 = times[int(len(times) * 0.95)]
    print(
        f"{name:<11} {what:<15} {len(times):5} answers, {wrong} wrong: {statistics.median(times):5.2f} s p50  "
        f"{p95:5.2f} s p95  {times[-1]:5.2f} s slowest;  "
        f"/health {max(answer.seconds for answer in health):5.2f} s slowest, "
        f"{sum(answer.status != 200 for answer in health)} wrong"
    )


if __name__ == "__main__":
    main()
