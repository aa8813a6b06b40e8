"""Which keys the stored secrets are encrypted with: second factors, passwords given in the browser.

It reads tables of any version, and files of backups without restoring them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Table, inspect, select

from merzim.storage.accounts.encryption import keys_named
from merzim.storage.database.engine import reading
from merzim.storage.maintenance import backup, dump

TABLES = ("account", "preference")
"""The tables with encrypted secrets."""


def used_keys(engine: Engine) -> Mapping[str, int]:
    """Return the number of stored secrets by the id of their key; none where there are no tables yet."""
    with reading(engine) as connection:
        return Counter(key for row in _rows(connection) for key in keys_named(row))


def keys_of_backup(file: Path) -> Mapping[str, int]:
    """Return the same of a backup. Raises BackupRefused where the file is none."""
    if dump.is_dump(file):
        return Counter(keys_named(dump.data(file, TABLES)))
    with backup.opened_for_reading(file) as engine:
        return used_keys(engine)


def _rows(connection: Connection) -> Iterable[str]:
    """Yield each row of the tables as text."""
    for name in inspect(connection).get_table_names():
        if name in TABLES:
            table = Table(name, MetaData(), autoload_with=connection)
            yield from (" ".join(map(str, row)) for row in connection.execute(select(table)))
