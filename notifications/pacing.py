"""Even pacing of messages: time slots at equal intervals, without bursts.

A limit of 25 a second kept by counting lets 25 leave at once and 25 more just after; on the wire they bunch up
to half as many again. One slot each 1/25 s does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

_MANY = 10_000


class Pacer:
    """Time slots of one bot for everything it sends. Moments are seconds of a monotonic clock.

    Args:
        overall: messages a second.
        per_chat: seconds between two messages to one chat.
    """

    def __init__(self, *, overall: float = 25.0, per_chat: float = 1.0) -> None:
        self._step = 1.0 / overall
        self._per_chat = per_chat
        self._free = 0.0
        self._paused = 0.0
        self._chats: dict[str, float] = {}
        self._guard = Lock()

    def reserve(self, chats: Sequence[str], *, at: float) -> tuple[int, float]:
        """Reserve the next slot: return which of the chats gets it (its index) and when.

        A chat that must wait lets later ones pass.
        """
        with self._guard:
            slot = max(self._free, at)
            moments = [max(slot, self._chats.get(chat, 0.0)) for chat in chats]
            chosen = min(range(len(chats)), key=moments.__getitem__)
            moment = moments[chosen]
            self._free = moment + self._step
            if len(self._chats) > _MANY:
                self._chats = {chat: free for chat, free in self._chats.items() if free > at}
            self._chats[chats[chosen]] = moment + self._per_chat
        return chosen, moment

    def pause(self, seconds: float, *, at: float) -> None:
        """Send nothing for so many seconds, as the server has requested."""
        with self._guard:
            self._free = max(self._free, at + seconds)
            self._paused = max(self._paused, at + seconds)

    def paused(self, *, at: float) -> float:
        """Return the remaining seconds of a requested pause."""
        with self._guard:
            return max(0.0, self._paused - at)
