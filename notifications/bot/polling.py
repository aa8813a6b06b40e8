"""Polls Telegram for updates, one process at a time, and sends the answers.

Telegram allows one poller per token, so a lock decides which process polls; it ends with its process. Updates
that were not answered are delivered again: every action of the conversation is idempotent.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from i18n import LANGUAGES
from notifications.bot import Reply, Sender, line
from notifications.bot.conversation import COMMANDS, Conversation
from notifications.channels.telegram import Telegram, TokenMissing, hang_up, keyboard

if TYPE_CHECKING:
    from aiogram import Bot
    from aiogram.types import CallbackQuery, Message, Update, User

POLL = 10
"""Seconds Telegram waits for updates before it answers that there are none."""
REST = 5.0
"""Seconds to wait after an error; for an invalid token a whole minute."""
STRANGER_INTERVAL = 60.0
"""Seconds in which a stranger is answered once."""
CODES_AT_ONCE = 3
"""Codes that a stranger may try in these seconds: one may be mistyped."""
log = logging.getLogger("merzim.telegram")


class Poller:
    """Polls, for so many seconds at a time, unless another process does (`turn` yields whether this one may),
    until stopped. `fault`: called with "token" and the answer when Telegram refuses it, with "" when it accepts
    it again.
    """

    def __init__(
        self,
        channel: Telegram,
        conversation: Conversation,
        turn: Callable[[], AbstractContextManager[bool]],
        *,
        poll: int = POLL,
        fault: Callable[[str, str], None] = lambda code, answer: None,
    ) -> None:
        self._channel = channel
        self._conversation = conversation
        self._turn = turn
        self._poll = poll
        self._fault = fault
        self._is_accepted = False
        self._stop = threading.Event()
        self._offset = 0
        self._troubled = ""
        self._strangers: dict[tuple[str, bool], list[float]] = {}

    def stop(self) -> None:
        """Stop soon. May be called from any thread."""
        self._stop.set()

    def run(self) -> None:
        """Poll until stopped, in an event loop of its own. No error ends it."""
        while not self._stop.is_set():
            try:
                asyncio.run(self._run())
            except TokenMissing as problem:
                self._is_accepted = False
                self._report("token", str(problem))
                self._log_once(f"its token is not accepted: {problem}")
                self._stop.wait(12 * REST)
            except Exception as problem:  # Whatever it was, people still press buttons.
                self._log_once(self._channel.error_text(problem))
                self._stop.wait(getattr(problem, "retry_after", REST))

    async def _run(self) -> None:
        """Poll if no other process does. Raises TokenMissing, also for a token Telegram refuses."""
        from aiogram.exceptions import TelegramNotFound, TelegramUnauthorizedError

        bot = self._channel.client()
        try:
            with self._turn() as is_mine:
                while is_mine and not self._stop.is_set():
                    await self._poll_once(bot)
        except (TelegramUnauthorizedError, TelegramNotFound) as problem:
            raise TokenMissing(self._channel.error_text(problem)) from None
        finally:
            await hang_up(bot)
        await self._until_stopped(asyncio.sleep(REST))

    async def _poll_once(self, bot: Bot) -> None:
        """Ask Telegram once for updates and answer them in order."""
        updates = await self._until_stopped(
            bot.get_updates(
                offset=self._offset,
                limit=20,
                timeout=self._poll,
                allowed_updates=["message", "callback_query"],
                request_timeout=self._poll + 10,
            )
        )
        self._troubled = ""
        if not self._is_accepted:
            self._is_accepted = True
            self._report("", "")
            await self._introduce(bot)
        for update in updates or ():
            if (user := _user(update)) is not None and not self._is_ignored(_sender(user), update.message):
                await self._answer(bot, user, update)
            self._offset = update.update_id + 1

    def _is_ignored(self, sender: Sender, message: Message | None) -> bool:
        """Return whether a stranger is left without an answer, having had one a moment ago (of codes several);
        if not, note that they get one now.
        """
        if self._conversation.knows(sender):
            return False
        now, is_code = time.monotonic(), message is not None and (message.text or "").startswith("/start ")
        self._strangers = {
            key: times for key, times in self._strangers.items() if now - times[-1] < STRANGER_INTERVAL
        }
        times = self._strangers.get((sender.chat, is_code), [])
        recent = [at for at in times if now - at < STRANGER_INTERVAL]
        if len(recent) >= (CODES_AT_ONCE if is_code else 1):
            return True
        self._strangers[sender.chat, is_code] = [*recent, now]
        return False

    async def _answer(self, bot: Bot, user: User, update: Update) -> None:
        """Answer one update. An internal error is logged and answered with a sentence, never raised."""
        message, query = update.message, update.callback_query
        try:
            if query is not None:
                await self._button(bot, query)
            elif message is not None and message.chat.type == "private":
                reply = self._conversation.handle_message(_sender(user), message.text)
                await self._reply(bot, message.chat.id, reply)
        except Exception as problem:  # One thing said must not keep the others from being heard.
            log.error(
                "an update could not be answered: %s",
                self._channel.error_text(problem),
                exc_info=_plain(problem),
            )
            await self._reply(bot, user.id, self._conversation.broken(_sender(user)))

    async def _button(self, bot: Bot, query: CallbackQuery) -> None:
        """Answer the press of a button: its notification, its new buttons, a further message."""
        result = self._conversation.pressed(_sender(query.from_user), query.data or "")
        await self._sent(bot.answer_callback_query(query.id, text=result.toast[:200], show_alert=result.alert))
        message = query.message
        if result.buttons is not None and message is not None:
            markup = keyboard(result.buttons)
            chat, id = message.chat.id, message.message_id
            await self._sent(bot.edit_message_reply_markup(chat_id=chat, message_id=id, reply_markup=markup))
        if result.reply is not None:
            await self._reply(bot, query.from_user.id, result.reply)

    async def _reply(self, bot: Bot, chat: int, reply: Reply) -> None:
        markup = keyboard(reply.buttons)
        await self._sent(bot.send_message(chat_id=chat, text=reply.text, reply_markup=markup))

    async def _sent(self, request: Coroutine[Any, Any, Any]) -> None:
        """Send an answer; if sending fails, the action it reports is not undone."""
        from aiogram.exceptions import AiogramError

        try:
            await request
        except (AiogramError, OSError) as problem:
            log.warning("an answer did not arrive: %s", self._channel.error_text(problem))

    async def _introduce(self, bot: Bot) -> None:
        """Tell Telegram the bot's commands in each language."""
        from aiogram.types import BotCommand

        for language in (None, *LANGUAGES):
            commands = [
                BotCommand(command=name, description=line(f"command_{name}", language or "kk"))
                for name in COMMANDS
            ]
            await self._sent(bot.set_my_commands(commands, language_code=language))

    async def _until_stopped(self, request: Coroutine[Any, Any, Any]) -> Any:
        """Return the result of a request; None when stopped first."""
        asking = asyncio.ensure_future(request)
        while not asking.done():
            await asyncio.wait([asking], timeout=0.2)
            if self._stop.is_set() and not asking.done():
                asking.cancel()
                await asyncio.wait([asking])
                return None
        return asking.result()

    def _report(self, code: str, answer: str) -> None:
        """Report a fault of the token, or its end; a failure to report is only logged."""
        try:
            self._fault(code, answer)
        except Exception:  # The database is away: the next question tells it again.
            log.exception("what is wrong with the bot could not be written down")

    def _log_once(self, trouble: str) -> None:
        """Log why the bot receives nothing, unless it was the last error logged."""
        if trouble != self._troubled:
            log.warning("the bot hears nobody: %s", trouble)
        self._troubled = trouble


def _user(update: Update) -> User | None:
    """Return who wrote a message or pressed a button; None for an update of another kind."""
    if update.callback_query is not None:
        return update.callback_query.from_user
    return update.message.from_user if update.message is not None else None


def _sender(user: User) -> Sender:
    return Sender(chat=str(user.id), language=(user.language_code or "").partition("-")[0])


def _plain(problem: BaseException) -> BaseException | None:
    """Return an internal error, to be logged with its traceback; None for an error of the server or the
    network, whose traceback may contain the token.
    """
    from aiogram.exceptions import AiogramError

    return None if isinstance(problem, AiogramError | OSError) else problem
