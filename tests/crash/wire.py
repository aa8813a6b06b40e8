"""Proxy between the nodes and PostgreSQL that can cut a connection in the middle of a message.

It listens on a Unix socket in a folder of its own, as the server does, and forwards data in both directions.
"""

from __future__ import annotations

import contextlib
import random
import selectors
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

NAME = ".s.PGSQL.5432"
_MOST = 65536


@dataclass
class Wire:
    """The connections there are.

    Attributes:
        cut: how many were cut so far.
    """

    server: Path
    chance: random.Random
    cut: int = 0
    _ends: dict[socket.socket, socket.socket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _torn: int = 0

    def tear(self, count: int) -> None:
        """The next so many words of the server are cut off half way, and their connections with them."""
        with self._lock:
            self._torn += count

    def drop(self) -> None:
        """Cut every connection, whatever is being said on it."""
        with self._lock:
            self.cut += len(self._ends) // 2
            for end in list(self._ends):
                # The thread that passes words on notices and puts the ends away.
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def join(self, near: socket.socket) -> None:
        """Pass on between a node and the server until either leaves."""
        with near, socket.socket(socket.AF_UNIX) as far:
            try:
                far.connect(str(self.server / NAME))
            except OSError:
                return
            with self._lock:
                self._ends |= {near: far, far: near}
            try:
                self._pass(near, far)
            finally:
                with self._lock:
                    del self._ends[near], self._ends[far]

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as ready, contextlib.suppress(OSError):
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in ready.select():
                    assert isinstance(key.fileobj, socket.socket)
                    data = key.fileobj.recv(_MOST)
                    if not data:
                        return
                    if key.fileobj is far and self._tears():
                        key.data.sendall(data[: self.chance.randrange(len(data))])
                        return
                    key.data.sendall(data)

    def _tears(self) -> bool:
        with self._lock:
            if not self._torn:
                return False
            self._torn -= 1
            self.cut += 1
            return True


@contextlib.contextmanager
def wire(server: Path, folder: Path, chance: random.Random) -> Iterator[Wire]:
    """The wire, listening in that folder while the block lasts."""
    new_wire, over = Wire(server, chance), threading.Event()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(folder / NAME))
        door.listen(64)
        door.settimeout(0.2)

        def let_in() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    near = door.accept()[0]
                    near.settimeout(None)
                    threading.Thread(target=new_wire.join, args=(near,), daemon=True).start()

        listening = threading.Thread(target=let_in, daemon=True)
        listening.start()
        try:
            yield new_wire
        finally:
            over.set()
            listening.join()
            new_wire.drop()
