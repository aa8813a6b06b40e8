"""Whether a database's file is still the one that was opened: moved, deleted and replaced files are noticed.

An open file goes on existing without its name: SQLite would read and write on, and all of it would be gone with
the last process that has it open.
"""

from __future__ import annotations

from pathlib import Path

from storage.refusals import StorageUnavailable

JOURNALS = ("-wal", "-shm")
"""Endings of the files SQLite keeps beside a database that is in use."""


class DatabaseFile:
    """The file at a path, remembered from the first time it was opened until it is let go of."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None

    @property
    def uri(self) -> str:
        """The address for SQLite: only a file nobody has opened yet may be made anew.

        Raises:
            StorageUnavailable: `moved`, also where nothing but its journals is left of a database in use;
                `replaced`.
        """
        self.check()
        mode = "rw" if self._identity is not None else "rwc"
        if self._identity is None and not Path(self._path).exists():
            # SQLite would take the journal of the missing database for garbage, and delete what is only there.
            left = next((name for name in map(self._path.__add__, JOURNALS) if Path(name).exists()), None)
            if left is not None:
                raise StorageUnavailable("moved", where=self._path, problem=left)
        return f"{Path(self._path).absolute().as_uri()}?mode={mode}"

    def remember(self) -> None:
        """Note which file was opened; if another one stood there before, refuse it."""
        if self._identity is None:
            self._identity = self._found()
        self.check()

    def forget(self) -> None:
        """Whatever stands there next is taken as it is: nobody has the file open any more."""
        self._identity = None

    def check(self) -> None:
        """Refuse a file that is not the one that was opened.

        Raises:
            StorageUnavailable: `moved`, there is none; `replaced`, it is another one.
        """
        if self._identity is None:
            return
        found = self._found()
        if found is None:
            raise StorageUnavailable("moved", where=self._path)
        if found != self._identity:
            raise StorageUnavailable("replaced", where=self._path)

    def _found(self) -> tuple[int, int] | None:
        try:
            status = Path(self._path).stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino
