"""Polling of Telegram: one process at a time, despite crashes and errors."""

from __future__ import annotations

import logging
import time
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from merzim import metronome
from merzim.clock import clock
from merzim.services.people.feeds import create_code
from merzim.storage.locks import ProcessLock
from merzim.storage.notices.links import SqlLinks
from notifications.bot import polling
from notifications.channels.telegram import Telegram
from tests.merzim.conftest import Merzim, merzim, office, prepared, templates  # noqa: F401
from tests.notifications.sample_office import AIGUL, BOLAT, FIVE_BEFORE, Town
from tests.row_commands import operator
from tests.telegram import emulator
from tests.telegram.emulator import TOKEN, Emulator
from tests.telegram.talk import Talk, listening, until

__all__ = ["merzim", "office"]
pytestmark = pytest.mark.telegram


@pytest.fixture
def talk(
    telegram: Emulator, town: Town, links: SqlLinks, bot: Telegram, monkeypatch: pytest.MonkeyPatch
) -> Talk:
    """A bot that rests for a moment after a fault."""
    monkeypatch.setattr(polling, "REST", 0.1)
    return Talk(town, links, bot, telegram, FIVE_BEFORE)


def test_of_two_pollers_one_listens_and_each_thing_is_answered_once(talk: Talk) -> None:
    """Telegram would cut them both off for asking at the same time; here nobody ever asks besides."""
    with listening(talk.poller(), talk.poller()):
        talk.tell(emulator.AIGUL, f"/start {talk.code_for(AIGUL.key)}")
        for _ in range(4):
            talk.tell(emulator.AIGUL, "/start")
        until(lambda: len(talk.emulator.calls("getUpdates")) > 8)

    assert len(talk.emulator.seen(emulator.AIGUL)) == 5
    assert talk.emulator.calls("conflict") == []


def test_a_stranger_who_writes_120_messages_holds_nobody_up(talk: Talk) -> None:
    """They are answered once; a person behind them at once."""
    with listening(talk.poller()):
        talk.tell(emulator.AIGUL, f"/start {talk.code_for(AIGUL.key)}")
        for n in range(120):
            talk.emulator.says(emulator.STRANGER, f"{n}")
        began = time.monotonic()
        assert talk.tell(emulator.AIGUL, "/my")
        waited = time.monotonic() - began

    assert waited < 5
    assert len(talk.emulator.seen(emulator.STRANGER)) == 1


def test_a_stranger_may_mistype_a_code_twice_in_a_minute(talk: Talk) -> None:
    """The third is right and links them; a fourth of another stranger within the minute is not heard."""
    with listening(talk.poller()):
        talk.tell(emulator.AIGUL, "hello")
        for code in ("wrong", "wrong-again", talk.code_for(AIGUL.key)):
            talk.tell(emulator.AIGUL, f"/start {code}")
        for n in range(5):
            talk.emulator.says(emulator.STRANGER, f"/start wrong-{n}")
        talk.tell(emulator.AIGUL, "/my")

    assert len(talk.emulator.seen(emulator.STRANGER)) == 3
    assert talk.links.of(AIGUL.key)


def test_a_person_who_writes_a_lot_holds_nobody_up(talk: Talk) -> None:
    """Fifteen wishes of one of them, and one of another."""
    with listening(talk.poller()):
        talk.tell(emulator.AIGUL, f"/start {talk.code_for(AIGUL.key)}")
        talk.tell(emulator.BOLAT, f"/start {talk.code_for(BOLAT.key)}")
        for _ in range(15):
            talk.emulator.says(emulator.AIGUL, "/my")
        began = time.monotonic()
        assert talk.tell(emulator.BOLAT, "/my")
        waited = time.monotonic() - began

    assert waited < 10


def test_when_the_holder_is_gone_another_takes_over(talk: Talk) -> None:
    """Nobody asks twice at a time; what was said meanwhile is answered then."""
    with ExitStack() as holder:
        assert holder.enter_context(ProcessLock(talk.town.engine, "telegram").alone())
        with listening(talk.poller()):
            talk.emulator.says(emulator.AIGUL, "/start")
            time.sleep(1)
            assert talk.emulator.calls("getUpdates") == []
            holder.close()
            until(lambda: bool(talk.emulator.seen(emulator.AIGUL)))


CONFLICT = "Conflict: terminated by other getUpdates request"


@pytest.mark.parametrize(
    "what",
    [
        {"drop": True},
        {"status": 502, "body": {"ok": False, "description": "Bad"}},
        {"status": 409, "body": {"ok": False, "error_code": 409, "description": CONFLICT}},
    ],
)
def test_a_line_that_breaks_is_taken_up_again(
    talk: Talk, what: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    """What was said while nobody could ask is answered afterwards. Somebody who polls with the same token from
    another database is named once in the log, and outlived."""
    talk.emulator.fault("getUpdates", **what)
    with listening(talk.poller()):
        assert talk.tell(emulator.AIGUL, "/start")

    assert sum("Conflict" in record.getMessage() for record in caplog.records) == (what.get("status") == 409)


def test_a_revoked_token_is_named_without_being_said(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    """401: the log says that the bot receives nothing, and why, without the token."""
    caplog.set_level(logging.DEBUG)
    body = {"ok": False, "error_code": 401, "description": f"Unauthorized {TOKEN}"}
    talk.emulator.fault("setMyCommands", status=401, body=body, count=99)
    talk.emulator.fault("getUpdates", status=401, body=body, count=99)
    with listening(talk.poller()):
        until(lambda: "the bot hears nobody" in caplog.text)

    assert "token is not accepted: Unauthorized" in caplog.text
    assert TOKEN not in caplog.text


def test_a_fault_of_ours_is_answered_and_the_next_word_is_heard(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One update that raises an error must not block the others for ever."""
    with monkeypatch.context() as broken:
        broken.setattr(talk.conversation, "handle_message", lambda *_: 1 / 0)
        with listening(talk.poller()):
            assert talk.tell(emulator.AIGUL, "/start").text.startswith("Жүйеде ақау болды")
    with listening(talk.poller()):
        assert talk.tell(emulator.AIGUL, "/start").text.startswith("Бұл – «Мерзім» боты")

    assert "ZeroDivisionError" in caplog.text


def test_a_bot_without_a_token_is_told_of_and_named_once(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    """It is tried again: the variable may be set meanwhile."""
    told: list[tuple[str, str]] = []
    talk.bot = talk.bot.model_copy(update={"token": "", "token_env": "NO_SUCH"})
    with listening(talk.poller(fault=lambda *fault: told.append(fault))):
        until(lambda: len(told) > 1)

    assert set(told) == {("token", "environment variable 'NO_SUCH' is not set")}
    assert caplog.text.count("NO_SUCH") == 1


def test_no_failure_of_the_database_ends_the_bot(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Once it cannot lend the token, and never write down that the bot is heard again."""
    alone, away = ProcessLock.alone, iter([ConnectionError("the database is away")])

    def taken(lock: ProcessLock) -> AbstractContextManager[bool]:
        for trouble in away:
            raise trouble
        return alone(lock)

    monkeypatch.setattr(ProcessLock, "alone", taken)
    with listening(talk.poller(fault=lambda *_: 1 / 0)):
        talk.tell(emulator.AIGUL, "/start")

    assert "the bot hears nobody: the database is away" in caplog.text
    assert "could not be written down" in caplog.text


@pytest.fixture
def configured(telegram: Emulator, office: Merzim, tmp_path: Path) -> Merzim:
    """The example office, whose config.toml names the bot."""
    (tmp_path / "config.toml").write_text(
        '[channels]\nuse = ["telegram", "folder"]\n'
        f'[channels.telegram]\nbot = "MerzimBot"\nserver = "{telegram.server}"\n',
        encoding="utf-8",
    )
    return office


def test_the_bot_that_config_toml_names_listens_and_ends_when_told(
    telegram: Emulator, configured: Merzim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the worker and the pages begin it: a code of the office is brought to it, and links its person."""
    monkeypatch.setenv("MERZIM_TELEGRAM_TOKEN", TOKEN)
    person = "a.akhmetova@example.kz"
    with operator("2026-04-06") as ctx:
        code = create_code(ctx, person).code
        with metronome.polling(ctx.app, clock("2026-04-06")):
            telegram.says(emulator.AIGUL, f"/start {code}")
            until(lambda: bool(telegram.seen(emulator.AIGUL)))
        link = ctx.app.links.of(person)

    assert link is not None
