"""A database file moved, deleted or replaced while in use: detected, no data lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from merzim.storage.database.engine import open as open_database
from merzim.storage.database.engine import reading, writing
from merzim.storage.refusals import StorageUnavailable
from tests.postgres import administer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "кеңсе 1.sqlite"


@pytest.fixture
def engine(file: Path) -> Iterator[Engine]:
    """A database in use, with one line in it."""
    engine = open_database(f"sqlite:///{file}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE line (n INTEGER PRIMARY KEY)"))
    add(engine, 1)
    yield engine
    engine.dispose()


def add(engine: Engine, n: int) -> None:
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO line VALUES (:n)"), {"n": n})


def lines(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return [n for (n,) in connection.execute(text("SELECT n FROM line ORDER BY n"))]


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(StorageUnavailable) as refused:
        act()
    return refused.value.what


def test_a_file_that_is_moved_away_is_refused_until_it_is_back(engine: Engine, file: Path) -> None:
    """Neither read nor written without its name; back in its place it goes on, and nothing is missing."""
    aside_path = file.with_name("aside")
    file.rename(aside_path)
    refused = [refusal(lambda: add(engine, 2)), refusal(lambda: lines(engine))]
    file_exists = file.exists()
    aside_path.rename(file)
    add(engine, 3)

    assert refused == ["moved", "moved"]
    assert not file_exists
    assert lines(engine) == [1, 3]


def test_a_file_that_is_deleted_is_not_made_anew(engine: Engine, file: Path) -> None:
    """Not by open connections, and not by new ones: an empty office in its place would be taken for it."""
    file.unlink()
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda n: refusal(lambda: add(engine, n)), range(8)))

    assert refused == ["moved"] * 8
    assert not file.exists()


def test_another_file_in_its_place_is_neither_read_nor_written(engine: Engine, file: Path) -> None:
    """A copy put over it while it is in use; the former back, work goes on."""
    aside_path, other = file.with_name("aside"), file.with_name("other")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE line (n INTEGER PRIMARY KEY)")
    before = other.read_bytes()
    file.rename(aside_path)
    other.rename(file)
    refused = [refusal(lambda: add(engine, 2)), refusal(lambda: lines(engine))]
    after = file.read_bytes()
    aside_path.replace(file)

    assert refused == ["replaced", "replaced"]
    assert after == before
    assert lines(engine) == [1]


def test_a_file_moved_while_somebody_waits_to_write_is_noticed(engine: Engine, file: Path) -> None:
    """They waited for another process: what they write would have gone with the file."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(refusal, lambda: add(engine, 2))
        with pytest.raises(TimeoutError):
            waiting.result(0.1)
        file.rename(file.with_name("aside"))
        other.execute("COMMIT")
        refused = waiting.result(20)
    file.with_name("aside").rename(file)

    assert refused == "moved"
    assert lines(engine) == [1]


def test_a_start_without_the_file_leaves_its_journal_alone(engine: Engine, file: Path) -> None:
    """Rows that are only in the journal would be lost when a new database is created."""
    journal = Path(f"{file}-wal")
    before = journal.read_bytes()
    file.rename(file.with_name("aside"))
    started = open_database(f"sqlite:///{file}")
    refused = refusal(lambda: lines(started))
    started.dispose()
    has_file = file.exists()
    file.with_name("aside").rename(file)

    assert before
    assert refused == "moved"
    assert not has_file
    assert journal.read_bytes() == before
    assert lines(engine) == [1]


def test_who_stops_while_the_file_is_away_loses_nothing(engine: Engine, file: Path) -> None:
    """Rows that are only in the journal stay there, and are found when both files are together again."""
    file.rename(file.with_name("aside"))
    engine.dispose()
    file.with_name("aside").rename(file)

    assert lines(engine) == [1]


def test_who_has_let_go_of_a_file_takes_what_stands_there(engine: Engine, file: Path) -> None:
    """A restored database is another file; nobody has the former open."""
    engine.dispose()
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE line (n INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO line VALUES (7)")

    assert lines(engine) == [7]


@pytest.mark.postgresql
def test_a_database_of_a_server_that_is_renamed_is_refused_until_it_is_back(
    server: Engine, postgresql: str
) -> None:
    """Its connections end with it; new ones are made when it is there again."""
    name = str(server.url.database)
    with writing(server) as connection:
        connection.execute(text("CREATE TABLE line (n INTEGER PRIMARY KEY)"))
    administer(
        postgresql,
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        f"ALTER DATABASE {name} RENAME TO {name}_aside",
    )
    refused = refusal(lambda: add(server, 2))
    administer(postgresql, f"ALTER DATABASE {name}_aside RENAME TO {name}")
    add(server, 3)

    assert refused == "not_let_in"
    assert lines(server) == [3]
