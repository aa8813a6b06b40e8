"""The encrypted secrets of a database or a backup: second factors, the password given in the browser.

It reads tables of any version, and files of backups without restoring them.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, MetaData, Table, inspect, select

from merzim.storage.accounts.encryption import secrets_in
from merzim.storage.database.engine import reading
from merzim.storage.maintenance import backup, dump

TABLES = ("account", "setting")
"""The tables with encrypted secrets."""


def stored_secrets(engine: Engine) -> list[str]:
    """Return the encrypted secrets; none where there are no tables yet."""
    with reading(engine) as session:
        names = [name for name in inspect(session.connection()).get_table_names() if name in TABLES]
        tables = [Table(name, MetaData(), autoload_with=session.connection()) for name in names]
        rows = [row for table in tables for row in session.execute(select(table))]
    return [secret for row in rows for secret in secrets_in(" ".join(map(str, row)))]


def secrets_of_backup(file: Path) -> list[str]:
    """Return the encrypted secrets in a backup. Raises Refusal where the file is none."""
    if dump.is_dump(file):
        return secrets_in(dump.rows_as_sql(file, TABLES))
    with backup.opened_for_reading(file) as engine:
        return stored_secrets(engine)
