"""The outbox: each notice once despite crashes, nothing sent for an outdated date."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Timer
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.maintenance.verify import verify
from merzim.storage.notices.delivery_state import resend
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.queries import SqlReads
from merzim.storage.tables.events import EVENT
from notifications.dispatch import Settlement
from notifications.notice import Notice, NoticeState
from tests.postgres import Server
from tests.storage.sample_cases import NOW, TODAY, later, letter, opened
from workflow.deadlines.deadline import Row

FAR = date(2027, 12, 31)


def the_row(engine: Engine, case: str, obligation: str = "order_signed") -> Row:
    return SqlLedger(engine).rows(case)[obligation]


def notices_of(engine: Engine, **filters: Any) -> Sequence[Notice]:
    return SqlReads(engine).notices_matching(**filters)


def settlement(row: Row, *notices: Notice, on: date | None = None) -> Settlement:
    return Settlement(about=row, notices=notices, next_step_on=on)


@pytest.fixture
def row(engine: Engine) -> Row:
    return the_row(engine, opened(engine).id)


def test_a_row_is_due_on_the_day_of_its_step_and_not_before(engine: Engine, row: Row) -> None:
    """The day itself is in time; the day before is too early."""
    assert row.next_step_on is not None
    outbox = SqlOutbox(engine)

    on_the_day = outbox.due_rows(row.next_step_on, limit=100)
    the_day_before = outbox.due_rows(row.next_step_on - timedelta(days=1), limit=100)

    assert row in on_the_day
    assert row not in the_day_before


def test_due_rows_come_in_order_and_in_portions(engine: Engine) -> None:
    """Portions put together are the whole, each row once."""
    for _ in range(3):
        opened(engine)
    outbox = SqlOutbox(engine)
    all_rows = outbox.due_rows(FAR, limit=1000)

    rows: list[Row] = []
    after = None
    while portion := outbox.due_rows(FAR, limit=4, after=after):
        rows += portion
        last = portion[-1]
        assert last.next_step_on is not None
        after = (last.next_step_on, last.case, last.obligation)

    assert rows == list(all_rows)
    assert len({(row.case, row.obligation) for row in rows}) == len(rows) > 4


def test_settling_queues_the_letters_and_moves_the_step(engine: Engine, row: Row) -> None:
    """In one transaction."""
    outbox = SqlOutbox(engine)
    note = letter(row)

    queued = outbox.settle([settlement(row, note, on=FAR)])

    assert queued == 1
    assert notices_of(engine) == [note]
    assert the_row(engine, row.case).next_step_on == FAR


def test_a_settlement_planned_from_another_due_date_is_not_written(engine: Engine, row: Row) -> None:
    """A fact is recorded between the reading and the writing of the round."""
    outbox = SqlOutbox(engine)
    assert row.due is not None
    stale = row._replace(due=row.due - timedelta(days=1))

    queued = outbox.settle([settlement(stale, letter(stale))])

    assert queued == 0
    assert notices_of(engine) == []
    assert the_row(engine, row.case) == row


def test_a_withdrawn_notice_that_comes_due_again_is_queued_again(engine: Engine, row: Row) -> None:
    """The date had moved away when it was to leave, and came back."""
    outbox = SqlOutbox(engine)
    outbox.settle([settlement(row, letter(row), on=row.next_step_on)])
    outbox.claim("email", now=NOW, limit=9)
    outbox.mark([replace(letter(row), state="withdrawn")], now=later(1))

    queued = outbox.settle([settlement(row, letter(row, at=later(9)))])

    assert queued == 1
    assert [(notice.state, notice.attempts, notice.queued_at) for notice in notices_of(engine)] == [
        ("queued", 0, later(9))
    ]


def test_a_sent_notice_that_comes_due_again_is_not_sent_again(engine: Engine, row: Row) -> None:
    """A letter that was sent stays sent."""
    outbox = SqlOutbox(engine)
    outbox.settle([settlement(row, letter(row), on=row.next_step_on)])
    outbox.claim("email", now=NOW, limit=9)
    outbox.mark([replace(letter(row), state="sent", answer="250 OK")], now=later(1))

    queued = outbox.settle([settlement(row, letter(row, at=later(9)))])

    assert queued == 0
    assert [notice.state for notice in notices_of(engine)] == ["sent"]


def test_a_batch_of_letters_with_many_items_is_marked(engine: Engine, row: Row) -> None:
    """Of a hundred heads after an import, while their server is away: more keys than SQLite takes at once."""
    batch, values = [replace(letter(row), key=f"{number}:email") for number in range(33_000)], list[int]()
    event.listen(engine, "before_cursor_execute", lambda *said: values.append(len(said[3])))

    SqlOutbox(engine).mark(batch, now=later(1))

    assert max(values) <= 32_766


def test_what_may_say_the_same_is_found_while_it_waits_and_once_it_is_sent(engine: Engine, row: Row) -> None:
    """To the same people about the same case; not what came before it, nor what failed."""
    earlier, mine, newer = letter(row), letter(row, at=later(5)), letter(row, at=later(9))
    notices = [
        replace(notice, key=f"{number}:{notice.channel}", step=step)
        for number, (notice, step) in enumerate([(earlier, "-5"), (mine, "-1"), (newer, "0")])
    ]
    failed = replace(newer, key="failed:email", state="failed")
    other = replace(letter(row, person="в@x.kz", at=later(9)), key="other:email")
    outbox = queue(engine, row, *notices, failed, other)

    found = outbox.related([notices[1]], since=later(60))
    outbox.claim("email", now=later(9), limit=1)
    sent = replace(notices[0], state="sent", sent_at=later(70), address="б2@x.kz")
    outbox.mark([sent], now=later(70))
    with_sent = outbox.related([notices[1]], since=later(60))

    assert sorted(notice.step for notice in found) == ["-1", "0"]
    assert sorted(notice.step for notice in with_sent) == ["-1", "-5", "0"]
    assert [notice.address for notice in with_sent if notice.state == "sent"] == ["б2@x.kz"]


@pytest.mark.parametrize("state", ["failed", "queued"])
def test_a_notice_that_is_there_is_not_queued_again_under_its_key(
    engine: Engine, row: Row, state: NoticeState
) -> None:
    """A failed notice has used its attempts and the next step follows; only a person can send it again."""
    outbox = queue(engine, row, letter(row))
    if state != "queued":
        outbox.claim("email", now=NOW, limit=9)
        outbox.mark([replace(letter(row), state=state, answer="550 no such user")], now=later(1))
    before = notices_of(engine)

    assert outbox.add([letter(row, at=later(9))]) == 0
    assert notices_of(engine) == before
    assert [notice.state for notice in before] == [state]


def queue(engine: Engine, row: Row, *notices: Notice) -> SqlOutbox:
    outbox = SqlOutbox(engine)
    outbox.settle([settlement(row, *notices, on=FAR)])
    return outbox


def test_a_claim_takes_what_may_leave_by_now_oldest_first(engine: Engine, row: Row) -> None:
    """Later letters and other channels wait."""
    old, new = letter(row, person="б@x.kz"), letter(row, person="а@x.kz", at=later(1))
    tomorrow = replace(letter(row, person="в@x.kz"), not_before=later(24 * 60))
    other = replace(letter(row, person="г@x.kz"), key="folder", channel="folder")
    outbox = queue(engine, row, new, tomorrow, other, old)

    claimed = outbox.claim("email", now=later(2), limit=9)

    assert [notice.person for notice in claimed] == ["б@x.kz", "а@x.kz"]
    assert {(notice.state, notice.attempts, notice.attempted_at) for notice in claimed} == {
        ("sending", 1, later(2))
    }
    assert outbox.claim("email", now=later(2), limit=9) == []
    assert [notice.state for notice in notices_of(engine, channel="folder")] == ["queued"]


def test_outcomes_are_written_down(engine: Engine, row: Row) -> None:
    """Sent with its moment and the hash of its text, put off with its next moment, failed with its answer."""
    sent, postponed, failed = (letter(row, person=f"{n}@x.kz") for n in range(3))
    outbox = queue(engine, row, sent, postponed, failed)
    outbox.claim("email", now=NOW, limit=9)

    outbox.mark(
        [
            replace(sent, state="sent", answer="250 Қабылданды", text_hash="abc", sent_at=later(1)),
            replace(postponed, state="queued", answer="421 busy", not_before=later(10)),
            replace(failed, state="failed", answer="550 no such user"),
        ],
        now=later(1),
    )

    notices_by_key = {notice.key: notice for notice in notices_of(engine)}
    first, second, third = (notices_by_key[notice.key] for notice in (sent, postponed, failed))
    assert (first.state, first.sent_at) == ("sent", later(1))
    assert (first.answer, first.text_hash) == ("250 Қабылданды", "abc")
    assert (second.state, second.not_before) == ("queued", later(10))
    assert (third.state, third.answer, third.sent_at) == ("failed", "550 no such user", None)
    with engine.connect() as connection:
        proofs = connection.execute(select(EVENT.c.payload).where(EVENT.c.stream == "notices")).scalars()
        assert [len(json.loads(proof)["lines"]) for proof in proofs] == [2], "what is final is in the chain"
    assert outbox.unread(sent.person, limit=9) == [first]
    assert outbox.unread(failed.person, limit=9) == []
    outbox.acknowledge(sent.key, now=later(2))
    assert outbox.unread(sent.person, limit=9) == []


def test_a_mark_counts_only_while_the_notice_is_being_sent(engine: Engine, row: Row) -> None:
    """A late answer does not undo what a recovery decided."""
    note = letter(row)
    outbox = queue(engine, row, note)

    outbox.mark([replace(note, state="sent", answer="250")], now=NOW)

    assert [notice.state for notice in notices_of(engine)] == ["queued"]


def test_what_a_crash_left_in_sending_is_sent_again(engine: Engine, row: Row) -> None:
    """E-mail: under the same key and Message-ID; the crashed attempt counts."""
    note = letter(row)
    crashing, after_the_crash = queue(engine, row, note), SqlOutbox(engine)

    with crashing.delivering():
        crashing.claim("email", now=NOW, limit=9)
        early = after_the_crash.recover("email", state="queued", now=later(9))
    recovered = after_the_crash.recover("email", state="queued", now=later(9))
    second_claim = after_the_crash.claim("email", now=later(9), limit=9)

    assert (early, recovered) == (0, 1)
    assert [(notice.key, notice.attempts, notice.not_before) for notice in second_claim] == [
        (note.key, 2, later(9))
    ]


@pytest.mark.parametrize(
    ("state", "again"), [("failed", True), ("unknown", True), ("sent", False), ("sending", False)]
)
def test_only_what_failed_or_is_unknown_is_sent_again_on_request(
    engine: Engine, row: Row, state: NoticeState, again: bool
) -> None:
    """Its attempts begin anew; of what has left, is leaving or was never there nothing is said to be queued."""
    note = letter(row)
    outbox = queue(engine, row, note)
    outbox.claim("email", now=NOW, limit=9)
    if state != "sending":
        outbox.mark([replace(note, state=state, answer="x", attempts=1)], now=later(1))

    assert resend(engine, note.key, now=later(2), opens=lambda person: later(2)) is again
    assert not resend(engine, "nothing", now=later(2), opens=lambda person: later(2))
    expected = ("queued", 0) if again else (state, 1)
    assert [(notice.state, notice.attempts) for notice in notices_of(engine)] == [expected]


def test_the_register_lists_the_newest_first_and_narrows(engine: Engine, row: Row) -> None:
    """By case, person, channel and state."""
    old, new = letter(row, person="а@x.kz"), letter(row, person="ә@x.kz", at=later(1))
    outbox = queue(engine, row, old, new)

    assert [notice.person for notice in notices_of(engine)] == ["ә@x.kz", "а@x.kz"]
    assert notices_of(engine, person="ә@x.kz", case=row.case, channel="email", state="queued") == [new]
    assert notices_of(engine, limit=1) == [new]
    assert notices_of(engine, state="sent") == notices_of(engine, case="2026-0404") == []
    assert (outbox.notice(old.key), outbox.notice("2026-0404")) == (old, None)


def test_a_notice_is_acknowledged_once(engine: Engine, row: Row) -> None:
    """The first time stays."""
    outbox = queue(engine, row, letter(row))

    for at, key in ((later(1), letter(row).key), (later(2), letter(row).key), (NOW, "nobody")):
        outbox.acknowledge(key, now=at)
    assert notices_of(engine)[0].acknowledged_at == later(1)


def test_due_rows_and_claims_go_by_an_index(sqlite: Engine) -> None:
    """The cost of a tick depends on due notices, not on stored ones."""
    queries: list[tuple[str, object]] = []

    def note(_c: object, _k: object, statement: str, values: object, _x: object, _m: bool) -> None:
        if statement.startswith("SELECT") and ("next_step_on <=" in statement or "not_before <=" in statement):
            queries.append((statement, values))

    event.listen(sqlite, "before_cursor_execute", note)
    outbox = SqlOutbox(sqlite)
    outbox.due_rows(TODAY, limit=10)
    outbox.due_rows(TODAY, limit=10, after=(TODAY, "2026-0001", "order_signed"))
    outbox.claim("email", now=NOW, limit=10)

    plans = []
    with sqlite.connect() as connection:
        for statement, values in queries:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
            plans.append(" / ".join(str(line[3]) for line in plan))
    assert len(plans) == 3
    assert all("TEMP B-TREE" not in plan for plan in plans)
    assert all("ix_deadline_next_step_on" in plan or "ix_notice_queued" in plan for plan in plans)


def test_a_clock_ahead_takes_nothing_from_whoever_is_sending(engine: Engine, row: Row) -> None:
    """Two machines an hour apart: what one sends the other leaves, and takes up at once when it is gone."""
    here, ahead = SqlOutbox(engine), SqlOutbox(engine)
    sent = letter(row)
    here.add([sent])

    def taken_up() -> int:
        return ahead.recover(sent.channel, state="queued", now=later(70))

    with here.delivering():
        here.claim(sent.channel, now=NOW, limit=1)
        with ThreadPoolExecutor(1) as elsewhere:
            assert elsewhere.submit(taken_up).result() == 0
    assert taken_up() == 1


@pytest.mark.postgresql
def test_what_has_left_is_written_down_when_the_database_is_back(
    server: Engine, postgresql_server: Server
) -> None:
    """The server was stopped between letter and mark: marked a moment later, it does not leave again."""
    outbox = SqlOutbox(server)
    sent = letter(the_row(server, opened(server).id))
    outbox.add([sent])
    outbox.claim(sent.channel, now=later(1), limit=10)
    acts: tuple[Callable[[], None], ...] = (
        lambda: outbox.fault(sent.channel, "", "", now=later(2)),
        lambda: outbox.mark([replace(sent, state="sent", answer="250")], now=later(2)),
    )

    for act in acts:
        postgresql_server.stop("immediate")
        coming = Timer(0.5, postgresql_server.start)
        coming.start()
        act()
        coming.join()

    assert [notice.state for notice in notices_of(server)] == ["sent"]
    assert verify(server) == ()
