"""The Telegram channel: sends letters one by one to the accounts linked to people. Only this module and the bot
import aiogram, lazily.

A bot cannot write first to a person, and an account says nothing about whose it is. So the office gives a
person a code, and the account that sends it to the bot within ten minutes is linked to that person.

Telegram cannot recognise a second copy of a message, so one that may have arrived is never sent again: after a
hang or a dropped connection its outcome is `unknown`, and the next reminder step follows. Too many requests,
server errors and failed connections are retried. A refused message has failed for good, and an account that
accepts nothing is switched off; then the reminder goes through the other channels.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import re
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, Self, cast

from pydantic import Field

from i18n import say
from notifications.channels import Channel, Outcomes, OutgoingMessage, Seconds
from notifications.notice import UNREACHABLE, Action, Letter, Notice, Outcome, fingerprint
from workflow.cases.registers.rows import is_entry
from workflow.moments import Moment
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


class Telegram(Channel):
    """A Telegram bot that writes to people, one message after another; config.toml explains its keys."""

    name: ClassVar = "telegram"
    repeatable: ClassVar = False
    is_chosen: ClassVar = True
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
        link = self._links.of(person.key)
        return link.chat if link is not None and link.blocked_at is None else None

    def lose(self, person: str, *, now: datetime) -> None:
        """Mark the person's account as blocking the bot."""
        self._links.block(person, now=now)

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Outcomes:
        # The present accounts: people may have changed or lost them since their notices were queued.
        accounts = self._links.of_people({parcel.notice.person for parcel in batch})
        chats = {person: link.chat for person, link in accounts.items() if link.blocked_at is None}
        began, failures, bot = time.monotonic(), 0, None
        rest: Outcome | None = None
        try:
            bot = self.client() if chats else None
        except TokenMissing as problem:
            rest = _no_token(str(problem))
        try:
            for parcel in batch:
                key, chat = parcel.notice.key, chats.get(parcel.notice.person)
                if chat is None:
                    yield key, Outcome(state="failed", answer="no account", use_other_channels=True)
                    continue
                pause, wait = self._rests_until - time.monotonic(), self._rests_until - began
                if rest is None and pause > 0 and wait > SHORT_PAUSE:
                    rest = Outcome(state="queued", answer=TOO_MANY, wait=_whole_seconds(wait), tried=False)
                if rest is not None or bot is None:
                    assert rest is not None
                    yield key, rest
                    continue
                await asyncio.sleep(max(pause, APART))
                outcome = await self._send_message(bot, chat, parcel)
                if outcome.wait is not None:
                    outcome = replace(outcome, wait=_whole_seconds(self._rests_until - began))
                yield key, outcome
                failures += outcome.fault == UNREACHABLE or outcome.state == "unknown"
                if outcome.fault == "token":
                    # Telegram no longer accepts the bot: nobody gets messages until the token is corrected.
                    rest = outcome
                elif outcome.state != "sent" and failures >= PATIENCE:
                    rest = Outcome(state="queued", answer=outcome.answer, fault=UNREACHABLE, tried=False)
        finally:
            if bot is not None:
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
        """Return a client of the Bot API; the caller closes it. Raises TokenMissing."""
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

        letter, markup = parcel.letter, keyboard(buttons(parcel.notice, parcel.letter.actions))
        try:
            sent = await bot.send_message(chat_id=int(chat), text=format_message(letter), reply_markup=markup)
        except (AiogramError, OSError) as problem:
            return self._outcome_of(problem)
        return Outcome(state="sent", answer=f"message {sent.message_id}")

    def _outcome_of(self, problem: Exception) -> Outcome:
        """Return the outcome of a message by what went wrong with it."""
        from aiogram import exceptions
        from aiohttp import ClientConnectorError, ConnectionTimeoutError

        answer, unconnected = self.error_text(problem), (ClientConnectorError, ConnectionTimeoutError)
        match problem:
            case exceptions.TelegramRetryAfter():
                self._rests_until = time.monotonic() + problem.retry_after
                return Outcome(state="queued", answer=answer, wait=_whole_seconds(problem.retry_after))
            case exceptions.TelegramForbiddenError():
                return Outcome(state="failed", answer=answer, use_other_channels=True, lost=True)
            case exceptions.TelegramUnauthorizedError() | exceptions.TelegramNotFound():
                return _no_token(answer)
            case (
                exceptions.TelegramEntityTooLarge()
                | exceptions.TelegramBadRequest()
                | exceptions.TelegramMigrateToChat()
            ):
                return Outcome(state="failed", answer=answer, use_other_channels=True)
            # No connection was made, so that nothing can have arrived.
            case exceptions.TelegramNetworkError() if isinstance(problem.__cause__, unconnected):
                return Outcome(state="queued", answer=answer, fault=UNREACHABLE, tried=False)
            case exceptions.TelegramNetworkError() | exceptions.ClientDecodeError():
                return Outcome(state="unknown", answer=answer)
        return Outcome(state="queued", answer=answer, fault=UNREACHABLE)


class TokenMissing(Exception):
    """The token of the bot is missing or malformed, or Telegram refuses it."""


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


def _no_token(answer: str) -> Outcome:
    """Return the outcome of a message while the bot has no token, or Telegram takes it no more."""
    return Outcome(state="queued", answer=answer, use_other_channels=True, fault="token", tried=False)


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


LONGEST = 4096
"""Maximum characters of a message, counted in UTF-16 units without markup."""
_HEADING = re.compile(r"^(.+)\n-{3,}$", re.MULTILINE)
_FOOTER = re.compile(r"^-- \n(.+)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Button:
    """A button of a message. `data` is returned when it is pressed: at most 64 bytes."""

    text: str
    data: str


Buttons = tuple[tuple[Button, ...], ...]


def format_message(letter: Letter) -> str:
    """Return the letter as Telegram HTML: subject and brief, or subject and whole text; what is too long is cut
    above its footer.
    """
    subject = " ".join(letter.subject.split())
    said, mark, footer = (letter.brief or letter.text).strip().partition("\n-- \n")
    said = cut(said.rstrip(), LONGEST - _length(subject + mark + footer) - 2)
    body = escape(said + mark + footer, quote=False)
    body = _HEADING.sub(r"<b>\1</b>", body)
    body = _FOOTER.sub(r"<i>\1</i>", body)
    return f"<b>{escape(subject, quote=False)}</b>\n\n{body}"


def buttons(notice: Notice, actions: Sequence[Action] = ()) -> Buttons:
    """Return the buttons below a notice, in its recipient's language; () for none. `actions`: its reminders
    with buttons of their own: all that there are for one alone, of several numbered as they stand.
    """
    language = notice.language
    if notice.kind in ("lost", "campaign"):
        return ()
    if not actions:
        return (_row("ao" if notice.case else "a", notice.key, language),)
    if len(actions) > 1:
        return tuple(
            _row(_doing(action), action.key, language, f"{number}. ")
            for number, action in enumerate(actions, 1)
        )
    (action,) = actions
    if action.asks:
        return (_row("ao", action.key, language),)
    first = "as" if action.can_put_off else "a"
    return _row(first, action.key, language), _row(_doing(action), action.key, language)


_WORDS = {"a": "acknowledge", "s": "snooze", "d": "done", "o": "open"}
"""Mark of a button -> the code of its word."""


def _doing(action: Action) -> str:
    """Return the marks of the buttons below a reminder: `d` records it as done today, `o` opens its page; what
    needs more than a day is done there alone.
    """
    return "o" if action.asks or is_entry(action.obligation) else "do"


def _row(marks: str, key: str, language: str, number: str = "") -> tuple[Button, ...]:
    """Return a row of buttons of the notice with a key. `number`: what stands before their words."""
    return tuple(
        Button(f"{number}{say(f'telegram.button_{_WORDS[mark]}', {}, language)}", f"{mark}:{fingerprint(key)}")
        for mark in marks
    )


def cut(text: str, room: int) -> str:
    """Return a text cut at the end of a line to so many UTF-16 units, with an ellipsis."""
    if _length(text) <= room:
        return text
    kept = text.encode("utf-16-le")[: 2 * (room - 2)].decode("utf-16-le", errors="ignore")
    return (kept.rpartition("\n")[0].rstrip() or kept) + "\n…"


def _length(text: str) -> int:
    """Return the length as Telegram counts it (UTF-16 units)."""
    return len(text.encode("utf-16-le")) // 2


CODE_LASTS = timedelta(minutes=10)
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is read for another
_LENGTH = 12  # of 32 letters: 60 bits, which ten minutes of guessing do not find

Redeemed = Literal["linked", "wrong", "used", "expired", "taken"]


class TelegramLink(Protocol):
    """The Telegram account of a person (key). `chat`: its id, that of its private chat, too; `blocked_at`:
    since when it blocks the bot, None while it does not.
    """

    person: str
    chat: str
    linked_at: datetime
    blocked_at: datetime | None


class Links(Protocol):
    """Repository of links and codes; each method is one transaction."""

    def of(self, person: str) -> TelegramLink | None:
        """Return the person's current link; None where there is none."""

    def of_people(self, people: Collection[str]) -> Mapping[str, TelegramLink]:
        """Return the current links of these people by key, in one query."""

    def of_chat(self, chat: str) -> TelegramLink | None:
        """Return the link of a Telegram account; None where there is none."""

    def redeem(self, hashed: str, chat: str, *, now: datetime) -> tuple[Redeemed, TelegramLink | None]:
        """Link an account to the person the code was issued to, in place of their old one; of two accounts with
        one code the first. `taken`: the account is already linked to somebody else; the code stays valid.
        """

    def block(self, person: str, *, now: datetime) -> bool:
        """Record that the person's account blocks the bot; return whether it did not until now."""

    def unblock(self, person: str) -> bool:
        """Record that the person's account blocks the bot no more; return whether it did until now."""

    def unlink(self, person: str, *, at: Moment) -> bool:
        """Remove the person's link; return whether there was one."""


def new_code() -> str:
    """Return a random code of unambiguous letters, valid in a t.me address."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def hash_code(code: str) -> str:
    """Return the hash of a code, ignoring letter case and spaces."""
    return hashlib.sha256("".join(code.split()).upper().encode()).hexdigest()


def link_address(bot: str, code: str) -> str:
    """Return the address that opens the bot in Telegram and sends it a code."""
    return f"https://t.me/{bot.removeprefix('@')}?start={code}"
