"""Measures the dashboard under load: readers of every access click, and their pages are timed.

Serves by uvicorn in separate processes behind one port (one on SQLite, two on PostgreSQL, as operators would)
and requests pages by sessions of every access; meanwhile a fact is written every five seconds, as in daily use.
Prints p50 and p95 in ms, and the bytes of each page; beside them what the same pages cost in a small office in
the same run: 100 cases of as many units on SQLite, 1,000 cases on PostgreSQL. Targets: at 10,000 cases on
SQLite, 20 people and a click a second each, overview, list and case under 150 ms at p95, a page under 200 KB;
at 100,000 cases on PostgreSQL, 50 people and a click in two seconds each, under 200 ms; the same in a small
office.

    python -m benchmarks.dashboard [CASES] [PEOPLE] [SECONDS BETWEEN] [sqlite|postgresql|ADDRESS] [SMALL]

SMALL: the address of a database of 1,000 cases made by `benchmarks.country`, if ADDRESS is one of many cases.
"""

from __future__ import annotations

import http.client
import multiprocessing
import os
import random
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.country import NOW, TODAY, build, counted, databases, library, load
from merzim.storage.database.engine import open as open_database
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.services.app import AppContext

CASES = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
PEOPLE = int(sys.argv[2]) if len(sys.argv) > 2 else 20
BETWEEN = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
WHERE = sys.argv[4] if len(sys.argv) > 4 else "sqlite"
SECONDS = 30
SMALL = sys.argv[5] if len(sys.argv) > 5 else ""
FEW_CASES = 100 if WHERE.startswith("sqlite") else 1_000
UNITS = 60 if CASES <= 10_000 else CASES // 5
FEW_UNITS = UNITS if WHERE.startswith("sqlite") else FEW_CASES // 5
PROCESSES = 1 if WHERE.startswith("sqlite") else 2
RECORDED_EVERY = 5.0
TURNS = 3
"""How often each reader asks for a page when its cost is taken; a process counts its work in hundredths."""


Cost = dict[str, tuple[float, float]]


def main() -> None:
    """Build, serve, request, print."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="merzim-bench-")))
        address, small = WHERE, SMALL
        if WHERE == "sqlite":
            address, small = (f"sqlite:///{folder / name}" for name in ("merzim.sqlite", "few.sqlite"))
        elif WHERE == "postgresql":
            address, small = stack.enter_context(databases("country", "district"))
        start = time.perf_counter()
        cases, rows, waiting = _build(address, CASES, UNITS)
        print(f"built           {cases} cases, {rows} obligations ({waiting} wait) in {_since(start):.0f} s")
        small_costs: Cost = {}
        if small:
            _build(small, FEW_CASES, FEW_UNITS)
            with _served(folder, small) as (port, servers, secrets, ids):
                small_costs = _cost(port, secrets, ids, servers)
        with _served(folder, address) as (port, servers, secrets, ids):
            cost = _cost(port, secrets, ids, servers)
            print(f"asking          {PEOPLE} people, a click every {BETWEEN:g} s each, for {SECONDS} s")
            print(f"served by       {PROCESSES} processes; a fact is recorded every {RECORDED_EVERY:g} s")
            spent, sizes = _ask(port, secrets, ids, address)
    for page in sorted(spent):
        times = sorted(spent[page])
        p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
        print(
            f"{page:<15} {statistics.median(times) * 1000:6.0f} ms p50   {p95 * 1000:6.0f} ms p95   "
            f"{max(sizes[page]) / 1024:6.0f} KB at most   {len(times):5d} times"
        )
    for page, (alone, work) in sorted(cost.items()):
        print(f"{page:<15} {alone * 1000:6.0f} ms alone   {work * 1000:6.0f} ms of the servers' own work")
    for page, (alone, work) in sorted(small_costs.items()):
        print(
            f"{page:<15} {alone * 1000:6.0f} ms alone   {work * 1000:6.0f} ms at {FEW_CASES} cases: "
            f"ratio {cost[page][0] / alone:.2f} alone, {cost[page][1] / work:.2f} of own work"
        )
    print(f"{load()} (target: p95 under {150 if CASES <= 10_000 else 200} ms)")


def _build(address: str, cases: int, units: int) -> tuple[int, int, int]:
    """Fill the database with cases begun over three years, most of the past done; return their numbers.

    A database made by benchmarks.country is used as it is. The rounds of earlier days have run.
    """
    from merzim.services.jobs.rounds import remind
    from merzim.storage.accounts.accounts import SqlAccounts
    from merzim.storage.maintenance.schema import create_or_migrate
    from workflow.org.access import Reader

    engine = open_database(address)
    if WHERE in ("sqlite", "postgresql"):
        build(engine, cases, units, risks=True)
    else:
        create_or_migrate(engine)
    accounts = SqlAccounts(engine)
    for reader in _readers():
        assert isinstance(reader, Reader)
        accounts.save(reader, disabled=False, by="bench", now=NOW, today=TODAY)
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        app = _house(Path(name), address)
        remind(app, now=NOW, today=TODAY)
        app.close()
    counts = counted(engine)
    engine.dispose()
    return counts


@contextmanager
def _served(
    folder: Path, address: str
) -> Iterator[tuple[int, list[int], list[tuple[str, str]], dict[str, list[str]]]]:
    """Start the servers; yield port, processes, a session of each reader, and cases by unit."""
    with socket.socket() as shared:
        shared.bind(("127.0.0.1", 0))
        shared.listen(256)
        port = int(shared.getsockname()[1])
        spawn = multiprocessing.get_context("spawn")
        processes = [
            spawn.Process(target=_serve, args=(folder / f"{port}-{n}", shared, address), daemon=True)
            for n in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        try:
            secrets = _sessions(address, port)
            yield port, [int(process.pid or 0) for process in processes], secrets, _ids(address)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.join(timeout=10)


def _house(folder: Path, address: str) -> AppContext:
    from merzim.app import build_app
    from merzim.settings_file import read

    config = folder / "config.toml"
    config.write_text(f'[database]\nurl = "{address}"\n')
    return build_app(read(config, at=folder))


def _readers() -> list[object]:
    """Return managers and auditors of everything, heads of units, officers, and people of one unit."""
    from workflow.org.access import Reader

    readers: list[object] = []
    for n in range(PEOPLE):
        access, unit, person = (
            ("first_head", "", "top"),
            ("officer", "", "top"),
            ("auditor", "", ""),
            ("head_of_unit", f"u{n % 10}", f"p{n % 10}"),
            ("responsible", f"u{n}", f"p{n}"),
        )[n % 5]
        readers.append(Reader(login=f"r{n}", access=access, unit=unit, person=person))
    return readers


def _serve(folder: Path, shared: socket.socket, address: str) -> None:
    """Serve the application as `merzim serve` does, on a fixed day."""
    import asyncio

    import uvicorn

    from merzim.dashboard import Dashboard
    from merzim.services.moments import Moment

    folder.mkdir()
    app = Dashboard(_house(folder, address), lambda: Moment(now=NOW, today=TODAY, demonstration=True))
    config = uvicorn.Config(app, log_level="error", ws="none", access_log=False)
    asyncio.run(uvicorn.Server(config).serve(sockets=[shared]))


def _sessions(address: str, port: int) -> list[tuple[str, str]]:
    """Return (access, secret) of a session of each reader, once the server answers."""
    from merzim.services.accounts.credentials import hash_secret, new_secret
    from merzim.storage.accounts.accounts import SqlAccounts
    from workflow.org.access import Entry, Reader

    engine = open_database(address)
    sessions = []
    for reader in _readers():
        assert isinstance(reader, Reader)
        secret = new_secret()
        SqlAccounts(engine).let_in(
            Entry(
                hash=hash_secret(secret),
                kind="session",
                login=reader.login,
                created_at=NOW,
                seen_at=NOW,
                expires_at=NOW + timedelta(hours=1),
            )
        )
        sessions.append((reader.access, secret))
    engine.dispose()
    while True:
        try:
            # Each process reads the office and its sums once, before anything is measured.
            for path in ("/", "/cases", "/deadlines", "/desk", "/reports/points") * 4 * PROCESSES:
                _get(port, path, sessions[0][1])
            return sessions
        except OSError:
            time.sleep(0.2)


def _ids(address: str) -> dict[str, list[str]]:
    from sqlalchemy import select

    from merzim.storage.database.engine import reading
    from merzim.storage.tables.cases import CASE

    engine = open_database(address)
    cases_by_unit: dict[str, list[str]] = defaultdict(list)
    with reading(engine) as connection:
        for case, unit in connection.execute(select(CASE.c.id, CASE.c.unit)):
            cases_by_unit[unit].append(case)
            cases_by_unit[""].append(case)
    engine.dispose()
    return cases_by_unit


def _ask(
    port: int, secrets: list[tuple[str, str]], ids: dict[str, list[str]], address: str
) -> tuple[dict[str, list[float]], dict[str, list[int]]]:
    """Request pages by several people for a time; return milliseconds and bytes by page."""
    spent: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, list[int]] = defaultdict(list)
    lock, until = threading.Lock(), time.perf_counter() + SECONDS

    def person(number: int) -> None:
        access, secret = secrets[number]
        chance = random.Random(number)
        pages = ["overview", "cases", "case", "deadlines", *(["desk"] if access != "auditor" else [])]
        clicked = time.perf_counter() + chance.random() * BETWEEN
        while clicked < until:
            time.sleep(max(0.0, clicked - time.perf_counter()))
            page = chance.choice(pages)
            path = _path(page, chance, access, number, ids)
            start = time.perf_counter()
            size = _get(port, path, secret)
            with lock:
                spent[page].append(time.perf_counter() - start)
                sizes[page].append(size)
            clicked += BETWEEN

    people = [threading.Thread(target=person, args=(number,)) for number in range(PEOPLE)]
    # Recording runs in another process: in this one the measured clicks would wait for it.
    spawn = multiprocessing.get_context("spawn")
    recording = spawn.Process(target=_record, args=(address, ids[""][:1000]), daemon=True)
    recording.start()
    for thread in people:
        thread.start()
    for thread in people:
        thread.join()
    recording.terminate()
    recording.join()
    return spent, sizes


def _record(address: str, cases: list[str]) -> None:
    """Change a plan date repeatedly, so that cached totals must be updated."""
    from calendars import calendar
    from merzim.storage.cases.ledger import SqlLedger
    from workflow.cases.commands.case_commands import CaseCommands

    engine = open_database(address)
    ledger, chance, moment = SqlLedger(engine), random.Random(1), NOW
    case_commands = CaseCommands(ledger, library(), calendar())
    while True:
        case, moment = chance.choice(cases), moment + timedelta(seconds=1)
        if (full_case := ledger.case(case)) is not None and full_case.planned:
            fact = sorted(full_case.planned)[0]
            on = TODAY + timedelta(days=chance.randrange(60))
            with suppress(Refusal):
                case_commands.replan(case, fact, on=on, by="bench", now=moment, today=TODAY)
        time.sleep(RECORDED_EVERY)


def _cost(port: int, secrets: list[tuple[str, str]], ids: dict[str, list[str]], servers: list[int]) -> Cost:
    """Return, for each page requested alone, the median seconds and the processor seconds."""
    costs = {}
    lists = ("overview", "cases", "portfolio", "stages", "deadlines", "monitoring", "register", "scores")
    for page in (*lists, "case", "desk", "month"):
        times = []
        began = sum(map(_worked, servers))
        visitors = [
            (n, session) for n, session in enumerate(secrets[:20]) if page != "desk" or session[0] != "auditor"
        ]
        for number, (access, secret) in visitors * TURNS:
            path = _path(page, random.Random(number), access, number, ids)
            start = time.perf_counter()
            _get(port, path, secret)
            times.append(time.perf_counter() - start)
        costs[page] = statistics.median(times), (sum(map(_worked, servers)) - began) / (len(visitors) * TURNS)
    return costs


def _worked(process: int) -> float:
    """Return the processor seconds a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _path(page: str, chance: random.Random, access: str, number: int, ids: dict[str, list[str]]) -> str:
    """Return the address of a page for a random click."""
    unit = {"head_of_unit": f"u{number % 10}", "responsible": f"u{number}"}.get(access, "")
    return {
        "overview": "/",
        "cases": f"/cases?page={chance.randrange(1, 4)}",
        "portfolio": f"/portfolio?page={chance.randrange(1, 4)}",
        "case": f"/cases/{chance.choice(ids[unit])}",
        "deadlines": f"/deadlines?urgency={chance.choice(('overdue', 'due', 'open'))}",
        "desk": "/desk",
        "month": f"/calendar/{TODAY.year}/{TODAY.month}",
        "monitoring": "/reports/monitoring",
        "register": "/register",
        "scores": "/reports/points",
    }[page]


def _get(port: int, path: str, secret: str) -> int:
    """Request a page and return its size in bytes; any status but 200 is an error."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"cookie": f"__Host-merzim={secret}", "accept-language": "kk"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return len(body)


def _since(start: float) -> float:
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
