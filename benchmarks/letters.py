"""Measures 10,000 due reminders to 500 people: planning, and sending compared with a bare loop.

The bare loop sends the same letters in the same run: it formats letters composed in advance and sends them over
one connection, without a database. Ours also composes each letter for the day, claims it, and records its
outcome in the register.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from email.utils import parseaddr
from pathlib import Path

import aiosmtplib

from benchmarks.rounds import library
from calendars import calendar
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.org import store as office_store
from notifications.channels import OutgoingMessage
from notifications.channels.email import Email
from notifications.delivery import BATCH, deliver
from notifications.letters.composing import compose
from notifications.round import round as run_round
from notifications.rules import Rules
from notifications.wire.message import build_message
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.org.office import Person, Unit

ROOT = Path(__file__).parent.parent
NOW, TODAY = datetime(2026, 3, 2, 5, 0, tzinfo=UTC), date(2026, 3, 2)
# The reminder step five days before the announcement falls on 2 March.
START = date(2026, 3, 27)
RULES = Rules(officer="officer@example.kz", domain="example.kz", public_address="https://merzim.example.kz")
CASES, PEOPLE = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, 500
SAMPLE = 1_000


def main() -> None:
    """Print the seconds of planning, and the sending rate relative to the bare loop."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        outbox, editions, days = office(folder / "office.sqlite")
        with server() as (process, port):
            channel = Email(host="127.0.0.1", port=port, sender="Merzim <merzim@example.kz>", tls="none")
            started_at = time.perf_counter()
            report = run_round(outbox, editions, days, [channel], now=NOW, today=TODAY, rules=RULES)
            planned = time.perf_counter() - started_at
            count = len({planned_notice.notice.person for planned_notice in report.planned})
            print(f"  {report.queued:,} reminders to {count} people planned in {planned:.2f} s (target < 5 s)")
            notices = [planned_notice.notice for planned_notice in report.planned[:SAMPLE]]
            parcels = compose(notices, [channel], outbox, editions, days, today=TODAY, rules=RULES).parcels
            bare_before = asyncio.run(bare(parcels, port))
            started_at = time.perf_counter()
            sent = deliver(outbox, editions, days, [channel], now=NOW, today=TODAY, rules=RULES)
            ours = sent.counts["sent"] / (time.perf_counter() - started_at)
            bare_after = asyncio.run(bare(parcels, port))
            process.kill()
        # The machine may speed up or slow down in between: the bare loop runs before and after.
        loop = (bare_before + bare_after) / 2
        print(f"  {sent.counts['sent']:,} letters handed over at {ours:,.0f} a second, batches of {BATCH}")
        print(
            f"  bare loop over the same letters: {loop:,.0f} a second ({bare_before:,.0f}, {bare_after:,.0f})"
        )
        print(f"  ratio {ours / loop:.2f} (target >= 0.5)")


def office(file: Path):  # type: ignore[no-untyped-def]
    """Create a database with 20 cases for each of 500 people, all announcements five days ahead."""
    engine = open_database(f"sqlite:///{file.as_posix()}")
    create_or_migrate(engine)
    units = [Unit(id=f"unit-{number}", name=f"Бөлімше {number}") for number in range(PEOPLE)]
    people = [
        Person(
            key=f"person{number}@example.kz",
            name=f"Ахметова Айгүл {number}",
            unit=f"unit-{number}",
            duties=("authorised_person",),
            email=f"person{number}@example.kz",
            language=("kk", "ru", "en")[number % 3],
        )
        for number in range(PEOPLE)
    ]
    office_store.save(engine, units=units, people=people)
    editions, days = library(), calendar()
    openings = [
        Opening(
            procedure="internal-analysis",
            unit=f"unit-{number % PEOPLE}",
            object=f"Мемлекеттік сатып алу {number}",
            planned={"analysis_started": START},
        )
        for number in range(CASES)
    ]
    case_commands = CaseCommands(SqlLedger(engine), editions, days)
    case_commands.open_many(openings, by="bench", now=NOW, today=TODAY)
    return SqlOutbox(engine), editions, days


async def bare(parcels: tuple[OutgoingMessage, ...], port: int) -> float:
    """Return letters per second when messages are only built and sent."""
    sender = "Merzim <merzim@example.kz>"
    started_at = time.perf_counter()
    # A connection for as many letters as ours has: a long one slows down on its own.
    for first in range(0, len(parcels), BATCH):
        server = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
        await server.connect()
        for parcel in parcels[first : first + BATCH]:
            message = build_message(parcel.notice, parcel.letter, name=parcel.name, sender=sender, now=NOW)
            await server.sendmail(parseaddr(sender)[1], [parcel.notice.address], message)
        await server.quit()
    return len(parcels) / (time.perf_counter() - started_at)


class server:  # noqa: N801
    """A loopback mail server in a process of its own, so that its work is not counted."""

    def __enter__(self) -> tuple[subprocess.Popen[bytes], int]:
        from tests.notifications.servers import free_port

        port = free_port()
        line = [sys.executable, "-m", "benchmarks.mail_server", str(port), "/dev/null"]
        self.process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.process.stdout.readline()
        return self.process, port

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


if __name__ == "__main__":
    main()
