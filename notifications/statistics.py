"""Delivery statistics for operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelFault:
    """A fault of a channel itself, to be corrected by an administrator unless its server is only out of reach.

    Attributes:
        channel: "" when config.toml allows none to be created.
        code: as `notifications.notice.Outcome.fault`; `settings` where config.toml is what is wrong;
            `nobody_reached` where letters go into a folder alone.
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
        counts: letters by channel and state.
        oldest: UTC moment since which the oldest letter due for sending has waited; None if none waits.
        pulses: last run of each task of the metronome (UTC), and the seconds it took.
        faults: faults of channels.
        lost: number of letters of the last seven days that failed, or whose arrival is unknown.
    """

    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    oldest: datetime | None = None
    pulses: Mapping[str, tuple[datetime, float]] = field(default_factory=dict)
    faults: Sequence[ChannelFault] = ()
    lost: int = 0
