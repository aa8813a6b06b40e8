"""A letter as an e-mail message, with its deadlines as calendar items (iCalendar), which feeds hold too.

The same notice gives the same bytes, except for the Date header.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueAddressHeader, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr
from urllib.parse import quote

from icalendar import Alarm, Calendar, Event, vDuration

from notifications.notice import CalendarEntry, Letter, Notice, fingerprint

FILE_NAME = {"kk": "мерзім.ics", "ru": "срок.ics", "en": "deadline.ics"}
_ADDRESS = ":/?#[]@!$&'()*+,;=%"
"""Characters that need no quoting in an address."""


class _Unfolded(UnstructuredHeader, BaseHeader):
    """A header that programs read: the library turns a long address into encoded words, which none follows."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header in one line."""
        return f"{self.name}: {self}{policy.linesep}"


class _Words(UnstructuredHeader, BaseHeader):
    """A header of words. The library's newer folding tears letters where alphabets mix."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header with what is not ASCII in encoded words."""
        words = Header(str(self), header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {words}{policy.linesep}"


class _Mailbox(UniqueAddressHeader, BaseHeader):  # type: ignore[misc]  # as the registry itself joins them
    """A header of one mailbox, its name encoded as words are."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header, with the address in a line of its own where the name is encoded."""
        (mailbox,) = self.addresses
        if mailbox.display_name.isascii():
            return super().fold(policy=policy)
        label = Header(mailbox.display_name, "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {label}{policy.linesep} <{mailbox.addr_spec}>{policy.linesep}"


_HEADERS = HeaderRegistry()
for _name in ("message-id", "in-reply-to", "references", "list-id", "list-unsubscribe"):
    _HEADERS.map_to_type(_name, _Unfolded)
_HEADERS.map_to_type("subject", _Words)
for _name in ("from", "to"):
    _HEADERS.map_to_type(_name, _Mailbox)
_POLICY = SMTP.clone(header_factory=_HEADERS, cte_type="7bit")


def text_hash(letter: Letter) -> str:
    """Return the SHA-256 of subject and plain text, as stored in the delivery record."""
    return hashlib.sha256(f"{letter.subject}\n\n{letter.text}".encode()).hexdigest()


def build_message(notice: Notice, letter: Letter, *, name: str, sender: str, now: datetime) -> bytes:
    """Return the message: text and HTML as alternatives, threaded with the other letters of its case.

    The calendar item is attached twice: inline for programs that show it, and as a file. `name`: the
    recipient's in the To header; `sender`: "Name <address>" or an address; `now` becomes the Date.

    Raises ValueError: the address is invalid, or a name or address would break out of its header.
    """
    message = EmailMessage(policy=_POLICY)
    _set_headers(message, notice, letter, name, sender, now)
    boundary = f"=_{fingerprint(notice.key)}"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if letter.entries:
        item = calendar(letter.entries)
        message.add_alternative(item.decode(), subtype="calendar", params={"method": METHOD}, cte="base64")
        file_name = FILE_NAME[letter.language]
        message.add_attachment(item, maintype="application", subtype="ics", filename=file_name)
    message["Content-Language"] = letter.language
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"{boundary}.{number}")
    return message.as_bytes()


def _set_headers(
    message: EmailMessage, notice: Notice, letter: Letter, name: str, sender: str, now: datetime
) -> None:
    """Set the headers but those of content: addresses, subject, thread of the case, and how to be reminded
    less. Raises ValueError: an address is invalid.
    """
    domain = notice.message_id.rpartition("@")[2].rstrip(">")
    message["Message-ID"] = notice.message_id
    message["Date"] = format_datetime(now)
    message["From"] = _mailbox(*parseaddr(sender))
    message["To"] = _mailbox(name, _one_address(notice.address))
    message["Subject"] = " ".join(letter.subject.split())
    if notice.case:
        thread = f"<case.{fingerprint(notice.case)}@{domain}>"
        message["In-Reply-To"], message["References"] = thread, thread
    message["List-Id"] = f"<reminders.{domain}>"
    if letter.settings:
        message["List-Unsubscribe"] = f"<{quote(letter.settings, safe=_ADDRESS)}>"
        if letter.one_click and letter.settings.startswith("https://"):
            # RFC 8058. No click ends a reminder the law asks for: it comes less often, with others.
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"


def _mailbox(label: str, address: str) -> Address:
    """Return an address with a display name or ""; ValueError where it is invalid."""
    try:
        return Address(display_name=" ".join(label.split()), addr_spec=address)
    except (MessageError, IndexError) as problem:
        raise ValueError(f"not an e-mail address: {address!r}") from problem


def _one_address(address: str) -> str:
    """Return a single address; ValueError for anything else."""
    if address != address.strip() or any(mark in address for mark in " ,;<>\r\n"):
        raise ValueError(f"not one e-mail address: {address!r}")
    if not all(address.rpartition("@")[::2]):
        raise ValueError(f"not an e-mail address: {address!r}")
    return address


PRODUCT = "-//Merzim//Deadlines//KK"
METHOD = "PUBLISH"
"""Published, not requested: a deadline asks nobody to accept it (RFC 5546, 3.2.1)."""
ALARMS = (timedelta(hours=-15), timedelta(hours=9))
"""Nine o'clock on the day before and on the day itself, from the midnight the item begins at."""
_CONTROLS = dict.fromkeys([*range(0x0A), *range(0x0B, 0x20), 0x7F], " ")
"""Control characters: programs refuse the whole calendar for one (RFC 5545, 3.1)."""


def calendar(entries: Sequence[CalendarEntry], *, name: str = "", refresh: timedelta | None = None) -> bytes:
    """Return the items as iCalendar text (RFC 5545), each a whole day; the same entries are the same text.

    For subscribers: `name` of the calendar (RFC 7986; X-WR-CALNAME for older programs), and how often to
    `refresh` it; it reminds them besides.
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
