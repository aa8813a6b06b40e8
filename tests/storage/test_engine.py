"""The engine on both databases: its settings, its faults, the one transaction of a page, many names at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg import OperationalError
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

import i18n
from merzim.storage import database as engines, office as office_store
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import (
    conninfo,
    execute_for_names,
    in_names,
    open as open_database,
    reading,
    writing,
)
from merzim.storage.locks import ProcessLock
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.refusals import StorageUnavailable, display_address, to_storage_unavailable
from merzim.storage.tables.base import UtcMoment
from merzim.storage.tables.cases import COUNTER
from merzim.storage.tables.organisation import UNIT as UNITS
from tests.storage.sample_cases import AT, NOW, OBJECT, PLANNED, PROCEDURE, TODAY, UNIT, case_commands, opened
from workflow.cases.case import Case
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import Opening
from workflow.org.office import Unit


def said(refusal: StorageUnavailable) -> list[str]:
    return [i18n.say(refusal.code, refusal.arguments, language) for language in i18n.LANGUAGES]


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("nonsense", "address"),
        ("", "address"),
        ("mysql://user:secret@host/name", "unsupported"),
        ("sqlite:////proc/nowhere/x.sqlite", "unreachable"),
    ],
)
def test_a_wrong_address_is_refused_when_it_is_opened(address: str, what: str) -> None:
    """In the reader's language, and without the password."""
    with pytest.raises(StorageUnavailable) as caught:
        open_database(address)

    assert caught.value.what == what
    assert all(text and "secret" not in text for text in said(caught.value))


@pytest.mark.postgresql
def test_a_server_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    """No server listens at that address; nor does one give a lock there."""
    engine = open_database(f"postgresql://user:secret@/office?host={tmp_path}")

    with pytest.raises(StorageUnavailable, match="unreachable"), ProcessLock(engine, "round").alone():
        pass

    with pytest.raises(StorageUnavailable) as caught:
        create_or_migrate(engine)

    assert caught.value.what == "unreachable"
    assert all("secret" not in text for text in said(caught.value))
    engine.dispose()


@pytest.mark.parametrize(
    "said",
    [
        "FATAL:  the database system is starting up",
        "FATAL:  the database system is shutting down",
        "FATAL:  the database system is not yet accepting connections",
        "FATAL:  the database system is in recovery mode",
        "ВАЖНО:  система баз данных запускается",
        "ВАЖНО:  система баз данных останавливается",
    ],
)
def test_a_server_on_its_way_is_away_and_keeps_nobody_out(said: str) -> None:
    """An operator who reads "it lets nobody in" would look for a wrong password."""
    engine = open_database("postgresql://user@/office?host=/nowhere")

    trouble = to_storage_unavailable(
        engine, OperationalError(f"connection failed: connection to server failed: {said}")
    )

    assert trouble.what == "unreachable"


def test_a_connection_the_server_closed_is_replaced(server: Engine) -> None:
    """Nobody is told: it is asked before it is used again."""
    with reading(server) as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with server.connect() as first, server.connect() as other:
        first.close()
        other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))

    with reading(server) as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid


def test_a_commit_nobody_heard_of_is_undecided(server: Engine) -> None:
    """Cut off before, nothing was written; cut off while it is written, nobody knows."""
    with pytest.raises(StorageUnavailable) as at_the_end, writing(server) as session:
        _cut_off(server, session)
    with pytest.raises(StorageUnavailable) as before, writing(server) as session:
        _cut_off(server, session, then="SELECT 1")

    assert (at_the_end.value.undecided, before.value.undecided) == (True, False)


def _cut_off(server: Engine, session: Session, *, then: str = "") -> None:
    pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with server.connect() as other:
        other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
    if then:
        session.execute(text(then))


def test_a_lock_lost_with_its_connection_is_a_refusal(server: Engine) -> None:
    """The log of a worker says in one line that the server is away."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    lock = ProcessLock(server, "delivery")
    with lock.shared():
        with server.connect() as other:
            other.execute(text(f"SELECT pg_terminate_backend(pid, 5000) {others}"))
        with pytest.raises(StorageUnavailable), lock.alone():
            pass


def test_a_file_that_is_no_database_is_a_refusal(tmp_path: Path) -> None:
    """And it is left as it is."""
    file = tmp_path / "letter.sqlite"
    content = "Құрметті әріптестер! ".encode() * 100
    file.write_bytes(content)
    engine = open_database(f"sqlite:///{file}")

    with pytest.raises(StorageUnavailable) as caught:
        create_or_migrate(engine)

    assert caught.value.what == "not_a_database"
    assert file.read_bytes() == content
    engine.dispose()


def test_a_read_only_database_is_read_and_not_written(sqlite: Engine) -> None:
    """Looking is allowed; writing is one clear sentence."""
    case = opened(sqlite)
    file = sqlite.url.database
    only = open_database(f"sqlite:///file:{file}?mode=ro&uri=true")

    stored_case = SqlLedger(only).case(case.id)
    with pytest.raises(StorageUnavailable) as caught:
        case_commands(only).write(case.id, AT, recording.record, "schedule_approved", on=TODAY)

    assert stored_case is not None
    assert caught.value.what == "read_only"
    only.dispose()


@pytest.fixture
def full(sqlite: Engine) -> Iterator[Engine]:
    """A database that may not grow by a single page: what SQLite says is what a full disk makes it say."""
    opened(sqlite)
    engine = open_database(str(sqlite.url.set(drivername="sqlite")))

    @event.listens_for(engine, "connect")
    def limit(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    yield engine
    engine.dispose()


def test_a_full_disk_is_a_refusal_and_nothing_is_half_written(full: Engine) -> None:
    """Every case of the import that failed is missing whole; what was there before is there."""
    openings = [
        Opening(procedure=PROCEDURE, unit=UNIT, object=f"{OBJECT} {n}", planned=PLANNED) for n in range(300)
    ]

    with pytest.raises(StorageUnavailable) as caught:
        case_commands(full).open_many(openings, at=AT)

    assert caught.value.what == "full"
    assert SqlLedger(full).ids() == ["2026-0001"]


def test_a_database_held_for_too_long_is_a_refusal(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds the lock longer than the timeout."""
    case = opened(sqlite)
    monkeypatch.setattr(engines, "LOCK_TIMEOUT", 0.05)
    impatient = open_database(str(sqlite.url.set(drivername="sqlite")))
    with closing(sqlite3.connect(str(sqlite.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StorageUnavailable) as caught:
            case_commands(impatient).write(case.id, AT, recording.record, "schedule_approved", on=TODAY)
        read = SqlLedger(impatient).case(case.id)
        SqlAccounts(impatient).mark_used("a session's hash", now=NOW)  # no page waits for it, or fails by it
        with closing(impatient.raw_connection()) as raw:  # who has the connection next waits again
            assert raw.cursor().execute("PRAGMA busy_timeout").fetchone() != (0,)

        other.execute("ROLLBACK")
    impatient.dispose()
    assert caught.value.what == "busy"
    assert read.facts == {}


def test_sqlite_is_set_up_to_lose_nothing(sqlite: Engine) -> None:
    """WAL, synchronous=FULL, foreign keys: on every connection."""
    with reading(sqlite) as session:
        pragmas = [
            session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        ]

    assert pragmas == ["wal", 2, 1, 1]


def test_a_reader_sees_one_moment_while_others_write(sqlite: Engine) -> None:
    """A page put together by several queries does not mix two states."""
    opened(sqlite)
    other = open_database(str(sqlite.url))
    counting = text('SELECT count(*) FROM "case"')
    with reading(sqlite) as session:
        before = session.execute(counting).scalar()
        opened(other)
        after = session.execute(counting).scalar()
    other.dispose()

    assert before == after == 1


def test_a_moment_comes_back_in_utc_and_a_naive_one_is_refused(engine: Engine, case: Case) -> None:
    """SQLite alone would give it back without a zone."""
    moment = SqlLedger(engine).events("2026-0001")[0].at

    assert (moment, moment.tzinfo) == (NOW, UTC)
    with pytest.raises(ValueError, match="without a zone"):
        UtcMoment().process_bind_param(datetime(2026, 1, 1), engine.dialect)  # noqa: DTZ001


def test_where_a_person_sees_the_address_there_is_no_password() -> None:
    """Not in a sentence, not in a log."""
    engine = open_database("postgresql://user:secret@host/office")

    assert display_address(engine) == "postgresql://user:***@host/office"
    engine.dispose()


@pytest.mark.parametrize("password", ["d b$w", "@:/+%?#&='\\", "құпия сөз", " "])
def test_the_queue_and_the_tools_get_the_password_as_it_is(password: str) -> None:
    """With any characters, and not visible on a command line."""
    engine = open_database("postgresql://m@h1:1/o?options=-c%20work_mem%3D8MB", password=password)

    parameters = conninfo_to_dict(conninfo(engine))
    parameters_shown = conninfo_to_dict(conninfo(engine, password=False))
    engine.dispose()

    assert parameters["password"] == password
    assert [parameters[name] for name in ("user", "host", "port", "dbname")] == ["m", "h1", "1", "o"]
    assert parameters["options"] == "-c work_mem=8MB"
    assert "password" not in parameters_shown


def add_counter(engine: Engine, year: int) -> None:
    with writing(engine) as session:
        session.execute(COUNTER.insert(), {"year": year, "last": 1})


def counters(engine: Engine) -> int:
    with reading(engine) as session:
        return int(session.execute(select(func.count()).select_from(COUNTER)).scalar_one())


@contextmanager
def transactions(engine: Engine) -> Iterator[list[object]]:
    transactions_begun: list[object] = []

    def note(connection: object) -> None:
        transactions_begun.append(connection)

    event.listen(engine, "begin", note)
    try:
        yield transactions_begun
    finally:
        event.remove(engine, "begin", note)


def test_reads_of_a_block_are_one_transaction(engine: Engine) -> None:
    """Three questions begin one transaction; outside a block each begins its own."""
    with transactions(engine) as transactions_begun, reading(engine):
        assert [counters(engine), counters(engine), counters(engine)] == [0, 0, 0]
    assert len(transactions_begun) == 1
    with transactions(engine) as transactions_begun:
        assert [counters(engine), counters(engine)] == [0, 0]
    assert len(transactions_begun) == 2


def test_what_the_block_itself_writes_is_seen_by_its_next_read(engine: Engine) -> None:
    """A write ends the shared transaction."""
    with reading(engine):
        assert counters(engine) == 0
        add_counter(engine, 2026)
        assert counters(engine) == 1
        add_counter(engine, 2027)
        assert counters(engine) == 2


def test_a_block_of_writes_is_written_whole_or_not_at_all(engine: Engine) -> None:
    """Also where it catches a refused write and goes on: its next statement fails, and nothing is written."""
    with writing(engine):
        add_counter(engine, 2026)
        add_counter(engine, 2027)
    assert counters(engine) == 2

    def go_on() -> None:
        with writing(engine):
            add_counter(engine, 2028)
            with suppress(IntegrityError):
                add_counter(engine, 2028)
            add_counter(engine, 2029)

    with pytest.raises(StorageUnavailable):
        go_on()
    assert counters(engine) == 2
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_read_that_failed_does_not_fail_the_next_one(engine: Engine) -> None:
    """On PostgreSQL nothing more can be asked in a transaction in which a statement failed."""
    with reading(engine):
        with pytest.raises(StorageUnavailable), reading(engine) as session:
            session.execute(text("SELECT * FROM no_such_table"))
        assert counters(engine) == 0
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


ODD = "Қ'\"\\ ,{}"


@pytest.mark.parametrize("count", [0, 10_000, 10_001, 70_000])
def test_each_of_few_or_many_names_is_found_once(engine: Engine, count: int) -> None:
    """None, as many as go in one question, one more, more than a statement takes values."""
    office_store.save(engine, units=[Unit(id=name, name=name) for name in ("0", ODD, "y")])
    names = [ODD, *map(str, range(count))][:count]
    with reading(engine) as session:
        query = select(UNITS.c.id).where(in_names(UNITS.c.id))
        matches = [record.id for record in execute_for_names(session, query, names)]

    assert sorted(matches) == sorted({"0", ODD} & set(names))
