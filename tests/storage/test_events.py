"""The events of a case and of the office: chained, appended and never changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError

from merzim.storage import events
from merzim.storage.database import reading, writing
from merzim.storage.events import ORIGIN, Origin
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.maintenance.verify import verify
from merzim.storage.tables.base import TableBase, canonical, moment
from merzim.storage.tables.events import EVENT, missing_triggers, trigger_names
from tests.storage.sample_cases import NOW, opened, seal
from tests.storage.test_verify import by_hand
from workflow.cases.case import Case

FIRST, OTHER = "case/2026-0001", "case/2026-0002"


def found(engine: Engine, attack: Callable[[Connection], object]) -> list[tuple[object, ...]]:
    """What `verify` names after an attack: code, stream and number."""
    with by_hand(engine) as connection:
        attack(connection)
    return [(problem.code, *list(problem.arguments.values())[:2]) for problem in verify(engine)]


def run(*statements: str) -> Callable[[Connection], object]:
    return lambda connection: [connection.execute(text(statement)) for statement in statements]


def rehash(connection: Connection, stream: str) -> None:
    """Compute the hashes of a stream anew, as somebody does who knows how."""
    previous = ""
    for event in connection.execute(EVENT.select().where(EVENT.c.stream == stream).order_by(EVENT.c.seq)).all():
        previous = events.link(previous, event._mapping)
        connection.execute(EVENT.update().where(EVENT.c.id == event.id).values(hash=previous))


ATTACKS: list[tuple[list[str], list[tuple[str, int]]]] = [
    # Whatever is shown or filtered by is covered by the hash, which is over the stored text, to the space.
    *(
        ([f"UPDATE event SET \"{column}\" = 'x' WHERE seq = 2"], [("event_altered", 2)])
        for column in ("kind", "name", "by", "way", "payload", "topic")
    ),
    (["UPDATE event SET payload = payload || ' ' WHERE seq = 1"], [("event_altered", 1)]),
    # One recomputed hash requires all others to be recomputed.
    (["UPDATE event SET hash = 'forged' WHERE seq = 2"], [("event_altered", 2), ("event_altered", 3)]),
    # A gap in the numbers; a tail cut off, or all of it, leaves none: the head knows how many there were.
    (["DELETE FROM event WHERE seq = 2"], [("event_missing", 2)]),
    (["DELETE FROM event WHERE seq > 2"], [("stream_cut", 4)]),
    (["DELETE FROM event"], [("stream_cut", 4)]),
    # Two numbers exchanged within a stream, and two ids, by which the audit log is ordered.
    (
        [
            "UPDATE event SET seq = 99 WHERE seq = 2",
            "UPDATE event SET seq = 2 WHERE seq = 3",
            "UPDATE event SET seq = 3 WHERE seq = 99",
        ],
        [("event_altered", seq) for seq in (2, 3, 4)],
    ),
    (
        ["UPDATE event SET id = 999 WHERE seq = 1", "UPDATE event SET id = 1 WHERE seq = 3"],
        [("event_misplaced", 2), ("event_misplaced", 3)],
    ),
]


@pytest.mark.parametrize(("statements", "named"), ATTACKS)
def test_an_attack_on_the_events_of_a_case_is_named(
    engine: Engine, statements: list[str], named: list[tuple[str, int]]
) -> None:
    """Past the triggers, by somebody with the keys to the database."""
    assert opened(engine).seq == 4

    assert found(engine, run(*statements)) == [(code, FIRST, seq) for code, seq in named]


def test_a_stream_hashed_anew_after_a_forgery_is_named_by_the_head_of_its_case(engine: Engine) -> None:
    """Who recomputes every hash after the forged one ends elsewhere than the case says."""
    case = opened(engine)

    def forge(connection: Connection) -> None:
        connection.execute(text("UPDATE event SET \"by\" = 'x' WHERE seq = 2"))
        rehash(connection, FIRST)

    assert found(engine, forge) == [("head_differs", FIRST, case.seq)]


def test_a_replayed_event_is_named(engine: Engine) -> None:
    """An event of one case copied to the end of another, with its hash."""
    case, other = opened(engine), opened(engine)
    place = f"'{OTHER}', {other.seq + 1}, '{other.id}'"
    columns = ["topic", "kind", "name", '"on"', "at", '"by"', "way", "payload", "private", "hash"]
    copied = ", ".join(columns)
    replay = (
        f'INSERT INTO event (stream, seq, "case", {copied}) SELECT {place}, {copied} '
        f"FROM event WHERE stream = '{FIRST}' AND seq = {case.seq}"
    )

    assert found(engine, run(replay)) == [
        ("event_altered", OTHER, other.seq + 1),
        ("head_differs", OTHER, other.seq + 1),
    ]


def test_an_erased_private_value_leaves_a_chain_that_verifies(engine: Engine) -> None:
    """The client's address beside a stream: the database lets it be emptied, and nothing put in its place."""
    token = ORIGIN.set(Origin(way="page", address="10.1.2.3"))
    try:
        opened(engine)
    finally:
        ORIGIN.reset(token)
    with reading(engine) as connection:
        before = connection.execute(select(EVENT.c.private).where(EVENT.c.seq == 1)).scalar_one()
    assert "10.1.2.3" in before
    assert verify(engine) == ()
    forged = before.replace("10.1.2.3", "10.9.9.9")
    assert found(
        engine, lambda c: c.execute(EVENT.update().where(EVENT.c.seq == 1).values(private=forged))
    ) == [("private_altered", FIRST, 1)]

    with writing(engine) as connection:
        events.erase(connection, EVENT.c.stream == FIRST, [events.CLIENT])

    with reading(engine) as connection:
        assert set(connection.execute(select(EVENT.c.private)).scalars()) == {"{}"}
    assert verify(engine) == ()


def test_two_who_append_at_once_are_told_apart_by_the_database(engine: Engine, case: Case) -> None:
    """The second event of one number in one stream is refused."""
    draft = events.Draft(kind="fact", at=NOW, by="x")
    rows = events.chained(FIRST, [draft], after=1, previous="")

    with pytest.raises(Exception, match=r"(?i)unique|append-only"), writing(engine) as connection:
        events.insert(connection, rows)


@pytest.mark.parametrize("stream", [events.OFFICE, events.ACCESS, events.NOTICES])
def test_the_end_of_a_stream_without_a_head_is_missed_by_the_seal(engine: Engine, stream: str) -> None:
    """The seals name the ends of all streams: cut or forged anew, the end is not the one that was sealed."""
    drafts = [events.Draft(kind="x", name=name, at=NOW, by="y") for name in ("a", "b", "c")]
    with writing(engine) as connection:
        events.append(connection, stream, drafts)
        events.seal(connection, now=NOW)
    assert verify(engine) == ()

    def forge(connection: Connection) -> None:
        connection.execute(text("UPDATE event SET name = 'z' WHERE name = 'b'"))
        rehash(connection, stream)

    forged = found(engine, forge)
    cut = found(engine, run("DELETE FROM event WHERE name = 'c'"))

    assert forged == [("sealed_differs", stream, 3)]
    assert cut == [("sealed_missing", stream, 3)]


@pytest.mark.parametrize("statement", ["UPDATE event SET name = 'x'", "DELETE FROM event"])
def test_update_and_delete_of_events_are_refused(engine: Engine, statement: str, case: Case) -> None:
    """By the database, for every client, not only by the application."""
    seal(engine, now=NOW)

    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


def test_replacing_an_event_is_refused_too(sqlite: Engine) -> None:
    """SQLite's INSERT OR REPLACE deletes without firing a DELETE trigger on most connections."""
    opened(sqlite)
    statement = (
        'INSERT OR REPLACE INTO event SELECT NULL, stream, seq, topic, kind, \'x\', "on", "case", at, "by", '
        "way, payload, private, hash FROM event WHERE seq = 1"
    )

    with sqlite.connect() as connection, connection.begin():
        connection.exec_driver_sql("PRAGMA recursive_triggers=OFF")
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement))


@pytest.mark.postgresql
def test_truncate_is_refused_by_postgresql(server: Engine) -> None:
    """Row triggers do not see TRUNCATE; another one does."""
    with pytest.raises(DBAPIError, match="append-only"), server.begin() as connection:
        connection.execute(text("TRUNCATE event"))


def test_a_migration_puts_back_triggers_that_were_lost(engine: Engine) -> None:
    """A table rebuilt by a migration loses its triggers; they are installed anew after it."""
    with engine.connect() as connection, connection.begin():
        names = sorted(missing_triggers(connection) ^ trigger_names(engine.dialect.name))
        for name in names:
            on = " ON event" if engine.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
        connection.execute(text("DROP TABLE alembic_version"))
        TableBase.metadata.drop_all(connection)

    assert create_or_migrate(engine)

    with engine.connect() as connection:
        assert missing_triggers(connection) == frozenset()


def test_the_order_of_keys_does_not_matter() -> None:
    """Equal values have one text."""
    assert canonical({"б": 1, "а": [date(2026, 4, 6), None]}) == canonical({"а": ["2026-04-06", None], "б": 1})


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), object()])
def test_what_is_no_json_is_an_error(value: object) -> None:
    """Better no event than one that cannot be checked."""
    with pytest.raises((TypeError, ValueError)):
        canonical({"x": value})


def test_a_moment_is_written_in_utc_seconds() -> None:
    """Whatever zone it came in."""
    assert moment(datetime(2026, 1, 1, 3, 0, tzinfo=timezone(timedelta(hours=5)))) == "2025-12-31T22:00:00Z"
