"""Single flight: of many threads that need the same result, one computes it, without holding a lock."""

from __future__ import annotations

from collections.abc import Callable
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
