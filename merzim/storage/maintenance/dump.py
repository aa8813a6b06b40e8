"""Backup and restore of a PostgreSQL database with pg_dump and pg_restore.

A dump is restored only into an empty database, so that existing data is never removed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Engine, inspect

from merzim.storage.database.engine import conninfo, reading
from merzim.storage.maintenance.backup import new_file
from merzim.storage.maintenance.schema import create_or_migrate, refuse_backup_of_other_version, revision
from merzim.storage.maintenance.verify import verify
from merzim.storage.refusals import display_address
from workflow.refusal import Refusal

_MAGIC = b"PGDMP"
_OURS = ("event", "case")
_TABLE = re.compile(r" TABLE DATA \S+ (\S+) ")
_VERSION = re.compile(r"^(\d{4})$", re.MULTILINE)
_OLD = re.compile(r"server version: (\S+).*; \w+ version: (\S+)|unsupported version \((\S+)\) in file header")


def backup(engine: Engine, file: Path) -> None:
    """Copy a consistent snapshot of the database into a new file, while others read and write.

    Raises:
        Refusal: the file exists (`backup_exists`) or cannot be written (`backup_unwritable`), there is no
            database (`backup_nothing`), the tool is not found (`backup_no_tool`), older than the server
            (`backup_old_tool`) or fails (`backup_tool_failed`).
        StorageUnavailable: the database cannot be read.
    """
    with reading(engine) as session:
        if revision(session) is None:
            raise Refusal("backup_nothing", file=display_address(engine))
    with new_file(file) as part:
        _run(engine, "pg_dump", "--format=custom", f"--file={part}")


def restore(engine: Engine, file: Path) -> None:
    """Restore a backup into an empty database in one transaction, then migrate and verify it.

    Raises:
        Refusal: `backup_missing`, `backup_not_ours`, `backup_newer`, `backup_older`,
            `restore_not_empty`, `backup_no_tool`, `backup_old_tool`, `backup_tool_failed`; nothing was written.
            `restore_damaged`: it was restored, but verification failed.
        StorageUnavailable: the database cannot be used.
    """
    if not file.is_file():
        raise Refusal("backup_missing", file=str(file))
    with reading(engine) as session:
        if inspect(session.connection()).get_table_names():
            raise Refusal("restore_not_empty", where=display_address(engine))
    check(file)
    _run(
        engine,
        *("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"),
        str(file),
    )
    engine.dispose()
    create_or_migrate(engine)
    if problems := verify(engine):
        raise Refusal("restore_damaged", file=str(file), where=display_address(engine), count=len(problems))


def check(file: Path) -> None:
    """Raise Refusal for a file that is no backup of this application, or cannot be migrated to this version."""
    if not is_dump(file):
        raise Refusal("backup_not_ours", file=str(file))
    tables = {name.strip('"') for name in _TABLE.findall(_tool_output("pg_restore", "--list", str(file)))}
    if not tables.issuperset(_OURS):
        raise Refusal("backup_not_ours", file=str(file))
    version = _VERSION.search(rows_as_sql(file, ("alembic_version",)))
    if version is None:
        raise Refusal("backup_not_ours", file=str(file))
    refuse_backup_of_other_version(file, version[1])


def is_dump(file: Path) -> bool:
    """Return whether a file begins as those of pg_dump do. Raises Refusal where there is none."""
    if not file.is_file():
        raise Refusal("backup_missing", file=str(file))
    with file.open("rb") as content:
        return content.read(len(_MAGIC)) == _MAGIC


def rows_as_sql(file: Path, tables: Sequence[str]) -> str:
    """Return the rows of these tables in a backup, as the SQL that would restore them. Raises Refusal."""
    chosen = [f"--table={name}" for name in tables]
    return _tool_output("pg_restore", "--data-only", *chosen, "--file=-", str(file))


def _run(engine: Engine, tool: str, *arguments: str) -> None:
    """Run the tool on that database; the password is passed in the environment, as command lines are public."""
    secret = {"PGPASSWORD": engine.url.password} if engine.url.password else {}
    _tool_output(tool, f"--dbname={conninfo(engine, password=False)}", *arguments, secret=secret)


def _tool_output(tool: str, *arguments: str, secret: Mapping[str, str] | None = None) -> str:
    """Run a tool and return what it prints. `secret`: environment variables for it.

    Raises:
        Refusal: it is not found (`backup_no_tool`), older than the server or the file (`backup_old_tool`), or
            fails (`backup_tool_failed`).
    """
    program = shutil.which(tool)
    if program is None:
        raise Refusal("backup_no_tool", tool=tool)
    environment = {**os.environ, "LC_ALL": "C", **(secret or {})}
    done = subprocess.run([program, *arguments], capture_output=True, env=environment, check=False)
    error_text = done.stderr.decode("utf-8", "replace")
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace")
    if old := _OLD.search(error_text):
        raise Refusal("backup_old_tool", tool=tool, problem=old[0])
    problem = "; ".join(
        line.strip().removeprefix(f"{tool}: ") for line in error_text.splitlines()[:3] if line.strip()
    )
    raise Refusal("backup_tool_failed", tool=tool, problem=problem)
