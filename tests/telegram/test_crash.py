"""Crashes while sending by Telegram: no duplicate messages, unknown outcomes are reported."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from merzim.storage.notices.links import SqlLinks
from merzim.storage.org import store as office_store
from notifications.channels.telegram import AT_ONCE, Pacer, channel
from notifications.delivery import SMALL_BATCH
from tests.notifications.sample_office import AIGUL, CHECKS, FIVE_BEFORE, PLANNED, Town, noon
from tests.processes import FORKED
from tests.telegram.emulator import TOKEN, Emulator
from tests.telegram.talk import until
from tests.telegram.test_channel import link
from workflow.cases.commands.opening import Opening

pytestmark = pytest.mark.telegram
PEOPLE = 60
BEHIND = dict.fromkeys(("schedule_approved", *CHECKS), date(2026, 1, 15))
"""What each case has behind it, so that each person is reminded of one thing."""


def deliver(folder: Path, server: str) -> None:
    """Deliver the letters of the town in that folder by a bot."""
    town = Town(folder, people=())
    town.deliver((channel(links=SqlLinks(town.engine), bot="B", token=TOKEN, server=server),), FIVE_BEFORE)


def test_a_kill_in_the_middle_of_sending(
    telegram: Emulator, town: Town, links: SqlLinks, tmp_path: Path
) -> None:
    """60 reminders, SIGKILL after some: those of one batch are unknown, the others are sent, once."""
    people = [replace(AIGUL, key=f"p{n}@example.kz", email=None, unit=f"u{n}") for n in range(PEOPLE)]
    office_store.save(town.engine, people=[replace(AIGUL, duties=()), *people])
    for n, person in enumerate(people):
        link(links, person.key, 8000 + n)
        opening = Opening(procedure="internal-analysis", unit=f"u{n}", planned=PLANNED, facts=BEHIND)
        town.case_commands.open(opening, by="x", now=noon(FIVE_BEFORE), today=FIVE_BEFORE)
    bot = channel(links=links, bot="B", token=TOKEN, server=telegram.server)
    bot = replace(bot, pacer=Pacer(overall=200, per_chat=0.01))
    queued = town.round((bot,), FIVE_BEFORE).queued
    assert queued is not None
    assert queued >= PEOPLE

    child = FORKED.Process(target=deliver, args=(tmp_path, telegram.server), daemon=True)
    child.start()
    until(lambda: len(telegram.calls()) > SMALL_BATCH + AT_ONCE)
    child.kill()
    child.join()
    sent_before = len(telegram.calls())
    report = town.deliver((bot,), FIVE_BEFORE, at=noon(FIVE_BEFORE) + timedelta(seconds=10))
    states = Counter(notice.state for notice in town.notices())
    heard = Counter((str(call.fields["chat_id"]), call.fields["text"]) for call in telegram.calls())

    assert SMALL_BATCH < sent_before < queued
    assert set(states) <= {"sent", "unknown"}
    assert 0 < states["unknown"] == report.recovered <= SMALL_BATCH
    assert max(heard.values()) == 1
    assert states["sent"] <= len(telegram.calls())
