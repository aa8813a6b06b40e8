"""Read transaction of a page: shared by all its reads until a write or the end of the request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from merzim.storage.database.engine import one_snapshot, read_once, reading, writing
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.tables.cases import COUNTER


def add_counter(engine: Engine, year: int) -> None:
    with writing(engine) as connection:
        connection.execute(COUNTER.insert(), {"year": year, "last": 1})


def counters(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(COUNTER)).scalar_one())


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
    with transactions(engine) as transactions_begun, one_snapshot():
        assert [counters(engine), counters(engine), counters(engine)] == [0, 0, 0]
    assert len(transactions_begun) == 1
    with transactions(engine) as transactions_begun:
        assert [counters(engine), counters(engine)] == [0, 0]
    assert len(transactions_begun) == 2


def test_what_the_block_itself_writes_is_seen_by_its_next_read(engine: Engine) -> None:
    """A write ends the shared transaction."""
    with one_snapshot():
        assert counters(engine) == 0
        add_counter(engine, 2026)
        assert counters(engine) == 1
        add_counter(engine, 2027)
        assert counters(engine) == 2


def test_a_read_that_failed_does_not_fail_the_next_one(engine: Engine) -> None:
    """On PostgreSQL nothing more can be asked in a transaction in which a statement failed."""
    with one_snapshot():
        with pytest.raises(StorageUnavailable), reading(engine) as connection:
            connection.exec_driver_sql("SELECT * FROM no_such_table")
        assert counters(engine) == 0
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_block_reads_the_same_question_once_until_it_writes(engine: Engine) -> None:
    """Of three who ask the first reads; after a write it is read again; other keys are other questions."""
    keys: list[str] = []

    def ask(key: str) -> int:
        def read(connection: Connection) -> int:
            keys.append(key)
            return int(connection.exec_driver_sql("SELECT count(*) FROM counter").scalar_one())

        return read_once(engine, read, key)

    with one_snapshot():
        assert [ask("a"), ask("a"), ask("b"), ask("a")] == [0, 0, 0, 0]
        assert keys == ["a", "b"]
        add_counter(engine, 2026)
        assert [ask("a"), ask("a")] == [1, 1]
        assert keys == ["a", "b", "a"]
    keys.clear()
    assert [ask("a"), ask("a")] == [1, 1]
    assert keys == ["a", "a"]
