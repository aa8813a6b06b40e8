"""What a round or a delivery works with at one moment, and how a notice is addressed to somebody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from calendars.kazakhstan import Kazakhstan
from notifications.channels import Channel
from notifications.notice import Notice, message_id
from notifications.ports import Outbox
from notifications.rules import OfficeTimes, Rules
from workflow.law.library import Library
from workflow.moments import Moment
from workflow.org.office import Office, Person, with_officer
from workflow.scoring.prospects import StakesOfYear

_SAID = ("case", "obligation", "due", "step", "kind", "bundle", "about")
"""What a notice says, whomever it is for."""


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """What one round or delivery works with.

    Attributes:
        stakes: the points at stake, which letters name; None where they name none.
    """

    outbox: Outbox
    library: Library
    calendar: Kazakhstan
    channels: Sequence[Channel]
    rules: Rules
    moment: Moment
    stakes: StakesOfYear | None = None

    @cached_property
    def office(self) -> Office:
        """The office as of its first use here, with the officer config.toml names."""
        return with_officer(self.outbox.office(), self.rules.officer, language=self.rules.officer_language)

    @cached_property
    def times(self) -> OfficeTimes:
        """When letters may leave for each recipient."""
        return OfficeTimes(self.office, self.calendar, self.rules)


def notices_to(
    person: Person, channels: Iterable[Channel], place: str, *, now: datetime, rules: Rules, **said: Any
) -> Iterator[Notice]:
    """Yield a notice queued now for a person, for each channel that has an address of theirs.

    Args:
        place: its key but for person and channel.
        said: the other fields of the notice.
    """
    for channel in channels:
        if (address := channel.address(person)) is not None:
            key = f"{place}:{person.key}:{channel.name}"
            yield Notice(
                key=key,
                person=person.key,
                channel=channel.name,
                address=address,
                language=person.language,
                queued_at=now,
                message_id=message_id(key, rules.domain),
                **said,
            )


def readdressed(
    notice: Notice, person: Person, channels: Iterable[Channel], dispatch: Dispatch
) -> Iterator[Notice]:
    """Yield what a notice says as a new one for a person, for each channel that reaches them."""
    place = notice.key.removesuffix(f":{notice.person}:{notice.channel}")
    now, said = dispatch.moment.now, {name: getattr(notice, name) for name in _SAID}
    for new in notices_to(person, channels, place, now=now, rules=dispatch.rules, not_before=now, **said):
        yield replace(new, not_before=dispatch.times.leaving(new, now))
