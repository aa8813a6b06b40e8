"""Builds a letter's e-mail message: the same notice gives the same bytes, except for the Date header."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from urllib.parse import quote

from i18n import fallback
from notifications.notice import Letter, Notice, digest
from notifications.wire.entry import METHOD, calendar
from notifications.wire.mime import base64, header, mailbox, multipart, raw, text

FILE_NAME = {"kk": "мерзім.ics", "ru": "срок.ics", "en": "deadline.ics"}
"""File name of the calendar item."""
_ADDRESS = ":/?#[]@!$&'()*+,;=%"
"""Characters that need no quoting in an address."""


def text_hash(letter: Letter) -> str:
    """Return the SHA-256 of subject and plain text, as stored in the delivery record."""
    return hashlib.sha256(f"{letter.subject}\n\n{letter.text}".encode()).hexdigest()


def build_message(notice: Notice, letter: Letter, *, name: str, sender: str, now: datetime) -> bytes:
    """Return the message: text and HTML as alternatives, threaded with the other letters of its case.

    The calendar item is attached twice: inline for programs that show it, and as a file.

    Args:
        name: the recipient's name in the To header.
        sender: "Name <address>" or an address.
        now: aware UTC; becomes the Date.

    Raises:
        ValueError: the address is invalid, or a name or address would break out of its header.
    """
    return b"".join((*_headers(notice, letter, name, sender, now), _body(notice, letter)))


def _headers(notice: Notice, letter: Letter, name: str, sender: str, now: datetime) -> list[bytes]:
    """Return the headers of the message."""
    domain = notice.message_id.rpartition("@")[2].rstrip(">")
    found = [
        raw("Message-ID", notice.message_id),
        raw("Date", format_datetime(now)),
        _from(sender),
        mailbox("To", name, _one_address(notice.address)),
        header("Subject", letter.subject),
    ]
    if letter.reply_to:
        found.append(mailbox("Reply-To", "", _one_address(letter.reply_to)))
    thread = f"<case.{digest(notice.case)}@{domain}>" if notice.case else ""
    if thread:
        found.append(raw("In-Reply-To", thread))
    if thread or letter.reply:
        # A reply repeats the references of its letter (RFC 5322), and thereby returns the secret.
        mark = f"<{letter.reply}@{domain}>" if letter.reply else ""
        found.append(raw("References", " ".join(filter(None, (thread, mark)))))
    found.append(raw("List-Id", f"<{'digests' if letter.dispensable else 'reminders'}.{domain}>"))
    if letter.settings:
        found.append(raw("List-Unsubscribe", f"<{quote(letter.settings, safe=_ADDRESS)}>"))
        if letter.one_click and letter.settings.startswith("https://"):
            # RFC 8058. No click ends a reminder the law asks for: it comes less often, with others.
            found.append(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    found += [
        raw("Auto-Submitted", "auto-generated"),
        raw("X-Auto-Response-Suppress", "All"),
        raw("MIME-Version", "1.0"),
        raw("Content-Language", letter.language),
    ]
    return found


def _body(notice: Notice, letter: Letter) -> bytes:
    """Return the body of the message."""
    boundary = f"=_{digest(notice.key)}"
    parts = [text("plain", letter.text), text("html", letter.html)]
    if not letter.entries:
        return multipart("alternative", boundary, parts)
    item = base64(calendar(letter.entries))
    parts.append(_SHOWN + item)
    kept = _attachment_headers(FILE_NAME[fallback(letter.language)]) + item
    return multipart("mixed", f"{boundary}.0", [multipart("alternative", boundary, parts), kept])


_SHOWN = (
    f'Content-Type: text/calendar; charset="utf-8"; method="{METHOD}"\r\n'
    "Content-Transfer-Encoding: base64\r\n\r\n"
).encode("ascii")


@lru_cache(maxsize=8)
def _attachment_headers(name: str) -> bytes:
    """Return the headers of the calendar item as an attachment."""
    said = f'filename="{name}"' if name.isascii() else f"filename*=utf-8''{quote(name)}"
    return (
        "Content-Type: application/ics\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {said}\r\n\r\n"
    ).encode("ascii")


@lru_cache(maxsize=8)
def _from(sender: str) -> bytes:
    """Return the From header (cached)."""
    label, address = parseaddr(sender)
    return mailbox("From", label, address)


def _one_address(address: str) -> str:
    """Return a single address; ValueError for anything else."""
    if address != address.strip() or any(mark in address for mark in " ,;<>\r\n"):
        raise ValueError(f"not one e-mail address: {address!r}")
    if not all(address.rpartition("@")[::2]):
        raise ValueError(f"not an e-mail address: {address!r}")
    return address
