"""Builds a letter's e-mail message, with a DKIM signature where no relay signs.

The same notice gives the same bytes, except for the Date header.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from i18n import fallback
from notifications.notice import Letter, Notice, digest
from notifications.wire.entry import METHOD, calendar
from notifications.wire.mime import base64, header, mailbox, multipart, raw, text
from workflow.refusal import Refusal

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
    domain = notice.message_id.rpartition("@")[2].rstrip(">")
    headers = [
        raw("Message-ID", notice.message_id),
        raw("Date", format_datetime(now)),
        _from(sender),
        mailbox("To", name, _one_address(notice.address)),
        header("Subject", letter.subject),
    ]
    thread = f"<case.{digest(notice.case)}@{domain}>" if notice.case else ""
    if thread:
        headers += [raw("In-Reply-To", thread), raw("References", thread)]
    headers.append(raw("List-Id", f"<{'digests' if letter.dispensable else 'reminders'}.{domain}>"))
    if letter.settings:
        headers.append(raw("List-Unsubscribe", f"<{quote(letter.settings, safe=_ADDRESS)}>"))
        if letter.one_click and letter.settings.startswith("https://"):
            # RFC 8058. No click ends a reminder the law asks for: it comes less often, with others.
            headers.append(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    headers += [
        raw("Auto-Submitted", "auto-generated"),
        raw("X-Auto-Response-Suppress", "All"),
        raw("MIME-Version", "1.0"),
        raw("Content-Language", letter.language),
    ]
    return headers


def _body(notice: Notice, letter: Letter) -> bytes:
    boundary = f"=_{digest(notice.key)}"
    parts = [text("plain", letter.text), text("html", letter.html)]
    if not letter.entries:
        return multipart("alternative", boundary, parts)
    item = base64(calendar(letter.entries))
    parts.append(_SHOWN + item)
    attachment = _attachment_headers(FILE_NAME[fallback(letter.language)]) + item
    return multipart("mixed", f"{boundary}.0", [multipart("alternative", boundary, parts), attachment])


_SHOWN = (
    f'Content-Type: text/calendar; charset="utf-8"; method="{METHOD}"\r\n'
    "Content-Transfer-Encoding: base64\r\n\r\n"
).encode("ascii")


@lru_cache(maxsize=8)
def _attachment_headers(name: str) -> bytes:
    """Return the headers of the calendar item as an attachment."""
    file_name = f'filename="{name}"' if name.isascii() else f"filename*=utf-8''{quote(name)}"
    return (
        "Content-Type: application/ics\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {file_name}\r\n\r\n"
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


# What must not be altered on the way. List headers and the rest belong to it: a mail program acts on them.
SIGNED = (
    *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"MIME-Version"),
    *(b"Content-Type", b"List-Id", b"List-Unsubscribe", b"List-Unsubscribe-Post"),
)


class UnusableKey(Refusal, ValueError):
    """The key in config.toml cannot sign."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """A signing key with its domain; `selector`: the DNS name of its public key."""

    domain: str
    selector: str
    key: bytes

    def signed(self, message: bytes) -> bytes:
        """Return the message with its signature header first, otherwise unchanged."""
        import dkim

        header: bytes = dkim.sign(
            message,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name for name in SIGNED if name.lower() in _names(message)],
        )
        return header + message


def load_signature(sender: str, key: Path, selector: str) -> Signature:
    """Return the signature of the sender's domain with a key file, tested once so that a wrong key is found at
    once.

    Raises:
        UnusableKey: no such file, no key dkimpy can sign with, no selector, or a sender without a domain.
    """
    domain = parseaddr(sender)[1].rpartition("@")[2]
    if not selector or not domain:
        raise UnusableKey("letter.dkim_incomplete", sender=sender)
    try:
        signature = Signature(domain=domain, selector=selector, key=key.read_bytes())
        signature.signed(b"From: " + sender.encode("ascii", "replace") + b"\r\n\r\n.\r\n")
    except OSError as trouble:
        raise UnusableKey("letter.dkim_unreadable", file=str(key), problem=trouble.strerror or "") from None
    except Exception:  # dkimpy, its ASN.1 and its curves each raise their own; none must show the key.
        raise UnusableKey("letter.dkim_no_key", file=str(key)) from None
    return signature


def _names(message: bytes) -> set[bytes]:
    """Return the names of the headers, in lower case."""
    head = message.partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    return {line.partition(b":")[0].lower() for line in lines if line[:1] not in (b" ", b"\t")}
