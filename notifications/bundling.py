"""Combines notices into letters: which letter carries the waiting notices, and when it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from calendars import OutOfRange
from calendars.hours import moment_of
from calendars.kazakhstan import Kazakhstan
from notifications.notice import Notice, NoticeKind, message_id
from notifications.ports import Outbox, PendingStep
from notifications.rules import OfficeTimes, Rules, local_day
from workflow.org.office import Office

MISSED = "missed"
"""The bundle of reminder steps missed while nothing ran."""
DIGEST = "digest"
"""The bundle of notices for a person's digest."""
DAY = "day"
"""The bundle of a day's reminders for a person without a choice: several become one letter."""
SINGLE, DAILY, WEEKLY = "single", "daily", "weekly"
"""Possible choices of a person; "" is no choice: a day's reminders of future dates in one letter."""
CARRIERS: tuple[NoticeKind, ...] = ("collected", "moves", "digest")
"""Kinds of notices that carry others."""


def queue_carriers(
    outbox: Outbox, office: Office, times: OfficeTimes, *, now: datetime, today: date, rules: Rules
) -> int:
    """Queue a letter for everything that waits to be carried; return how many were queued.

    A single waiting notice becomes an ordinary letter, except for a digest.
    """
    groups = outbox.waiting()
    alone = [group for group in groups if group.count == 1 and group.bundle != DIGEST]
    outbox.unbundle(alone)
    letters = [
        _digest(group, outbox, office, times, now=now, today=today, rules=rules)
        if group.bundle in (DIGEST, DAY)
        else _carrier(group, now=now, today=today, rules=rules)
        for group in groups
        if group not in alone
    ]
    return outbox.add(letters, now=now)


def digest_day(chosen: str, calendar: Kazakhstan, *, today: date) -> date:
    """Return the first day from today on for a digest: a working day, or the first working day of a week.

    Outside the calendar's records it is today.
    """
    try:
        day = calendar.find_following_working_day(today)
        if chosen != WEEKLY:
            return day
        while not first_of_week(day, calendar):
            day = calendar.find_following_working_day(day + timedelta(days=1))
    except OutOfRange:
        return today
    return day


def first_of_week(day: date, calendar: Kazakhstan) -> bool:
    """Return whether the day is the first working day of its week."""
    monday = day - timedelta(days=day.weekday())
    return calendar.is_working_day(day) and (
        day == monday or calendar.count_working_days(monday, day - timedelta(days=1)) == 0
    )


def digest_key(kind: str, day: date, person: str, channel: str) -> str:
    """Return the key of a person's digest of a day; the INSERT of it is the decision to send."""
    return f"{kind}:{day.isoformat()}:{person}:{channel}"


def next_opening(day: date, person: str, times: OfficeTimes, *, now: datetime, rules: Rules) -> datetime:
    """Return the first moment of a local day, or after it, when letters leave for a person; never before
    now.
    """
    begins = moment_of(day, None)
    return times.opening(person, max(now, begins))


def digest_opening(day: date, person: str, times: OfficeTimes, *, now: datetime, rules: Rules) -> datetime:
    """Return the first moment of a local day, or after it, when a digest leaves for a person.

    Where letters do not leave on that day any more at the hour of digests, that is the first moment of all.
    """
    opens = next_opening(day, person, times, now=now, rules=rules)
    if rules.digest_at is None:
        return opens
    on = local_day(opens)
    hour = moment_of(on, rules.digest_at)
    later = times.opening(person, max(opens, hour))
    return later if local_day(later) == on else opens


def _carrier(group: PendingStep, *, now: datetime, today: date, rules: Rules) -> Notice:
    """Return the letter that carries a group of waiting notices."""
    missed = group.bundle == MISSED
    # Its moment is part of the key: notices queued after this letter was sent go into another letter.
    key = (
        f"{'collected' if missed else 'moves'}:{now.isoformat()}:{group.bundle}:{group.person}:{group.channel}"
    )
    return _notice(group, key, "collected" if missed else "moves", today, group.not_before, now, rules)


def _digest(
    group: PendingStep,
    outbox: Outbox,
    office: Office,
    times: OfficeTimes,
    *,
    now: datetime,
    today: date,
    rules: Rules,
) -> Notice:
    """Return the digest that carries a group, of the first day whose digest was not sent yet."""
    person, days = office.people.get(group.person), times.days(group.person)
    day = digest_day(person.digest if person else "", days, today=today)
    key = digest_key(DIGEST, day, group.person, group.channel)
    while outbox.existing_keys({key}):
        # That day's digest has left: the next one takes it.
        after = digest_day(person.digest if person else "", days, today=day + timedelta(days=1))
        if after <= day:
            break
        day, key = after, digest_key(DIGEST, after, group.person, group.channel)
    return _notice(
        group, key, "digest", day, digest_opening(day, group.person, times, now=now, rules=rules), now, rules
    )


def _notice(
    group: PendingStep, key: str, kind: NoticeKind, day: date, not_before: datetime, now: datetime, rules: Rules
) -> Notice:
    """Return the notice of a carrying letter."""
    return Notice(
        key=key,
        case="",
        obligation="",
        due=day,
        rung=group.bundle,
        person=group.person,
        channel=group.channel,
        address=group.address,
        language=group.language,
        queued_at=now,
        not_before=not_before,
        message_id=message_id(key, rules.domain),
        kind=kind,
    )


def carriers(notices: Sequence[Notice]) -> list[Notice]:
    """Return those of the notices that carry others."""
    return [notice for notice in notices if notice.kind in CARRIERS]
