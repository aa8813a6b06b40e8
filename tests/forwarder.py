"""TCP forwarder before a server that can fall silent: it keeps connections open and forwards nothing."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Forwarder:
    """Listens on a port of this machine and passes bytes on to a socket of the file system.

    While it is silent the kernel lets connections in and they hear nothing; what was sent is passed on once it
    speaks again, as in a network that was cut and mended.
    """

    def __init__(self, target: Path) -> None:
        self._target = str(target)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._others: dict[socket.socket, socket.socket] = {}
        self._silent = self._ending = False
        self._waker, self._woken = socket.socketpair()
        self._quiet = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def fall_silent(self) -> None:
        """Pass nothing on from now on, and close nothing."""
        self._quiet.clear()
        self._silent = True
        self._waker.send(b"x")
        assert self._quiet.wait(5)

    def speak(self) -> None:
        """Pass on again."""
        self._silent = False
        self._waker.send(b"x")

    def close(self) -> None:
        """Close everything."""
        self._ending = True
        self._waker.send(b"x")
        self._thread.join(5)
        for connection in (self._listening, self._waker, self._woken, *self._others):
            connection.close()

    def _run(self) -> None:
        while not self._ending:
            with selectors.DefaultSelector() as selector:
                selector.register(self._woken, selectors.EVENT_READ)
                if not self._silent:
                    for connection in (self._listening, *self._others):
                        selector.register(connection, selectors.EVENT_READ)
                else:
                    self._quiet.set()
                for key, _ in selector.select():
                    assert isinstance(key.fileobj, socket.socket)
                    self._serve(key.fileobj)

    def _serve(self, connection: socket.socket) -> None:
        if connection is self._woken:
            connection.recv(1000)
        elif connection is self._listening:
            client, server = connection.accept()[0], socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._others |= {client: server, server: client}
        elif connection in self._others:
            try:
                received = connection.recv(65_536)
                self._others[connection].sendall(received)
            except OSError:
                received = b""
            if not received:
                other = self._others.pop(connection)
                del self._others[other]
                for end in (connection, other):
                    with suppress(OSError):
                        end.close()


@contextmanager
def forwarding(target: Path) -> Iterator[Forwarder]:
    """A forwarder while the block lasts."""
    forwarder = Forwarder(target)
    try:
        yield forwarder
    finally:
        forwarder.close()
