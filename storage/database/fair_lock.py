"""One writer at a time, in the order of arrival."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class FairLock:
    """A lock that is handed to whoever has waited longest.

    `threading.Lock` lets the thread that released it take it again at once; a bulk import would then
    keep everybody else waiting although it lets go between its transactions.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def passing(self, patience: float = -1) -> Iterator[bool]:
        """Wait for one's turn, hold it, pass it on.

        Args:
            patience: seconds to wait at most; -1 waits as long as it takes.

        Yields:
            Whether it is one's turn: not where patience ran out, and the block is run all the same.
        """
        held = self._enter(patience)
        try:
            yield held
        finally:
            if held:
                self._leave()

    def _enter(self, patience: float) -> bool:
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

    def _leave(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _give_up(self, turn: Lock) -> None:
        """An interrupted waiter leaves the row; a turn handed to it meanwhile goes to the next."""
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        self._leave()
