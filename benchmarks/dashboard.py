"""The dashboard under its readers: 10,000 cases on SQLite, 20 people who click once a second each.

Serves by uvicorn in a process of its own and asks by sessions of every access; prints p50 and p95 in ms, and
the bytes of each page. The target: overview, list and case under 150 ms at p95, a page under 200 KB.

    python -m benchmarks.dashboard
"""

from __future__ import annotations

import http.client
import multiprocessing
import os
import random
import socket
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

CASES = 10_000
PEOPLE = 20
SECONDS = 30
UNITS = 60
TODAY = date(2026, 10, 5)
NOW = datetime(2026, 10, 5, 5, 0, tzinfo=UTC)
DONE = 0.97
"""So much of what is past has been recorded."""
FACTS = (
    *("start_announced", "order_signed", "analysis_started", "discussion_announced", "discussion_held"),
    *("analysis_ended", "discussion_results_published", "note_signed", "plan_developed", "plan_approved"),
    *("certificate_filed", "published"),
)
QUARTERLY = ("quarter_reported", "quarter_reviewed")
OTHERS = (("candidate-check", "reception_ended"), ("procurement-analysis", "procurement_analysis_ended"))


def main() -> None:
    """Build, serve, ask, print."""
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        folder = Path(name)
        start = time.perf_counter()
        cases, rows, waiting = _build(folder)
        print(f"built           {cases} cases, {rows} obligations ({waiting} wait) in {_since(start):.0f} s")
        port = _free()
        server = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder, port), daemon=True)
        server.start()
        try:
            secrets = _sessions(folder, port)
            print(f"asking          {PEOPLE} people, one click a second each, for {SECONDS} s")
            spent, sizes = _ask(port, secrets, _ids(folder))
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
    print(f"load            {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores (target: p95 under 150 ms)")


def _library():  # type: ignore[no-untyped-def]
    from workflow.library import Library
    from workflow.reading import read

    folder = Path(__file__).parent.parent / "regulations"
    return Library(read(file.name, file.read_bytes()) for file in sorted(folder.glob("*.toml")))


def _build(folder: Path) -> tuple[int, int, int]:
    """Cases begun over three years by sixty units; most of the past is done, as in an office that works."""
    from sqlalchemy import func, select

    from calendars import calendar
    from storage import office_store, tables
    from storage.accounts import SqlAccounts
    from storage.engine import open as open_database
    from storage.engine import reading
    from storage.ledger import SqlLedger
    from storage.schema import create_or_migrate
    from workflow.access import Reader
    from workflow.desk import Desk
    from workflow.office import Person, Unit
    from workflow.opening import Opening

    engine = open_database(f"sqlite:///{folder / 'merzim.sqlite'}")
    create_or_migrate(engine)
    units = [Unit(id="top", name="Министрлік"), *(_unit(n) for n in range(UNITS))]
    people = [
        Person(key="top", name="Нұрғалиев Асхат", unit="top", duties=("head", "authorised_person")),
        *(Person(key=f"p{n}", name=f"Адам {n}", unit=f"u{n}", duties=_duties(n)) for n in range(UNITS)),
    ]
    office_store.save(engine, units=units, people=people)
    accounts = SqlAccounts(engine)
    for reader in _readers():
        assert isinstance(reader, Reader)
        accounts.save(reader, disabled=False, by="bench", now=NOW, today=TODAY)
    chance = random.Random(2026)
    openings = [
        Opening(unit=f"u{n % UNITS}", object=f"Сатып алу рәсімі {n}", **_case(n, chance)) for n in range(CASES)
    ]
    Desk(SqlLedger(engine), _library(), calendar()).open_many(openings, by="bench", now=NOW, today=TODAY)
    with reading(engine) as connection:
        table = tables.DEADLINE
        rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
        open_ = connection.execute(
            select(func.count()).select_from(table).where(table.c.state == "open")
        ).scalar_one()
    engine.dispose()
    return CASES, rows, open_


def _case(n: int, chance: random.Random) -> dict[str, Any]:
    """Three of ten are analyses (40 obligations each), begun over three years; most of their past is done. The
    others are checks of candidates and analyses of purchases (4 each): 150,000 obligations in all."""
    begins = date(2024, 3, 1) + timedelta(days=chance.randrange(1000))
    if n % 10 > 2:
        procedure, fact = OTHERS[n % 2]
        on = date(2025, 10, 1) + timedelta(days=chance.randrange(430))
        return {"procedure": procedure, "planned": {fact: on}}
    facts = {}
    for place, fact in enumerate(FACTS):
        on = begins + timedelta(days=-14 + 7 * place)
        if on <= TODAY and chance.random() < DONE:
            facts[fact] = on
    for quarter in range(4):
        on = begins + timedelta(days=100 + 91 * quarter)
        for fact in QUARTERLY:
            if on <= TODAY and chance.random() < DONE:
                facts[f"{fact}.{on.year}Q{(on.month + 2) // 3}"] = on
    planned = {"analysis_started": begins, "analysis_ended": begins + timedelta(days=42)}
    return {"procedure": "internal-analysis", "planned": planned, "facts": facts}


def _unit(n: int):  # type: ignore[no-untyped-def]
    from workflow.office import Unit

    return Unit(id=f"u{n}", name=f"{n + 1}-департамент", parent="top" if n < 10 else f"u{n % 10}")


def _duties(n: int) -> tuple[str, ...]:
    return ("head_of_unit", "object_unit") if n % 2 else ("head_of_unit", "authorised_person", "object_unit")


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


def _serve(folder: Path, port: int) -> None:
    """The house as `merzim serve` makes it, on an appointed day."""
    import uvicorn

    from merzim.clock import Moment
    from merzim.configuration import read
    from merzim.dashboard import pages
    from merzim.wiring import House

    config = folder / "config.toml"
    config.write_text('[database]\nurl = "sqlite:///merzim.sqlite"\n')
    app = pages(House(read(config, at=folder)), lambda: Moment(now=NOW, today=TODAY, demonstration=True))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", ws="none", access_log=False)


def _sessions(folder: Path, port: int) -> list[tuple[str, str]]:
    """A session of each reader, once the server answers: (access, secret)."""
    from storage.accounts import SqlAccounts
    from storage.engine import open as open_database
    from web.credentials import hidden, new_secret
    from workflow.access import Entry, Reader

    engine = open_database(f"sqlite:///{folder / 'merzim.sqlite'}")
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


def _ids(folder: Path) -> dict[str, list[str]]:
    from sqlalchemy import select

    from storage import tables
    from storage.engine import open as open_database
    from storage.engine import reading

    engine = open_database(f"sqlite:///{folder / 'merzim.sqlite'}")
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
        unit = {"head_of_unit": f"u{number % 10}", "responsible": f"u{number}"}.get(access, "")
        pages = ["overview", "cases", "case", "deadlines", *(["desk"] if access != "auditor" else [])]
        clicked = time.perf_counter() + chance.random()
        while clicked < until:
            time.sleep(max(0.0, clicked - time.perf_counter()))
            page = chance.choice(pages)
            path = {
                "overview": "/",
                "cases": f"/cases?page={chance.randrange(1, 4)}",
                "case": f"/cases/{chance.choice(ids[unit])}",
                "deadlines": f"/deadlines?urgency={chance.choice(('overdue', 'due', 'open'))}",
                "desk": "/desk",
            }[page]
            start = time.perf_counter()
            size = _get(port, path, secret)
            with lock:
                spent[page].append(time.perf_counter() - start)
                sizes[page].append(size)
            clicked += 1.0

    people = [threading.Thread(target=person, args=(number,)) for number in range(PEOPLE)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    return spent, sizes


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
