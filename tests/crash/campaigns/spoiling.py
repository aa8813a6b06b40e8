"""Malformed-input campaign: commands in random order, corrupted files and malicious files."""

from __future__ import annotations

import time

from tests.crash import fuzzing, hostile, orders
from tests.crash.campaign import Done, Room
from tests.crash.readers import readers
from tests.web.real import real_office

SECONDS = 120
STORIES, STEPS = 25, 60
LARGE = 100
SPOILED = 1
"""Times every hostile file is sent once more to every address, spoiled."""


def ordered(room: Room, times: int = SECONDS) -> Done:
    """Stories of commands by several people, against a plain model."""
    started_at, stories = time.monotonic(), 0
    file = orders.pattern(room.place())
    faults: tuple[str, ...] = ()
    while time.monotonic() - started_at < times and not faults:
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
        seconds=time.monotonic() - started_at,
        verify="whole" if not faults else "see below",
        faults=faults,
    )


def fuzzed(room: Room, times: int = SECONDS) -> Done:
    """Spoiled files for every reader: a value or one sentence."""
    started_at = time.monotonic()
    outcomes, bad = fuzzing.fuzz(readers(), room.chance, seconds=times)
    return Done(
        name="fuzzing",
        what=f"spoiled files for {len(outcomes)} readers: a value or one sentence",
        times=sum(came.total() for came in outcomes.values()),
        seconds=time.monotonic() - started_at,
        verify="-",
        faults=tuple(trouble[:300] for trouble, _ in bad.values()),
    )


def attacked(room: Room, times: int = SPOILED) -> Done:
    """Every hostile file, as large as it can be, at every address that takes one; then small ones, spoiled."""
    started_at, sent, faults = time.monotonic(), 0, list[str]()
    with real_office(room.place() / "office") as office:
        hostile.prepare(office)
        for round_ in range(times + 1):
            for kind, make in hostile.kinds(size=1 if round_ else LARGE).items():
                file = hostile.spoiled(make(), room.chance) if round_ else make()
                for _, wrong in hostile.offered(office, [(kind, file)], hostile.places()):
                    sent += 1
                    faults += [wrong] * bool(wrong)
            room.tell(f"{sent} files sent")
    return Done(
        name="hostile files",
        what=f"hostile files at {len(hostile.places())} addresses: taken, or one sentence, in time",
        times=sent,
        seconds=time.monotonic() - started_at,
        verify="-",
        faults=tuple(fault[:300] for fault in faults[:20]),
    )
