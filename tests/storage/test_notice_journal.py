"""The journal of notices under verification: manual changes are named by `verify`."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, text

from merzim.storage.maintenance.seals import seal
from merzim.storage.maintenance.verify import verify
from merzim.storage.notices.outbox import SqlOutbox
from notifications.ports import DeliveryOutcome, Settlement
from tests.checking import check_each
from tests.storage.sample_cases import NOW, later, letter, opened
from workflow.board.rows import Row


def told(engine: Engine, *, state: str = "sent") -> str:
    """One notice delivered through the outbox, as a delivery does it; its key."""
    outbox = SqlOutbox(engine)
    case = opened(engine)
    (row,) = [
        candidate
        for candidate in _rows(outbox)
        if candidate.case == case.id and candidate.obligation == "start_announced"
    ]
    assert row.due is not None
    assert row.next_rung_on is not None
    notice = letter(row)
    settlement = Settlement(
        case=row.case,
        obligation=row.obligation,
        due=row.due,
        rung_on=row.next_rung_on,
        notices=(notice,),
        next_rung=None,
        next_rung_on=None,
    )
    assert outbox.settle([settlement], now=NOW) == 1
    outbox.claim("email", now=NOW, limit=5)
    outbox.mark(
        [DeliveryOutcome(key=notice.key, state=state, answer="250 kept", text_hash="ab" * 32)],  # type: ignore[arg-type]
        now=later(1),
    )
    return notice.key


def _rows(outbox: SqlOutbox) -> list[Row]:
    return list(outbox.due_rows((NOW + timedelta(days=300)).date(), limit=500))


def found(engine: Engine) -> list[tuple[str, object]]:
    return [
        (problem.code, problem.arguments.get("key", problem.arguments.get("n"))) for problem in verify(engine)
    ]


def by_hand(engine: Engine, statement: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def test_a_register_nobody_touched_verifies(engine: Engine) -> None:
    """Sent, failed and unknown alike, before and after the seal."""
    for state in ("sent", "failed", "unknown"):
        told(engine, state=state)
    before = found(engine)
    seal(engine, now=later(2))

    assert (before, found(engine)) == ([], [])


def test_a_record_changed_by_hand_is_named(engine: Engine) -> None:
    """Whatever column of it; put back as it was, nothing is named."""
    key = told(engine)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM notice WHERE key = :key"), {"key": key}).mappings().one()

    def check(change: tuple[str, str]) -> None:
        column, value = change
        by_hand(engine, f"UPDATE notice SET {column} = '{value}' WHERE key = :key", key=key)
        problems = found(engine)
        by_hand(engine, f"UPDATE notice SET {column} = :was WHERE key = :key", key=key, was=row[column])
        assert (problems, found(engine)) == ([("notice_altered", key)], [])

    changes = (
        ("state", "failed"),
        ("person", "bolat@example.kz"),
        ("address", "bolat@example.kz"),
        ("rung", "-1"),
        ("answer", "250 other"),
        ("text_hash", ""),
        ("message_id", "<x@y>"),
        ("due", "2026-03-31"),
        ("sent_at", "2026-02-01 04:00:00"),
        ("state", "withdrawn"),
    )
    check_each({" = ".join(change): change for change in changes}, check)


def test_a_record_taken_away_is_named(engine: Engine) -> None:
    """Deleting is altering."""
    key = told(engine)
    by_hand(engine, "DELETE FROM notice WHERE key = :key", key=key)

    assert found(engine) == [("notice_missing", key)]


def test_a_letter_nobody_sent_cannot_be_put_there(engine: Engine) -> None:
    """A record that says sent without a delivery behind it."""
    key = told(engine)
    columns = ", ".join(
        f'"{name}"'
        for name in (
            *("case", "obligation", "due", "rung", "person", "channel", "address", "language", "state"),
            *("attempts", "queued_at", "not_before", "sent_at", "answer", "text_hash", "message_id"),
            *("kind", "bundle", "carrier", "about"),
        )
    )
    copied = f"INSERT INTO notice (key, {columns}) SELECT 'forged', {columns} FROM notice WHERE key = :key"
    by_hand(engine, copied, key=key)

    assert found(engine) == [("notice_unproven", "forged")]


def test_an_acknowledgement_is_proven_too(engine: Engine) -> None:
    """Recorded it verifies; put there, moved or taken away by hand it is named."""
    key = told(engine)
    outbox = SqlOutbox(engine)
    assert outbox.acknowledge(key, now=later(5))
    assert outbox.acknowledge(key, now=later(9))
    problems = found(engine)
    by_hand(engine, "UPDATE notice SET acknowledged_at = NULL WHERE key = :key", key=key)

    assert problems == []
    assert found(engine) == [("notice_acknowledgement", key)]
    assert not outbox.acknowledge("no such", now=later(5))


def test_a_failed_letter_sent_again_is_proven_by_its_last_delivery(engine: Engine) -> None:
    """Queued again, under way, sent: at every step the register verifies."""
    key = told(engine, state="failed")
    outbox = SqlOutbox(engine)
    steps = []
    assert outbox.resend(key, now=later(10), not_before=later(10))
    steps.append(found(engine))
    (claimed,) = outbox.claim("email", now=later(10), limit=5)
    steps.append(found(engine))
    outbox.mark([DeliveryOutcome(key=key, state="sent", answer="250 now", text_hash="cd" * 32)], now=later(11))
    steps.append(found(engine))

    assert steps == [[], [], []]
    assert claimed.attempts == 1
    assert not outbox.resend(key, now=later(12), not_before=later(12))


def test_a_batch_altered_or_cut_off_is_named(engine: Engine) -> None:
    """The chain shows what is altered, the seal where its end was."""
    from merzim.storage.maintenance import triggers

    told(engine)
    key = told(engine)
    seal(engine, now=later(2))
    with engine.begin() as connection:
        for name in triggers.names(engine.dialect.name):
            if "proof" in name:
                where = "" if engine.dialect.name == "sqlite" else " ON proof"
                connection.execute(text(f"DROP TRIGGER {name}{where}"))
    by_hand(engine, "DELETE FROM proof WHERE n = 2")
    cut = {problem for problem in found(engine) if problem[0] != "trigger_missing"}
    by_hand(engine, "UPDATE proof SET lines = '[]' WHERE n = 1")
    altered = {code for code, _ in found(engine)}

    assert cut == {("proof_cut", 1), ("notice_unproven", key)}
    assert "proof_broken" in altered
