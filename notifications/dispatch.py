"""What a round or a delivery works with at one moment, and how a notice is addressed to somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def notice_to(
    person: Person, channel: Channel, place: str, *, now: datetime, rules: Rules, **said: Any
) -> Notice | None:
    """Return a notice queued now for a person; None where the channel has no address of theirs.

    Args:
        place: its key but for person and channel.
        said: the other fields of the notice.
    """
    address = channel.address(person)
    if address is None:
        return None
    key = f"{place}:{person.key}:{channel.name}"
    return Notice(
        key=key,
        person=person.key,
        channel=channel.name,
        address=address,
        language=person.language,
        queued_at=now,
        message_id=message_id(key, rules.domain),
        **said,
    )


def notice_anew(notice: Notice, key: str, dispatch: Dispatch, **changes: Any) -> Notice:
    """Return a notice with changes and another key, queued now: not tried, sent or carried by a letter yet."""
    untried: Mapping[str, Any] = {
        "state": "queued",
        "attempts": 0,
        "answer": "",
        "text_hash": "",
        "carrier": "",
        **dict.fromkeys(("attempted_at", "sent_at", "acknowledged_at")),
    }
    id = message_id(key, dispatch.rules.domain)
    queued = {"key": key, "message_id": id, "queued_at": dispatch.moment.now}
    return replace(notice, **{**untried, **queued, **changes})
