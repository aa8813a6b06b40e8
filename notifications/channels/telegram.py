"""The Telegram channel: sends reminders at an even pace. Only this module and the bot import aiogram, lazily.

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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, cast

from notifications.channels import OnSent, OutgoingMessage, ignore_sent
from notifications.links import Links, TelegramLink
from notifications.notice import UNREACHABLE, Outcome
from notifications.wire.telegram import Buttons, buttons, format_message
from workflow.org.office import Person
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from aiogram import Bot
    from aiogram.types import InlineKeyboardMarkup


class Pacer:
    """Allots the times at which one bot may send its messages. Moments are seconds of a monotonic clock.

    Args:
        overall: messages a second.
        per_chat: seconds between two messages to one chat.
    """

    def __init__(self, *, overall: float = 25.0, per_chat: float = 1.0) -> None:
        self._step = 1.0 / overall
        self._per_chat = per_chat
        self._free = 0.0
        self._paused = 0.0
        self._chats: dict[str, float] = {}
        self._guard = Lock()

    def reserve(self, chats: Sequence[str], *, at: float) -> tuple[int, float]:
        """Reserve the next time slot: return the index of the chat that gets it, and its moment.

        A chat that must wait lets later ones pass.
        """
        with self._guard:
            slot = max(self._free, at)
            moments = [max(slot, self._chats.get(chat, 0.0)) for chat in chats]
            chosen = min(range(len(chats)), key=moments.__getitem__)
            moment = moments[chosen]
            self._free = moment + self._step
            self._chats[chats[chosen]] = moment + self._per_chat
        return chosen, moment

    def pause(self, seconds: float, *, at: float) -> None:
        """Send nothing for so many seconds, as the server has requested."""
        with self._guard:
            self._free = max(self._free, at + seconds)
            self._paused = max(self._paused, at + seconds)

    def paused(self, *, at: float) -> float:
        """Return for how many seconds more nothing may be sent."""
        with self._guard:
            return max(0.0, self._paused - at)


SERVER = "https://api.telegram.org"
# After so many failures of the server in one batch, the rest of the batch waits.
PATIENCE = 2
# Seconds a batch waits in all when the server asks for it; for longer than that it is put back.
SHORT_PAUSE = 5
TOO_MANY = "Too Many Requests"
AT_ONCE = 8
"""Number of simultaneous requests."""
A_SECOND, SECONDS_APART = 25.0, 1.0
"""Telegram's limits for one bot: messages per second, and seconds between two to one chat."""


@dataclass(frozen=True, kw_only=True)
class Telegram:
    """A Telegram bot that writes to people.

    Attributes:
        links: the links between people and accounts.
        bot: the bot's name, as t.me knows it.
        server: address of the Bot API; not Telegram's own for an office that runs its own, and in tests.
        timeout: seconds to wait for an answer; `connecting`: for the connection.
    """

    links: Links
    bot: str
    token_env: str
    token: str = field(default="", repr=False)
    server: str = SERVER
    timeout: float = 20.0
    connecting: float = 10.0
    pacer: Pacer = field(default_factory=Pacer)
    name: str = "telegram"
    repeatable: bool = False

    def address(self, person: Person) -> str | None:
        """Return the id of the person's chat; None without a working link."""
        link = self._usable(self.links.of(person.key))
        return link.chat if link else None

    def language(self, person: Person) -> str:
        """Return the language the person chose in the bot, else their own."""
        link = self.links.of(person.key)
        return (link.language if link else "") or person.language

    def lose(self, person: str, *, now: datetime) -> None:
        """Mark the person's account as blocking the bot."""
        self.links.block(person, now=now)

    async def send(
        self, batch: Sequence[OutgoingMessage], *, now: datetime, on_sent: OnSent = ignore_sent
    ) -> Mapping[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        waiting: list[tuple[str, OutgoingMessage]] = []
        # The present accounts: people may have changed or lost them since their notices were queued.
        accounts = self.links.these({parcel.notice.person for parcel in batch})
        for parcel in batch:
            link = self._usable(accounts.get(parcel.notice.person))
            if link is None:
                outcomes[parcel.notice.key] = Outcome(
                    state="failed", answer="no account", use_other_channels=True
                )
            else:
                waiting.append((link.chat, parcel))
        try:
            bot = self.client() if waiting else None
        except TokenMissing as problem:
            answer = Outcome(
                state="queued", answer=str(problem), use_other_channels=True, fault="token", tried=False
            )
            return outcomes | {parcel.notice.key: answer for _, parcel in waiting}
        if bot is not None:
            try:
                outcomes |= await _Batch(self, bot, on_sent).send(waiting)
            finally:
                await hang_up(bot)
        return outcomes

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

        limits = ClientTimeout(total=self.timeout, sock_connect=self.connecting)
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

    @staticmethod
    def _usable(link: TelegramLink | None) -> TelegramLink | None:
        """Return a link unless its account blocks the bot."""
        return link if link is not None and link.blocked_at is None else None


class TokenMissing(Exception):
    """The bot has no usable token."""


class _Batch:
    """A batch being sent: one time slot per message, several requests at once, a limit on the total time."""

    def __init__(self, channel: Telegram, bot: Bot, on_sent: OnSent) -> None:
        self.channel = channel
        self.bot = bot
        self.on_sent = on_sent
        self.began = time.monotonic()
        self.failures = 0
        self.resting = self.began
        self.stopped: Outcome | None = None
        self.outcomes: dict[str, Outcome] = {}

    async def send(self, waiting: Sequence[tuple[str, OutgoingMessage]]) -> dict[str, Outcome]:
        unsent, flying = list(waiting), set[asyncio.Task[str]]()
        if (paused := self.channel.pacer.paused(at=self.began)) > SHORT_PAUSE:
            # The pause was requested in an earlier batch and is not over: do not wait for it here.
            self.stopped = Outcome(state="queued", answer=TOO_MANY, wait=_whole_seconds(paused), tried=False)
        while unsent and not self._is_stopped():
            place, moment = self.channel.pacer.reserve([chat for chat, _ in unsent], at=time.monotonic())
            chat, parcel = unsent.pop(place)
            await self._until(moment)
            if self._is_stopped():
                unsent.append((chat, parcel))
                break
            flying.add(asyncio.create_task(self._send_message(chat, parcel)))
            while len(flying) >= AT_ONCE:
                done, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
                self._report(done)
        if flying:
            done, _ = await asyncio.wait(flying)
            self._report(done)
        if self.stopped is not None:
            self.outcomes |= {parcel.notice.key: self.stopped for _, parcel in unsent}
        return self.outcomes

    def _report(self, done: Iterable[asyncio.Task[str]]) -> None:
        """Report the messages of these requests that were accepted."""
        for key in (task.result() for task in done):
            if self.outcomes[key].state == "sent":
                self.on_sent(key, self.outcomes[key])

    async def _until(self, moment: float) -> None:
        """Wait for the time slot, and for a pause the server has requested meanwhile."""
        while not self._is_stopped() and (delay := max(moment, self.resting) - time.monotonic()) > 0:
            await asyncio.sleep(min(delay, 0.5))

    def _is_stopped(self) -> bool:
        """Return whether the rest of the batch is put back."""
        return self.stopped is not None

    async def _send_message(self, chat: str, parcel: OutgoingMessage) -> str:
        """Send one message and store its outcome; return its key."""
        from aiogram.exceptions import AiogramError

        try:
            sent = await self.bot.send_message(
                chat_id=int(chat),
                text=format_message(parcel.letter),
                reply_markup=keyboard(
                    buttons(
                        parcel.notice,
                        asks=parcel.letter.asks,
                        later=parcel.letter.later,
                        actions=parcel.letter.actions,
                    )
                ),
            )
            outcome = Outcome(state="sent", answer=f"message {sent.message_id}")
        except (AiogramError, OSError) as problem:
            outcome = self._outcome_of(problem)
        self.outcomes[parcel.notice.key] = outcome
        return parcel.notice.key

    def _outcome_of(self, problem: Exception) -> Outcome:
        """Return the outcome of a message by what went wrong with it."""
        from aiogram import exceptions

        answer = self.channel.error_text(problem)
        match problem:
            case exceptions.TelegramRetryAfter():
                return self._too_many(problem.retry_after, answer)
            case exceptions.TelegramForbiddenError():
                return Outcome(state="failed", answer=answer, use_other_channels=True, lost=True)
            case exceptions.TelegramUnauthorizedError() | exceptions.TelegramNotFound():
                # Telegram no longer accepts the bot: nobody gets messages until the token is corrected.
                self.stopped = Outcome(
                    state="queued", answer=answer, use_other_channels=True, fault="token", tried=False
                )
                return self.stopped
            case (
                exceptions.TelegramEntityTooLarge()
                | exceptions.TelegramBadRequest()
                | exceptions.TelegramMigrateToChat()
            ):
                return Outcome(state="failed", answer=answer, use_other_channels=True)
            case exceptions.TelegramNetworkError() if _was_not_sent(problem):
                self._count_failure(answer)
                return Outcome(state="queued", answer=answer, fault=UNREACHABLE, tried=False)
            case exceptions.TelegramNetworkError() | exceptions.ClientDecodeError():
                self._count_failure(answer)
                return Outcome(state="unknown", answer=answer)
        self._count_failure(answer)
        return Outcome(state="queued", answer=answer, fault=UNREACHABLE)

    def _too_many(self, seconds: float, answer: str) -> Outcome:
        """Return the outcome of a message Telegram wants later; after a long wait the rest is put back."""
        now = time.monotonic()
        self.channel.pacer.pause(seconds, at=now)
        self.resting = max(self.resting, now + seconds)
        pause = now - self.began + seconds
        outcome = Outcome(state="queued", answer=answer, wait=_whole_seconds(pause))
        if pause > SHORT_PAUSE:
            self.stopped = replace(outcome, tried=False)
        return outcome

    def _count_failure(self, answer: str) -> None:
        """Count a failure of the server; after PATIENCE of them the rest of the batch is put back."""
        self.failures += 1
        if self.failures >= PATIENCE:
            self.stopped = Outcome(state="queued", answer=answer, fault=UNREACHABLE, tried=False)


async def hang_up(bot: Bot) -> None:
    """Close the client's connection.

    aiogram would wait a quarter of a second more for connections that close in the background, which aiohttp
    does itself since 3.12.4. Each batch has its own connection: this would cost a fifth of the pace Telegram
    allows.
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


def channel(
    *,
    links: Links,
    bot: str,
    token_env: str = "MERZIM_TELEGRAM_TOKEN",
    token: str = "",
    server: str = SERVER,
    timeout: float = 20.0,
    a_second: float = A_SECOND,
    seconds_apart: float = SECONDS_APART,
) -> Telegram:
    """Return the channel of config.toml's `[channels.telegram]`.

    Args:
        a_second, seconds_apart: the pace of this process; only another server than Telegram's own may be
            written to faster than Telegram takes it.

    Raises:
        Refusal: aiogram is not installed.
        Refusal: the pace exceeds the limit.
    """
    if find_spec("aiogram") is None:
        raise Refusal("telegram.not_installed")
    faster = a_second > A_SECOND or seconds_apart < SECONDS_APART
    if a_second <= 0 or seconds_apart < 0 or (faster and server.rstrip("/") == SERVER):
        raise Refusal("telegram.too_fast", a_second=f"{a_second:g}", apart=f"{seconds_apart:g}")
    return Telegram(
        links=links,
        bot=bot,
        token_env=token_env,
        token=token,
        server=server,
        timeout=timeout,
        pacer=Pacer(overall=a_second, per_chat=seconds_apart),
    )
