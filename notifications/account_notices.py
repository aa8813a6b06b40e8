"""Notices to a person about their own account: recovery code used, removal of a second factor requested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from notifications.channels import Channel, language_of
from notifications.notice import Notice, message_id
from notifications.rules import Rules
from workflow.org.office import Person


def account_notices(
    person: Person,
    channels: Sequence[Channel],
    rules: Rules,
    *,
    login: str,
    event: str,
    facts: Mapping[str, object],
    now: datetime,
    today: date,
    mark: str = "",
) -> tuple[Notice, ...]:
    """Return a notice for every channel that reaches the person; these are sent at once, at any hour.

    Args:
        event: code of the event; with `facts` the content of the letter (`notifications.letters.account`).
        mark: distinguishes two notices of the same second.
    """
    place = f"::{today.isoformat()}:{event}.{login}@{now:%Y%m%dT%H%M%S}{mark}"
    about = {"event": event, "login": login, "at": now.isoformat(), **facts}
    return tuple(
        _notice(person, channel, address, f"{place}:{person.key}:{channel.name}", about, rules, now, today)
        for channel in channels
        if (address := channel.address(person)) is not None
    )


def _notice(
    person: Person,
    channel: Channel,
    address: str,
    key: str,
    about: Mapping[str, object],
    rules: Rules,
    now: datetime,
    today: date,
) -> Notice:
    """Return the notice for one channel."""
    return Notice(
        key=key,
        case="",
        obligation="",
        due=today,
        rung="account",
        person=person.key,
        channel=channel.name,
        address=address,
        language=language_of(channel, person),
        queued_at=now,
        not_before=now,
        message_id=message_id(key, rules.domain),
        kind="account",
        about=about,
    )
