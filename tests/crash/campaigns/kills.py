"""SIGKILL campaign: nodes are killed at random moments under load and restarted at once."""

from __future__ import annotations

import random
import time
from collections import Counter

from notifications.delivery import BATCH
from tests.crash import killing
from tests.crash.account import people
from tests.crash.campaign import Done, Room, balanced
from tests.crash.morning import Morning, morning
from tests.crash.nodes import THREE
from tests.crash.office import LETTERS, made

KILLS = 500
LOAD = 10_000
"""Letters before the nodes at first; there are never none."""
SHORTEST, LONGEST = 0.3, 1.5
"""Seconds between two kills: a started node needs about one until it works."""
MORNING = 100_000
SELDOM = (2.5, 7.5)
"""Seconds between two kills of a bad morning."""
ALONE = 200
CASES = 400


def killed(room: Room, times: int = KILLS) -> Done:
    """Two workers and a web node, one of them killed again and again, at work or while it starts."""
    kills = Counter[int]()
    letters = room.letters(LOAD)
    with morning(room, letters, address=room.database()) as office:
        while kills.total() < times:
            _kill(office, room, kills, SHORTEST, LONGEST)
            if 0 <= office.nodes.left() < letters // 5:
                # Under load until the last kill.
                office.more(letters // 25)
            if kills.total() % 50 == 0:
                room.tell(f"{kills.total()} kills, {office.nodes.sent()} letters sent")
    return _done(
        office, kills, name="kills", description="SIGKILL at random moments, two workers and a web node"
    )


def bad_morning(room: Room, times: int = MORNING) -> Done:
    """A morning of so many letters, a node killed every few seconds until all have left."""
    kills = Counter[int]()
    with morning(room, times, address=room.database()) as office:
        while office.nodes.left() > times // 100:
            _kill(office, room, kills, *SELDOM)
            if kills.total() % 10 == 0:
                room.tell(f"{kills.total()} kills, {office.nodes.sent()} letters sent")
    return _done(
        office, kills, name="bad morning", description=f"{times:,} letters, a node killed every few seconds"
    )


def alone(room: Room, times: int = ALONE) -> Done:
    """One process on SQLite that plans and sends, killed while it does; office after office."""
    place, kills, number, twice, letters = room.place(), 0, 0, 0, 0
    cases = 40 if room.quick else CASES
    pattern = place / "pattern.sqlite"
    made(pattern, cases)
    started_at = time.monotonic()
    faults: list[str] = []
    while kills < times and not faults:
        number += 1
        folder = place / str(number)
        folder.mkdir()
        round_result = killing.campaign(pattern, folder, times - kills, random.Random(room.chance.random()))
        try:
            round_result.check(cases * LETTERS)
        except AssertionError as trouble:
            faults.append(str(trouble))
        kills, twice, letters = (
            kills + round_result.kills,
            twice + round_result.twice,
            letters + len(round_result.seen),
        )
        room.tell(f"{kills} kills, {letters} letters at the server")
    return Done(
        name="kills, SQLite",
        what="SIGKILL of one process that plans and sends",
        times=kills,
        seconds=time.monotonic() - started_at,
        twice=twice,
        lost=0 if not faults else 1,
        verify="whole" if not faults else "see below",
        faults=tuple(faults),
    )


def _kill(office: Morning, room: Room, kills: Counter[int], shortest: float, longest: float) -> None:
    time.sleep(room.chance.uniform(shortest, longest))
    node = room.chance.randrange(len(THREE))
    office.nodes.kill(node)
    office.nodes.start(node)
    kills[node] += 1


def _done(office: Morning, kills: Counter[int], *, name: str, description: str) -> Done:
    workers = kills.total() - kills[THREE.index("serve")]
    account = office.ended()
    return balanced(
        account,
        name=name,
        description=description,
        times=kills.total(),
        seconds=office.seconds,
        twice=workers * BATCH,
        notes=(
            f"{workers} kills of workers; {len(account.seen)} letters, "
            f"{len(account.seen) / office.seconds:.0f} a second; people: {people(account)}",
        ),
    )
