"""How the sending stands, in figures: what operators watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from notifications.notice import Notice
from notifications.recipients import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What is wrong with a channel itself, and waits for somebody to mend it.

    Attributes:
        channel: "" where config.toml lets none be made.
        code: as `notifications.notice.Outcome.fault`; `settings` where config.toml is what is wrong.
        answer: what the server or the system said last.
        since: UTC moment of the first letter it kept; None where it keeps none.
        letters: how many it has kept from leaving since: failed, or to be tried again.
    """

    channel: str
    code: str
    answer: str
    since: datetime | None
    letters: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """The outbox at a moment.

    Attributes:
        counts: notices by channel and state.
        oldest: since when the longest waiting letter that may leave already waits (UTC); None when none does.
        pulses: when each thing the metronome does was last done (UTC), and the seconds it took.
        faults: what is wrong with channels themselves.
    """

    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    oldest: datetime | None = None
    pulses: Mapping[str, tuple[datetime, float]] = field(default_factory=dict)
    faults: Sequence[Fault] = ()


class Post(Protocol):
    """What pages and operators ask of the sending."""

    def figures(self, *, now: datetime) -> Figures:
        """How it stands."""

    def failed(self, *, limit: int) -> Sequence[Notice]:
        """Letters that did not arrive, or of which nobody knows, the newest first; their cases' own only."""

    def faults(self) -> Sequence[Fault]:
        """What is wrong with channels themselves."""

    def unheard(self, *, now: datetime, today: date, limit: int) -> Sequence[Problem]:
        """Rungs whose day has come and of which nobody can be told, the oldest first: why, of each."""

    def resend_all(self, channel: str, *, now: datetime) -> int:
        """Queue again what a fault of the channel has kept from leaving, each for its reader's next office
        hours; how many letters."""

    def carried(self, key: str) -> Sequence[Notice]:
        """What the letter of that notice carried."""

    def acknowledge(self, key: str, *, now: datetime) -> bool:
        """The reader says it was read; the first time stays. False when there is none of that key."""

    def resend(self, key: str, *, now: datetime) -> bool:
        """Queue one of them again, for the next office hours; False when there is none of that key."""
