"""Measures what each page of the menu costs the server's own processor, in process, without a network.

    python -m benchmarks.pages [CASES] [sqlite|postgresql] [FOLDER] [ACCESS]

Asks the ASGI application, compressed as browsers ask, in the example office of `make run`, in an office of 100
cases and in one of CASES cases of as many units. Prints the median of `process_time` of each page, and how many
times as much the larger office costs. Targets: 20 ms a page; 10,000 cases at most 1.3 times 100.
Databases of a FOLDER are kept there, and used as they are if they exist. ACCESS: officer, if not given.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from benchmarks.country import NOW, TODAY, build, databases, load
from merzim.app import build_app
from merzim.clock import stand
from merzim.dashboard import Dashboard
from merzim.services.accounts.credentials import hash_secret, new_secret
from merzim.services.app import AppContext
from merzim.services.jobs.rounds import remind
from merzim.services.moments import Moment
from merzim.settings_file import read
from merzim.web.auth.dependencies import COOKIE
from workflow.org.access import Entry, Reader

CASES, FEW, UNITS = 1_000, 100, 60
WARM, TIMES = 4, 10
EXAMPLE_DAY, EXAMPLE_CASE, CASE = "2026-04-06", "2026-0001", "2026-000001"
TARGET = 20
EXAMPLES = Path(__file__).parents[1] / "examples" / "demonstration.txt"


def pages(case: str, today: date) -> dict[str, str]:
    """Return the addresses of the menu's pages and of those one click below."""
    return {
        "desk": "/desk",
        "assignments": "/assignments",
        "overview": "/",
        "deadlines": "/deadlines",
        "list of cases": "/cases",
        "found by words": "/cases?search=сатып+алу",
        "case": f"/cases/{case}",
        "analyses of a year": "/portfolio",
        "planner": "/planner",
        "a case opened": "/open",
        "monitoring": "/reports/monitoring",
        "points": "/reports/points",
        "registers": "/registers",
        "register of notices": "/register",
        "campaigns": "/campaigns",
        "calendar": f"/calendar/{today.year}",
        "month": f"/calendar/{today.year}/{today.month}",
        "inbox": "/inbox",
        "search": "/search?q=сатып",
        "audit": "/audit",
    }


class Office:
    """An office whose pages are asked in this process."""

    def __init__(self, config: Path, moment: Moment, reader: Reader, case: str) -> None:
        self.app: AppContext = build_app(read(config, at=config.parent))
        self.moment, self.case = moment, case
        account = self.app.accounts.account(reader.login)
        if account is None:
            self.app.accounts.save(reader, disabled=False, by="bench", now=moment.now, today=moment.today)
        self.secret = new_secret()
        self.app.accounts.let_in(
            Entry(
                hash=hash_secret(self.secret),
                kind="session",
                login=reader.login,
                created_at=moment.now,
                seen_at=moment.now,
                expires_at=moment.now + timedelta(hours=1),
            )
        )
        remind(self.app, now=moment.now, today=moment.today)
        self.served = Dashboard(self.app, lambda: moment)

    async def get(self, address: str) -> tuple[int, bytes]:
        """Ask for a page; return its status and the body as sent."""
        path, _, query = address.partition("?")
        headers = {
            "host": "127.0.0.1:8000",
            "cookie": f"{COOKIE}={self.secret}; lang=kk",
            "accept-language": "kk",
            "accept-encoding": "gzip",
        }
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https",
            "path": path,
            "raw_path": path.encode(),
            "query_string": quote(query, safe="=&+").encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8_000),
            "root_path": "",
        }
        status, parts = 0, []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            parts.append(message.get("body", b""))

        await self.served(scope, receive, send)
        return status, b"".join(parts)

    async def cost(self, address: str) -> tuple[float, int]:
        """Return the median milliseconds of our own processor, and the bytes sent; 0 where it is not shown."""
        spent, size = [], 0
        for _ in range(WARM + TIMES):
            began = time.process_time()
            status, body = await self.get(address)
            spent.append((time.process_time() - began) * 1000)
            size = len(body)
            if status in (303, 403):
                return 0, 0
            if status != 200:
                raise RuntimeError(f"{address}: {status}")
        return median(spent[WARM:]), size


@contextmanager
def offices(cases: int, where: str, folder: Path, access: str) -> Iterator[dict[str, Office]]:
    """Make the offices that do not stand in the folder yet, and yield them by name."""
    reader = Reader(login="bench", access=access, unit="", person="top")
    moment = Moment(now=NOW, today=TODAY, demonstration=True)
    with ExitStack() as stack:
        addresses = [f"sqlite:///{folder}/{number}.sqlite" for number in (FEW, cases)]
        if where == "postgresql":
            addresses = stack.enter_context(databases("few", "many"))
        offices_by_name = {}
        if where == "sqlite":
            config = folder / "example" / "config.toml"
            if not config.exists():
                config.parent.mkdir(parents=True)
                config.write_text('[database]\nurl = "sqlite:///merzim.sqlite"\n')
                command = [sys.executable, "-m", "merzim.demonstration", str(EXAMPLES)]
                settings = {**os.environ, "MERZIM_CONFIG": str(config)}
                subprocess.run(command, check=True, env=settings)
            login = {"first_head": "first", "head_of_unit": "head"}.get(access, access)
            office_reader = Reader(login=login, access=access)
            offices_by_name["example"] = Office(config, stand(EXAMPLE_DAY), office_reader, EXAMPLE_CASE)
        for number, address in zip((FEW, cases), addresses, strict=True):
            config = folder / f"{number}-{where}" / "config.toml"
            config.parent.mkdir(exist_ok=True)
            config.write_text(f'[database]\nurl = "{address}"\n')
            if where == "postgresql" or not (folder / f"{number}.sqlite").exists():
                app = build_app(read(config, at=config.parent))
                build(app.unprepared, number, UNITS, risks=True)
                app.close()
            offices_by_name[f"{number:,}"] = Office(config, moment, reader, CASE)
        try:
            yield offices_by_name
        finally:
            for office in offices_by_name.values():
                office.app.close()


def main() -> None:
    """Build, ask, print a table."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    where = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    access = sys.argv[4] if len(sys.argv) > 4 else "officer"
    with ExitStack() as stack:
        folder_name = sys.argv[3] if len(sys.argv) > 3 else ""
        folder = Path(folder_name or stack.enter_context(tempfile.TemporaryDirectory(prefix="merzim-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        offices_by_name = stack.enter_context(offices(cases, where, folder, access))
        print(
            f"{'own processor':<22}" + "".join(f"{name:>12}" for name in offices_by_name) + "   larger   sent"
        )
        asyncio.run(_table(offices_by_name))
    print(f"{load()} (target: {TARGET} ms, 1.3 times)")


async def _table(offices_by_name: dict[str, Office]) -> None:
    names = list(pages(CASE, TODAY))
    for name in names:
        costs = [
            await office.cost(pages(office.case, office.moment.today)[name])
            for office in offices_by_name.values()
        ]
        small_cost, large_cost = costs[-2][0], costs[-1][0]
        ratio = f"{large_cost / small_cost:6.2f}" if small_cost else "      "
        cost_cells = "".join(f"{spent:9.1f} ms" if spent else f"{'–':>12}" for spent, _ in costs)
        print(f"{name:<22}{cost_cells}   {ratio}   {max(size for _, size in costs) / 1024:4.0f} KB")


if __name__ == "__main__":
    main()
