"""Detection of a SQLite file that was moved, deleted or replaced while it is open.

An open file continues to exist without its name: SQLite would go on reading and writing, and everything written
would be lost when the last process closes it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from merzim.storage.refusals import StorageUnavailable

JOURNALS = ("-wal", "-shm")
"""Suffixes of the files SQLite keeps beside a database in use."""


def create_private(file: Path) -> None:
    """Create an empty file only its owner may read, whatever the umask; nothing where there is one.

    SQLite gives its journals the mode of the database, and pg_dump writes into a file that stands there.

    Raises:
        OSError: it cannot be created.
    """
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


class DatabaseFile:
    """The identity (device, inode) of the file at a path, from its first opening until `forget`."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._identity: tuple[int, int] | None = None

    @property
    def uri(self) -> str:
        """Return the URI for SQLite; it may create the file only before the first opening.

        Raises:
            StorageUnavailable: `moved`, also when only the journals of a database in use are left;
                `replaced`.
        """
        self.check()
        mode = "rw" if self._identity is not None else "rwc"
        if self._identity is None and not self._path.exists():
            # SQLite would delete the journal of the missing database as garbage, with data that is only there.
            journals = (self._path.with_name(self._path.name + suffix) for suffix in JOURNALS)
            journal = next((file for file in journals if file.exists()), None)
            # Another process may just have made the database, which stands there before its journals.
            if journal is not None and not self._path.exists():
                raise StorageUnavailable("moved", where=str(self._path), problem=str(journal))
            # SQLite says itself why it cannot be created.
            with suppress(OSError):
                create_private(self._path)
        return f"{self._path.absolute().as_uri()}?mode={mode}"

    def remember(self) -> None:
        """Remember the identity of the file that was opened; raise if another one was remembered before."""
        if self._identity is None:
            self._identity = self._read_identity()
        self.check()

    def forget(self) -> None:
        """Forget the file, so that any file may be opened next: no connection has it open any more."""
        self._identity = None

    def check(self) -> None:
        """Raise if the file at the path is not the one that was opened.

        Raises:
            StorageUnavailable: `moved`, there is no file; `replaced`, it is a different one.
        """
        if self._identity is None:
            return
        identity = self._read_identity()
        if identity is None:
            raise StorageUnavailable("moved", where=str(self._path))
        if identity != self._identity:
            raise StorageUnavailable("replaced", where=str(self._path))

    def _read_identity(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino
