"""Rolling upgrade: the code of one version on the schema of the next.

These tests run this version's code on a schema with every kind of addition a next version may make, and check
that every migration since the oldest supported version only adds. The code of the previous version runs in
tests/merzim/test_version_before.py.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text

import calendars
from merzim.storage.database.engine import open as open_database
from merzim.storage.database.engine import writing
from merzim.storage.maintenance.schema import FLOOR, create_or_migrate, shipped_revisions
from merzim.storage.maintenance.seals import seal
from merzim.storage.maintenance.verify import rebuild, verify
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.org import store as office_store
from merzim.storage.refusals import StorageUnavailable
from notifications.channels.folder import Folder
from notifications.delivery import deliver
from notifications.round import round as one_round
from notifications.rules import Rules
from tests.notifications.sample_office import PEOPLE, UNITS
from tests.storage.next_version import NEXT, add_what_a_next_version_may, stand_at
from tests.storage.sample_cases import NOW, PROCEDURE, TODAY, case_commands, library, opened, recompute
from tests.storage.versions import back_to_0_1_0
from workflow.cases.commands.opening import Opening

MORNING = datetime(2026, 4, 6, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Shape:
    """What an INSERT of old code meets in a table."""

    columns: dict[str, tuple[str, bool, bool]]
    unique: frozenset[tuple[str, ...]]
    foreign: frozenset[tuple[str, ...]]
    checks: int


def _shapes(engine: Engine) -> dict[str, Shape]:
    inspector = inspect(engine)
    shapes = {}
    for name in set(inspector.get_table_names()) - {"alembic_version"}:
        columns = {
            column["name"]: (str(column["type"]), bool(column["nullable"]), column["default"] is not None)
            for column in inspector.get_columns(name)
        }
        unique = [index["column_names"] for index in inspector.get_indexes(name) if index["unique"]]
        unique += [constraint["column_names"] for constraint in inspector.get_unique_constraints(name)]
        unique += [inspector.get_pk_constraint(name)["constrained_columns"]]
        foreign = [foreign_key["constrained_columns"] for foreign_key in inspector.get_foreign_keys(name)]
        shapes[name] = Shape(
            columns,
            frozenset(tuple(map(str, columns)) for columns in unique),
            frozenset(map(tuple, foreign)),
            len(inspector.get_check_constraints(name)),
        )
    return shapes


def _takes_away(before: dict[str, Shape], after: dict[str, Shape]) -> list[str]:
    """Changes that old code could not work with."""
    messages = []
    for name, old in before.items():
        if name not in after:
            messages.append(f"{name} is gone")
            continue
        new = after[name]
        for column, (kind, nullable, _) in old.columns.items():
            if column not in new.columns:
                messages.append(f"{name}.{column} is gone")
            elif new.columns[column][0] != kind:
                messages.append(f"{name}.{column} is of another type")
            elif nullable and not new.columns[column][1]:
                messages.append(f"{name}.{column} may no longer be empty")
        for column in new.columns.keys() - old.columns.keys():
            _, nullable, default = new.columns[column]
            if not (nullable or default):
                messages.append(f"{name}.{column} must be given")
        if new.unique - old.unique or new.foreign - old.foreign or new.checks > old.checks:
            messages.append(f"{name} forbids more")
    return messages


@pytest.mark.parametrize("at", [revision for revision in shipped_revisions() if revision > FLOOR])
def test_a_migration_since_the_floor_only_adds(tmp_path: Path, at: str) -> None:
    """Else the floor must be raised, and nodes of the version before stop with a sentence."""
    before = shipped_revisions()[shipped_revisions().index(at) - 1]
    shapes = []
    for revision in (before, at):
        engine = open_database(f"sqlite:///{tmp_path / revision}.sqlite")
        create_or_migrate(engine, to=revision)
        shapes.append(_shapes(engine))
        engine.dispose()

    assert _takes_away(*shapes) == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DROP TABLE paper", "paper is gone"),
        ("ALTER TABLE unit DROP COLUMN kind", "unit.kind is gone"),
        ("ALTER TABLE unit RENAME COLUMN kind TO sort", "unit.kind is gone"),
        ("CREATE UNIQUE INDEX one_each ON person (name)", "person forbids more"),
    ],
)
def test_what_takes_away_is_noticed(sqlite: Engine, statement: str, named: str) -> None:
    """The check above can fail."""
    before = _shapes(sqlite)
    with writing(sqlite) as connection:
        connection.execute(text(statement))

    assert named in _takes_away(before, _shapes(sqlite))


def test_a_column_that_must_be_given_is_noticed(server: Engine) -> None:
    """And one that no longer may be empty, and one of another type."""
    before = _shapes(server)
    with writing(server) as connection:
        connection.execute(text("ALTER TABLE unit ADD COLUMN more TEXT NOT NULL"))
        connection.execute(text("ALTER TABLE unit ALTER COLUMN parent SET NOT NULL"))
        connection.execute(text("ALTER TABLE counter ALTER COLUMN last TYPE BIGINT"))
        connection.execute(text("ALTER TABLE person ADD CHECK (name <> '')"))

    assert set(_takes_away(before, _shapes(server))) == {
        "unit.more must be given",
        "unit.parent may no longer be empty",
        "counter.last is of another type",
        "person forbids more",
    }


@pytest.fixture
def ahead(engine: Engine) -> Engine:
    """The database as the next version leaves it: more columns in every table, another table, another index."""
    add_what_a_next_version_may(engine)
    return engine


def test_this_version_works_on_the_schema_of_the_next(ahead: Engine, tmp_path: Path) -> None:
    """Cases, rounds, letters, seals, a rebuild: and all is whole for either version."""
    assert create_or_migrate(ahead) is False
    office_store.save(ahead, units=UNITS, people=PEOPLE)
    case = opened(ahead, unit="staff")
    case_commands(ahead).open_many([Opening(procedure=PROCEDURE)] * 3, by="Айгүл", now=NOW, today=TODAY)
    case_commands(ahead).record(case.id, "schedule_approved", on=TODAY, by="Айгүл", now=NOW, today=TODAY)
    outbox = SqlOutbox(ahead)
    folder = Folder(path=tmp_path, sender="merzim@example.kz")
    arguments: Any = {"now": MORNING, "today": MORNING.date(), "rules": Rules(domain="example.kz")}
    one_round(outbox, library(), calendars.calendar(), [folder], **arguments)
    deliver(outbox, library(), calendars.calendar(), [folder], **arguments)
    seal(ahead, now=NOW)

    assert "sent" in {notice.state for notice in outbox.notices()}
    assert verify(ahead, recompute=recompute(ahead)) == ()
    assert rebuild(ahead, recompute(ahead), now=NOW) == 4


@pytest.mark.parametrize(
    ("revision", "floor", "allowed"),
    [
        (NEXT, FLOOR, True),
        (NEXT, shipped_revisions()[-1], True),
        ("9999", shipped_revisions()[-1], True),
        (NEXT, NEXT, False),
    ],
)
def test_the_newer_version_says_whom_it_allows_for(
    engine: Engine, revision: str, floor: str, allowed: bool
) -> None:
    """Two versions ahead may take away what one version ahead no longer needed."""
    with writing(engine) as connection:
        stand_at(connection, revision, floor)

    if allowed:
        assert create_or_migrate(engine) is False
        return
    with pytest.raises(StorageUnavailable) as caught:
        create_or_migrate(engine)
    assert caught.value.what == "newer"


def test_the_floor_is_written_with_every_migration(engine: Engine) -> None:
    """And is a revision there is, never above the newest."""
    with engine.connect() as connection:
        assert connection.execute(text("SELECT revision FROM floor")).scalars().all() == [FLOOR]
    assert FLOOR in shipped_revisions()


def test_a_migration_that_met_a_writer_in_another_order_is_done_again(database: str) -> None:
    """PostgreSQL undoes one of two transactions that wait for each other: the office is brought up to date."""
    engine = open_database(database)
    back_to_0_1_0(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION merzim_mark_old() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
        )
        for table in ("unit", "person", "deadline"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER merzim_mark_{table} AFTER UPDATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION merzim_mark_old()"
            )
    locked = text(
        "SELECT held.relation::regclass::text FROM pg_locks held JOIN pg_locks waiting USING (pid)"
        " WHERE held.granted AND held.mode = 'AccessExclusiveLock' AND NOT waiting.granted"
        " AND held.relation IN (SELECT oid FROM pg_class WHERE relkind = 'r') LIMIT 1"
    )
    with ThreadPoolExecutor(1) as other, engine.begin() as writer:
        last = writer.exec_driver_sql(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgname LIKE 'merzim_mark_%%' ORDER BY oid DESC LIMIT 1"
        ).scalar_one()
        writer.exec_driver_sql(f"LOCK TABLE {last} IN ROW EXCLUSIVE MODE")
        migrated = other.submit(create_or_migrate, engine)
        for _ in range(500):
            if table := writer.execute(locked).scalar():
                break
            sleep(0.01)
        # The migration has waited longer, and is the one undone.
        writer.exec_driver_sql(f"LOCK TABLE {table} IN ROW SHARE MODE")
        writer.rollback()
        assert migrated.result(timeout=30)
    with engine.connect() as connection:
        assert (
            connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            == shipped_revisions()[-1]
        )
    engine.dispose()
