"""Real SMTP servers on this machine, well-behaved or faulty."""

from __future__ import annotations

import asyncio
import os
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from notifications.channels.email import Email, channel

Answer = Callable[["Office", str], str | None]


class Office:
    """A mail server that stores accepted messages and counts connections.

    Attributes:
        rcpt, data: what it answers to a command, by address; None is the usual answer. May raise Hang or Drop.
    """

    def __init__(self, *, rcpt: Answer | None = None, data: Answer | None = None) -> None:
        self.rcpt = rcpt
        self.data = data
        self.port = 0
        self.accepted: list[tuple[str, EmailMessage]] = []
        self.raw: list[bytes] = []
        self.calls = 0
        self.tries = 0
        self.logged_in: list[str] = []
        self.encrypted: list[bool] = []

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.calls += 1
        session.host_name = hostname
        self.encrypted.append(session.ssl is not None)
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        answer = await self._fault(self.rcpt, server, address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        address = ", ".join(envelope.rcpt_tos)
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.accepted.append((address, message))
        self.raw.append(envelope.content)
        answer = await self._fault(self.data, server, address)
        return answer or "250 kept"

    async def _fault(self, answers: Answer | None, server: SMTP, address: str) -> str | None:
        if answers is None:
            return None
        try:
            return answers(self, address)
        except Hang:
            await asyncio.sleep(4)
            return "451 too late"
        except Drop:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "421 gone"


def letters_in(folder: Path) -> list[tuple[EmailMessage, str]]:
    """The letters in a folder with their plain texts, the oldest first."""
    files = sorted(folder.rglob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    letters = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [(letter, body.get_content()) for letter in letters if (body := letter.get_body(("plain",)))]


def mail(port: int, **options: Any) -> Email:
    """The channel to a server of this machine; without TLS where nothing else is said."""
    usual = {"host": "localhost", "sender": "Мерзім <merzim@example.kz>", "tls": "none", "timeout": 5.0}
    return channel(port=port, **(usual | options))


class Hang(Exception):
    """The server says nothing for longer than anybody waits."""


class Drop(Exception):
    """The server cuts the line."""


def hang(office: Office, address: str) -> str | None:
    raise Hang


def drop(office: Office, address: str) -> str | None:
    raise Drop


def always(answer: str) -> Answer:
    return lambda office, address: answer


def only(address: str, fault: Answer) -> Answer:
    """The fault for one address, the usual answer for the others."""
    return lambda office, recipient: fault(office, recipient) if recipient == address else None


def first(times: int, fault: Answer) -> Answer:
    """The fault so many times, then the usual answer."""
    attempts_left = iter(range(times))
    return lambda office, address: fault(office, address) if next(attempts_left, None) is not None else None


@contextmanager
def serving(
    office: Office,
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    password: str | None = None,
) -> Iterator[Office]:
    """The office behind a port of its own, until the block ends."""
    office.port = free_port()
    extra: dict[str, Any] = {}
    if starttls is not None:
        extra |= {"tls_context": starttls, "require_starttls": True}
    if password is not None:

        def knows(
            server: SMTP, session: Session, envelope: Envelope, mechanism: str, login_password: LoginPassword
        ) -> AuthResult:
            right = login_password.password.decode() == password
            if right:
                office.logged_in.append(login_password.login.decode())
            return AuthResult(success=right, handled=False)

        # With TLS from the first byte aiosmtpd does not see that the line is encrypted already.
        extra |= {"authenticator": knows, "auth_required": True, "auth_require_tls": starttls is not None}
    controller = Controller(office, hostname="localhost", port=office.port, ssl_context=tls, **extra)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@contextmanager
def replying(replies: Mapping[str, bytes]) -> Iterator[int]:
    """A server that answers these commands with these bytes, whatever they are, and takes all other letters."""
    usual = {"DATA": b"354 go on\r\n", "QUIT": b"221 bye\r\n"}

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                command = line[:4].decode().upper()
                self.wfile.write(replies.get(command, usual.get(command, b"250 OK\r\n")))
                if command == "DATA":
                    while self.rfile.readline() not in (b".\r\n", b""):
                        pass
                    self.wfile.write(replies.get(".", b"250 kept\r\n"))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


_PORTS = (15_000 + (97 * os.getpid() + n) % 17_000 for n in count())


def free_port() -> int:
    """A port nobody listens on, and nobody takes before the server it is meant for.

    The system assigns ephemeral ports above 32,767; each test process starts at an offset of its own below
    that."""
    while True:
        port = next(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
