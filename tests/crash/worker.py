"""One life of the metronome: a round and a delivery at a moment, in a process that may be killed at any time.

python -m tests.crash.worker DATABASE PORT MOMENT
"""

from __future__ import annotations

import sys
from datetime import datetime

from notifications import round as rounds
from notifications.channels.email import channel
from notifications.delivery import deliver
from storage.database.engine import open as open_database
from storage.notices.outbox import SqlOutbox
from tests.crash.office import RULES, TODAY
from tests.law import CALENDAR, library


def main() -> None:
    """Say "ready" once everything is imported, then work."""
    database, port, moment = sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
    engine = open_database(database)
    outbox, editions = SqlOutbox(engine), library()
    post = channel(host="127.0.0.1", port=port, sender="merzim@example.kz", tls="none", timeout=20.0)
    print("ready", flush=True)
    rounds.round(outbox, editions, CALENDAR, [post], now=moment, today=TODAY, rules=RULES)
    deliver(outbox, editions, CALENDAR, [post], now=moment, today=TODAY, rules=RULES)
    engine.dispose()


if __name__ == "__main__":
    main()
