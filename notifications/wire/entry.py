"""The calendar item (iCalendar) of a letter: an all-day item that follows the deadline when it moves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from notifications.notice import Entry

PRODUCT = "-//Merzim//Deadlines//KK"
METHOD = "PUBLISH"
"""Published, not requested: a deadline asks nobody to accept it (RFC 5546, 3.2.1)."""
_OCTETS = 74
"""Maximum bytes of a line, without the space that begins a continuation line."""


def item_id(case: str, obligation: str, domain: str) -> str:
    """Return the item's permanent id: one for each deadline, in all letters."""
    return f"{hashlib.sha256(f'{case}:{obligation}'.encode()).hexdigest()[:32]}@{domain}"


def calendar(entries: Sequence[Entry], *, name: str = "", refresh: timedelta | None = None) -> bytes:
    """Return the items as iCalendar text (RFC 5545), CRLF and folded.

    A whole day as DATE values, since a deadline is a day and not an hour; no time zone is needed then. The same
    entries are the same text: their stamps are the moments they were queued, no clock is read.

    Args:
        name: name of the calendar for subscribers (RFC 7986; X-WR-CALNAME for older programs).
        refresh: suggested refresh interval for subscribers.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", f"METHOD:{METHOD}"]
    if name:
        lines += [f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}"]
    if refresh is not None:
        hours = f"PT{int(refresh.total_seconds()) // 3600}H"
        lines += [f"REFRESH-INTERVAL;VALUE=DURATION:{hours}", f"X-PUBLISHED-TTL:{hours}"]
    lines += chain.from_iterable(_event(entry, alarms=refresh is not None) for entry in entries)
    lines.append("END:VCALENDAR")
    return b"".join(_fold(line) for line in lines)


def _event(entry: Entry, *, alarms: bool) -> Iterator[str]:
    """Yield the lines of one item; in a feed with alarms at 9 on the day before and on the day itself."""
    language = f";LANGUAGE={entry.language}"
    yield "BEGIN:VEVENT"
    yield f"SUMMARY{language}:{_text(entry.summary)}"
    yield f"DTSTART;VALUE=DATE:{_day(entry.on)}"
    yield f"DTEND;VALUE=DATE:{_day(entry.on + timedelta(days=1))}"
    yield f"DTSTAMP:{_moment(entry.stamp)}"
    yield f"UID:{_text(entry.uid)}"
    yield f"SEQUENCE:{entry.sequence}"
    yield f"DESCRIPTION{language}:{_text(entry.text)}"
    yield f"LAST-MODIFIED:{_moment(entry.stamp)}"
    yield f"STATUS:{entry.status}"
    yield "TRANSP:TRANSPARENT"
    if entry.link:
        yield f"URL:{''.join(entry.link.split())}"
    if alarms and entry.status != "CANCELLED":
        for trigger in ("-PT15H", "PT9H"):
            yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{trigger}")
            yield from (f"DESCRIPTION{language}:{_text(entry.summary)}", "END:VALARM")
    yield "END:VEVENT"


_CONTROLS = dict.fromkeys([*range(0x20), 0x7F], " ")
"""Control characters, which no value may contain (RFC 5545, 3.1): programs refuse the whole calendar for
one.
"""


def _text(text: str) -> str:
    """Return a value of type TEXT with special characters escaped (RFC 5545, 3.3.11)."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    in_one_line = plain.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")
    return in_one_line.translate(_CONTROLS)


def _day(on: date) -> str:
    """Return a DATE value."""
    return f"{on.year:04}{on.month:02}{on.day:02}"


def _moment(at: datetime) -> str:
    """Return a UTC DATE-TIME value."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _fold(line: str) -> bytes:
    """Return the line with its line end, folded without splitting characters or escapes."""
    data = line.encode()
    if len(data) <= _OCTETS:
        return data + b"\r\n"
    lines, at = [], 0
    while at < len(data):
        end = at + _OCTETS
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        # Some programs unfold after they have read the escapes: none is torn in two.
        if end < len(data):
            line_so_far = data[at:end]
            end -= (len(line_so_far) - len(line_so_far.rstrip(b"\\"))) % 2
        lines.append(data[at:end])
        at = end
    return b"\r\n ".join(lines) + b"\r\n"
