"""Notice counters: equal to a full count, read without one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, event, func, select, text

from merzim.storage.database.engine import reading, writing
from merzim.storage.notices import tally
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.notices.tally import beat, figures
from merzim.storage.tables.notices import NOTICE, TALLY
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


def test_asking_for_them_looks_at_no_notice_that_was_delivered(engine: Engine) -> None:
    """Queries of notices read the queue, and what failed for good, by an index of these alone."""
    statements: list[str] = []

    def listen(connection: object, cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    figures(engine, now=NOW)
    event.remove(engine, "before_cursor_execute", listen)

    of_notices = [
        statement for statement in statements if "FROM notice\n" in statement or "FROM notice " in statement
    ]
    assert of_notices
    assert all(
        "state = 'queued'" in statement or "state IN ('failed', 'unknown')" in statement
        for statement in of_notices
    ), of_notices


def test_many_lines_are_folded_and_say_the_same(server: Engine) -> None:
    """On PostgreSQL each statement leaves a line of its own."""
    row = the_row(server, opened(server).id)
    outbox = SqlOutbox(server)
    for n in range(tally.COMPACT_FROM + 1):
        outbox.add([letter(row, person=f"p{n}@example.kz")], now=NOW)
    before = figures(server, now=NOW).counts
    beat(server, "round", now=NOW, seconds=0.1)
    with reading(server) as connection:
        lines = connection.execute(select(func.count()).select_from(TALLY)).scalar_one()

    assert lines == 1
    assert figures(server, now=NOW).counts == before == counted(server)


def test_counts_somebody_has_spoiled_are_counted_anew(engine: Engine) -> None:
    """As a rebuild does."""
    row = the_row(engine, opened(engine).id)
    SqlOutbox(engine).add([letter(row)], now=NOW)
    with writing(engine) as connection:
        connection.execute(TALLY.delete())
        first, second_recount = tally.recount(connection), tally.recount(connection)

    assert (first, second_recount) == (True, False)
    assert figures(engine, now=NOW).counts == counted(engine)


def test_more_lines_than_a_statement_takes_are_folded_in_several_goes(server: Engine) -> None:
    """After a great morning the pulse is written all the same, and the counts stay what they were."""
    with writing(server) as connection:
        connection.execute(
            text(
                "INSERT INTO notice_tally (channel, state, n) "
                "SELECT 'x', 'sent', 1 FROM generate_series(1, 70000)"
            )
        )
        connection.execute(text("INSERT INTO mark (what, n) SELECT 'office', 1 FROM generate_series(1, 70000)"))
    before = figures(server, now=NOW).counts
    lines = []
    for _ in range(5):
        beat(server, "round", now=NOW, seconds=1)
        with reading(server) as connection:
            lines.append(connection.execute(select(func.count()).select_from(TALLY)).scalar_one())

    assert figures(server, now=NOW).counts == before == {("x", "sent"): 70000}
    assert lines == sorted(lines, reverse=True)
    assert lines[-1] < tally.COMPACT_FROM
