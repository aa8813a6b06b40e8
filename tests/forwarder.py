"""A TCP forwarder before a server that can fall silent: it keeps every connection and passes nothing on."""

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
        for one in (self._listening, self._waker, self._woken, *self._others):
            one.close()

    def _run(self) -> None:
        while not self._ending:
            with selectors.DefaultSelector() as selector:
                selector.register(self._woken, selectors.EVENT_READ)
                if not self._silent:
                    for one in (self._listening, *self._others):
                        selector.register(one, selectors.EVENT_READ)
                else:
                    self._quiet.set()
                for key, _ in selector.select():
                    assert isinstance(key.fileobj, socket.socket)
                    self._serve(key.fileobj)

    def _serve(self, one: socket.socket) -> None:
        if one is self._woken:
            one.recv(1000)
        elif one is self._listening:
            client, server = one.accept()[0], socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._others |= {client: server, server: client}
        elif one in self._others:
            try:
                received = one.recv(65_536)
                self._others[one].sendall(received)
            except OSError:
                received = b""
            if not received:
                other = self._others.pop(one)
                del self._others[other]
                for end in (one, other):
                    with suppress(OSError):
                        end.close()


@contextmanager
def forwarding(target: Path) -> Iterator[Forwarder]:
    """A forwarder while the block lasts."""
    made = Forwarder(target)
    try:
        yield made
    finally:
        made.close()
