"""Work that many threads want at once and one of them does, while no lock is held."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock
from typing import Generic, TypeVar

_T = TypeVar("_T")


class _Flight:
    """Work under way.

    Attributes:
        ended: set when it is; `trouble`: what it raised.
    """

    def __init__(self) -> None:
        self.ended = Event()
        self.trouble: BaseException | None = None


class SingleFlight(Generic[_T]):
    """Let one thread at a time do the work; the others wait for its end, and hear of its failure at once.

    With a lock in its place, threads that wait for a database that does not answer would fail one after the
    other, each after waiting for it anew.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._flight: _Flight | None = None

    def get(self, known: Callable[[], _T | None], work: Callable[[], _T]) -> _T:
        """Return what is known, or the result of the work.

        Args:
            known: what may be returned without the work, None where there is nothing; asked again each time
                somebody else's work has ended, which may have begun before this thread asked.

        Raises:
            Whatever `known` or `work` raise, also where it was another thread's work.
        """
        while (found := known()) is None:
            with self._guard:
                flight, mine = self._flight, self._flight is None
                if flight is None:
                    flight = self._flight = _Flight()
            if mine:
                try:
                    return work()
                except BaseException as trouble:
                    flight.trouble = trouble
                    raise
                finally:
                    self._flight = None
                    flight.ended.set()
            flight.ended.wait()
            if isinstance(flight.trouble, Exception):
                raise flight.trouble
        return found
