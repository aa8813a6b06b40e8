"""Test bed of the crash campaigns: an office with letters due, its mail server and the sending nodes."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from merzim.app import build_app
from merzim.services.app import AppContext
from merzim.services.moments import almaty
from merzim.settings_file import read
from merzim.storage.database.engine import reading
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.tables.notices import NOTICE
from tests.crash.killing import post
from tests.crash.node import live, show, shown
from tests.crash.office import MORNING, TODAY
from tests.notifications.servers import free_port
from tests.processes import FORKED

NINE = f"{TODAY}T09:00"
"""What every node's clock shows at first."""
THREE = ("worker", "worker", "serve")
"""The nodes of an office on PostgreSQL; on SQLite `serve` does it all."""
_SETTINGS = """
[database]
url = "{address}"
[channels]
use = ["email"]
[channels.email]
host = "127.0.0.1"
port = {mail}
tls = "none"
sender = "merzim@example.kz"
[reminders]
office_hours = ["00:00", "23:59"]
tick = {tick}
digests = []
[web]
port = {web}
"""
# What a node says when it comes up.
_GREETINGS = (
    *("The daily round", "The board:", "This process", "Demonstration day", "Nobody can log in"),
    "http",
)


@dataclass
class Nodes:
    """The nodes of one office, each with a clock and a log of its own.

    Attributes:
        commands: what each node is: `worker` or `serve`.
        seen: where the mail server writes down what it was given.
        app: the office for the final check, connected without the proxy.
        dead_after: seconds without a heartbeat after which a worker counts as dead; None: the default.
        pages: how many pages the nodes' database of SQLite may have, in a file; None: as many as it likes.
    """

    folder: Path
    commands: Sequence[str]
    web: int
    seen: Path
    app: AppContext
    quick: bool
    dead_after: float | None = None
    pages: Path | None = None
    started: Counter[int] = field(default_factory=Counter)
    furthest: datetime = MORNING
    running: dict[int, BaseProcess] = field(default_factory=dict)

    def clock(self, node: int) -> Path:
        """The file of its clock."""
        return self.folder / f"clock{node}"

    def show(self, moment: str, *nodes: int) -> None:
        """Step the clocks of these nodes, or of all, to a moment."""
        for node in nodes or range(len(self.commands)):
            show(self.clock(node), moment)
            self.furthest = max(self.furthest, self.now(node))

    def latest(self) -> datetime:
        """The furthest any clock has ever shown (aware UTC)."""
        return max(self.furthest, *(self.now(node) for node in range(len(self.commands))))

    def now(self, node: int = 0) -> datetime:
        """Current time of a node's clock (aware UTC)."""
        return shown(self.clock(node))

    def start(self, node: int) -> None:
        """Start it as its service manager would."""
        self.started[node] += 1
        command, log = self.commands[node], self.log(node)
        process_arguments = (
            self.folder,
            command,
            self.clock(node),
            log,
            self.quick,
            self.dead_after,
            self.pages,
        )
        self.running[node] = FORKED.Process(target=live, args=process_arguments, daemon=True)
        self.running[node].start()

    def kill(self, node: int) -> None:
        """SIGKILL: nothing can be tidied up."""
        self.running[node].kill()
        self.running[node].join()

    def log(self, node: int) -> Path:
        return self.folder / f"node{node}.log"

    def said(self) -> tuple[str, ...]:
        """Log lines of the nodes except those of their start."""
        lines = [line for node in sorted(self.started) for line in self._lines(node)]
        return tuple(line for line in lines if line.strip() and not line.strip().startswith(_GREETINGS))

    def at_work(self, node: int) -> bool:
        """Whether it has come up since it was started last."""
        return sum("Ctrl+C" in line for line in self._lines(node)) == self.started[node]

    def _lines(self, node: int) -> list[str]:
        log = self.log(node)
        return log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []

    @contextmanager
    def up(self) -> Iterator[None]:
        """All nodes, terminated when the block ends; a node that does not exit is killed and reported."""
        for node in range(len(self.commands)):
            self.start(node)
        try:
            until(lambda: all(self.at_work(node) for node in self.running), "a node does not come up", 120)
            yield
        finally:
            for process in self.running.values():
                process.terminate()
            for process in self.running.values():
                process.join(60)
                if process.is_alive():
                    process.kill()
                    process.join()

    def answer(self, path: str) -> int:
        """The status the web node answers now; 0 when it does not."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}{path}", timeout=20) as page:
                return int(page.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return int(refused.code)
        except OSError:
            return 0

    def count(self, statement: str, **parameters: object) -> int:
        """Number an SQL query returns; -1 while the database is unavailable."""
        try:
            with reading(self.app.engine) as connection:
                return int(connection.execute(text(statement), parameters).scalar_one())
        except StorageUnavailable:
            return -1

    def sent(self) -> int:
        """How many letters have left."""
        return self.count("SELECT count(*) FROM notice WHERE state = 'sent'")

    def left(self, by: datetime | None = None) -> int:
        """Rows nobody was told of on the day it is (`by`: at that moment), and letters that have not left; -1:
        nobody knows."""
        today = (by or self.now()).astimezone(almaty()).date()
        rows = self.count("SELECT count(*) FROM deadline WHERE next_rung_on <= :today", today=str(today))
        letters = self.count("SELECT count(*) FROM notice WHERE state IN ('queued', 'sending')")
        return -1 if min(rows, letters) < 0 else rows + letters

    def asleep(self) -> int:
        """Letters nobody sends now: held by somebody who is gone or at work, or not to leave yet."""
        sending_count, later = self.count("SELECT count(*) FROM notice WHERE state = 'sending'"), self.later()
        return -1 if min(sending_count, later) < 0 else sending_count + later

    def later(self) -> int:
        """Letters that are not to leave yet; -1: nobody knows."""
        query = select(func.count()).where(NOTICE.c.state == "queued", NOTICE.c.not_before > self.now())
        try:
            with reading(self.app.engine) as connection:
                return int(connection.execute(query).scalar_one())
        except StorageUnavailable:
            return -1

    def jobs(self) -> int:
        """Batches the queue still holds; none where there is no queue."""
        if not self.app.many_nodes:
            return 0
        return self.count("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send'")


@contextmanager
def nodes(
    address: str,
    folder: Path,
    *,
    through: str = "",
    commands: Sequence[str] = THREE,
    quick: bool = False,
    dead_after: float | None = None,
    pages: Path | None = None,
) -> Iterator[Nodes]:
    """The nodes of the office in the database at an address, not started yet, and their mail server.

    Args:
        through: the address the nodes use, where it is another than the one the account is drawn up by.
        quick: nodes look for work twice a second.
        dead_after: seconds without a heartbeat after which a worker counts as dead; None: the default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    account_folder = folder / "account"
    account_folder.mkdir()
    with post(folder / "seen.txt") as mail:
        web, tick = free_port(), 1 if quick else 5
        for place, url in ((folder, through or address), (account_folder, address)):
            settings = _SETTINGS.format(address=url, mail=mail, web=web, tick=tick)
            (place / "config.toml").write_text(settings, encoding="utf-8")
        app = build_app(read(at=account_folder))
        node_group = Nodes(folder, commands, web, folder / "seen.txt", app, quick, dead_after, pages)
        node_group.show(NINE)
        try:
            yield node_group
        finally:
            app.close()


def until(so: Any, otherwise: str, patience: float = 600.0) -> None:
    """Wait until it is so. Raises AssertionError with `otherwise` when patience (seconds) is over."""
    give_up = time.monotonic() + patience
    while not so():
        assert time.monotonic() < give_up, otherwise
        time.sleep(0.1)
