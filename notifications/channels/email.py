"""The e-mail channel (SMTP): one connection per batch, one recipient per message, signed where no relay does.

A refusal of the message (5xx) is final; every temporary error (4xx, no connection, a hang, a drop, failing
TLS, a refused log-in) is tried again under the same Message-ID, even when the drop came after the whole letter
had gone out: the receiver can see that the second copy is the same; nobody can see a letter that never came.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

import aiosmtplib
import dkim

from i18n import refusal
from notifications.channels import (
    EMPTY,
    MAIL_PORTS,
    Channel,
    OptionalPath,
    Outcomes,
    OutgoingMessage,
    Port,
    Seconds,
)
from notifications.message import build_message
from notifications.notice import UNREACHABLE, Outcome
from workflow.org.office import Person
from workflow.refusal import Refusal

Security = Literal["none", "starttls", "tls"]

# After so many dropped or hanging connections in one batch, the rest of the batch waits.
PATIENCE = 2
# Nor is one that answers, but so slowly that a batch would keep rounds waiting.
BATCH_SECONDS = 120.0
_SLOW = "the server is slow; this letter waits for the next delivery"


# What must not be altered on the way. List headers and the rest belong to it: a mail program acts on them.
SIGNED = (
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version"),
    *("Content-Type", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"),
)


class NoPassword(ValueError):
    """A server named in the browser asks for a log-in, and no password was given for it."""


class NoKey(NoPassword):
    """The password given in the browser cannot be decrypted; `reason` says why."""

    def __init__(self, reason: Refusal, language: str) -> None:
        super().__init__(refusal(reason, language))
        self.reason = reason


class Email(Channel):
    """The channel of one SMTP server; config.toml explains its keys."""

    name: ClassVar = "email"
    needed: ClassVar = ("host", "sender")

    host: str = ""
    sender: str = ""
    port: Annotated[Port | None, EMPTY] = None
    tls: Security = "starttls"
    user: str = ""
    password_env: str = ""
    ca_file: OptionalPath = None
    timeout: Seconds = 20.0
    dkim_key: OptionalPath = None
    dkim_selector: str = ""
    _given: str | NoKey | None = None

    @property
    def present_port(self) -> int:
        """The port, or the usual one of the kind of connection."""
        return self.port or MAIL_PORTS[self.tls]

    @cached_property
    def signing_key(self) -> bytes | None:
        """The DKIM key, tested so that a wrong one is found at once; None where a relay signs.

        Raises Refusal: no such file, no key dkimpy can sign with, no selector, or a sender without a domain.
        """
        if self.dkim_key is None:
            return None
        if not self.dkim_selector or "@" not in parseaddr(self.sender)[1]:
            raise Refusal("letter.dkim_incomplete", sender=self.sender)
        try:
            key = self.dkim_key.read_bytes()
            self._signed(b"From: " + self.sender.encode("ascii", "replace") + b"\r\n\r\n.\r\n", key)
        except OSError as trouble:
            problem = trouble.strerror or ""
            raise Refusal("letter.dkim_unreadable", file=str(self.dkim_key), problem=problem) from None
        except Exception:  # dkimpy, its ASN.1 and its curves each raise their own; none must show the key.
            raise Refusal("letter.dkim_no_key", file=str(self.dkim_key)) from None
        return key

    def _signed(self, message: bytes, key: bytes) -> bytes:
        """Return the message with its signature header first, otherwise unchanged."""
        head = BytesHeaderParser().parsebytes(message)
        header: bytes = dkim.sign(
            message,
            self.dkim_selector.encode(),
            parseaddr(self.sender)[1].rpartition("@")[2].encode(),
            key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in SIGNED if name in head],
        )
        return header + message

    def variables(self) -> Mapping[str, str]:
        return {"password_env": self.password_env} if self.user and self._given is None else {}

    def refuse_unusable(self) -> None:
        _ = self.signing_key

    def refuse_lost_password(self) -> None:
        """Raise Refusal if the password given in the browser cannot be decrypted."""
        if isinstance(self._given, NoKey):
            raise self._given.reason

    @property
    def given(self) -> str:
        """The password given in the browser; "" where none is, or it cannot be decrypted."""
        return self._given if isinstance(self._given, str) else ""

    def with_password(self, given: str | Refusal, *, language: str = "en") -> Self:
        """Return the channel with the password given in the browser ("" for none) in place of the variable's,
        or with why it cannot be decrypted, which waiting letters say in a language.
        """
        channel = self.model_copy()
        channel._given = given if isinstance(given, str) else NoKey(given, language)
        return channel

    def address(self, person: Person) -> str | None:
        return person.email

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Outcomes:
        """Send a batch over one connection. The rest waits after PATIENCE lost connections, without one, and
        after BATCH_SECONDS.
        """
        server: aiosmtplib.SMTP | None = None
        rest: Outcome | None = None
        failures, began = 0, time.monotonic()
        try:
            for number, parcel in enumerate(batch):
                key = parcel.notice.key
                if rest is None and number and time.monotonic() - began > BATCH_SECONDS:
                    rest = Outcome(state="queued", answer=_SLOW, tried=False)
                if rest is not None:
                    yield key, rest
                    continue
                try:
                    message = self._envelope(parcel, now)
                except ValueError as problem:
                    yield key, Outcome(state="failed", answer=str(problem))
                    continue
                try:
                    if server is None or not server.is_connected:
                        server = await self._connect()
                except (aiosmtplib.SMTPException, OSError, ValueError, KeyError) as problem:
                    rest = _out_of_reach(problem)
                    yield key, rest
                    continue
                outcome = await _submit(server, message)
                yield key, outcome
                if outcome.fault:
                    failures += 1
                    rest = replace(outcome, tried=False) if failures >= PATIENCE else None
                    await _cut(server)
        finally:
            if server is not None and server.is_connected:
                await _hang_up(server)

    async def probe(self) -> Outcome:
        """Connect, with TLS and log-in as configured, and hang up."""
        try:
            server = await self._connect()
        except (aiosmtplib.SMTPException, OSError, ValueError, KeyError) as problem:
            return Outcome(state="failed", answer=server_answer(problem))
        await _hang_up(server)
        return Outcome(state="sent", answer=f"{self.host}:{self.present_port}")

    def _envelope(self, parcel: OutgoingMessage, now: datetime) -> tuple[str, list[str], bytes]:
        """Return sender, recipients and content of a letter, signed where there is a key. Raises ValueError."""
        content = build_message(parcel.notice, parcel.letter, name=parcel.name, sender=self.sender, now=now)
        if self.signing_key is not None:
            content = self._signed(content, self.signing_key)
        return parseaddr(self.sender)[1], [parcel.notice.address], content

    def _password(self) -> str | None:
        """Return the password to log in with; None where none is set up.

        Raises NoKey, NoPassword, or KeyError: the environment variable is not set.
        """
        if isinstance(self._given, NoKey):
            raise self._given
        if self._given == "":
            raise NoPassword(f"no password was given for {self.host}")
        if self._given is not None:
            return self._given
        return os.environ[self.password_env] if self.password_env else None

    async def _connect(self) -> aiosmtplib.SMTP:
        """Open a connection, with TLS and log-in as configured."""
        server = _Connection(
            hostname=self.host,
            port=self.present_port,
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            tls_context=None if self.tls == "none" else ssl.create_default_context(cafile=self.ca_file),
            username=self.user or None,
            password=self._password() if self.user else None,
            timeout=self.timeout,
        )
        try:
            await server.connect()
        except BaseException:
            await _cut(server)
            raise
        return server


def _out_of_reach(problem: Exception) -> Outcome:
    """Return the outcome of a letter whose server cannot be reached or refuses our log-in.

    This says nothing about the letter: even a 5xx answer here may be temporary, and no attempt is counted. A
    server that refuses us for good, or a missing password, stays so until somebody acts: the person is told
    through their other channels.
    """
    is_temporary = any(400 <= code < 500 for code in _codes(problem))
    refused = isinstance(problem, KeyError | NoPassword) or (
        isinstance(problem, aiosmtplib.SMTPAuthenticationError) and not is_temporary
    )
    fault = "key" if isinstance(problem, NoKey) else "login" if refused else UNREACHABLE
    return Outcome(
        state="queued", answer=server_answer(problem), use_other_channels=refused, fault=fault, tried=False
    )


async def _submit(server: aiosmtplib.SMTP, message: tuple[str, list[str], bytes]) -> Outcome:
    """Give the server a letter; a connection that is lost over it is a fault of the channel. Only a 5xx answer
    or an invalid address is final.
    """
    try:
        _, answer = await server.sendmail(*message)
    except (aiosmtplib.SMTPException, OSError, ValueError) as problem:
        codes, is_ours = _codes(problem), not isinstance(problem, aiosmtplib.SMTPException | OSError)
        is_final = all(500 <= code < 600 for code in codes) if codes else is_ours
        is_gone = 421 in codes or isinstance(problem, OSError)
        return Outcome(
            state="failed" if is_final else "queued",
            answer=server_answer(problem),
            fault=UNREACHABLE if is_gone else "",
        )
    return Outcome(state="sent", answer=answer)


def server_answer(problem: Exception) -> str:
    """Return what the server or system says of an error, in one line."""
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        return "; ".join(f"{refused.code} {refused.message}" for refused in problem.recipients)
    if isinstance(problem, aiosmtplib.SMTPResponseException):
        return f"{problem.code} {problem.message}"
    if isinstance(problem, KeyError):
        return f"environment variable {problem} is not set"
    return " ".join(str(problem).split()) or type(problem).__name__


def _codes(problem: Exception) -> tuple[int, ...]:
    """Return the SMTP reply codes of an error; none where no server answered."""
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        return tuple(refused.code for refused in problem.recipients)
    if isinstance(problem, aiosmtplib.SMTPResponseException):
        return (problem.code,)
    return ()


async def _hang_up(server: aiosmtplib.SMTP) -> None:
    """End a connection by QUIT and close it; errors do not matter any more."""
    with suppress(aiosmtplib.SMTPException, OSError):
        await server.quit()
    await _cut(server)


class _Connection(aiosmtplib.SMTP):
    """A connection that closes immediately, also when the library closes it after a failure.

    A TLS connection would otherwise wait for the other side and outlive the event loop.
    """

    def close(self) -> None:
        line = self.transport
        super().close()
        if isinstance(line, asyncio.WriteTransport):
            line.abort()


async def _cut(server: aiosmtplib.SMTP) -> None:
    """Close a connection at once, and let the loop finish it."""
    server.close()
    # One turn of the loop for the line under TLS, one for the socket beneath it.
    for _ in range(2):
        await asyncio.sleep(0)


channel = Email
