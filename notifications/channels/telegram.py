"""The Telegram channel: sends reminders one by one. Only this module and the bot import aiogram, lazily.

Telegram cannot recognise a second copy of a message, so one that may have arrived is never sent again: after a
hang or a dropped connection its outcome is `unknown`, and the next reminder step follows. Too many requests,
server errors and failed connections are retried. A refused message has failed for good, and an account that
accepts nothing is switched off; then the reminder goes through the other channels.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar, Self, cast

from pydantic import Field

from notifications.channels import ChannelSection, Outcomes, OutgoingMessage
from notifications.links import Links, TelegramLink
from notifications.notice import UNREACHABLE, Outcome
from notifications.section import Seconds
from notifications.wire.telegram import Buttons, buttons, format_message
from workflow.org.office import Person
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from aiogram import Bot
    from aiogram.types import InlineKeyboardMarkup


SERVER = "https://api.telegram.org"
# After so many failures of the server in one batch, the rest of the batch waits.
PATIENCE = 2
# Seconds a batch waits in all when the server asks for it; for longer than that it is put back.
SHORT_PAUSE = 5
# Seconds to wait for a connection.
CONNECTING = 10.0
APART = 1 / 25
"""Seconds between two messages: Telegram takes some thirty a second of one bot."""
TOO_MANY = "Too Many Requests"


class Telegram(ChannelSection):
    """A Telegram bot that writes to people, one message after another.

    Attributes:
        bot: the bot's name, as t.me knows it.
        server: address of the Bot API; not Telegram's own for an office that runs its own, and in tests.
        timeout: seconds to wait for an answer.
    """

    name: ClassVar = "telegram"
    repeatable: ClassVar = False
    needed: ClassVar = ("bot",)

    bot: str = ""
    token_env: str = "MERZIM_TELEGRAM_TOKEN"
    token: str = Field(default="", repr=False)
    server: str = SERVER
    timeout: Seconds = 20.0
    _links: Links
    _rests_until: float = 0.0  # moment of the monotonic clock before which Telegram wants no message

    def variables(self) -> Mapping[str, str]:
        return {} if self.token else {"token_env": self.token_env}

    def refuse_unusable(self) -> None:
        if find_spec("aiogram") is None:
            raise Refusal("telegram.not_installed")

    def with_links(self, links: Links) -> Self:
        """Return the channel with the links between people and accounts, which are in the database."""
        channel = self.model_copy()
        channel._links = links
        return channel

    def address(self, person: Person) -> str | None:
        """Return the id of the person's chat; None without a working link."""
        link = self._usable(self._links.of(person.key))
        return link.chat if link else None

    def lose(self, person: str, *, now: datetime) -> None:
        """Mark the person's account as blocking the bot."""
        self._links.block(person, now=now)

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Outcomes:
        # The present accounts: people may have changed or lost them since their notices were queued.
        accounts = self._links.of_people({parcel.notice.person for parcel in batch})
        chats = {person: link.chat for person, link in accounts.items() if self._usable(link)}
        for parcel in batch:
            if parcel.notice.person not in chats:
                yield parcel.notice.key, Outcome(state="failed", answer="no account", use_other_channels=True)
        waiting = [parcel for parcel in batch if parcel.notice.person in chats]
        if not waiting:
            return
        try:
            bot = self.client()
        except TokenMissing as problem:
            answer = Outcome(
                state="queued", answer=str(problem), use_other_channels=True, fault="token", tried=False
            )
            for parcel in waiting:
                yield parcel.notice.key, answer
            return
        began, failures, rest = time.monotonic(), 0, None
        try:
            for parcel in waiting:
                pause = self._rests_until - time.monotonic()
                wait = self._rests_until - began
                if rest is None and pause > 0 and wait > SHORT_PAUSE:
                    rest = Outcome(state="queued", answer=TOO_MANY, wait=_whole_seconds(wait), tried=False)
                if rest is not None:
                    yield parcel.notice.key, rest
                    continue
                await asyncio.sleep(max(pause, APART))
                outcome = await self._send_message(bot, chats[parcel.notice.person], parcel)
                if outcome.wait is not None:
                    outcome = replace(outcome, wait=_whole_seconds(self._rests_until - began))
                yield parcel.notice.key, outcome
                failures += outcome.fault == UNREACHABLE or outcome.state == "unknown"
                if outcome.fault == "token":
                    # Telegram no longer accepts the bot: nobody gets messages until the token is corrected.
                    rest = outcome
                elif outcome.state != "sent" and failures >= PATIENCE:
                    rest = Outcome(state="queued", answer=outcome.answer, fault=UNREACHABLE, tried=False)
        finally:
            await hang_up(bot)

    async def probe(self) -> Outcome:
        """Ask the Bot API which bot the token belongs to; the outcome is `sent` with its name, or `failed`."""
        from aiogram.exceptions import AiogramError

        try:
            bot = self.client()
        except TokenMissing as problem:
            return Outcome(state="failed", answer=str(problem))
        try:
            user = await bot.me()
        except (AiogramError, OSError) as problem:
            return Outcome(state="failed", answer=self.error_text(problem))
        finally:
            await hang_up(bot)
        return Outcome(state="sent", answer=f"@{user.username}")

    def client(self) -> Bot:
        """Return a client of the Bot API; the caller closes it.

        Raises:
            TokenMissing: the token is missing or malformed.
        """
        from aiogram import Bot
        from aiogram.client.default import DefaultBotProperties
        from aiogram.client.session.aiohttp import AiohttpSession
        from aiogram.client.telegram import TelegramAPIServer
        from aiogram.utils.token import TokenValidationError
        from aiohttp import ClientTimeout

        limits = ClientTimeout(total=self.timeout, sock_connect=CONNECTING)
        session = AiohttpSession(
            api=TelegramAPIServer.from_base(self.server),
            timeout=cast("float", limits),  # handed on to aiohttp as it is
        )
        try:
            properties = DefaultBotProperties(parse_mode="HTML", link_preview_is_disabled=True)
            return Bot(self.secret(), session=session, default=properties)
        except TokenValidationError:
            raise TokenMissing(f"{self.token_env}: not a token") from None

    def secret(self) -> str:
        """Return the token. Raises TokenMissing."""
        token = self.token or os.environ.get(self.token_env, "")
        if not token:
            raise TokenMissing(f"environment variable {self.token_env!r} is not set")
        return token

    def error_text(self, problem: BaseException) -> str:
        """Return the answer of the server or system in one line, with the token removed."""
        text = " ".join(str(getattr(problem, "message", "") or problem).split()) or type(problem).__name__
        try:
            return text.replace(self.secret(), "…")
        except TokenMissing:
            return text

    async def _send_message(self, bot: Bot, chat: str, parcel: OutgoingMessage) -> Outcome:
        """Send one message."""
        from aiogram.exceptions import AiogramError

        notice, letter = parcel.notice, parcel.letter
        rows = buttons(notice, letter.actions)
        try:
            sent = await bot.send_message(
                chat_id=int(chat), text=format_message(letter), reply_markup=keyboard(rows)
            )
        except (AiogramError, OSError) as problem:
            return self._outcome_of(problem)
        return Outcome(state="sent", answer=f"message {sent.message_id}")

    def _outcome_of(self, problem: Exception) -> Outcome:
        """Return the outcome of a message by what went wrong with it."""
        from aiogram import exceptions

        answer = self.error_text(problem)
        match problem:
            case exceptions.TelegramRetryAfter():
                self._rests_until = time.monotonic() + problem.retry_after
                return Outcome(state="queued", answer=answer, wait=_whole_seconds(problem.retry_after))
            case exceptions.TelegramForbiddenError():
                return Outcome(state="failed", answer=answer, use_other_channels=True, lost=True)
            case exceptions.TelegramUnauthorizedError() | exceptions.TelegramNotFound():
                return Outcome(
                    state="queued", answer=answer, use_other_channels=True, fault="token", tried=False
                )
            case (
                exceptions.TelegramEntityTooLarge()
                | exceptions.TelegramBadRequest()
                | exceptions.TelegramMigrateToChat()
            ):
                return Outcome(state="failed", answer=answer, use_other_channels=True)
            case exceptions.TelegramNetworkError() if _was_not_sent(problem):
                return Outcome(state="queued", answer=answer, fault=UNREACHABLE, tried=False)
            case exceptions.TelegramNetworkError() | exceptions.ClientDecodeError():
                return Outcome(state="unknown", answer=answer)
        return Outcome(state="queued", answer=answer, fault=UNREACHABLE)

    @staticmethod
    def _usable(link: TelegramLink | None) -> TelegramLink | None:
        """Return a link unless its account blocks the bot."""
        return link if link is not None and link.blocked_at is None else None


class TokenMissing(Exception):
    """The bot has no usable token."""


async def hang_up(bot: Bot) -> None:
    """Close the client's connection.

    aiogram would wait a quarter of a second more for connections that close in the background, which aiohttp
    does itself since 3.12.4.
    """
    from aiogram.client.session.aiohttp import AiohttpSession

    assert isinstance(bot.session, AiohttpSession)
    await (await bot.session.create_session()).close()


def _whole_seconds(seconds: float) -> timedelta:
    """Return seconds, rounded up to whole ones."""
    return timedelta(seconds=math.ceil(seconds))


def _was_not_sent(problem: Exception) -> bool:
    """Return whether no connection was made, so that nothing can have arrived."""
    from aiohttp import ClientConnectorError, ConnectionTimeoutError

    return isinstance(problem.__cause__, ClientConnectorError | ConnectionTimeoutError)


def keyboard(rows: Buttons) -> InlineKeyboardMarkup | None:
    """Return buttons in the Bot API's format; None when there are none."""
    from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

    if not rows:
        return None
    buttons = [
        [InlineKeyboardButton(text=button.text, callback_data=button.data) for button in row] for row in rows
    ]
    return InlineKeyboardMarkup(inline_keyboard=buttons)


channel = Telegram
