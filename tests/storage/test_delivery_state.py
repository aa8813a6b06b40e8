"""The state of delivery counts notices by channel and state."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, func, select, text

from merzim.storage.database.engine import reading, writing
from merzim.storage.notices.delivery_state import figures
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.tables.notices import NOTICE
from notifications.ports import DeliveryOutcome
from tests.storage.sample_cases import NOW, letter, opened
from tests.storage.test_outbox import the_row


def counted(engine: Engine) -> dict[tuple[str, str], int]:
    """The notices, counted one by one."""
    with reading(engine) as connection:
        records = connection.execute(
            select(NOTICE.c.channel, NOTICE.c.state, func.count()).group_by(NOTICE.c.channel, NOTICE.c.state)
        )
        return {(channel, state): int(n) for channel, state, n in records}


def test_the_counts_follow_whatever_is_written(engine: Engine) -> None:
    """Queued, queued again, claimed, sent, failed, left half done, sent again, withdrawn, deleted."""
    row = the_row(engine, opened(engine).id)
    outbox = SqlOutbox(engine)
    letters = [letter(row, person=f"p{n}@example.kz") for n in range(12)]
    outbox.add(letters, now=NOW)
    outbox.add(letters, now=NOW)
    claimed_notices = outbox.claim(letters[0].channel, now=NOW, limit=8)
    states = ("sent", "sent", "failed", "failed", "withdrawn", "queued")
    marks = [
        DeliveryOutcome(key=notice.key, state=state, answer="", not_before=NOW if state == "queued" else None)  # type: ignore[arg-type]
        for notice, state in zip(claimed_notices, states, strict=False)
    ]
    outbox.mark(marks, now=NOW)
    steps = [figures(engine, now=NOW).counts]
    outbox.recover(letters[0].channel, before=NOW + timedelta(hours=1), state="unknown", now=NOW)
    outbox.resend(claimed_notices[2].key, now=NOW, not_before=NOW)
    outbox.add([letter for letter in letters if letter.key == claimed_notices[4].key], now=NOW)
    with writing(engine) as connection:
        connection.execute(NOTICE.delete().where(NOTICE.c.key == letters[-1].key))
    with writing(engine) as connection:
        connection.execute(text("UPDATE notice SET state = 'withdrawn' WHERE state = 'queued'"))
    steps.append(figures(engine, now=NOW).counts)

    channel = letters[0].channel
    assert steps[0] == {(channel, "queued"): 5, (channel, "sending"): 2, (channel, "sent"): 2} | {
        (channel, "failed"): 2,
        (channel, "withdrawn"): 1,
    }
    assert steps[1] == counted(engine)
