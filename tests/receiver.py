"""A real webhook receiver: verifies signatures by the library, refuses, hangs, answers slowly or redirects."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

ENOUGH = 30.0


@dataclass
class Receiver:
    """Received requests of a server, and its configured answers.

    Attributes:
        answers: the status of each coming answer; afterwards 204.
        received: ids and bodies in the order they came, those it refused too.
        before: run with each request before the answer.
    """

    port: int = 0
    scheme: str = "http"
    mode: str = "answer"
    location: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], str]] = field(default_factory=list)
    connections: int = 0
    before: Callable[[], None] = lambda: None
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/hook?of=merzim"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.received]

    def verified(self, secret: str) -> list[Any]:
        """The contents of the messages, verified by the library."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.received]

    def wait(self, count: int) -> None:
        """Wait until so many messages have come."""
        end = time.monotonic() + ENOUGH
        while len(self.received) < count:
            assert time.monotonic() < end, f"{len(self.received)} of {count} messages came"
            time.sleep(0.05)


@contextmanager
def receiving(tls: ssl.SSLContext | None = None, **how: Any) -> Iterator[Receiver]:
    """A receiver on this machine while the block lasts."""
    receiver = Receiver(**how)

    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            receiver.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            receiver.received.append(({name.lower(): text for name, text in self.headers.items()}, body))
            receiver.before()
            if receiver.mode == "hang":
                receiver.ended.wait(ENOUGH)
                return
            if receiver.mode == "drip":
                while not receiver.ended.wait(0.1):
                    self.wfile.write(b"H")
                return
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            if receiver.location:
                self.send_header("location", receiver.location)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_port
        if tls is not None:
            receiver.scheme = "https"
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.ended.set()
            server.shutdown()
            thread.join()
