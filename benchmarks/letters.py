"""A morning of letters to a mail server, beside a bare loop.

The bare loop formats letters composed in advance and sends them, without a database. Ours also composes each
letter for the day, claims it, and records its outcome in the register.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.utils import parseaddr
from pathlib import Path

import aiosmtplib

from benchmarks.country import library
from benchmarks.table import Line
from calendars import calendar
from merzim.storage import office as office_store
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.notices.outbox import SqlOutbox
from notifications.channels import OutgoingMessage
from notifications.channels.email import Email
from notifications.delivery import BATCH, deliver
from notifications.dispatch import Dispatch
from notifications.letters.daily import compose
from notifications.message import build_message
from notifications.round import round as run_round
from notifications.rules import Rules
from tests.notifications.servers import free_port
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.moments import Moment
from workflow.org.office import Person, Unit

ROOT = Path(__file__).parent.parent
NOW, TODAY = datetime(2026, 3, 2, 5, 0, tzinfo=UTC), date(2026, 3, 2)
# The reminder step five days before the announcement falls on 2 March.
START = date(2026, 3, 27)
RULES = Rules(officer="officer@example.kz", domain="example.kz", public_address="https://merzim.example.kz")
CASES, PEOPLE = 2_000, 500
LEAST = 0.5
"""Of the rate of the bare loop."""


def measured() -> Iterator[Line]:
    """How fast letters leave, beside a loop that only formats and sends the same ones."""
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name, server() as port:
        outbox, editions, days = office(Path(name) / "office.sqlite")
        channel = Email(host="127.0.0.1", port=port, sender="Merzim <merzim@example.kz>", tls="none")
        dispatch = Dispatch(
            outbox=outbox,
            library=editions,
            calendar=days,
            channels=[channel],
            rules=RULES,
            moment=Moment(now=NOW, today=TODAY),
        )
        notices = [planned.notice for planned in run_round(dispatch).planned]
        parcels = compose(dispatch, notices).parcels
        # The machine may speed up or slow down in between: the bare loop runs before and after.
        rates = [asyncio.run(bare(parcels, port))]
        began = time.perf_counter()
        sent = deliver(dispatch).counts["sent"]
        ours = sent / (time.perf_counter() - began)
        rates.append(asyncio.run(bare(parcels, port)))
    loop, reminders = sum(rates) / 2, ours * len(notices) / sent
    what = f"reminders a second, {len(notices):,} in {sent:,} letters by mail"
    beside = f"bare loop {loop:,.0f} letters of one each"
    yield Line(what, f"{reminders:,.0f}", beside, f"{LEAST:g} of the bare loop", reminders >= LEAST * loop)


def office(file: Path):  # type: ignore[no-untyped-def]
    """Create a database with four cases for each of 500 people, all announcements five days ahead."""
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
    case_commands.open_many(openings, at=Moment(by="bench", now=NOW, today=TODAY))
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


@contextmanager
def server() -> Iterator[int]:
    """A loopback mail server in a process of its own, so that its work is not counted; its port."""
    port = free_port()
    line = [sys.executable, "-m", "benchmarks.mail_server", str(port)]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield port
    finally:
        process.kill()
        process.wait()
