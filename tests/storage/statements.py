"""Recorder of the SQL statements sent to a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event


@contextmanager
def heard(engine: Engine, note: Callable[[str, int], None]) -> Iterator[None]:
    """Call `note` after each statement of the block: its text, and for how many sets of values."""

    def listen(_c: object, _k: object, statement: str, values: object, _x: object, is_batch: bool) -> None:
        note(statement, len(values) if is_batch and isinstance(values, list) else 1)

    event.listen(engine, "after_cursor_execute", listen)
    try:
        yield
    finally:
        event.remove(engine, "after_cursor_execute", listen)
