"""Time limits of statements and connections; the context that extends them for long work, and its chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
MIN_CONNECT_SECONDS = 2
"""The least timeout of a new connection, in seconds; the driver allows none shorter."""
_long_work: ContextVar[bool] = ContextVar("long_work", default=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Time limits of a database server, in seconds.

    Attributes:
        patience: time within which a silent server is detected.
        statement: the most one statement may take; `long_statement` inside `long_work`.
    """

    patience: float = 12.0
    statement: float = 3600.0
    long_statement: float = 3600.0

    @property
    def connect(self) -> int:
        """The timeout of a new connection, in seconds."""
        return max(MIN_CONNECT_SECONDS, round(self.patience / 2))


@contextmanager
def long_work() -> Iterator[None]:
    """Apply the limit of long work to statements in this block: migrations, imports, full checks."""
    before = _long_work.set(True)
    try:
        yield
    finally:
        _long_work.reset(before)


def is_long_work() -> bool:
    """Return whether this thread is inside `long_work`."""
    return _long_work.get()


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Split items into lists of at most so many."""
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk
