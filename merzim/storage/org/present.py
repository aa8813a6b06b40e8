"""The office as it is now."""

from __future__ import annotations

from sqlalchemy import Engine, select

from merzim.storage.database.engine import read_once
from merzim.storage.org import store
from merzim.storage.tables.events import EVENT, OF_OFFICE
from workflow.org.office import Office

_END = select(EVENT.c.seq, EVENT.c.hash).where(OF_OFFICE).order_by(EVENT.c.seq.desc()).limit(1)


class PresentOffice:
    """Units, people and matches; read again when the office's chain has another end. Any thread may ask.

    Args:
        officer, language: the recipient config.toml names for letters nobody else can get, and their language.
    """

    def __init__(self, engine: Engine, *, officer: str = "", language: str = "kk") -> None:
        self._engine, self._officer, self._language = engine, officer, language
        self._last: tuple[object, Office] | None = None

    def read(self) -> Office:
        """Return the office; the same object as long as nothing in it has changed."""
        # The end first: what is read after it may be newer, never older.
        end = read_once(self._engine, lambda connection: connection.execute(_END).first(), "end of the chain")
        last = self._last
        if last is None or last[0] != end:
            office = store.office(self._engine, officer=self._officer, language=self._language)
            self._last = last = end, last[1] if last is not None and last[1] == office else office
        return last[1]
