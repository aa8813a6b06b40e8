"""The calendar item of a letter: a day in the reader's own calendar that follows the deadline when it moves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from notifications.notice import Entry

if TYPE_CHECKING:
    from icalendar import Event

PRODUCT = "-//Merzim//Deadlines//KK"
METHOD = "PUBLISH"
"""Published, not requested: a deadline asks nobody to accept it (RFC 5546, 3.2.1)."""


def uid(case: str, obligation: str, domain: str) -> str:
    """The item's identity: one deadline is one item for good, in whatever letter it comes."""
    return f"{hashlib.sha256(f'{case}:{obligation}'.encode()).hexdigest()[:32]}@{domain}"


def calendar(entries: Sequence[Entry], *, name: str = "", refresh: timedelta | None = None) -> bytes:
    """The items as iCalendar text (RFC 5545), CRLF and folded.

    A whole day as DATE values, since a deadline is a day and not an hour; no time zone is needed then. The same
    entries are the same text: their stamps are the moments they were queued, no clock is read.

    Args:
        name: what a program that subscribes to it calls the calendar (RFC 7986; X-WR-CALNAME for older ones).
        refresh: how often such a program is asked to look again.
    """
    from icalendar import Calendar

    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", METHOD)
    if name:
        made.add("name", name)
        made.add("x-wr-calname", name)
    if refresh is not None:
        made.add("refresh-interval", refresh, parameters={"VALUE": "DURATION"})
        made.add("x-published-ttl", f"PT{int(refresh.total_seconds()) // 3600}H")
    for entry in entries:
        made.add_component(_event(entry))
    return bytes(made.to_ical())


def _event(entry: Entry) -> Event:
    from icalendar import Event, vText

    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.stamp)
    event.add("dtstart", entry.on)
    event.add("dtend", entry.on + timedelta(days=1))
    event.add("summary", vText(entry.summary, params={"LANGUAGE": entry.language}))
    event.add("description", vText(entry.text, params={"LANGUAGE": entry.language}))
    if entry.link:
        event.add("url", entry.link)
    event.add("status", entry.status)
    event.add("transp", "TRANSPARENT")
    event.add("last-modified", entry.stamp)
    return event
