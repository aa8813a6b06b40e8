"""Commands in any order, and files nobody meant to write, for so many seconds."""

from __future__ import annotations

import time

from tests.crash import fuzzing, orders
from tests.crash.campaign import Done, Room
from tests.crash.readers import readers

SECONDS = 120
STORIES, STEPS = 25, 60


def ordered(room: Room, times: int = SECONDS) -> Done:
    """Stories of commands by several people, against a plain model."""
    begun, stories = time.monotonic(), 0
    file = orders.pattern(room.place())
    faults: tuple[str, ...] = ()
    while time.monotonic() - begun < times and not faults:
        try:
            orders.run(file, examples=STORIES, steps=STEPS, repeatable=False)
        except AssertionError as trouble:
            faults = (str(trouble)[:300],)
        stories += STORIES
        room.tell(f"{stories} stories")
    return Done(
        name="orders",
        what="stories of up to 60 commands in any order, against a plain model",
        times=stories,
        seconds=time.monotonic() - begun,
        verify="whole" if not faults else "see below",
        faults=faults,
    )


def fuzzed(room: Room, times: int = SECONDS) -> Done:
    """Spoiled files for every reader: a value or one sentence."""
    begun = time.monotonic()
    found, bad = fuzzing.fuzz(readers(), room.chance, seconds=times)
    return Done(
        name="fuzzing",
        what=f"spoiled files for {len(found)} readers: a value or one sentence",
        times=sum(came.total() for came in found.values()),
        seconds=time.monotonic() - begun,
        verify="-",
        faults=tuple(trouble[:300] for trouble, _ in bad.values()),
    )
