"""Asks the officer, late in the year, to confirm next year's production calendar: an item of their letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from notifications.channels import Channel, language_of
from notifications.daily import DAY, first_of_week, next_opening
from notifications.letters.daily import unconfirmed_year
from notifications.notice import Notice, message_id
from notifications.rules import OfficeTimes, Rules
from workflow.org.duties import stand_in
from workflow.org.office import Office

LAST_DAYS = 5
"""The last working days of the year: the officer is reminded on each of them, before them once a week."""


def plan_calls(
    office: Office,
    times: OfficeTimes,
    calendar: Kazakhstan,
    channels: Sequence[Channel],
    *,
    now: datetime,
    today: date,
    rules: Rules,
) -> list[Notice]:
    """Return today's call for each channel of the officer; none where nothing is to be confirmed today."""
    officer = office.people.get(office.officer or "")
    if officer is None or unconfirmed_year(calendar, today) is None:
        return []
    reader = stand_in(office, officer, today) or officer
    days = times.days(reader.key)
    try:
        left = days.count_working_days(today, date(today.year, 12, 31))
        is_called = first_of_week(today, days) or (days.is_working_day(today) and left <= LAST_DAYS)
    except OutOfRange:
        return []
    return [
        Notice(
            key=(key := f"calendar:{today.isoformat()}:{reader.key}:{channel.name}"),
            case="",
            obligation="",
            due=today,
            step="",
            person=reader.key,
            channel=channel.name,
            address=address,
            language=language_of(channel, reader),
            queued_at=now,
            not_before=next_opening(today, reader.key, times, now=now),
            message_id=message_id(key, rules.domain),
            kind="calendar",
            bundle=DAY,
        )
        for channel in channels
        if is_called and (address := channel.address(reader)) is not None
    ]
