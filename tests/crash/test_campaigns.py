"""Crash campaigns at a small size; `make crash` runs them at full size."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.account import Account
from tests.crash.campaign import Done, Room, table
from tests.crash.campaigns import CAMPAIGNS, away, clocks, copies, disk, kills, tampering
from tests.crash.people import Deed
from tests.notifications.sample_office import parcel
from tests.postgres import Server

LETTER = ("aigul@example.kz", "<1@example.kz>")


@pytest.fixture
def room(postgresql_server: Server, tmp_path: Path) -> Room:
    return Room(tmp_path, postgresql_server, random.Random(1), quick=True, tell=_nobody, template="pattern")


def _nobody(message: str) -> None:
    """Ignore a progress message."""


@pytest.mark.postgresql
def test_killed_under_load_three_nodes_lose_nothing(room: Room) -> None:
    """Letters leave and people write while nodes die."""
    _well(kills.killed(room, 3))


@pytest.mark.postgresql
def test_a_server_that_is_stopped_and_started_is_waited_for(room: Room) -> None:
    """Shut down, and as by a power cut: nodes go on by themselves, and the web node says meanwhile what is."""
    _well(away.stopped(room, 2))


@pytest.mark.postgresql
def test_connections_broken_off_in_the_middle_of_a_word_do_no_harm(room: Room) -> None:
    """Also during a commit: a repeated request gets its answer, and nothing is done twice."""
    _well(away.torn(room, 8))


@pytest.mark.postgresql
def test_clocks_that_jump_and_differ_send_nothing_twice(room: Room) -> None:
    """A day forward and back, and one worker an hour ahead."""
    _well(clocks.stepped(room, 2))


def test_a_full_disk_is_outlived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the simulated disk."""
    monkeypatch.setattr(disk, "_may_mount", lambda: False)
    _well(disk.sqlite(Room(tmp_path, None, random.Random(1), quick=True, tell=_nobody), 1))


def test_a_backup_taken_under_load_is_whole_elsewhere(tmp_path: Path) -> None:
    """And contains everything confirmed to people."""
    _well(copies.sqlite(Room(tmp_path, None, random.Random(1), quick=True, tell=_nobody), 1))


def test_whatever_is_changed_by_hand_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command an operator types."""
    monkeypatch.setattr(tampering, "CASES", 5)
    monkeypatch.setattr(tampering, "PAGES", 2)
    _well(tampering.tampered(Room(tmp_path, None, random.Random(1), quick=True, tell=_nobody), 1))


def test_the_account_can_fail() -> None:
    """A reminder nobody got, a letter no server saw, a deed that is not there or there twice, a row nobody was
    told of, a job left over, a problem of `verify`, more letters twice than may be."""
    sound_account = Account(
        due=frozenset({("2026-0001", "start_announced", "aigul@example.kz")}),
        seen=Counter({LETTER: 1}),
        notices=(replace(parcel(1).notice, state="sent", message_id=LETTER[1]),),
        waiting=0,
        jobs=(),
        problems=(),
        deeds=(Deed(kind="fact", token="a", fate="done"), Deed(kind="fact", token="b", fate="unknown")),
        chained={("fact", "a"): 1},
    )
    assert sound_account.faults(twice=0) == ()
    assert replace(sound_account, chained={("fact", "a"): 1, ("fact", "b"): 1}).faults(twice=0) == ()

    for wrong in (
        replace(sound_account, due=sound_account.due | {("2026-0002", "start_announced", "aigul@example.kz")}),
        replace(sound_account, seen={}),
        replace(sound_account, seen={LETTER: 2}),
        replace(sound_account, seen={LETTER: 1, ("bolat@example.kz", LETTER[1]): 1}),
        replace(sound_account, notices=(replace(sound_account.notices[0], state="failed"),)),
        replace(sound_account, chained={}),
        replace(sound_account, chained={("fact", "a"): 2}),
        replace(sound_account, chained={("fact", "a"): 1, ("fact", "b"): 2}),
        replace(sound_account, waiting=1),
        replace(sound_account, jobs=("send doing",)),
        replace(sound_account, problems=("event_altered",)),
        replace(sound_account, troubles=("500 at /cases",)),
    ):
        assert wrong.faults(twice=0)


def test_the_table_names_what_was_not_run_and_what_is_wrong() -> None:
    """A skipped campaign is not counted as passed."""
    text = table(
        [
            Done(name="kills", what="SIGKILL", times=5, seconds=12.3, twice=100, lost=0, verify="whole"),
            Done(name="disk", what="full", skipped="not root"),
            Done(name="cut", what="wire", times=1, lost=1, verify="1 problems", faults=("lost: letter",)),
        ]
    )

    assert [line.split()[0] for line in text.splitlines()[2:5]] == ["kills", "disk", "cut"]
    assert "NOT RUN: not root" in text
    assert text.endswith("NOT AS IT SHOULD BE, cut: lost: letter")
    assert len({campaign.name for campaign in CAMPAIGNS}) == len(CAMPAIGNS)


def _well(outcome: Done) -> None:
    assert outcome.faults == (), "\n".join((*outcome.faults, *outcome.notes))
    assert outcome.times
