"""Loopback sinks and bare senders of benchmarks.sinks: each a process of its own, as fast as it can be made.

    python -m benchmarks._sinks email PORT FILE         a mail server
    python -m benchmarks._sinks telegram PORT FILE      a Bot API that knows sendMessage
    python -m benchmarks._sinks bare KIND PORT COUNT    a sender with prepared bytes over one connection

A sink prints "ready", records recipient and id of each message, and writes them to FILE, one line each, when
ended by SIGTERM.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import sys
from pathlib import Path

READY = "ready"
NEWS = 20.0
"""Seconds for which there is no news."""
_ID = re.compile(rb"(?im)^message-id:\s*(\S+)")
_END = b"\r\n.\r\n"
_HELLO = b"250-loopback\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800\r\n"
_LENGTH = re.compile(rb"(?im)^content-length:\s*(\d+)")
# The reference of the notice stands in each of its buttons.
_BUTTON = re.compile(r'(?:"|%22)[a-z](?::|%3A)([0-9a-f]{32})')
_CHAT = re.compile(r'name="chat_id"\r\n(?:[^\r\n]+\r\n)*\r\n(-?\d+)')
_CHAT_FORM = re.compile(r"(?:^|&)chat_id=(-?\d+)")

kept: list[tuple[str, str]] = []
"""Who was written to, and the message's own name."""


class Mail(asyncio.Protocol):
    """A minimal SMTP server for senders without log-in and TLS, with pipelining."""

    def __init__(self) -> None:
        self.line: asyncio.Transport | None = None
        self.read = b""
        self.recipient = b""
        self.in_letter = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.line = transport
        transport.write(b"220 loopback\r\n")

    def data_received(self, data: bytes) -> None:
        assert self.line is not None
        self.read += data
        replies = []
        while True:
            if self.in_letter:
                letter, end, unread = self.read.partition(_END)
                if not end:
                    break
                match = _ID.search(letter)
                kept.append((self.recipient.decode(), match[1].decode() if match else ""))
                replies.append(b"250 kept\r\n")
                self.in_letter = False
            else:
                command, end, unread = self.read.partition(b"\r\n")
                if not end:
                    break
                word = command[:4].upper()
                if word == b"RCPT":
                    self.recipient = command.partition(b"<")[2].partition(b">")[0]
                    replies.append(b"250 OK\r\n")
                elif word == b"DATA":
                    self.in_letter = True
                    replies.append(b"354 go on\r\n")
                elif word == b"EHLO":
                    replies.append(_HELLO)
                elif word == b"QUIT":
                    self.line.write(b"".join([*replies, b"221 bye\r\n"]))
                    self.line.close()
                    return
                else:
                    replies.append(b"250 OK\r\n")
            self.read = unread
        if replies:
            self.line.write(b"".join(replies))


class BotApi(asyncio.Protocol):
    """A minimal HTTP server for sendMessage; the connection stays open."""

    def __init__(self) -> None:
        self.line: asyncio.Transport | None = None
        self.read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.line = transport

    def data_received(self, data: bytes) -> None:
        assert self.line is not None
        self.read += data
        while True:
            head, end, unread = self.read.partition(b"\r\n\r\n")
            match = _LENGTH.search(head)
            length = int(match[1]) if match else 0
            if not end or len(unread) < length:
                return
            body, self.read = unread[:length], unread[length:]
            method = head.split(b" ", 2)[1].rpartition(b"/")[2].lower()
            if method == b"sendmessage":
                self._say(self._message(body.decode()))
            elif method == b"getupdates":
                # Asked for news, the Bot API keeps the line until there are some, or for as long as it is told.
                asyncio.get_running_loop().call_later(NEWS, self._say, b'{"ok":true,"result":[]}')
            else:
                self._say(b'{"ok":true,"result":true}')

    def _say(self, answer: bytes) -> None:
        assert self.line is not None
        self.line.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        self.line.write(b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer))

    @staticmethod
    def _message(body: str) -> bytes:
        chat = _CHAT.search(body) or _CHAT_FORM.search(body)
        name = _BUTTON.search(body)
        chat_id = chat[1] if chat else "0"
        kept.append((chat_id, name[1] if name else ""))
        result = {
            "message_id": len(kept),
            "date": 1_772_000_000,
            "chat": {"id": int(chat_id), "type": "private", "first_name": "x"},
            "text": "x",
        }
        return json.dumps({"ok": True, "result": result}).encode()


async def serve(protocol: type[asyncio.Protocol], port: int, file: Path) -> None:
    """Accept connections until SIGTERM."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(protocol, "127.0.0.1", port)
    print(READY, flush=True)
    await ended.wait()
    server.close()
    file.write_text("".join(f"{chat_id} {name}\n" for chat_id, name in kept), encoding="utf-8")


def bare(kind: str, port: int, count: int, size: int) -> None:
    """Send so many messages of so many bytes, prepared in advance, one at a time with an answer each."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answers = line.makefile("rb")
    body = (b"x" * 76 + b"\r\n") * (size // 78)
    if kind == "email":
        answers.readline()
        line.sendall(b"EHLO bare\r\n")
        while answers.readline()[3:4] == b"-":
            pass
    print(READY, flush=True)
    sys.stdin.readline()
    for number in range(count):
        if kind == "email":
            line.sendall(b"MAIL FROM:<bare@example.kz>\r\nRCPT TO:<bare@example.kz>\r\nDATA\r\n")
            for _ in range(3):
                answers.readline()
            line.sendall(b"Message-ID: <bare.%d>\r\n\r\n%s.\r\n" % (number, body))
            answers.readline()
        else:
            form = b"chat_id=1&data=%%22a%%3A%032x&text=%s" % (number, body)
            line.sendall(
                b"POST /bot1:x/sendMessage HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(form), form)
            )
            length = 0
            while (header := answers.readline()) != b"\r\n":
                if header.startswith(b"Content-Length:"):
                    length = int(header.partition(b":")[2])
            answers.read(length)
    line.close()


def main() -> None:
    """Run the sink or sender named on the command line."""
    mode, *arguments = sys.argv[1:]
    if mode == "bare":
        kind, port, count, size = arguments
        bare(kind, int(port), int(count), int(size))
    else:
        asyncio.run(serve({"email": Mail, "telegram": BotApi}[mode], int(arguments[0]), Path(arguments[1])))


if __name__ == "__main__":
    main()
