"""A letter as an e-mail message: the same notice is the same message, byte for byte but for its Date."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy

from notifications.entry import METHOD, calendar
from notifications.notice import Letter, Notice


class _Policy(EmailPolicy):
    """SMTP's policy, but for subjects: the standard library drops the space at which it folds a long one."""

    def fold(self, name: str, value: str) -> str:
        return _subject(value) if name.lower() == "subject" else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return (
            _subject(value).encode("ascii") if name.lower() == "subject" else super().fold_binary(name, value)
        )


def _subject(value: str) -> str:
    """The header line. One run of encoded words: spaces stand inside them, where no folding can lose them."""
    plain = str(value)
    charset = "us-ascii" if plain.isascii() else "utf-8"
    encoded = Header(plain, charset, header_name="Subject").encode(linesep="\r\n")
    return f"Subject: {encoded}\r\n"


FILE_NAME = {"kk": "мерзім.ics", "ru": "срок.ics", "en": "deadline.ics"}
"""What the calendar item is called as a file."""

# Base64 or quoted-printable, never raw 8-bit: no relay on the way has a reason to re-code and break it.
POLICY = _Policy(linesep="\r\n", cte_type="7bit")


def message_id(key: str, domain: str) -> str:
    """The Message-ID of the notice with that key: a receiving server can see that a second copy is the same."""
    return f"<{_digest(key)}@{domain}>"


def text_hash(letter: Letter) -> str:
    """SHA-256 of subject and plain text, as the delivery record keeps it."""
    return hashlib.sha256(f"{letter.subject}\n\n{letter.text}".encode()).hexdigest()


def build(notice: Notice, letter: Letter, *, name: str, sender: str, now: datetime) -> EmailMessage:
    """The message: text and HTML as alternatives, threaded with the other letters of its case.

    The deadline goes with it as a calendar item: once for programs that show it themselves, once as a file.

    Args:
        name: how the reader is called in the To header.
        sender: "Name <address>" or an address.
        now: aware UTC; becomes the Date.

    Raises:
        ValueError: the address is none, or a name or address would break out of its header.
    """
    message = EmailMessage(policy=POLICY)
    domain = notice.message_id.rpartition("@")[2].rstrip(">")
    message["Message-ID"] = notice.message_id
    message["Date"] = now
    message["From"] = sender
    message["To"] = _address(name, notice.address)
    message["Subject"] = " ".join(letter.subject.split())
    if notice.case:
        thread = f"<case.{_digest(notice.case)}@{domain}>"
        message["In-Reply-To"] = thread
        message["References"] = thread
    message["List-Id"] = f"<{'digests' if letter.dispensable else 'reminders'}.{domain}>"
    if letter.settings:
        message["List-Unsubscribe"] = f"<{letter.settings}>"
        if letter.one_click and letter.settings.startswith("https://"):
            # RFC 8058. No click ends a reminder the law asks for: it comes less often, with others.
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    boundary = f"=_{_digest(notice.key)}"
    if not letter.entries:
        message["Content-Language"] = letter.language
        message.set_boundary(boundary)
        return message
    item = calendar(letter.entries)
    message.add_alternative(item, maintype="text", subtype="calendar", cte="base64")
    said = list(message.iter_parts())[-1]
    said.set_param("charset", "utf-8")
    said.set_param("method", METHOD)
    message.set_boundary(boundary)
    message.add_attachment(item, maintype="application", subtype="ics", filename=FILE_NAME[letter.language])
    message.set_boundary(f"{boundary}.0")
    message["Content-Language"] = letter.language
    return message


def _address(name: str, address: str) -> Address:
    if address != address.strip() or any(mark in address for mark in " ,;<>\r\n"):
        raise ValueError(f"not one e-mail address: {address!r}")
    if not all(address.rpartition("@")[::2]):
        raise ValueError(f"not an e-mail address: {address!r}")
    return Address(display_name=" ".join(name.split()), addr_spec=address)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
