"""Idle client connections over real sockets: closed after a limit, without blocking other clients."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from merzim import dashboard
from merzim.dashboard import TimedConnection
from merzim.metronome import http_server

WINDOW = 0.1
HEAD = b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n"
LARGE = 64 * 1024 * 1024


async def _app(scope: Any, receive: Any, send: Any) -> None:
    """Answer the length of the body: at once, after three windows (`/slow`) or with 64 MB (`/large`)."""
    if scope["type"] != "http":
        return
    received, has_more = 0, scope["method"] == "POST"
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        received, has_more = received + len(message["body"]), message["more_body"]
    if scope["path"] == "/slow":
        await asyncio.sleep(3 * WINDOW)
    body = bytes(LARGE) if scope["path"] == "/large" else str(received).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The server of `merzim serve`, that looks ten times a second and takes five connections."""
    monkeypatch.setattr(TimedConnection, "window", WINDOW)
    monkeypatch.setattr(dashboard, "MAX_CONNECTIONS", 5)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = http_server(_app, host="127.0.0.1", port=0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)


def _connect(port: int, sent: bytes = b"") -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=10)
    line.sendall(sent)
    return line


def _closed(line: socket.socket, *, trickle: bytes = b"") -> bool:
    """Return whether the server closes it within five seconds, while a byte goes there now and then."""
    line.settimeout(WINDOW / 4)
    give_up = time.monotonic() + 5
    while time.monotonic() < give_up:
        try:
            if not line.recv(65536):
                return True
        except TimeoutError:
            with suppress(OSError):
                line.sendall(trickle)
        except OSError:
            return True
    return False


def _is_closed(line: socket.socket) -> bool:
    """Return whether the server has closed it."""
    line.setblocking(False)
    try:
        return not line.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _read(line: socket.socket) -> bytes:
    received = b""
    with suppress(OSError):
        while b"\r\n\r\n" not in received or received.endswith(b"\r\n\r\n"):
            if not (part := line.recv(65536)):
                break
            received += part
    return received


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nX-A: "], ids=["silent", "half a head"])
def test_it_closes_a_connection_whose_head_does_not_come(sent: bytes, port: int) -> None:
    """Not a byte, and a byte at a time."""
    with closing(_connect(port, sent)) as line:
        assert _closed(line, trickle=b"b" if sent else b"")


def test_it_closes_a_connection_whose_body_comes_too_slowly(port: int) -> None:
    """A byte at a time of 400."""
    with closing(_connect(port, HEAD % b"" + b"a")) as line:
        assert _closed(line, trickle=b"b")


def test_it_closes_a_connection_whose_answer_is_not_taken(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """64 MB are asked for and none is read until the server has given up."""
    caplog.set_level("INFO", "merzim.web")
    with closing(_connect(port)) as line:
        line.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        give_up = time.monotonic() + 10
        while "stood still" not in caplog.text and time.monotonic() < give_up:
            time.sleep(WINDOW / 4)
        received = 0
        with suppress(OSError):
            while part := line.recv(1024 * 1024):
                received += len(part)

    assert 0 < received < LARGE


def test_a_body_that_goes_on_coming_is_awaited(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two and a half windows long, above the least rate."""
    monkeypatch.setattr(TimedConnection, "window", 5 * WINDOW)
    monkeypatch.setattr(dashboard, "SLOWEST", 100)
    with closing(_connect(port, HEAD % b"")) as line:
        for _ in range(8):
            line.sendall(b"a" * 50)
            time.sleep(1.5 * WINDOW)

        assert _read(line).endswith(b"\r\n\r\n400")


def test_an_answer_that_takes_long_is_awaited(port: int) -> None:
    """The request is whole: its sender has nothing to do but wait."""
    with closing(_connect(port, HEAD % b"slow" + b"a" * 400)) as line:
        assert _read(line).endswith(b"\r\n\r\n400")


def test_one_connection_too_many_closes_the_oldest_that_sent_no_head(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five are taken, one of them by somebody who sends a body: he stays, and the newcomer is answered."""
    monkeypatch.setattr(TimedConnection, "window", 30.0)
    body = _connect(port, HEAD % b"" + b"a")
    silent = []
    for _ in range(4):
        silent.append(_connect(port))
        time.sleep(0.02)
    with closing(_connect(port, HEAD % b"" + b"a" * 400)) as newcomer:
        assert _read(newcomer).endswith(b"\r\n\r\n400")
        assert silent[0].recv(1) == b""
    body.sendall(b"a" * 399)

    assert _read(body).endswith(b"\r\n\r\n400")
    for connection in (body, *silent):
        connection.close()


def test_it_makes_room_for_each_of_many_that_come_at_once(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty connections before the first is looked at: five are left."""
    monkeypatch.setattr(TimedConnection, "window", 30.0)
    connections = [_connect(port) for _ in range(40)]
    with closing(_connect(port, HEAD % b"" + b"a" * 400)) as newcomer:
        assert _read(newcomer).endswith(b"\r\n\r\n400")
        closed = [connection for connection in connections if _is_closed(connection)]
    for connection in connections:
        connection.close()

    assert len(closed) >= 35


def test_it_asks_for_more_descriptors_than_connections_can_take() -> None:
    """systemd gives a service 1,024, and half a million for the asking; without them fewer are taken."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (900, hard))
        options = dashboard.settings()
        descriptor_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert descriptor_limit > 900 or hard <= 900
    assert options["http"].max_connections + 3 * options["backlog"] < descriptor_limit
