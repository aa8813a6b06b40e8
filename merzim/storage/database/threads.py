"""Threads that need the same: one computes a result for all, and a lock is given in the order of arrival."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import Generic, TypeVar

_T = TypeVar("_T")


class _Flight:
    """A computation that is running.

    Attributes:
        ended: set when it has ended; `error`: the exception it raised.
    """

    def __init__(self) -> None:
        self.ended = Event()
        self.error: BaseException | None = None


class SingleFlight(Generic[_T]):
    """Lets one thread at a time compute a result; the others wait for it and get its exception.

    With a lock instead, threads waiting for a database that does not answer would fail one after another, each
    after its own wait.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._flight: _Flight | None = None

    def get(self, stored: Callable[[], _T | None], compute: Callable[[], _T]) -> _T:
        """Return the stored value, or compute it.

        Args:
            stored: returns the value without computing, or None; called again each time the computation of
                another thread has ended, which may have begun before this call.

        Raises:
            Exception: raised by `stored` or `compute`, in this thread or another.
        """
        while (value := stored()) is None:
            with self._guard:
                flight, is_owner = self._flight, self._flight is None
                if flight is None:
                    flight = self._flight = _Flight()
            if is_owner:
                try:
                    return compute()
                except BaseException as error:
                    flight.error = error
                    raise
                finally:
                    self._flight = None
                    flight.ended.set()
            flight.ended.wait()
            if isinstance(flight.error, Exception):
                raise flight.error
        return value


class FairLock:
    """A lock that goes to the thread that has waited longest.

    `threading.Lock` lets the thread that released it take it again at once; a bulk import would then keep all
    others waiting although it releases the lock between its transactions.

    Attributes:
        taken: whether some thread has it.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self.taken = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def passing(self, patience: float = -1) -> Iterator[bool]:
        """Acquire the lock for the block, then pass it to the next waiter.

        Args:
            patience: seconds to wait at most; -1 is without limit.

        Yields:
            Whether the lock was acquired: False when the time ran out; the block is run all the same.
        """
        is_held = self._acquire(patience)
        try:
            yield is_held
        finally:
            if is_held:
                self._release()

    def _acquire(self, patience: float) -> bool:
        with self._guard:
            if not self.taken:
                self.taken = True
                return True
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        is_held = False
        try:
            is_held = turn.acquire(timeout=patience)
        finally:
            if not is_held:
                self._give_up(turn)
        return is_held

    def _release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self.taken = False

    def _give_up(self, turn: Lock) -> None:
        """Leave the queue; a turn that was handed over meanwhile goes to the next waiter."""
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        self._release()
