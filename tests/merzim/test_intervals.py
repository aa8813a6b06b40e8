"""Queue intervals: seconds of config.toml as cron lines."""

from __future__ import annotations

from itertools import pairwise

import pytest
from croniter import croniter

from merzim.services.jobs import queue

DAY = 86_400
BEGIN = 1_775_001_600  # 2026-04-01T00:00:00Z


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        (60, "*/1 * * * *"),
        (300, "*/5 * * * *"),
        (3600, "0 */1 * * *"),
        (7200, "0 */2 * * *"),
        (DAY, "0 0 * * *"),
        (10 * DAY, "0 0 * * *"),  # nobody would miss a round due every ten days
    ],
)
def test_an_interval_cron_knows_is_kept(seconds: int, line: str) -> None:
    """An hour is an hour; "*/59" would be due twice within a minute, at 59 and at 0."""
    assert queue.cron_line(seconds) == line


@pytest.mark.parametrize(
    "seconds", [1, 7, 30, 45, 59, 60, 90, 300, 420, 3540, 3599, 3600, 3601, 5400, 18_000, DAY - 1, DAY]
)
def test_ticks_are_evenly_apart_and_never_longer_than_asked(seconds: int) -> None:
    """Over two days, past the end of each minute, hour and day."""
    line = croniter(queue.cron_line(seconds), BEGIN - 1)
    ticks = [BEGIN]
    while ticks[-1] < BEGIN + min(2 * DAY, 400 * seconds):
        ticks.append(int(line.get_next(float)))
    apart = {later - earlier for earlier, later in pairwise(ticks[1:])}

    assert len(apart) == 1
    assert seconds / 2 < apart.pop() <= seconds
