"""What the pages of the administration need from the rest of the house, said as protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from calendars.calendar import Calendar
from notifications.notice import Outcome
from workflow.deadlines.impact import DayChange, Moved
from workflow.law.procedure import Text
from workflow.org.office import Person, Unit
from workflow.org.office_time import Hours


@dataclass(frozen=True, kw_only=True, slots=True)
class Falling:
    """What waits for somebody and would fall to others: one obligation of one unit.

    Attributes:
        title: None for what is confidential: whoever keeps people does not see it.
        unit: id of the unit, "" for what is confidential.
        count: how many open deadlines; `late`: how many of them are overdue.
        to: names of who would be told; nobody where it is empty.
    """

    title: Text | None
    unit: str
    count: int
    late: int
    to: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelInUse:
    """A channel config.toml names; `settings` as they stand there, secrets left out."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesInForce:
    """Own rules the organisation adopted and did not withdraw. `text`: as adopted."""

    name: str
    on: date
    by: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TelegramOffer:
    """A one-time code for somebody's Telegram account; `address` opens the bot and brings it."""

    code: str
    address: str
    until: datetime


class Taken(Protocol):
    """How many lines of a table were new, changed, or there already."""

    @property
    def added(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def same(self) -> int: ...


class Staff(Protocol):
    """Units and people, changed one at a time. Each raises a Refusal when somebody was faster."""

    def keep_unit(self, unit: Unit, *, was: Unit | None, by: str, now: datetime, today: date) -> None:
        """Write a unit down over what the writer saw."""

    def remove_unit(self, unit: Unit, *, by: str, now: datetime, today: date) -> None:
        """Take a unit out."""

    def keep_person(self, person: Person, *, was: Person | None, by: str, now: datetime, today: date) -> None:
        """Write a person down over what the writer saw."""

    def remove_person(self, person: Person, *, by: str, now: datetime, today: date) -> None:
        """Take a person out."""

    def take_in(self, units: list[Unit], people: list[Person], *, by: str, now: datetime, today: date) -> Taken:
        """All of a table of people; whom it does not name stays."""


class Administration(Protocol):
    """Everything else the administration and one's own account ask for."""

    @property
    def staff(self) -> Staff: ...

    @property
    def address(self) -> str:
        """Where the pages are reached from outside, without a slash at the end."""

    @property
    def domain(self) -> str:
        """The domain in Message-IDs and in the UIDs of calendar items."""

    @property
    def hours(self) -> Hours:
        """The organisation's own office hours, which hold where no unit says otherwise."""

    def falls(self, person: str, *, today: date) -> Sequence[Falling]:
        """What waits for a person (by key) and to whom it would fall without them; by obligation and unit."""

    def cases_of(self, unit: str) -> int:
        """How many cases belong to a unit itself."""

    def channels(self) -> Sequence[ChannelInUse]:
        """The channels in use."""

    def test(self, channel: str, person: Person, *, language: str, now: datetime) -> Outcome:
        """Send a test letter through a channel, at once. Raises Refusal when it does not reach the person."""

    def settings(self) -> Sequence[tuple[str, str]]:
        """config.toml as it holds, secrets left out: key, value."""

    def rules(self) -> Sequence[RulesInForce]:
        """The own rules that stand, in the order of their adoption."""

    def telegram(self, person: str, *, now: datetime) -> TelegramOffer:
        """A one-time code for a person. Raises Refusal: there is no bot, or nobody of that key."""

    def linked(self, person: str) -> bool | None:
        """Whether a Telegram account of theirs is linked; None where there is no bot."""

    def unlink(self, person: str, *, by: str, now: datetime) -> None:
        """Forget their Telegram account."""


class ActHearing(Protocol):
    """A due date that moves, and who waits for it."""

    @property
    def moved(self) -> Moved: ...
    @property
    def people(self) -> tuple[Person, ...]: ...


class ActPreview(Protocol):
    """What an act moves; `known`: the office adopted it already."""

    @property
    def known(self) -> bool: ...
    @property
    def days(self) -> tuple[DayChange, ...]: ...
    @property
    def hearings(self) -> tuple[ActHearing, ...]: ...
    @property
    def before(self) -> Calendar: ...
    @property
    def after(self) -> Calendar: ...


class Acts(Protocol):
    """Acts that move days. Both raise ValueError with code and arguments for an act that cannot be read or does
    not fit."""

    def preview(self, text: str, name: str, *, today: date) -> ActPreview:
        """What an act would move; nothing is written."""

    def apply(self, text: str, name: str, *, by: str, now: datetime, today: date) -> tuple[ActPreview, int]:
        """Adopt it, and write what it moves; how many cases were written."""
