"""A bad morning rehearsed on three nodes: two workers and a web node, one of them killed every few seconds.

The nodes are the real commands, `merzim worker` and `merzim serve`, on one PostgreSQL database; the mail server
is one that only writes down. Killed by SIGKILL and started again at once, until every letter of the morning has
left; then the account is drawn up: every reminder due was sent, none twice but under its own Message-ID, chains
and seals are whole, the board equals its rebuild, and no job is left.

    python -m tests.crash.three_nodes NOTICES [SECONDS_BETWEEN_KILLS]
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from merzim import keeping
from merzim.configuration import read
from merzim.wiring import House
from notifications.notice import Notice
from storage.engine import reading
from tests.crash.killing import ROOT, Campaign, post
from tests.crash.office import LETTERS, TODAY, settled
from tests.notifications.servers import free_port
from tests.postgres import administer, running

MORNING, LATER = f"{TODAY}T09:00", f"{TODAY}T13:00"
"""What the clocks of the nodes show while they are killed, and while they are let finish: by then whatever was
to be tried again may be."""
NODES = ("worker", "worker", "serve")
# Only the small rehearsal of the tests is in a hurry to hold somebody for dead.
_QUICK = "from merzim import queue; queue.BEAT, queue.DEAD, queue.LOOK = 0.5, 2.0, 0.5; "
_MAIN = "import sys; from merzim.cli import main; sys.exit(main())"
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


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a rehearsal came to.

    Attributes:
        kills: of each node; answered: how often the web node answered a page, of how many times it was asked.
        seconds: from the first node's start to the last letter; jobs: what the queue still held.
        logged: what the nodes wrote into their logs beside their first words.
    """

    campaign: Campaign
    kills: Counter[int]
    answered: int
    asked: int
    seconds: float
    jobs: tuple[str, ...]
    logged: tuple[str, ...]

    def check(self, expected: int) -> None:
        """Raise AssertionError for whatever may not be."""
        self.campaign.check(expected)
        assert not self.jobs, f"left in the queue: {self.jobs[:3]}"


@dataclass
class Morning:
    """An office with a morning's letters before it, its mail server, and its nodes."""

    folder: Path
    mail: int
    web: int
    quick: bool
    started: Counter[int] = field(default_factory=Counter)

    def start(self, node: int, now: str) -> subprocess.Popen[bytes]:
        """Start a node as its service manager would."""
        self.started[node] += 1
        with (self.folder / f"node{node}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", (_QUICK if self.quick else "") + _MAIN, NODES[node]],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "MERZIM_NOW": now, "MERZIM_LANG": "en"},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    @contextmanager
    def nodes(self, now: str, *, count: int = len(NODES)) -> Iterator[list[subprocess.Popen[bytes]]]:
        """The first so many nodes, ended in order when the block ends."""
        running = [self.start(node, now) for node in range(count)]
        try:
            yield running
        finally:
            for one in running:
                one.send_signal(signal.SIGTERM)
            for one in running:
                one.wait(120)

    def at_work(self) -> list[int]:
        """The nodes that have come up since they were started last."""
        logs = {node: self.folder / f"node{node}.log" for node in self.started}
        ups = {node: log.read_text(encoding="utf-8").count("Ctrl+C") for node, log in logs.items()}
        return [node for node, up in sorted(ups.items()) if up == self.started[node]]

    def answers(self) -> bool:
        """Whether the web node shows its first page now."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/login", timeout=2) as page:
                return bool(page.status == 200)
        except OSError:
            return False


def rehearse(
    address: str,
    folder: Path,
    notices: int,
    *,
    every: float,
    chance: random.Random,
    most: int = sys.maxsize,
    quick: bool = False,
) -> Report:
    """Make the office in an empty database, let the morning pass, draw up the account.

    Args:
        every: seconds between two kills, on the average.
        most: kills there are at most: where starting takes longer than they leave, no morning would end.
        quick: a dead worker is held for dead after two seconds instead of twenty.
    """
    with post(folder / "seen.txt") as mail:
        morning = Morning(folder, mail, free_port(), quick)
        tick = 1 if quick else 5
        settings = _SETTINGS.format(address=address, mail=mail, web=morning.web, tick=tick)
        (folder / "config.toml").write_text(settings, encoding="utf-8")
        settled(address, notices // LETTERS)
        house = House(read(at=folder))
        begun = time.monotonic()
        kills, answered, asked = _killed(morning, house, every, most, chance)
        with morning.nodes(LATER, count=1):
            _until(lambda: not _left(house) and not _jobs(house))
        seconds = time.monotonic() - begun
    lines = [tuple(line.split(" ", 1)) for line in (folder / "seen.txt").read_text().splitlines()]
    campaign = Campaign(
        kills=kills.total(),
        seen=Counter((recipient, name) for recipient, name in lines),
        notices=tuple[Notice, ...](house.outbox.notices()),
        problems=keeping.verify(house, today=TODAY),
    )
    jobs = _jobs(house)
    house.close()
    return Report(
        campaign=campaign,
        kills=kills,
        answered=answered,
        asked=asked,
        seconds=seconds,
        jobs=jobs,
        logged=tuple(line for file in sorted(folder.glob("node*.log")) for line in _logged(file)),
    )


def _logged(file: Path) -> list[str]:
    """What a node said beside its greeting."""
    greetings = (
        "The daily round",
        "The board:",
        "This process",
        "Demonstration day",
        "Nobody can log in",
        "http",
    )
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.strip().startswith(greetings)]


def _killed(
    morning: Morning, house: House, every: float, most: int, chance: random.Random
) -> tuple[Counter[int], int, int]:
    """Kill one node after another until all letters have left but those a dead worker holds."""
    kills, answered, asked = Counter[int](), 0, 0
    last: int | None = None
    with morning.nodes(MORNING) as running:
        _until(lambda: bool(_sent(house)))
        while kills.total() < most and _left(house) > _held(house):
            # The next dies when the last is back: on a slow machine, too, somebody gets to work.
            at_work = morning.at_work()
            if not at_work or last not in (*at_work, None):
                time.sleep(0.1)
                continue
            last = node = chance.choice(at_work)
            running[node].kill()
            running[node].wait()
            kills[node] += 1
            running[node] = morning.start(node, MORNING)
            answered, asked = answered + morning.answers(), asked + 1
            time.sleep(chance.uniform(0.5, 1.5) * every)
    return kills, answered, asked


def _until(so: object, patience: float = 3600.0) -> None:
    assert callable(so)
    give_up = time.monotonic() + patience
    while not so():
        assert time.monotonic() < give_up, "the morning does not end"
        time.sleep(0.05)


def _count(house: House, asked: str) -> int:
    with reading(house.engine) as connection:
        return int(connection.execute(text(asked), {"today": TODAY}).scalar_one())


def _sent(house: House) -> int:
    return _count(house, "SELECT count(*) FROM notice WHERE state = 'sent'")


def _left(house: House) -> int:
    """Rows nobody was told of yet, and letters that have not left."""
    rows = _count(house, "SELECT count(*) FROM deadline WHERE next_rung_on <= :today")
    return rows + _count(house, "SELECT count(*) FROM notice WHERE state IN ('queued', 'sending')")


def _held(house: House) -> int:
    return _count(house, "SELECT count(*) FROM notice WHERE state = 'sending'")


def _jobs(house: House) -> tuple[str, ...]:
    with reading(house.engine) as connection:
        asked = "SELECT task_name || ' ' || status FROM procrastinate_jobs WHERE task_name = 'send'"
        return tuple(connection.execute(text(asked)).scalars())


def main() -> None:
    """One rehearsal on a server of its own; its account is printed, and checked."""
    notices = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    every = float(sys.argv[2]) if len(sys.argv) > 2 else 5.0
    seed = random.SystemRandom().randrange(10**6)
    print(f"  {notices} notices, two workers and a web node, a kill every {every:g} s, seed {seed}", flush=True)
    with ExitStack() as company:
        server = company.enter_context(running())
        folder = Path(company.enter_context(tempfile.TemporaryDirectory(prefix="merzim-nodes-")))
        administer(server, "CREATE DATABASE morning")
        done = rehearse(server.format(name="morning"), folder, notices, every=every, chance=random.Random(seed))
        seen, web = done.campaign.seen, done.kills[2]
        told = (
            f"{done.kills.total()} kills ({done.kills.total() - web} of workers, {web} of the web node),"
            f" {done.seconds:.0f} s, {len(seen) / done.seconds:.0f} letters a second",
            f"{len(seen)} letters at the server, {done.campaign.twice} seen twice under one Message-ID",
            f"the web node answered {done.answered} of {done.asked} times, asked just after a kill",
            f"verify: {len(done.campaign.problems)} problems; left in the queue: {len(done.jobs)}",
            f"lines in the nodes' logs: {len(done.logged)}",
            *(f"  {line}" for line in done.logged[:20]),
        )
        print(*(f"  {line}" for line in told), sep="\n", flush=True)
        done.check(notices // LETTERS * LETTERS)
    print("  the account is balanced: nothing missing, nothing said twice but under the same Message-ID")


if __name__ == "__main__":
    main()
