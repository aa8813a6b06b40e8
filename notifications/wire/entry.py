"""The calendar item (iCalendar) of a deadline, in letters and feeds; it follows the deadline if that moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from icalendar import Alarm, Calendar, Event, vDuration

from notifications.notice import CalendarEntry

PRODUCT = "-//Merzim//Deadlines//KK"
METHOD = "PUBLISH"
"""Published, not requested: a deadline asks nobody to accept it (RFC 5546, 3.2.1)."""
ALARMS = (timedelta(hours=-15), timedelta(hours=9))
"""Nine o'clock on the day before and on the day itself, from the midnight the item begins at."""
_CONTROLS = dict.fromkeys([*range(0x0A), *range(0x0B, 0x20), 0x7F], " ")
"""Control characters: programs refuse the whole calendar for one (RFC 5545, 3.1)."""


def calendar(entries: Sequence[CalendarEntry], *, name: str = "", refresh: timedelta | None = None) -> bytes:
    """Return the items as iCalendar text (RFC 5545).

    A whole day as DATE values, since a deadline is a day and not an hour; no time zone is needed then. The same
    entries are the same text: their stamps are the moments they were queued, no clock is read.

    Args:
        name: name of the calendar for subscribers (RFC 7986; X-WR-CALNAME for older programs).
        refresh: suggested refresh interval for subscribers, whose calendar reminds them besides.
    """
    whole = Calendar()
    for key, value in (("version", "2.0"), ("prodid", PRODUCT), ("calscale", "GREGORIAN"), ("method", METHOD)):
        whole.add(key, value)
    if name:
        whole.add("name", _plain(name))
        whole.add("x-wr-calname", _plain(name))
    if refresh is not None:
        whole.add("refresh-interval", refresh, parameters={"VALUE": "DURATION"})
        whole.add("x-published-ttl", vDuration(refresh))
    for entry in entries:
        whole.add_component(_event(entry, alarms=refresh is not None))
    return bytes(whole.to_ical())


def _event(entry: CalendarEntry, *, alarms: bool) -> Event:
    """Return one item, in a feed with alarms."""
    event, language = Event(), {"LANGUAGE": entry.language}
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstart", entry.on)
    event.add("dtend", entry.on + timedelta(days=1))
    event.add("dtstamp", entry.stamp)
    event.add("last-modified", entry.stamp)
    event.add("summary", _plain(entry.summary), parameters=language)
    event.add("description", _plain(entry.text), parameters=language)
    event.add("status", entry.status)
    event.add("transp", "TRANSPARENT")
    if entry.link:
        event.add("url", "".join(entry.link.split()))
    for trigger in ALARMS if alarms and entry.status != "CANCELLED" else ():
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", trigger)
        alarm.add("description", _plain(entry.summary), parameters=language)
        event.add_component(alarm)
    return event


def _plain(text: str) -> str:
    """Return a text without control characters but the ends of its lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
