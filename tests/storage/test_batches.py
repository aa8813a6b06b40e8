"""Delivery batches of every size, on both databases with a real mail server: each letter once."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, select

import calendars
from merzim.storage.database.engine import reading
from merzim.storage.maintenance.verify import verify
from merzim.storage.notices.delivery_state import counts
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.org import store as office_store
from merzim.storage.tables.events import EVENT
from notifications import delivery
from notifications.channels import Channel
from notifications.channels.email import channel
from notifications.delivery import DeliveryReport, deliver
from notifications.dispatch import Dispatch
from notifications.notice import Notice, message_id
from notifications.rules import Rules
from tests.law import library
from tests.notifications.servers import Office, drop, first, serving
from tests.storage.sample_cases import NOW, TODAY, letter, on_sqlite_alone, opened
from workflow.org.office import DUTIES, Person, Unit

RULES = Rules(domain="letters.example.kz")
BATCH, PEOPLE = 10, 11


@pytest.fixture
def outbox(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> SqlOutbox:
    """One due deadline, and an office with a person more than a batch, who all hold each duty."""
    monkeypatch.setattr(delivery, "BATCH", BATCH)
    people = [
        Person(key=f"p{n}@example.kz", name=f"Адам {n}", unit="u", email=f"p{n}@example.kz", duties=DUTIES)
        for n in range(PEOPLE)
    ]
    office_store.save(engine, units=[Unit(id="u", name="Бөлім")], people=people)
    return SqlOutbox(engine)


def queued(engine: Engine, outbox: SqlOutbox, number: int) -> list[Notice]:
    """So many letters of one deadline, one a person."""
    opened(engine)
    row = outbox.due_rows(date(2027, 1, 1), limit=1)[0]
    notices = [letter(row, person=f"p{n}@example.kz") for n in range(number)]
    notices = [replace(notice, message_id=message_id(notice.key, RULES.domain)) for notice in notices]
    assert outbox.add(notices) == number
    return notices


def dispatch(outbox: SqlOutbox, *channels: Channel, now: datetime = NOW) -> Dispatch:
    return Dispatch(
        outbox=outbox,
        library=library(),
        calendar=calendars.calendar(),
        channels=channels,
        rules=RULES,
        now=now,
        today=TODAY,
    )


def sent(outbox: SqlOutbox, port: int, *, now: datetime = NOW, **how: Any) -> DeliveryReport:
    post = channel(host="localhost", port=port, sender="m@example.kz", tls="none", timeout=5.0)
    return deliver(dispatch(outbox, post, now=now), **how)


@pytest.mark.parametrize("number", [0, PEOPLE])
def test_a_morning_of_any_size_leaves_whole(engine: Engine, outbox: SqlOutbox, number: int) -> None:
    """Nothing at all, and one letter more than a full batch."""
    notices = queued(engine, outbox, number) if number else []
    office = Office()
    with serving(office) as port:
        report = sent(outbox, port)

    assert report.counts == ({"sent": number} if number else {})
    assert Counter(message["Message-ID"] for _, message in office.accepted) == Counter(
        notice.message_id for notice in notices
    )
    assert office.calls == -(-number // BATCH)
    assert {notice.state for notice in outbox.notices()} <= {"sent"}
    with reading(engine) as connection:
        assert counts(connection) == ({("email", "sent"): number} if number else {})
        batches = select(EVENT.c.payload).where(EVENT.c.stream == "notices")
        proven = [json.loads(payload)["lines"] for payload in connection.execute(batches).scalars()]
    assert verify(engine) == ()
    assert sum(len(lines) for lines in proven) == number


@on_sqlite_alone
def test_a_line_lost_after_the_text_brings_the_letter_again_under_its_name(
    engine: Engine, outbox: SqlOutbox
) -> None:
    """Delivery is unknown; the second copy is recognisable as a duplicate."""
    queued(engine, outbox, 3)
    office = Office(data=first(1, drop))
    with serving(office) as port:
        before = sent(outbox, port)
        requeued_notice = next(notice for notice in outbox.notices() if notice.state == "queued")
        after = sent(outbox, port, now=requeued_notice.not_before)
    names = Counter(message["Message-ID"] for _, message in office.accepted)

    assert before.counts == {"sent": 2, "queued": 1}
    assert after.counts == {"sent": 1}
    assert sorted(names.values()) == [1, 1, 2]
    assert names[requeued_notice.message_id] == 2


def test_two_workers_at_the_same_letters_send_each_once(engine: Engine, outbox: SqlOutbox) -> None:
    """What one has claimed the other finds gone."""
    notices = queued(engine, outbox, PEOPLE)
    together = Barrier(2)
    office = Office()

    def work(port: int) -> DeliveryReport:
        together.wait(30)
        return sent(SqlOutbox(engine), port)

    with serving(office) as port, ThreadPoolExecutor(2) as pool:
        reports = [future.result() for future in [pool.submit(partial(work, port)) for _ in range(2)]]

    assert sum(report.counts.get("sent", 0) for report in reports) == PEOPLE
    assert Counter(message["Message-ID"] for _, message in office.accepted) == Counter(
        notice.message_id for notice in notices
    )
    assert {(notice.state, notice.attempts) for notice in outbox.notices()} == {("sent", 1)}
