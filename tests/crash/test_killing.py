"""Repeated kills of the process, and two schedulers on one database."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from shutil import copyfile

import pytest

from merzim.storage.database.engine import open as open_database
from merzim.storage.notices.outbox import SqlOutbox
from tests.crash.killing import Campaign, campaign, post, start
from tests.crash.office import LETTERS, MORNING, made

CASES = 40
KILLS = 4


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("crash") / "pattern.sqlite"
    made(file, CASES)
    return file


def test_killed_again_and_again_nothing_is_missing(pattern: Path, tmp_path: Path) -> None:
    """`make crash` does the same many more times, over more reminders."""
    chance, kills, number = random.Random(20260406), 0, 0
    while kills < KILLS:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        round_result = campaign(pattern, folder, KILLS - kills, chance)
        round_result.check(CASES * LETTERS)
        kills += round_result.kills

    assert kills == KILLS


def test_a_campaign_that_lost_a_letter_would_not_pass(pattern: Path, tmp_path: Path) -> None:
    """The check itself can fail: one letter fewer at the server, or one too many."""
    round_result = campaign(pattern, tmp_path, 0, random.Random(1))
    round_result.check(CASES * LETTERS)
    first = next(iter(round_result.seen))
    lost = Campaign(
        kills=0,
        seen={place: count for place, count in round_result.seen.items() if place != first},
        notices=round_result.notices,
        problems=(),
    )
    twice = Campaign(kills=0, seen={**round_result.seen, first: 2}, notices=round_result.notices, problems=())

    for spoiled in (lost, twice):
        with pytest.raises(AssertionError):
            spoiled.check(CASES * LETTERS)


def test_two_schedulers_on_one_database_send_nothing_twice(pattern: Path, tmp_path: Path) -> None:
    """Two processes at the same moment, over the same rows."""
    file = tmp_path / "office.sqlite"
    copyfile(pattern, file)
    address = f"sqlite:///{file.as_posix()}"
    with post(tmp_path / "seen.txt") as port:
        workers = [start(address, port, MORNING) for _ in range(2)]
        for worker in workers:
            worker.join(120)
    letter_counts = Counter((tmp_path / "seen.txt").read_text().splitlines())
    engine = open_database(address)
    notices = SqlOutbox(engine).notices()
    engine.dispose()

    assert [worker.exitcode for worker in workers] == [0, 0]
    assert set(letter_counts.values()) == {1}
    assert len(letter_counts) == len(notices) == CASES * LETTERS
    assert {notice.state for notice in notices} == {"sent"}
