"""The bot beside the metronome: a thread of its own, where Telegram is among the channels in use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifications.bot.polling import Poller
    from services.app import AppContext
    from services.moments import Clock


def poller(app: AppContext, clock: Clock) -> Poller | None:
    """What asks Telegram for news; None where the office does not use it.

    The conversation lives on the day of `clock`, the lease on the real one: it is about processes.
    """
    from notifications.channels.telegram import Telegram

    channel = app.channels.get("telegram")
    if not isinstance(channel, Telegram):
        return None
    from notifications.bot.conversation import Conversation
    from notifications.bot.polling import Poller

    def asked() -> tuple[datetime, date]:
        moment = clock()
        return moment.now, moment.today

    conversation = Conversation(app, asked, language=app.settings.office.language)

    def fault(code: str, answer: str) -> None:
        app.outbox.fault(channel.name, code, answer, now=asked()[0])

    return Poller(channel, conversation, app.leases, lambda: app.system_clock().now, fault=fault)


@contextmanager
def polling(app: AppContext, clock: Clock) -> Iterator[None]:
    """The bot listens while the block lasts, if no other process does."""
    if "telegram" not in app.settings.channels.use:
        yield
        return
    one = poller(app, clock)
    assert one is not None
    thread = threading.Thread(target=one.run, name="telegram", daemon=True)
    thread.start()
    try:
        yield
    finally:
        one.stop()
        thread.join(10)
