"""Parses a reply to a reminder: sender, the letter it answers, its own text and attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses

MAX_PARTS = 200
"""A message with more parts is not written by a person."""
_TOKEN = r"[A-Za-z0-9_-]{48,400}"
# What `notifications.wire.message` puts into the References of a letter.
_IN_HEADERS = re.compile(rf"<answer\.({_TOKEN})@")
_OF_SEVERAL = re.compile(rf"<several\.({_TOKEN})@")
_IN_TEXT = re.compile(rf"/answer/({_TOKEN})")
_QUOTES = re.compile(
    r"^\s*(>|-{2,}\s*$|_{5,}|-{3,}.*(message|сообщение|хабарлама).*-{3,}|(from|от|кімнен)\s*:"
    r"|.*(wrote|пишет|писал\(?а?\)?|написал\(?а?\)?|жазды)\s*:\s*$)",
    re.IGNORECASE,
)
"""Patterns for the beginning of quoted text or a signature."""
_NOT_EVIDENCE = ("text/calendar", "application/ics", "application/pkcs7-signature", "application/pgp-signature")


class Unreadable(ValueError):
    """The message cannot be parsed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The contents of a reply.

    Attributes:
        sender: the one address it says it is from; "" where it names none or several.
        tokens: marks in its headers of the one step its letter was about.
        of_several: marks in its headers of a letter about several steps.
        quoted: marks of the steps it quotes or names.
        automatic: written by a program, or to many: such a message is never answered.
        text: its own words, without what it quotes.
        files: name and content of each attachment.
    """

    sender: str
    tokens: tuple[str, ...]
    of_several: tuple[str, ...]
    quoted: tuple[str, ...]
    automatic: bool
    text: str
    files: tuple[tuple[str, bytes], ...]


def read_reply(content: bytes) -> Reply:
    """Parse a message. Raises Unreadable."""
    try:
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        parts = list(_parts(message))
        full_text = "\n".join(_text(part) for part in parts if _is_text(part))
        headers = "".join(str(message.get(name, "")) for name in ("References", "In-Reply-To"))
        headers = "".join(headers.split())
        return Reply(
            sender=_sender(message),
            tokens=tuple(dict.fromkeys(_IN_HEADERS.findall(headers))),
            of_several=tuple(dict.fromkeys(_OF_SEVERAL.findall(headers))),
            quoted=tuple(dict.fromkeys(_IN_TEXT.findall(full_text))),
            automatic=_is_automatic(message),
            text=_own_words("\n".join(_text(part) for part in parts if _is_text(part, "plain"))),
            files=tuple(_files(parts)),
        )
    except Unreadable:
        raise
    except Exception as trouble:
        # The library raises whatever comes to it on a message that is wrong.
        raise Unreadable(type(trouble).__name__) from trouble


def _parts(message: MIMEPart) -> Iterator[MIMEPart]:
    """Yield the parts of a message that have content; parts of an attached message are not included."""
    waiting: list[MIMEPart] = [message]
    part_count = 0
    while waiting:
        part = waiting.pop(0)
        part_count += 1
        if part_count > MAX_PARTS:
            raise Unreadable("parts")
        if part.get_content_maintype() == "multipart":
            waiting[:0] = list(part.iter_parts())
        else:
            yield part


def _sender(message: EmailMessage) -> str:
    addresses = [
        address for _, address in getaddresses([str(header) for header in message.get_all("From", [])])
    ]
    return addresses[0] if len(addresses) == 1 else ""


def _is_automatic(message: EmailMessage) -> bool:
    """Return whether it is an automatic reply (RFC 3834), a mailing list message or a delivery report."""
    submission = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    bulk = str(message.get("Precedence", "")).strip().lower() in ("bulk", "junk", "list", "auto_reply")
    marks = ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
    is_from_list = any(name in message for name in marks)
    empty = str(message.get("Return-Path", "")).strip() == "<>"
    return (
        submission != "no" or bulk or is_from_list or empty or message.get_content_type() == "multipart/report"
    )


def _is_text(part: MIMEPart, kind: str = "") -> bool:
    if part.get_content_maintype() != "text" or part.get_filename() or part.is_attachment():
        return False
    return not kind or part.get_content_subtype() == kind


def _text(part: MIMEPart) -> str:
    content = part.get_content()
    return content if isinstance(content, str) else ""


def _own_words(text: str) -> str:
    lines = []
    for line in text.splitlines():
        if _QUOTES.match(line):
            break
        if _IN_TEXT.search(line):
            # The address of the step, which answers without log-in: it is shown to nobody else.
            continue
        lines.append("".join(character for character in line if character.isprintable()))
    return "\n".join(lines).strip()


def _files(parts: list[MIMEPart]) -> Iterator[tuple[str, bytes]]:
    """Yield the attachments, without pictures of a signature and the calendar item of our own letter."""
    for part in parts:
        name = part.get_filename()
        pictured = part.get_content_maintype() == "image" and "Content-ID" in part and not part.is_attachment()
        if not name or pictured or part.get_content_type() in _NOT_EVIDENCE:
            continue
        content = part.get_payload(decode=True)
        yield name, content if isinstance(content, bytes) else b""
