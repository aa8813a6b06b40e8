"""Recorder of the SQL statements sent to a database, including those passed to the driver as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from merzim.storage.database.prepared import Prepared


@contextmanager
def heard(engine: Engine, note: Callable[[str, int], None]) -> Iterator[None]:
    """Call `note` after each statement of the block: its text, and for how many sets of values."""

    def listen(_c: object, _k: object, statement: str, values: object, _x: object, is_batch: bool) -> None:
        note(statement, len(values) if is_batch and isinstance(values, list) else 1)

    fetch, execute = Prepared.fetch, Prepared.execute

    def fetched(self: Prepared, connection: Connection, values: Mapping[str, object]) -> Sequence[Any]:
        records = fetch(self, connection, values)
        note(self.text(connection.dialect).text, 1)
        return records

    def executed(self: Prepared, connection: Connection, lines: Sequence[Mapping[str, object]]) -> int:
        count = execute(self, connection, lines)
        note(self.text(connection.dialect).text, len(lines))
        return count

    event.listen(engine, "after_cursor_execute", listen)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Prepared, "fetch", fetched)
            patch.setattr(Prepared, "execute", executed)
            yield
    finally:
        event.remove(engine, "after_cursor_execute", listen)
