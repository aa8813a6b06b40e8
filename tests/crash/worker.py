"""One run of a worker: a planning round and a delivery at a given moment, in a killable process."""

from __future__ import annotations

from datetime import datetime
from multiprocessing.synchronize import Event

from merzim.storage.database.engine import open as open_database
from merzim.storage.notices.outbox import SqlOutbox
from notifications import round as rounds
from notifications.channels.email import channel
from notifications.delivery import deliver
from tests.crash.office import RULES, TODAY
from tests.law import CALENDAR, library


def work(database: str, port: int, moment: datetime, ready: Event) -> None:
    """Say that it is ready, then plan and send."""
    engine = open_database(database)
    outbox, editions = SqlOutbox(engine), library()
    post = channel(host="127.0.0.1", port=port, sender="merzim@example.kz", tls="none", timeout=20.0)
    ready.set()
    rounds.round(outbox, editions, CALENDAR, [post], now=moment, today=TODAY, rules=RULES)
    deliver(outbox, editions, CALENDAR, [post], now=moment, today=TODAY, rules=RULES)
    engine.dispose()
