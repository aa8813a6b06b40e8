"""What a page costs the server's own processor, asked in process, compressed as browsers ask."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, MutableMapping
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from benchmarks.country import NOW, TODAY, build
from benchmarks.table import Line
from merzim.app import build_app
from merzim.metronome import Dashboard
from merzim.services.accounts.credentials import hash_secret, new_secret
from merzim.services.app import AppContext
from merzim.services.jobs.rounds import run_round
from merzim.settings_file import read
from merzim.storage.tables.accounts import Credential
from merzim.web.auth.dependencies import COOKIE
from workflow.moments import Moment
from workflow.org.access import Reader

UNITS = 60
WARM, TIMES = 3, 7
CASE = "2026-000001"
LIMITS = {1_000: 80, 10_000: 250}
"""Milliseconds of a page, by the cases of the office."""
PAGES = (
    *("/desk", "/assignments", "/", "/deadlines", "/cases", "/cases?search=сатып+алу", f"/cases/{CASE}"),
    *("/portfolio", "/open", "/reports/monitoring", "/reports/points", "/registers", "/register"),
    *("/campaigns", "/calendar/2026", "/calendar/2026/3", "/inbox", "/search?q=сатып", "/audit"),
)
"""The pages of the menu and those one click below."""


class Office:
    """An office whose pages are asked in this process."""

    def __init__(self, config: Path, moment: Moment, reader: Reader) -> None:
        self.app: AppContext = build_app(read(config, at=config.parent))
        account = self.app.accounts.account(reader.login)
        if account is None:
            self.app.accounts.save(reader, disabled=False, at=moment)
        self.secret = new_secret()
        self.app.accounts.store_entry(
            Credential(
                hash=hash_secret(self.secret),
                kind="session",
                login=reader.login,
                created_at=moment.now,
                seen_at=moment.now,
                expires_at=moment.now + timedelta(hours=1),
            )
        )
        run_round(self.app, at=moment)
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

    async def cost(self, address: str) -> float:
        """Return the median milliseconds of our own processor."""
        spent = []
        for _ in range(WARM + TIMES):
            began = time.process_time()
            status, _ = await self.get(address)
            spent.append((time.process_time() - began) * 1000)
            if status != 200:
                raise RuntimeError(f"{address}: {status}")
        return median(spent[WARM:])


def measured() -> Iterator[Line]:
    """The dearest page of the menu in an office of 1,000 cases, and in one of 10,000; each page of both."""
    for cases, limit in LIMITS.items():
        with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
            office = made(Path(name), cases)
            costs = asyncio.run(_costs(office))
            office.app.close()
        dearest = max(costs, key=lambda page: costs[page])
        figure = f"{median(costs.values()):.0f} to {costs[dearest]:.0f} ms"
        yield Line(
            f"{len(costs)} pages at {cases:,} cases, own processor",
            figure,
            f"dearest: {dearest}",
            f"{limit} ms",
            costs[dearest] <= limit,
        )


def made(folder: Path, cases: int) -> Office:
    """An office of so many cases, seen by its officer."""
    config = folder / "config.toml"
    config.write_text(f'[database]\nurl = "sqlite:///{folder}/office.sqlite"\n')
    app = build_app(read(config, at=folder))
    build(app.unprepared, cases, UNITS, risks=True)
    app.close()
    moment = Moment(now=NOW, today=TODAY, demonstration=True)
    return Office(config, moment, Reader(login="bench", access="officer", unit="", person="top"))


async def _costs(office: Office) -> dict[str, float]:
    return {page: await office.cost(page) for page in PAGES}
