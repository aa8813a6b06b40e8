"""Clock campaign: clocks of all nodes stepped by a day and back, and nodes whose clocks disagree."""

from __future__ import annotations

import time
from datetime import timedelta

from tests.crash.account import people
from tests.crash.campaign import Done, Room, balanced
from tests.crash.morning import morning

STEPS = 12
DAY = timedelta(days=1)
APART = (timedelta(minutes=10), timedelta(hours=1), DAY)
"""How far the clocks of two nodes are from each other."""
LETTERS = 3_000


def stepped(room: Room, times: int = STEPS) -> Done:
    """Every node's clock a day forward, a day back, a day further back, and to the right day again."""
    with morning(room, room.letters(LETTERS), address=room.database(), all_live=True) as office:
        for number in range(times):
            step = (DAY, -DAY, -DAY, DAY)[number % 4]
            office.nodes.show((office.nodes.now() + step).isoformat())
            time.sleep(1.5 if room.quick else room.chance.uniform(6, 12))
            if 0 <= office.nodes.left() < 200:
                office.more(40 if room.quick else 200)
            room.tell(f"stepped {number + 1} times, {office.nodes.sent()} letters sent")
    account = office.ended()
    return balanced(
        account,
        name="clock stepped",
        description="the clock of every node stepped by a day, forward and back",
        times=times,
        seconds=office.seconds,
        twice=0,
        notes=(f"{len(account.seen)} letters; people: {people(account)}",),
    )


def apart(room: Room, times: int = 2 * len(APART)) -> Done:
    """One worker's clock ten minutes, an hour and a day before and behind the other's."""
    with morning(room, room.letters(LETTERS), address=room.database(), all_live=True) as office:
        right = office.nodes.now(2)
        for number in range(times):
            ahead = APART[number // 2 % len(APART)] * (-1 if number % 2 else 1)
            office.nodes.show((right + ahead).isoformat(), 0)
            if 0 <= office.nodes.left() < 200:
                office.more(40 if room.quick else 200)
            time.sleep(2.5 if room.quick else room.chance.uniform(10, 20))
            room.tell(f"{ahead} apart, {office.nodes.sent()} letters sent")
            office.nodes.show(office.nodes.now(2).isoformat(), 0)
    account = office.ended()
    return balanced(
        account,
        name="clocks apart",
        description="two workers whose clocks are 10 minutes, an hour, a day apart",
        times=times,
        seconds=office.seconds,
        twice=0,
        notes=(f"{len(account.seen)} letters; people: {people(account)}",),
    )
