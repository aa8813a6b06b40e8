"""Plans the regular letters of a day: digests, and the request to confirm next year's calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from notifications.bundling import DAILY, DIGEST, WEEKLY, digest_day, digest_key, digest_opening, first_of_week
from notifications.channels import Channel
from notifications.notice import Notice, NoticeKind, message_id
from notifications.ports import Outbox
from notifications.rules import OfficeTimes, Rules
from workflow.org.duties import stand_in
from workflow.org.office import Office, Person

UNIT, MANAGERS = "unit_digest", "managers_digest"
PERSONAL = "personal"
SEVERAL = "several"
"""Names of digests in config.toml: `personal`, `several`, `unit`, `managers`."""
FROM_MONTH = 11
"""From 1 November on the officer is reminded to confirm next year's production calendar."""
LAST_DAYS = 5
"""The last working days of the year: the officer is reminded on each of them, before them once a week."""


def plan_regular(
    outbox: Outbox,
    office: Office,
    times: OfficeTimes,
    calendar: Kazakhstan,
    channels: Sequence[Channel],
    *,
    now: datetime,
    today: date,
    rules: Rules,
) -> list[Notice]:
    """Return the day's regular letters that do not exist yet: one for each person, day and channel.

    Working days and first days of a week are those of the recipient's own office.
    """
    try:
        notices_by_key = {
            notice.key: notice
            for kind, person in _readers(office, times, calendar, today=today, rules=rules)
            for notice in _notices(kind, person, times, channels, day=today, now=now, rules=rules)
        }
    except OutOfRange:
        return []
    known_keys = outbox.existing_keys(notices_by_key.keys())
    return [notice for key, notice in notices_by_key.items() if key not in known_keys]


def _readers(
    office: Office, times: OfficeTimes, calendar: Kazakhstan, *, today: date, rules: Rules
) -> Iterator[tuple[NoticeKind, Person]]:
    """Yield each kind of regular letter due today with its recipients."""
    if PERSONAL in rules.digests:
        for person in office.people.values():
            days = times.days(person.key)
            chosen = person.digest in (DAILY, WEEKLY) and digest_day(person.digest, days, today=today) == today
            if chosen and not person.is_away(today):
                yield "digest", person
    for name, kind, duties in (("unit", UNIT, ("head_of_unit",)), ("managers", MANAGERS, ("head",))):
        if name in rules.digests:
            for person in holders(office, duties, today):
                if first_of_week(today, times.days(person.key)):
                    yield kind, person  # type: ignore[misc]
    officer = office.people.get(office.officer or "")
    if officer is not None and unconfirmed_year(calendar, today) is not None:
        reader = stand_in(office, officer, today) or officer
        days = times.days(reader.key)
        days_left = days.count_working_days(today, date(today.year, 12, 31))
        if first_of_week(today, days) or (days.is_working_day(today) and days_left <= LAST_DAYS):
            yield "calendar", reader


def unconfirmed_year(calendar: Kazakhstan, today: date) -> int | None:
    """Return next year, when it is late in the year and its production calendar is not confirmed yet; else
    None.
    """
    year = today.year + 1
    if today.month < FROM_MONTH or year > calendar.last.year:
        return None
    return year if calendar.provisional_years(date(year, 1, 1), date(year, 12, 31)) else None


def holders(office: Office, duties: Sequence[str], today: date) -> Iterator[Person]:
    """Yield the people who hold the duty in any unit, or their deputies."""
    for (_, duty), people in sorted(office.holders.items()):
        if duty in duties:
            for person in people:
                present = stand_in(office, person, today)
                if present is not None:
                    yield present


def _notices(
    kind: NoticeKind,
    person: Person,
    times: OfficeTimes,
    channels: Sequence[Channel],
    *,
    day: date,
    now: datetime,
    rules: Rules,
) -> Iterator[Notice]:
    """Yield the notices of a person for each channel."""
    for channel in channels:
        address = channel.address(person)
        if address is None:
            continue
        key = digest_key(kind, day, person.key, channel.name)
        yield Notice(
            key=key,
            case="",
            obligation="",
            due=day,
            rung=DIGEST if kind == "digest" else "",
            person=person.key,
            channel=channel.name,
            address=address,
            language=person.language,
            queued_at=now,
            not_before=digest_opening(day, person.key, times, now=now, rules=rules),
            message_id=message_id(key, rules.domain),
            kind=kind,
        )
