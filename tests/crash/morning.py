"""Load of a morning: letters are sent and people write while a campaign injects its fault."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from merzim.storage.cases.ledger import SqlLedger
from tests.crash.account import Account, Reminder, drawn_up, due
from tests.crash.campaign import Room
from tests.crash.nodes import THREE, Nodes, nodes, until
from tests.crash.office import LETTERS, OPENING, TODAY, settled
from tests.crash.people import Writer, writing
from tests.law import CALENDAR, library
from tests.notifications.sample_office import OPENED, noon
from workflow.cases.commands.case_commands import CaseCommands

HOURS = timedelta(hours=2)
"""Longer than any claim of a dead process lasts, and than all but the last retry interval."""


@dataclass
class Morning:
    """Working nodes, writing people, and the letters that are due.

    Attributes:
        begun: when the nodes came up, by this process's monotonic clock.
        account: drawn up when the morning is over.
    """

    nodes: Nodes
    writers: Sequence[Writer]
    promised: frozenset[Reminder]
    begun: float
    seconds: float = 0.0
    account: Account | None = None

    def more(self, cases: int) -> None:
        """Open more cases with many recipients while everything runs."""
        pattern = {(obligation, person) for _, obligation, person in self.promised}
        case_commands = CaseCommands(SqlLedger(self.nodes.app.engine), library(), CALENDAR)
        opened_cases = case_commands.open_many([OPENING] * cases, by="Айгүл", now=noon(OPENED), today=TODAY)
        self.promised |= {
            (case.id, obligation, person) for case in opened_cases for obligation, person in pattern
        }

    def ended(self) -> Account:
        """The account, once the block of the morning is over."""
        assert self.account is not None
        return self.account


@contextmanager
def morning(
    room: Room,
    letters: int,
    *,
    address: str,
    through: str = "",
    commands: Sequence[str] = THREE,
    pages: Path | None = None,
    people: int = 2,
    all_live: bool = False,
) -> Iterator[Morning]:
    """Make an office with so many letters before it, let its nodes and people work while the block lasts, then
    let everything be finished, and draw up the account.

    Args:
        through: the address the nodes use, where it is another than the account's own.
        all_live: nobody is killed; a node that is slow is not to be taken for a dead one.
    """
    settled(address, letters // LETTERS)
    with nodes(
        address,
        room.place() / "nodes",
        through=through,
        commands=commands,
        quick=room.quick,
        dead_after=2.0 if room.quick and not all_live else None,
        pages=pages,
    ) as these:
        now = these.now()
        promised = due(these.app, now=now, today=TODAY)
        assert len(promised) == letters // LETTERS * LETTERS
        with these.up():
            pause = 0.2 if room.quick else 0.0
            with writing(these.app, these.web, now=now, count=people, pause=pause) as writers:
                run = Morning(these, writers, promised, time.monotonic())
                until(lambda: these.sent() > 0, "no letter leaves", 120)
                yield run
                run.seconds = time.monotonic() - run.begun
            finished(these)
        run.seconds = time.monotonic() - run.begun
        run.account = drawn_up(
            these.app, these.seen, promised=run.promised, now=these.latest(), writers=run.writers
        )


def finished(these: Nodes, patience: float = 1200.0) -> None:
    """Wait until every letter has left but those somebody holds who is gone, or that are to leave later; then
    let the hours and days pass after which those leave too.

    Raises:
        AssertionError: something does not leave.
    """
    until(lambda: 0 <= these.left() <= these.asleep(), "the letters do not leave", patience)
    if these.left(these.latest()):
        # Living nodes finish their work; only the work of dead ones is left.
        time.sleep(2.5 if these.quick else 25)
    for _ in range(6):
        if these.left(these.latest()) == 0:
            break
        these.show((these.latest() + HOURS).isoformat())
        until(lambda: 0 <= these.left() <= these.later(), "the letters do not leave", patience)
    assert these.left(these.latest()) == 0, f"{these.left(these.latest())} letters do not leave"
    until(lambda: these.jobs() == 0, "the queue does not become empty", patience)
