"""Verification of cases: changes made outside the application are found and named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import Connection, Engine, text

from merzim.storage.maintenance import triggers
from merzim.storage.maintenance.rebuild import rebuild
from merzim.storage.maintenance.verify import Deviation, verify
from merzim.storage.refusals import CaseBroken
from tests.law import library
from tests.storage.sample_cases import NOW, TODAY, case_commands, later, opened, recompute, seal
from workflow.cases.commands import recording
from workflow.org.audit import Stamp
from workflow.refusal import Refusal

AT = Stamp(by="А", now=NOW, today=TODAY)


@contextmanager
def by_hand(engine: Engine) -> Iterator[Connection]:
    """Somebody with the keys to the database: the triggers are off meanwhile, and stand again afterwards."""
    with engine.connect() as connection, connection.begin():
        missing = triggers.missing(connection)
        for name in sorted(triggers.names(engine.dialect.name) - missing):
            on = " ON event" if engine.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        yield connection
        if not missing:
            triggers.install(connection)


def codes(problems: tuple[Deviation, ...]) -> list[tuple[str, object]]:
    return [(problem.code, problem.arguments.get("seq")) for problem in problems]


def test_what_was_written_by_us_is_found_in_order(engine: Engine) -> None:
    """Nothing to name: chains, seals, editions, triggers and board are as written."""
    case = opened(engine)
    seal(engine, now=NOW)
    case_commands(engine).write(case.id, AT, recording.record, "schedule_approved", on=TODAY)
    seal(engine, now=later(1))
    editions = {edition.edition: edition.digest for edition in library().all()}

    assert verify(engine, editions=editions, recompute=recompute(engine)) == ()


def test_a_seal_changed_or_taken_away_is_named(engine: Engine) -> None:
    """Seals are a stream as well."""
    case = opened(engine)
    seal(engine, now=NOW)
    case_commands(engine).write(case.id, AT, recording.record, "schedule_approved", on=TODAY)
    seal(engine, now=later(1))
    with by_hand(engine) as connection:
        connection.execute(text("DELETE FROM event WHERE stream = 'seals' AND seq = 1"))

    assert codes(verify(engine)) == [("event_missing", 1)]


def test_an_edition_changed_under_a_case_is_named(engine: Engine) -> None:
    """The case keeps the digest of the file it was opened with."""
    case = opened(engine)

    problems = verify(engine, editions={case.edition: "0" * 64})

    assert [(problem.code, problem.arguments["edition"]) for problem in problems] == [
        ("edition_altered", case.edition)
    ]
    assert verify(engine, editions={})[0].code == "edition_missing"


def test_a_board_changed_by_hand_is_named_and_rebuilt(engine: Engine) -> None:
    """The board is only a copy: its rebuild from the events is what counts. A round moves a step; the
    events know nothing of rounds."""
    opened(engine)
    with engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE deadline SET due = '2026-12-31' WHERE obligation = 'order_signed'"))
        connection.execute(text("DELETE FROM deadline WHERE obligation = 'note_signed'"))

    problems = verify(engine, recompute=recompute(engine))
    rebuilt = rebuild(engine, recompute(engine), now=NOW)

    assert [problem.arguments["obligation"] for problem in problems] == ["note_signed", "order_signed"]
    assert rebuilt == 1
    assert verify(engine, recompute=recompute(engine)) == ()
    with engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE deadline SET next_step = NULL, next_step_on = NULL"))

    assert verify(engine, recompute=recompute(engine)) == ()


def test_a_trigger_taken_away_is_named(engine: Engine) -> None:
    """Without it the next change would not be refused."""
    name = sorted(triggers.names(engine.dialect.name))[0]
    on = " ON event" if engine.dialect.name == "postgresql" else ""
    with engine.connect() as connection, connection.begin():
        connection.execute(text(f"DROP TRIGGER {name}{on}"))

    assert [(problem.code, problem.arguments) for problem in verify(engine)] == [
        ("trigger_missing", {"name": name})
    ]


def test_a_seal_covers_what_changed_since_the_one_before(engine: Engine) -> None:
    """A round in which nothing changed leaves none."""
    case = opened(engine)

    assert seal(engine, now=NOW) == 1
    assert seal(engine, now=later(1)) is None
    case_commands(engine).write(case.id, AT, recording.record, "schedule_approved", on=date(2026, 1, 15))
    assert seal(engine, now=later(2)) == 2


def test_a_rebuild_ends_and_names_a_case_whose_tail_is_gone(engine: Engine) -> None:
    """The broken case is left as it is, the others are rebuilt, and recording into it is refused."""
    broken, whole_case = opened(engine), opened(engine)
    with by_hand(engine) as connection:
        connection.execute(
            text(
                'DELETE FROM event WHERE "case" = :k AND seq = (SELECT max(seq) FROM event WHERE "case" = :k)'
            ),
            {"k": broken.id},
        )

    with pytest.raises(Refusal) as refusal:
        rebuild(engine, recompute(engine), now=NOW)
    assert refusal.value.arguments == {"cases": (broken.id,), "count": 1}
    with pytest.raises(CaseBroken):
        case_commands(engine).write(broken.id, AT, recording.record, "order_signed", on=TODAY)
    case_commands(engine).write(whole_case.id, AT, recording.record, "order_signed", on=TODAY)
