"""How long the users of a server wait, and what may take longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

LEAST = 2
"""Seconds the driver waits for a new connection at least."""
_long_work: ContextVar[bool] = ContextVar("long_work", default=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How long the users of a server wait, in seconds.

    Attributes:
        patience: within which a silent server is found out.
        statement: the most one statement may take; `long_statement` inside `long_work`.
    """

    patience: float = 12.0
    statement: float = 3600.0
    long_statement: float = 3600.0

    @property
    def connect(self) -> int:
        """How long a new connection may take."""
        return max(LEAST, round(self.patience / 2))


@contextmanager
def long_work() -> Iterator[None]:
    """Let statements take as long as long work may: migrations, imports, checks of everything."""
    before = _long_work.set(True)
    try:
        yield
    finally:
        _long_work.reset(before)


def is_long_work() -> bool:
    """Whether this thread is at long work."""
    return _long_work.get()
