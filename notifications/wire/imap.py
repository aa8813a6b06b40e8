"""The IMAP mailbox that receives replies to reminders. The only module that uses imaplib."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from pathlib import Path
from typing import Literal

from workflow.refusal import Refusal

Security = Literal["tls", "starttls", "none"]
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_ARRIVED = re.compile(rb'INTERNALDATE "([^"]+)"')


PORTS = {"tls": 993, "starttls": 143, "none": 143}
"""The usual port of each kind of connection (RFC 8314, RFC 9051)."""


class MailboxRefused(Refusal, OSError):
    """The mailbox cannot be opened or read; `answer`: the answer of the server or the system."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxAddress:
    """The server, folder and user of a mailbox. `security`: tls (from the first byte), starttls or none."""

    host: str
    port: int
    security: Security
    user: str
    password: str
    folder: str = "INBOX"
    ca_file: Path | None = None
    timeout: float = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An unread message: its number in the folder, its total size in bytes, and when it arrived (UTC)."""

    uid: str
    size: int
    arrived: datetime


class Mailbox:
    """An open mailbox."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self._connection = connection

    def unread(self, *, limit: int) -> list[Waiting]:
        """Return unread messages, the oldest first, `limit` at most."""
        numbers = b" ".join(part for part in self._ask("SEARCH", "UNSEEN") if isinstance(part, bytes))
        messages = []
        for uid in numbers.decode("ascii").split()[:limit]:
            answer = self._ask("FETCH", uid, "(RFC822.SIZE INTERNALDATE)")
            answer_line = b" ".join(part for part in answer if isinstance(part, bytes))
            size, arrived = _SIZE.search(answer_line), _ARRIVED.search(answer_line)
            if size and arrived:
                messages.append(
                    Waiting(uid=uid, size=int(size[1]), arrived=_moment(arrived[1].decode("ascii")))
                )
        return messages

    def read(self, uid: str) -> bytes:
        """Return the bytes of a message, without marking it as read."""
        answer = self._ask("FETCH", uid, "(BODY.PEEK[])")
        return next((part[1] for part in answer if isinstance(part, tuple)), b"")

    def mark_read(self, uid: str) -> None:
        """Mark a message as read, so that it is not fetched again."""
        self._ask("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")

    def _ask(self, command: str, *arguments: str) -> list[bytes | tuple[bytes, bytes]]:
        state, answer = self._connection.uid(command, *arguments)
        if state != "OK":
            raise MailboxRefused("replies.mailbox", answer=_line(answer))
        return [part for part in answer if part is not None]


@contextmanager
def open_mailbox(address: MailboxAddress) -> Iterator[Mailbox]:
    """Connect, log in and open the folder. Raises MailboxRefused."""
    connection: imaplib.IMAP4 | None = None
    try:
        connection = _connect(address)
        state, answer = connection.select(f'"{address.folder}"')
        if state != "OK":
            raise MailboxRefused("replies.mailbox", answer=_line(answer))
        yield Mailbox(connection)
    except (OSError, imaplib.IMAP4.error) as trouble:
        if isinstance(trouble, Refusal):
            raise
        raise MailboxRefused("replies.mailbox", answer=_line([trouble])) from trouble
    finally:
        if connection is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                connection.logout()


def _connect(address: MailboxAddress) -> imaplib.IMAP4:
    context = ssl.create_default_context(cafile=address.ca_file)
    place = (address.host, address.port)
    connection: imaplib.IMAP4
    if address.security == "tls":
        connection = imaplib.IMAP4_SSL(*place, ssl_context=context, timeout=address.timeout)
    else:
        connection = imaplib.IMAP4(*place, timeout=address.timeout)
    try:
        if address.security == "starttls":
            connection.starttls(context)
        if "AUTH=PLAIN" in connection.capabilities:
            # LOGIN takes no letters beyond ASCII.
            secret = f"\0{address.user}\0{address.password}".encode()
            connection.authenticate("PLAIN", lambda _: secret)
        else:
            connection.login(address.user, address.password)
    except BaseException:
        connection.shutdown()
        raise
    return connection


def _moment(text: str) -> datetime:
    """Return the UTC moment of an INTERNALDATE."""
    parts = parsedate_tz(text)
    if parts is None:
        raise MailboxRefused("replies.mailbox", answer=text)
    zone = timezone(timedelta(seconds=parts[9] or 0))
    return datetime(*parts[:6], tzinfo=zone).astimezone(UTC)


def _line(answer: Sequence[object]) -> str:
    texts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in answer]
    return " ".join(" ".join(texts).split())[:300]
