"""The dashboard under its readers: people of every access who click, and what their pages take.

Serves by uvicorn in a process of its own and asks by sessions of every access; prints p50 and p95 in ms, and
the bytes of each page. Targets: at 10,000 cases on SQLite, 20 people and a click a second each, overview, list
and case under 150 ms at p95, a page under 200 KB; at 100,000 cases on PostgreSQL, 50 people and a click in two
seconds each, under 200 ms; the same at 1,000 cases.

    python -m benchmarks.dashboard [CASES] [PEOPLE] [SECONDS BETWEEN] [sqlite|postgresql|ADDRESS]
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
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from benchmarks.country import NOW, TODAY, build, counted, load, postgresql
from storage.engine import open as open_database

CASES = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
PEOPLE = int(sys.argv[2]) if len(sys.argv) > 2 else 20
BETWEEN = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
WHERE = sys.argv[4] if len(sys.argv) > 4 else "sqlite"
SECONDS = 30
UNITS = 60 if CASES <= 10_000 else CASES // 5


def main() -> None:
    """Build, serve, ask, print."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="merzim-bench-")))
        address = WHERE
        if WHERE == "sqlite":
            address = f"sqlite:///{folder / 'merzim.sqlite'}"
        elif WHERE == "postgresql":
            address = stack.enter_context(postgresql())
        start = time.perf_counter()
        cases, rows, waiting = _build(address)
        print(f"built           {cases} cases, {rows} obligations ({waiting} wait) in {_since(start):.0f} s")
        port = _free()
        server = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(folder, port, address), daemon=True
        )
        server.start()
        try:
            secrets = _sessions(address, port)
            ids = _ids(address)
            cost = _cost(port, secrets, ids, int(server.pid or 0))
            print(f"asking          {PEOPLE} people, a click every {BETWEEN:g} s each, for {SECONDS} s")
            spent, sizes = _ask(port, secrets, ids)
        finally:
            server.terminate()
            server.join(timeout=10)
    for page in sorted(spent):
        times = sorted(spent[page])
        p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
        print(
            f"{page:<15} {statistics.median(times) * 1000:6.0f} ms p50   {p95 * 1000:6.0f} ms p95   "
            f"{max(sizes[page]) / 1024:6.0f} KB at most   {len(times):5d} times"
        )
    for page, (alone, work) in sorted(cost.items()):
        print(f"{page:<15} {alone * 1000:6.0f} ms alone   {work * 1000:6.0f} ms of the server's own work")
    print(f"{load()} (target: p95 under {150 if CASES <= 10_000 else 200} ms)")


def _build(address: str) -> tuple[int, int, int]:
    """Cases begun over three years; most of the past is done, as in an office that works. A database made by
    benchmarks.country is taken as it is."""
    from storage.accounts import SqlAccounts
    from workflow.access import Reader

    engine = open_database(address)
    if WHERE in ("sqlite", "postgresql"):
        build(engine, CASES, UNITS)
    accounts = SqlAccounts(engine)
    for reader in _readers():
        assert isinstance(reader, Reader)
        accounts.save(reader, disabled=False, by="bench", now=NOW, today=TODAY)
    found = counted(engine)
    engine.dispose()
    return found


def _readers() -> list[object]:
    """Managers and auditors of the whole, heads of units, officers, and people who answer for one unit."""
    from workflow.access import Reader

    found: list[object] = []
    for n in range(PEOPLE):
        access, unit, person = (
            ("first_head", "", "top"),
            ("officer", "", "top"),
            ("auditor", "", ""),
            ("head_of_unit", f"u{n % 10}", f"p{n % 10}"),
            ("responsible", f"u{n}", f"p{n}"),
        )[n % 5]
        found.append(Reader(login=f"r{n}", access=access, unit=unit, person=person))  # type: ignore[arg-type]
    return found


def _serve(folder: Path, port: int, address: str) -> None:
    """The house as `merzim serve` makes it, on an appointed day."""
    import uvicorn

    from merzim.clock import Moment
    from merzim.configuration import read
    from merzim.dashboard import Dashboard
    from merzim.rounds import remind
    from merzim.wiring import House

    config = folder / "config.toml"
    config.write_text(f'[database]\nurl = "{address}"\n')
    house = House(read(config, at=folder))
    # In an office that works the rounds of the days before have been: today's finds next to nothing.
    remind(house, now=NOW, today=TODAY)
    app = Dashboard(house, lambda: Moment(now=NOW, today=TODAY, demonstration=True))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", ws="none", access_log=False)


def _sessions(address: str, port: int) -> list[tuple[str, str]]:
    """A session of each reader, once the server answers: (access, secret)."""
    from storage.accounts import SqlAccounts
    from web.door.credentials import hidden, new_secret
    from workflow.access import Entry, Reader

    engine = open_database(address)
    found = []
    for reader in _readers():
        assert isinstance(reader, Reader)
        secret = new_secret()
        SqlAccounts(engine).let_in(
            Entry(
                hash=hidden(secret),
                kind="session",
                login=reader.login,
                created_at=NOW,
                seen_at=NOW,
                expires_at=NOW + timedelta(hours=1),
            )
        )
        found.append((reader.access, secret))
    engine.dispose()
    while True:
        try:
            for path in ("/", "/cases", "/deadlines"):
                _get(port, path, found[0][1])
            return found
        except OSError:
            time.sleep(0.2)


def _ids(address: str) -> dict[str, list[str]]:
    from sqlalchemy import select

    from storage import tables
    from storage.engine import reading

    engine = open_database(address)
    found: dict[str, list[str]] = defaultdict(list)
    with reading(engine) as connection:
        for case, unit in connection.execute(select(tables.CASE.c.id, tables.CASE.c.unit)):
            found[unit].append(case)
            found[""].append(case)
    engine.dispose()
    return found


def _ask(
    port: int, secrets: list[tuple[str, str]], ids: dict[str, list[str]]
) -> tuple[dict[str, list[float]], dict[str, list[int]]]:
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
    for one in people:
        one.start()
    for one in people:
        one.join()
    return spent, sizes


def _cost(
    port: int, secrets: list[tuple[str, str]], ids: dict[str, list[str]], server: int
) -> dict[str, tuple[float, float]]:
    """Of each page, asked by one at a time: the middle of the seconds it took, and seconds of the processor."""
    found = {}
    for page in ("overview", "cases", "case", "deadlines", "desk"):
        times = []
        began = _worked(server)
        asked = [(n, one) for n, one in enumerate(secrets[:20]) if page != "desk" or one[0] != "auditor"]
        for number, (access, secret) in asked:
            path = _path(page, random.Random(number), access, number, ids)
            start = time.perf_counter()
            _get(port, path, secret)
            times.append(time.perf_counter() - start)
        found[page] = statistics.median(times), (_worked(server) - began) / len(asked)
    return found


def _worked(process: int) -> float:
    """Seconds of the processor a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _path(page: str, chance: random.Random, access: str, number: int, ids: dict[str, list[str]]) -> str:
    unit = {"head_of_unit": f"u{number % 10}", "responsible": f"u{number}"}.get(access, "")
    return {
        "overview": "/",
        "cases": f"/cases?page={chance.randrange(1, 4)}",
        "case": f"/cases/{chance.choice(ids[unit])}",
        "deadlines": f"/deadlines?urgency={chance.choice(('overdue', 'due', 'open'))}",
        "desk": "/desk",
    }[page]


def _get(port: int, path: str, secret: str) -> int:
    """The bytes of a page; anything but 200 is an error of the benchmark."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"cookie": f"__Host-merzim={secret}", "accept-language": "kk"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return len(body)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _since(start: float) -> float:
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
