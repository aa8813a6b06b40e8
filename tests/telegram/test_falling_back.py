"""Choice of channel, and the fallback for reminders Telegram could not deliver."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from merzim.storage import office as office_store
from merzim.storage.notices.links import SqlLinks
from notifications.channels.telegram import Telegram
from notifications.notice import Notice, NoticeState
from tests.notifications.sample_office import (
    AIGUL,
    BOLAT,
    FIVE_BEFORE,
    OFFICER,
    RULES,
    Shelf,
    Town,
    at_noon,
    noon,
)
from tests.telegram.emulator import Emulator
from tests.telegram.test_channel import link
from workflow.cases.case import Case
from workflow.cases.commands import answers

pytestmark = pytest.mark.telegram
WITH_OFFICER = replace(RULES, officer=OFFICER.key)


def heard(town: Town) -> dict[tuple[str, str], Notice]:
    """States of the notices by channel and person."""
    return {(notice.channel, notice.person): notice for notice in town.items() if notice.kind != "lost"}


def test_who_has_an_account_hears_there_and_who_has_none_by_letter(
    telegram: Emulator, town: Town, bot: Telegram, links: SqlLinks
) -> None:
    """People without an account get letters, and the officer is not notified of it."""
    town.rules = WITH_OFFICER
    asked = {"person": AIGUL.key, "asks": BOLAT.key, "until": date(2026, 3, 30)}
    town.case_commands.write(town.open().id, at_noon(FIVE_BEFORE), answers.comment, text="Қашан?", **asked)
    shelf = Shelf()
    town.round((bot, shelf), FIVE_BEFORE)
    assert set(heard(town)) == {("shelf", AIGUL.key), ("shelf", BOLAT.key)}

    link(links, AIGUL.key, 7001)
    town.open()
    town.round((bot, shelf), FIVE_BEFORE)
    assert ("telegram", AIGUL.key) in heard(town)


def test_a_blocked_bot_is_switched_off_the_letter_goes_by_mail_and_the_officer_hears(
    telegram: Emulator, town: Town, bot: Telegram, links: SqlLinks, case: Case
) -> None:
    """403: failed, and in the same delivery she has her letter and the officer the news, once."""
    link(links, AIGUL.key, 7001)
    town.rules = WITH_OFFICER
    town.round((bot,), FIVE_BEFORE)
    telegram.refuse(403, "Forbidden: bot was blocked by the user")
    shelf = Shelf()
    town.deliver((bot, shelf), FIVE_BEFORE)
    town.deliver((bot, shelf), FIVE_BEFORE)
    lost = links.of(AIGUL.key)
    to_officer = [parcel.letter for parcel in shelf.kept if parcel.notice.person == OFFICER.key]

    assert heard(town)["telegram", AIGUL.key].state == "failed"
    assert heard(town)["shelf", AIGUL.key].state == "sent"
    assert lost.blocked_at == noon(FIVE_BEFORE)
    assert [letter.subject for letter in to_officer] == ["Telegram хабарламалары жетпейді: Ахметова Айгүл"]
    assert "жаңа бір реттік код" in to_officer[0].text


def test_a_revoked_token_loses_nothing(telegram: Emulator, town: Town, bot: Telegram, links: SqlLinks) -> None:
    """The reminder is sent by e-mail at once; its Telegram notice waits for a new token, with the reason."""
    link(links, AIGUL.key, 7001)
    town.open()
    town.round((bot,), FIVE_BEFORE)
    telegram.refuse(401, "Unauthorized", count=99)
    town.deliver((bot, Shelf()), FIVE_BEFORE)
    waiting = heard(town)["telegram", AIGUL.key]

    assert (waiting.state, waiting.answer) == ("queued", "Unauthorized")
    assert heard(town)["shelf", AIGUL.key].state == "sent"


def test_a_pause_the_server_asks_for_is_kept(
    telegram: Emulator, town: Town, bot: Telegram, links: SqlLinks, case: Case
) -> None:
    """Ten minutes asked for are ten minutes, though the first repetition would come after one."""
    link(links, AIGUL.key, 7001)
    town.round((bot,), FIVE_BEFORE)
    telegram.refuse(429, "Too Many Requests: retry after 600", retry_after=600)
    town.deliver((bot,), FIVE_BEFORE)
    waiting = heard(town)["telegram", AIGUL.key]

    assert waiting.state == "queued"
    assert (waiting.not_before - noon(FIVE_BEFORE)).total_seconds() >= 600


def test_whom_no_other_channel_reaches_the_officer_hears_for(
    telegram: Emulator, town: Town, bot: Telegram, links: SqlLinks
) -> None:
    """No e-mail of hers is known, and she has blocked the bot: the officer has her reminder and the news."""
    office_store.save(town.engine, people=[replace(AIGUL, email=None)])
    link(links, AIGUL.key, 7001)
    town.rules = WITH_OFFICER
    town.open()
    town.round((bot,), FIVE_BEFORE)
    telegram.refuse(403, "Forbidden: bot was blocked by the user")
    shelf = Shelf()
    town.deliver((bot, shelf), FIVE_BEFORE)

    assert [parcel.notice.person for parcel in shelf.kept] == [OFFICER.key] * 2
    assert [parcel.notice.kind for parcel in shelf.kept] == ["lost", "letter"]
    assert AIGUL.name in shelf.kept[1].letter.text


FAULTS: list[tuple[str, NoticeState, str, bool]] = [
    # fault, state, in the answer, sent at the next attempt
    ("429", "queued", "Too Many Requests", True),
    ("502", "queued", "Bad Gateway", True),
    ("400", "failed", "Bad Request", False),
    ("403", "failed", "Forbidden", False),
    # Nothing tells a second message for the same: what may have arrived is not sent again.
    ("hang", "unknown", "", False),
    ("drop", "unknown", "", False),
]


@pytest.mark.parametrize(("fault", "state", "answer", "again"), FAULTS, ids=[row[0] for row in FAULTS])
def test_each_fault_of_the_server_ends_in_a_state(
    telegram: Emulator,
    town: Town,
    bot: Telegram,
    links: SqlLinks,
    fault: str,
    state: NoticeState,
    answer: str,
    again: bool,
) -> None:
    """A message has no identity of its own: what may have arrived is never sent again."""
    bot = bot.model_copy(update={"timeout": 1.0})
    link(links, AIGUL.key, 7001)
    town.open()
    town.round((bot,), FIVE_BEFORE)
    if fault.isdigit():
        telegram.refuse(int(fault), answer, **({"retry_after": 1} if fault == "429" else {}))
    else:
        telegram.fault(**{fault: True})
    town.deliver((bot,), FIVE_BEFORE)
    kept_notice = heard(town)["telegram", AIGUL.key]
    town.deliver((bot,), FIVE_BEFORE, at=noon(FIVE_BEFORE) + timedelta(hours=1))

    assert (kept_notice.state, kept_notice.attempts, kept_notice.person) == (state, 1, AIGUL.key)
    assert answer in kept_notice.answer
    assert (heard(town)["telegram", AIGUL.key].state == "sent") == again
    assert len(telegram.seen(7001)) <= 1
