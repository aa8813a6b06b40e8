"""The Telegram channel over a real server: delivery, the result of each fault, and rate limits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from html import unescape
from time import monotonic

import pytest

from merzim.storage.notices.links import SqlLinks
from notifications.channels import OutgoingMessage, send_all
from notifications.channels.telegram import PATIENCE, Telegram, channel, hash_code
from notifications.notice import UNREACHABLE, Action, Outcome
from tests.notifications.sample_office import FIVE_BEFORE, at_noon, noon, parcel
from tests.notifications.servers import free_port
from tests.telegram.emulator import TOKEN, Emulator

pytestmark = pytest.mark.telegram
NOW = noon(FIVE_BEFORE)


def link(links: SqlLinks, person: str, chat: int) -> None:
    if links.of(person) is not None:
        return
    links.offer(person, hash_code(person), now=NOW)
    assert links.redeem(hash_code(person), str(chat), now=NOW)[0] == "linked"


def batch(links: SqlLinks, people: int, messages_each: int = 1) -> list[OutgoingMessage]:
    """So many letters each to so many people with accounts of their own."""
    parcels = []
    for index in range(people):
        person = f"reader{index}@example.kz"
        link(links, person, 8000 + index)
        for number in range(messages_each):
            first = parcel(1 + index * messages_each + number, address=person)
            parcels.append(
                replace(first, notice=replace(first.notice, channel="telegram", address=str(8000 + index)))
            )
    return parcels


def sent(bot: Telegram, parcels: Sequence[OutgoingMessage]) -> Mapping[str, Outcome]:
    return asyncio.run(send_all(bot, parcels, now=NOW))


def only(outcomes: Mapping[str, Outcome]) -> Outcome:
    (outcome,) = outcomes.values()
    return outcome


@pytest.mark.parametrize(
    ("about", "offered", "buttons"),
    [
        (
            {},
            {"actions": (Action(key="a", obligation="x", can_put_off=True),)},
            ["Таныстым", "Кейінірек еске салу", "Орындалды", "Істі ашу"],
        ),
        ({}, {"actions": (Action(key="a", obligation="x", asks=True),)}, ["Таныстым", "Істі ашу"]),
        ({"kind": "moved"}, {}, ["Таныстым", "Істі ашу"]),
        ({"kind": "letter", "case": ""}, {}, ["Таныстым"]),
        (
            {"kind": "letter", "case": ""},
            {"actions": (Action(key="a", obligation="x"), Action(key="b", obligation="y", asks=True))},
            ["1. Орындалды", "1. Істі ашу", "2. Істі ашу"],
        ),
        ({"kind": "lost"}, {}, []),
    ],
)
def test_the_letter_arrives_with_its_buttons(
    telegram: Emulator,
    bot: Telegram,
    links: SqlLinks,
    about: dict[str, object],
    offered: dict[str, object],
    buttons: list[str],
) -> None:
    """Subject, text, and what can be done about it, in the reader's language; the answer names the message."""
    (first,) = batch(links, 1)
    parcel = replace(first, notice=replace(first.notice, **about), letter=replace(first.letter, **offered))
    outcome = only(sent(bot, [parcel]))
    (seen_message,) = telegram.seen(8000)

    assert outcome == Outcome(state="sent", answer=f"message {seen_message.id}")
    assert seen_message.text.startswith(f"<b>{parcel.letter.subject}</b>")
    assert "Әңгіме ұзақ болды." in seen_message.text
    assert list(seen_message.buttons) == buttons


def test_marks_in_a_name_are_no_marks_in_the_message(
    telegram: Emulator, bot: Telegram, links: SqlLinks
) -> None:
    """An object called "<Tender & Co>" must not become half a tag, which Telegram refuses."""
    first = batch(links, 1)[0]
    letter = replace(first.letter, subject="A <b> & B", text="ЖШС «<Тендер & Ко>» 2 < 3\n")
    outcome = only(sent(bot, [replace(first, letter=letter)]))

    assert outcome.state == "sent"
    assert "ЖШС «<Тендер & Ко>» 2 < 3" in unescape(telegram.seen(8000)[0].text)


@pytest.mark.parametrize("filling", ["𝛿" * 10, "<&>" * 30 + "\n"])
def test_a_letter_too_long_is_cut_where_telegram_would_refuse_it(
    telegram: Emulator, bot: Telegram, links: SqlLinks, filling: str
) -> None:
    """4096 characters as Telegram counts them, whatever they are made of; a whole letter stays whole."""
    first = batch(links, 1)[0]
    text = "\n".join(filling for _ in range(700))
    outcome = only(sent(bot, [replace(first, letter=replace(first.letter, text=text))]))

    assert outcome.state == "sent"
    assert telegram.seen(8000)[0].text.endswith("…")


def test_too_many_requests_wait_as_long_as_asked(telegram: Emulator, bot: Telegram, links: SqlLinks) -> None:
    """Only the refused one is put back; the rest of the batch waits and goes."""
    parcels = batch(links, 5)
    telegram.refuse(429, "Too Many Requests: retry after 1", retry_after=1)
    outcomes = sent(bot, parcels)
    moments = [call.at for call in telegram.calls()]
    states = sorted(outcome.state for outcome in outcomes.values())
    (waiting,) = [outcome for outcome in outcomes.values() if outcome.state == "queued"]

    assert states == ["queued", *["sent"] * 4]
    assert waiting.wait is not None
    assert waiting.wait >= timedelta(seconds=1)
    assert moments[-1] - moments[0] >= 1


def test_a_server_that_hangs_is_not_asked_by_every_letter(
    telegram: Emulator, bot: Telegram, links: SqlLinks
) -> None:
    """Those sent before patience ends are unknown; the others stay in the queue, unasked."""
    parcels = batch(links, 40)
    telegram.fault(hang=True, count=40)
    states = [outcome.state for outcome in sent(bot.model_copy(update={"timeout": 0.3}), parcels).values()]

    assert states.count("unknown") == PATIENCE
    assert states.count("queued") == 40 - states.count("unknown")
    assert len(telegram.calls()) == states.count("unknown")


def test_a_bot_without_a_token_says_so(telegram: Emulator, links: SqlLinks) -> None:
    """Queued, told by the other channels meanwhile, and the answer names the variable and never the token."""
    nameless = channel(bot="B", token_env="NO_SUCH", token="no token at all", server=telegram.server)
    nameless = nameless.with_links(links)
    outcome = only(sent(nameless, batch(links, 1)))

    assert (outcome.state, outcome.use_other_channels) == ("queued", True)
    assert outcome.answer == "NO_SUCH: not a token"
    assert asyncio.run(nameless.probe()) == Outcome(state="failed", answer="NO_SUCH: not a token")


def test_a_bot_is_asked_for_its_name_before_anybody_is_written_to(telegram: Emulator, bot: Telegram) -> None:
    """A token that Telegram refuses is not said in the answer."""
    asked = asyncio.run(bot.probe())
    body = {"ok": False, "error_code": 401, "description": f"Unauthorized {TOKEN}"}
    telegram.fault("getMe", status=401, body=body)

    assert (asked.state, asked.answer[:1]) == ("sent", "@")
    assert asyncio.run(bot.probe()) == Outcome(state="failed", answer="Unauthorized …")


def test_where_nobody_listens_nothing_was_tried(bot: Telegram, links: SqlLinks) -> None:
    """No connection: the message cannot have arrived, and keeps its attempts."""
    outcome = only(sent(bot.model_copy(update={"server": f"http://127.0.0.1:{free_port()}"}), batch(links, 1)))

    assert (outcome.state, outcome.fault, outcome.tried) == ("queued", UNREACHABLE, False)


def test_it_speaks_evenly(telegram: Emulator, bot: Telegram, links: SqlLinks) -> None:
    """50 messages to 50 people, 25 a second: it takes two, and neither sees all.

    Measured where they arrive: what a busy machine held up for half a second arrives together."""
    outcomes = sent(bot, batch(links, 50))
    moments = sorted(call.at for call in telegram.calls())
    busiest = max(sum(first <= at < first + 1.0 for at in moments) for first in moments)

    assert {outcome.state for outcome in outcomes.values()} == {"sent"}
    assert busiest <= 40
    assert moments[-1] - moments[0] >= 1.8


def test_an_account_changed_meanwhile_gets_the_letter(
    telegram: Emulator, bot: Telegram, links: SqlLinks
) -> None:
    """A new telephone since the notice was queued: it goes to the new account, not to the old one."""
    parcels = batch(links, 1)
    links.offer("reader0@example.kz", hash_code("again"), now=NOW)
    links.redeem(hash_code("again"), "9000", now=NOW)
    sent(bot, parcels)

    assert telegram.seen(8000) == []
    assert len(telegram.seen(9000)) == 1


def test_an_account_lost_meanwhile_has_failed_and_the_others_speak(
    telegram: Emulator, bot: Telegram, links: SqlLinks
) -> None:
    """Nothing is sent to an account that is nobody's any more."""
    parcels = batch(links, 1)
    links.unlink("reader0@example.kz", at=at_noon(FIVE_BEFORE))
    outcome = only(sent(bot, parcels))

    assert (outcome.state, outcome.use_other_channels) == ("failed", True)
    assert telegram.calls() == []


def test_a_pause_asked_for_keeps_no_later_batch_waiting(
    telegram: Emulator, bot: Telegram, links: SqlLinks
) -> None:
    """Half an hour: what comes after is put back at once, unasked, and keeps its attempts; of the same batch
    as well."""
    parcels = batch(links, 1, messages_each=3)
    telegram.refuse(429, "Too Many Requests: retry after 1800", retry_after=1800)
    began = monotonic()
    assert [outcome.tried for outcome in sent(bot, parcels[:2]).values()] == [True, False]
    outcome = only(sent(bot, parcels[2:]))

    assert monotonic() - began < 30
    assert len(telegram.calls()) == 1
    assert (outcome.state, outcome.tried) == ("queued", False)
    assert outcome.wait is not None
    assert timedelta(minutes=29) < outcome.wait <= timedelta(minutes=30)
