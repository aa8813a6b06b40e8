"""Delivery statistics for operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from notifications.notice import Notice
from notifications.recipients import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A fault of a channel itself that an administrator must correct.

    Attributes:
        channel: "" when config.toml allows none to be created.
        code: as `notifications.notice.Outcome.fault`; `settings` where config.toml is what is wrong.
        answer: last answer of the server or system.
        since: UTC moment of the first letter it delays; None when there is none.
        letters: number of letters delayed since: failed, or to be tried again.
    """

    channel: str
    code: str
    answer: str
    since: datetime | None
    letters: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """State of the outbox at a moment.

    Attributes:
        counts: notices by channel and state.
        oldest: UTC moment since which the oldest letter due for sending has waited; None if none waits.
        pulses: last run of each task of the metronome (UTC), and the seconds it took.
        faults: faults of channels.
    """

    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    oldest: datetime | None = None
    pulses: Mapping[str, tuple[datetime, float]] = field(default_factory=dict)
    faults: Sequence[Fault] = ()


class Post(Protocol):
    """Access to delivery for pages and operators: statistics, failed letters, faults, sending again."""

    def figures(self, *, now: datetime) -> Figures:
        """Return the current figures."""

    def failed(self, *, limit: int) -> Sequence[Notice]:
        """Return letters of cases that failed or whose outcome is unknown, newest first."""

    def faults(self) -> Sequence[Fault]:
        """Return the faults of channels."""

    def unheard(self, *, now: datetime, today: date, limit: int) -> Sequence[Problem]:
        """Return due reminder steps for which nobody can be notified, oldest first, with the reasons."""

    def resend_all(self, channel: str, *, now: datetime) -> int:
        """Queue again the letters delayed by a channel's fault, for each recipient's next office hours; return
        their number.
        """

    def carried(self, key: str) -> Sequence[Notice]:
        """Return the notices carried by that notice's letter."""

    def acknowledge(self, key: str, *, now: datetime) -> bool:
        """Record that the notice was read; the first time is kept. False when the key is unknown."""

    def resend(self, key: str, *, now: datetime) -> bool:
        """Queue a notice again for the next office hours; False when the key is unknown."""
