"""Runs the Telegram bot in a thread of its own, if Telegram is among the channels in use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from merzim.services.app import AppContext
from merzim.services.letters import PersonActions
from merzim.storage.events import ORIGIN, Origin
from notifications.bot.conversation import Conversation
from notifications.bot.polling import Poller
from notifications.channels.telegram import Telegram
from workflow.moments import Clock


def create_poller(app: AppContext, clock: Clock) -> Poller:
    """Return the poller of Telegram updates, which polls only while no other process of the office does."""
    channel = app.channels["telegram"]
    assert isinstance(channel, Telegram)
    language = app.settings.office.language

    def actions(**about: Any) -> PersonActions:
        return PersonActions(app=app.newest, **about)

    conversation = Conversation(lambda: app.newest, clock, language=language, actions=actions)

    def fault(code: str, answer: str) -> None:
        app.outbox.fault(channel.name, code, answer, now=clock().now)

    return Poller(channel, conversation, app.lock("telegram").alone, fault=fault)


@contextmanager
def polling(app: AppContext, clock: Clock) -> Iterator[None]:
    """Poll Telegram in a thread while the block runs, if the office uses it and no other process polls."""
    if "telegram" not in app.settings.channels.use:
        yield
        return
    poller = create_poller(app, clock)

    def run() -> None:
        ORIGIN.set(Origin(way="bot"))
        poller.run()

    thread = threading.Thread(target=run, name="telegram", daemon=True)
    thread.start()
    try:
        yield
    finally:
        poller.stop()
        thread.join(10)
