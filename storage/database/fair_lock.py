"""A fair lock: threads get it in the order of arrival."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class FairLock:
    """A lock that goes to the thread that has waited longest.

    `threading.Lock` lets the thread that released it take it again at once; a bulk import would then keep all
    others waiting although it releases the lock between its transactions.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def passing(self, patience: float = -1) -> Iterator[bool]:
        """Acquire the lock for the block, then pass it to the next waiter.

        Args:
            patience: seconds to wait at most; -1 is without limit.

        Yields:
            Whether the lock was acquired: False when the time ran out; the block is run all the same.
        """
        held = self._acquire(patience)
        try:
            yield held
        finally:
            if held:
                self._release()

    def _acquire(self, patience: float) -> bool:
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        held = False
        try:
            held = turn.acquire(timeout=patience)
        finally:
            if not held:
                self._give_up(turn)
        return held

    def _release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _give_up(self, turn: Lock) -> None:
        """Leave the queue; a turn that was handed over meanwhile goes to the next waiter."""
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        self._release()
