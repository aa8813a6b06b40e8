"""Common result type of crash campaigns: what was injected, how often, and what the final check found."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.crash.account import Account
from tests.postgres import Server, administer

_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Done:
    """A campaign that is over.

    Attributes:
        what: what was done; times: how often.
        seconds: how long it took, the account not counted.
        twice: letters sent again under one Message-ID; lost: what is missing; None where nothing leaves.
        verify: what `merzim verify` said, in a word or two.
        faults: what may not be, a sentence each; empty when all is well.
        notes: what else was seen.
        skipped: why it was not run; "" when it was.
    """

    name: str
    what: str
    times: int = 0
    seconds: float = 0.0
    twice: int | None = None
    lost: int | None = None
    verify: str = ""
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: str = ""


@dataclass
class Room:
    """Where campaigns are held.

    Attributes:
        server: a PostgreSQL server of its own, None where there is none.
        quick: small and in a hurry, as in the tests: a dead worker is held for dead after two seconds.
        tell: hears how far things are.
        template: the PostgreSQL database new ones are copied from.
    """

    folder: Path
    server: Server | None
    chance: random.Random
    quick: bool = False
    tell: Callable[[str], None] = print
    template: str = "template0"

    def letters(self, count: int) -> int:
        """How many letters an office has before it at first."""
        return 40 if self.quick else count

    def database(self, tablespace: str = "") -> str:
        """A new PostgreSQL database; its address."""
        assert self.server is not None
        name = f"campaign_{next(_numbers)}"
        place = f" TABLESPACE {tablespace}" if tablespace else ""
        how = f"TEMPLATE {self.template} STRATEGY file_copy"
        administer(self.server.address, f"CREATE DATABASE {name} {how}{place}")
        return self.server.address.format(name=name)

    def place(self) -> Path:
        """A new folder for a campaign's files."""
        new_folder = self.folder / f"place{next(_numbers)}"
        new_folder.mkdir(parents=True)
        return new_folder


Run = Callable[[Room, int], Done]


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign. `times`: default number of repetitions."""

    name: str
    run: Run
    times: int


def balanced(
    account: Account,
    *,
    name: str,
    description: str,
    times: int,
    seconds: float,
    twice: int,
    notes: tuple[str, ...] = (),
    faults: tuple[str, ...] = (),
) -> Done:
    """Result of a campaign.

    Args:
        twice: how many letters may have been sent again.
        faults: what may not be beside what the account says.
    """
    return Done(
        name=name,
        what=description,
        times=times,
        seconds=seconds,
        twice=account.twice,
        lost=len(account.lost),
        verify="whole" if not account.problems else f"{len(account.problems)} problems",
        faults=faults + account.faults(twice=twice),
        notes=notes,
    )


_HEADS = ("campaign", "done to it", "how often", "seconds", "twice", "lost", "verify")


def table(outcomes: Sequence[Done]) -> str:
    """All outcomes as one table, with failures listed below it."""
    lines = [
        (
            outcome.name,
            outcome.what,
            "-" if outcome.skipped else str(outcome.times),
            "-" if outcome.skipped else f"{outcome.seconds:.0f}",
            "-" if outcome.twice is None else str(outcome.twice),
            "-" if outcome.lost is None else str(outcome.lost),
            f"NOT RUN: {outcome.skipped}" if outcome.skipped else outcome.verify,
        )
        for outcome in outcomes
    ]
    widths = [max(len(line[n]) for line in [_HEADS, *lines]) for n in range(len(_HEADS) - 1)]
    rows = [_HEADS, tuple("-" * width for width in (*widths, 6)), *lines]
    report_lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
    report_lines += [
        f"NOT AS IT SHOULD BE, {outcome.name}: {fault}" for outcome in outcomes for fault in outcome.faults
    ]
    return "\n".join(report_lines)
