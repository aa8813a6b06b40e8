"""Kill campaign for one process: SIGKILL at random moments of planning and sending, then a full run.

SIGKILL allows no cleanup. Afterwards no message may be missing at the mail server, duplicates must carry the
same Message-ID, and one kill may duplicate one batch at most.

    python -m tests.crash.killing KILLS [CASES]
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from shutil import copyfile

from merzim.storage.database.engine import open as open_database
from merzim.storage.notices.journal import journal_status
from merzim.storage.notices.outbox import SqlOutbox
from notifications.delivery import BATCH
from notifications.notice import Notice
from tests.crash.office import LETTERS, MORNING, made
from tests.crash.worker import work
from tests.notifications.servers import free_port
from tests.processes import FORKED

ROOT = Path(__file__).parents[2]
# Long enough to plan a page or send a batch, short enough to be killed in the middle of most.
LONGEST = 1.2


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """Result for one office.

    Attributes:
        kills: how often its process was killed at work.
        seen: how often the server saw each (recipient, Message-ID).
        notices: the register afterwards; problems: what is not as it was written.
    """

    kills: int
    seen: Mapping[tuple[str, str], int]
    notices: tuple[Notice, ...]
    problems: tuple[object, ...]

    @property
    def twice(self) -> int:
        return sum(count - 1 for count in self.seen.values())

    def check(self, expected: int) -> None:
        """Raise AssertionError for whatever may not be."""
        sent = {(notice.address, notice.message_id) for notice in self.notices if notice.state == "sent"}
        assert len(self.notices) == expected, f"{len(self.notices)} notices, {expected} expected"
        assert {notice.state for notice in self.notices} == {"sent"}
        assert set(self.seen) == sent, f"missing at the server: {sorted(sent - set(self.seen))[:3]}"
        assert len({name for _, name in self.seen}) == len(self.seen), "one Message-ID went to two people"
        assert self.twice <= BATCH * self.kills, f"{self.twice} twice after {self.kills} kills"
        assert not self.problems, self.problems[:3]


def campaign(pattern: Path, folder: Path, kills: int, chance: random.Random) -> Campaign:
    """Copy the office, kill its process so many times (fewer, if the work is done before), let it finish."""
    file = folder / "office.sqlite"
    copyfile(pattern, file)
    address = f"sqlite:///{file.as_posix()}"
    killed, moment = 0, MORNING
    with post(folder / "seen.txt") as port:
        while killed < kills:
            ended = _life(address, port, moment, after=chance.uniform(0, LONGEST))
            if ended:
                break
            killed += 1
            moment += timedelta(seconds=10)
        assert _life(address, port, moment, after=None)
    lines = [tuple(line.split(" ", 1)) for line in (folder / "seen.txt").read_text().splitlines()]
    engine = open_database(address)
    notices = tuple(SqlOutbox(engine).notices())
    problems = journal_status(engine).problems
    engine.dispose()
    letter_counts = Counter((recipient, name) for recipient, name in lines)
    return Campaign(kills=killed, seen=letter_counts, notices=notices, problems=problems)


@contextmanager
def post(log: Path) -> Iterator[int]:
    """The mail server; its port."""
    port = free_port()
    line = [sys.executable, "-m", "tests.crash.post_log", str(port), str(log)]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline().strip() == b"ready"
            yield port
        finally:
            server.kill()


def start(address: str, port: int, moment: datetime) -> BaseProcess:
    """A worker at the point where its work begins."""
    ready = FORKED.Event()
    worker = FORKED.Process(target=work, args=(address, port, moment, ready), daemon=True)
    worker.start()
    assert ready.wait(60)
    return worker


def _life(address: str, port: int, moment: datetime, *, after: float | None) -> bool:
    """Whether the worker came to its end before it was killed."""
    worker = start(address, port, moment)
    worker.join(600 if after is None else after)
    if worker.exitcode is None:
        worker.kill()
        worker.join()
        return False
    return worker.exitcode == 0


def main() -> None:
    """Campaigns until there were so many kills; each is checked, and its figures printed."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    seed = random.SystemRandom().randrange(10**6)
    chance, kills, number = random.Random(seed), 0, 0
    print(f"  {total} kills, {cases * LETTERS} reminders an office, seed {seed}")
    with tempfile.TemporaryDirectory(prefix="merzim-crash-") as name:
        pattern = Path(name) / "pattern.sqlite"
        made(pattern, cases)
        while kills < total:
            number += 1
            folder = Path(name) / str(number)
            folder.mkdir()
            result = campaign(pattern, folder, total - kills, chance)
            result.check(cases * LETTERS)
            kills += result.kills
            print(
                f"  office {number}: {result.kills} kills, {len(result.seen)} letters, none missing, "
                f"{result.twice} seen twice under one Message-ID"
            )
    print(f"  {kills} kills: nothing missing, nothing said twice but under the same Message-ID")


if __name__ == "__main__":
    main()
