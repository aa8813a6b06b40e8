"""An office with a running bot, and users who chat with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from types import SimpleNamespace

from merzim.services.letters import PersonActions
from merzim.storage.locks import ProcessLock
from merzim.storage.notices.links import SqlLinks
from merzim.storage.queries import SqlReads
from notifications.bot.conversation import Conversation
from notifications.bot.polling import Poller
from notifications.channels.telegram import Telegram, hash_code, new_code
from notifications.dispatch import Dispatch
from tests.law import CALENDAR, library
from tests.notifications.sample_office import Town, noon
from tests.telegram.emulator import Emulator, Message
from workflow.law.library import Library
from workflow.moments import Moment

GIVE_UP = 180.0


class Talk:
    """The town's bot on the wire. `today` may be set; `moment` is noon of it unless set otherwise."""

    def __init__(
        self,
        town: Town,
        links: SqlLinks,
        bot: Telegram,
        emulator: Emulator,
        today: date,
        editions: Library | None = None,
    ) -> None:
        self.town = town
        self.links = links
        self.bot = bot
        self.emulator = emulator
        self.today = today
        self.now: datetime = noon(today)
        context = SimpleNamespace(
            case_commands=town.case_commands,
            outbox=town.outbox,
            reads=SqlReads(town.engine),
            library=editions or library(),
            calendar=CALENDAR,
        )
        self.actions = partial(PersonActions, app=context)
        clock = lambda: Moment(now=self.now, today=self.today)  # noqa: E731

        def dispatch(at: Moment) -> Dispatch:
            return town.dispatch((), at.today, at=at.now, library=context.library)

        self.conversation = Conversation(links, dispatch, clock, language="kk", actions=self.actions)

    def poller(self, **options: object) -> Poller:
        turn = ProcessLock(self.town.engine, "telegram").alone
        return Poller(self.bot, self.conversation, turn, poll=1, **options)

    def code_for(self, person: str) -> str:
        code = new_code()
        self.links.offer(person, hash_code(code), now=self.now)
        return code

    def day(self, on: date) -> None:
        self.today, self.now = on, noon(on)

    def passes(self, time: timedelta) -> None:
        self.now += time

    def answers(self, user: int, act: Callable[[], None], *, count: int = 1) -> list[Message]:
        """Messages of the bot to a person after an action."""
        before = len(self.emulator.seen(user))
        act()
        until(lambda: len(self.emulator.seen(user)) >= before + count)
        return self.emulator.seen(user)[before:]

    def tell(self, user: int, text: str, **options: str) -> Message:
        """Write to the bot, and read its one answer."""
        (answer,) = self.answers(user, lambda: self.emulator.says(user, text, **options))
        return answer

    def press(self, user: int, message: Message, button: str, *, count: int = 1) -> list[Message]:
        """Press a button, and read what is written because of it."""
        return self.answers(user, lambda: self.emulator.presses(user, message, button), count=count)

    def toast(self, act: Callable[[], None]) -> str:
        """What is said over the chat because of a pressed button."""
        before = len(self.emulator.calls("answerCallbackQuery"))
        act()
        until(lambda: len(self.emulator.calls("answerCallbackQuery")) > before)
        return str(self.emulator.calls("answerCallbackQuery")[before].fields.get("text", ""))


def until(so: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail after a limit."""
    give_up = time.monotonic() + GIVE_UP
    while not so():
        assert time.monotonic() < give_up, "the bot did not answer"
        time.sleep(0.02)


@contextmanager
def listening(*pollers: Poller) -> Iterator[None]:
    """The pollers, each in a thread of its own, until the block ends."""
    threads = [threading.Thread(target=poller.run, daemon=True) for poller in pollers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for poller in pollers:
            poller.stop()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()
