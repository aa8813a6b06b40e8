"""Creates or migrates the schema with Alembic, and says whether the database is ours and ready: its
installation, write access at the start, probes.

When the schema is current, asking so costs two queries and no Alembic.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from merzim.storage.database import execute, is_sqlite, read_value, reading, writing
from merzim.storage.refusals import StorageUnavailable, display_address
from merzim.storage.tables.base import TableBase
from merzim.storage.tables.events import APPEND_ONLY, install_triggers
from merzim.storage.tables.organisation import INSTALLATION, PULSE
from workflow.refusal import Refusal

MIGRATIONS = Path(__file__).parents[1] / "migrations"
_FILE = re.compile(r"^(\d{4})_\w+\.py$")
_ADVISORY = 0x4D65727A  # "Merz": one process at a time migrates a PostgreSQL database


@cache
def shipped_revisions() -> tuple[str, ...]:
    """Return the revisions of this version, oldest first: the numbers its migration files begin with."""
    matches = (_FILE.match(file.name) for file in (MIGRATIONS / "versions").iterdir())
    return tuple(sorted(match[1] for match in matches if match))


def refuse_missing(engine: Engine) -> None:
    """Raise StorageUnavailable (`no_database`) for a database without tables; nothing is created."""
    with reading(engine) as session:
        if revision(session) is None and not inspect(session.connection()).get_table_names():
            raise StorageUnavailable("no_database", where=display_address(engine))


def create_or_migrate(engine: Engine) -> bool:
    """Create the tables or migrate them, in one transaction. Return whether anything was done. Raises
    StorageUnavailable: the database cannot be used, was written by a newer version (`newer`) or by one before
    the first release (`older`), or contains tables of another application (`foreign`); nothing was changed.
    """
    with reading(engine) as session:
        if _is_current(engine, session):
            return False
    return _migrate(engine)


def _migrate(engine: Engine) -> bool:
    """Create or migrate in one transaction; return whether anything was done. Raises StorageUnavailable."""
    try:
        with writing(engine) as session:
            if not is_sqlite(session):
                session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY})
            if _is_current(engine, session):
                return False
            is_new = revision(session) is None
            if is_new and set(inspect(session.connection()).get_table_names()) - {"alembic_version"}:
                raise StorageUnavailable("foreign", where=display_address(engine))
            create(session)
            if is_new:
                session.execute(INSTALLATION.insert(), {"n": 1, "name": ""})
    except IntegrityError as trouble:
        raise StorageUnavailable(
            "failed", where=display_address(engine), problem=str(trouble.orig)
        ) from trouble
    return True


def create(session: Session) -> None:
    """Create the tables or migrate them, inside a running transaction."""
    from alembic import command  # a tenth of a second that only a new or older database needs
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = session.connection()
    command.upgrade(config, "head")
    install_triggers(session.connection())


def _is_current(engine: Engine, session: Session) -> bool:
    """Return whether the tables are of this version's revision. Raises StorageUnavailable: they are of a newer
    version, or of one before the first release.
    """
    at = revision(session)
    if code := other_version(at):
        raise StorageUnavailable(code, where=display_address(engine), problem=at or "")
    return at == shipped_revisions()[-1]


def other_version(at: str | None) -> str:
    """Return `newer` or `older` for a revision that no migration of this version goes on from, else ""."""
    if at is None or at in shipped_revisions():
        return ""
    return "newer" if at > shipped_revisions()[-1] else "older"


def revision(session: Session) -> str | None:
    """Return the revision of a database; None when it is not one of this application."""
    query = text("SELECT version_num FROM alembic_version")
    try:
        with session.begin_nested():
            return session.execute(query).scalar()
    except DBAPIError as trouble:
        if "no such table" in str(trouble.orig) or getattr(trouble.orig, "sqlstate", "") == "42P01":
            return None
        raise


def installation_name(engine: Engine) -> str:
    """Return the installation the database belongs to; "" while none has claimed it."""
    return read_value(engine, select(INSTALLATION.c.name)) or ""


def refuse_other_installation(engine: Engine, name: str) -> str:
    """Refuse a database of another installation before anything is migrated or written; return the one that
    claimed it, "" for none, and for a schema that this version does not know (refused elsewhere). `name`: of
    this installation. Raises Refusal: another has claimed it; StorageUnavailable: it cannot be read.
    """
    with reading(engine) as session:
        claimed = installation_name(engine) if revision(session) in shipped_revisions() else ""
    # Letter case and spaces make no difference.
    if claimed and claimed.casefold().split() != name.casefold().split():
        code = "installation_other" if name else "installation_unnamed"
        raise Refusal(code, where=display_address(engine), theirs=claimed, ours=name)
    return claimed


def claim(engine: Engine, name: str) -> None:
    """Claim an unclaimed database; of two simultaneous claims the second is refused. Raises Refusal: another
    installation was faster.
    """
    execute(engine, INSTALLATION.update().where(INSTALLATION.c.name == "").values(name=name))
    refuse_other_installation(engine, name)


def board_steps(engine: Engine) -> str:
    """Return the reminder steps the board was made with; "" in a new database."""
    return read_value(engine, select(INSTALLATION.c.steps)) or ""


def write_installation(engine: Engine, **values: str) -> None:
    """Store the name of the installation, even if another has claimed the database, or the reminder steps the
    board is made with.
    """
    execute(engine, INSTALLATION.update().values(**values))


def check_readiness(engine: Engine) -> tuple[bool, datetime | None]:
    """Return whether this version's code can use the tables, and when a round last ended (UTC; None before the
    first), by two short queries.
    """
    with reading(engine) as session:
        if revision(session) != shipped_revisions()[-1]:
            return False, None
        return True, session.execute(select(PULSE.c.at).where(PULSE.c.name == "round")).scalar()


def server_time(engine: Engine) -> datetime | None:
    """Return the time of the server's clock (UTC); None for SQLite, which has none of its own."""
    if engine.dialect.name == "sqlite":
        return None
    with reading(engine) as session:
        at: datetime = session.connection().exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return at.astimezone(UTC)


QUEUE = "procrastinate_"
"""Prefix of the tables and sequences of the queue."""
_TABLES = """
SELECT c.relname, has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT'),
       has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
UNION ALL
SELECT c.relname, has_sequence_privilege(c.oid, 'USAGE'), TRUE
FROM pg_class c WHERE c.relkind = 'S' AND pg_table_is_visible(c.oid)
ORDER BY 1
"""


def refuse_unwritable(engine: Engine) -> None:
    """Raise StorageUnavailable when the database cannot be written; leaves no trace. Raises StorageUnavailable:
    `read_only` (a file, a folder, a standby), `no_rights` (a role without them), or any other reason why the
    database cannot be written.
    """
    with writing(engine) as session:
        if is_sqlite(session):
            # SQLite finds out about the file at the first page it changes.
            with session.begin_nested() as step:
                session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
                step.rollback()
            return
        if session.connection().exec_driver_sql("SHOW transaction_read_only").scalar() == "on":
            raise StorageUnavailable(
                "read_only", where=display_address(engine), problem="transaction_read_only = on"
            )
        for name, add, change in session.connection().exec_driver_sql(_TABLES):
            needed = name in TableBase.metadata.tables or name.startswith(QUEUE)
            # Append-only tables need no UPDATE and DELETE.
            if needed and not (add and (change or name in APPEND_ONLY)):
                raise StorageUnavailable("no_rights", where=display_address(engine), problem=str(name))
