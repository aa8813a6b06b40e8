"""Clock jumps between and within rounds: what is guaranteed, and what is not.

After a jump of a day forward or back, between rounds or within one, no step is sent twice, no step is lost, and
once the clock is right again nothing is sent before its day. While the clock is ahead, steps due by it are
sent, and are not sent again on the real day. A delivery postponed by a wrong clock is late by no more than the
error of the clock. A dead process is detected by its lock, not by the clock, and its unfinished work is taken
over at once. If one of two processes sees the clock jump ahead while the other is sending, it does not take
over the other's notices. (On PostgreSQL, heartbeats of queue jobs, every few seconds, show which process is
dead.)
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from merzim.storage.maintenance.verify import verify
from merzim.storage.notices.outbox import SqlOutbox
from tests.notifications.sample_office import AIGUL, FIVE_BEFORE, PEOPLE, Shelf, Town, noon
from tests.storage.sample_cases import seal

DAY = timedelta(days=1)
FIRST, LAST = date(2026, 3, 16), date(2026, 4, 14)
JUMPS = tuple(
    product((FIVE_BEFORE, date(2026, 3, 27), FIVE_BEFORE - DAY, date(2026, 3, 30)), (DAY, -DAY, 3 * DAY))
)[::4]
"""The days on which a clock is wrong, and by how much; each jump is among them."""


def days(first: date, last: date) -> list[date]:
    """Each day of a span."""
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]


def tick(town: Town, shelf: Shelf, at: datetime) -> None:
    """One round and one delivery by a clock, sealed as the shell does it."""
    local = (at + timedelta(hours=5)).date()
    town.round([shelf], local, at=at)
    town.deliver([shelf], local, at=at)
    seal(town.engine, now=at)


def steps(shelf: Shelf) -> list[tuple[str, str, str]]:
    """Sent notices: obligation, step, person; nothing for letters that list others."""
    return sorted(
        (parcel.notice.obligation, parcel.notice.step, parcel.notice.person)
        for parcel in shelf.kept
        if parcel.notice.case
    )


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str]]:
    """Notices over the weeks with a correct clock."""
    town, shelf = Town(tmp_path_factory.mktemp("steady")), Shelf()
    town.open()
    for day in days(FIRST, LAST):
        tick(town, shelf, noon(day))
    town.close()
    return steps(shelf)


@pytest.mark.parametrize(("when", "jump"), JUMPS)
def test_a_clock_that_is_wrong_for_a_day_tells_everything_once(
    tmp_path: Path, steady: list[tuple[str, str, str]], when: date, jump: timedelta
) -> None:
    """On that day every tick but the first is read from a clock so far off; the next day it is right again.

    No step is sent twice, and a person who misses a step gets a later one of the same deadline: steps a
    clock leapt over are collapsed into the latest, as after a standstill. Falling back costs nothing at all.
    """
    town, shelf = Town(tmp_path), Shelf()
    town.open()
    for day in days(FIRST, LAST):
        tick(town, shelf, noon(day))
        if day == when:
            for hour in range(1, 4):
                tick(town, shelf, noon(day) + jump + timedelta(hours=hour))
            tick(town, shelf, noon(day) + timedelta(hours=4))
    spoken_steps = steps(shelf)
    problems = verify(town.engine)
    states = {notice.state for notice in town.notices()}
    town.close()

    assert len(spoken_steps) == len(set(spoken_steps))
    assert set(spoken_steps) <= set(steady)
    lost = {(obligation, person) for obligation, _, person in set(steady) - set(spoken_steps)}
    assert not problems
    assert states <= {"sent", "withdrawn"}
    assert not lost or jump > DAY
    assert spoken_steps == steady or jump > -DAY


def test_after_a_step_back_no_step_speaks_before_its_day(town: Town) -> None:
    """The clock ran ahead to the 27th and that step was sent; back on the 18th nothing is sent between."""
    shelf = Shelf()
    town.open()
    tick(town, shelf, noon(date(2026, 3, 27)))
    ahead = len(shelf.kept)
    for day in days(FIVE_BEFORE, date(2026, 3, 29)):
        tick(town, shelf, noon(day))
    before = len(shelf.kept)
    tick(town, shelf, noon(date(2026, 3, 30)))

    assert ahead == before == 1
    assert [parcel.notice.step for parcel in shelf.kept if parcel.notice.obligation == "start_announced"] == [
        "-1",
        "0",
    ]


def test_a_clock_that_jumps_while_letters_are_on_their_way_doubles_no_telegram(tmp_path: Path) -> None:
    """Another process, a day ahead, does not take over notices that are being sent."""
    town = Town(tmp_path, people=(AIGUL, *PEOPLE[1:]))
    town.open()
    shelf = Shelf(repeatable=False)
    town.round([shelf], FIVE_BEFORE)
    with SqlOutbox(town.engine).delivering():
        town.outbox.claim("shelf", now=noon(FIVE_BEFORE), limit=10)
        tick(town, shelf, noon(FIVE_BEFORE) + DAY)
        state = {notice.state for notice in town.notices() if notice.step == "-5"}
    town.close()

    assert state == {"sending"}
    assert shelf.kept == []
