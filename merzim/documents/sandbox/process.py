"""Starts, waits for and kills the processes in which files are read."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from subprocess import Popen
from typing import BinaryIO, Protocol

_LEAVE = 1.0
"""Seconds to wait for a killed process to end."""
_BOOT = "import sys; sys.path[:] = sys.argv[1:]; from merzim.documents.sandbox import child; child.{}()"
_FLAGS = ("-I", "-S", "-X", "utf8", *(["-B"] if sys.dont_write_bytecode else []))
_ENVIRONMENT = ("SYSTEMROOT",)
"""Environment variables Python itself needs on Windows."""
_NUMBER = 8
"""Number of bytes in which a process sends its process id."""


class Reading(Protocol):
    """A process that reads one file."""

    def wait(self, seconds: float) -> bool:
        """Wait until the reading process ends; return False when it still runs after so many seconds."""

    def kill(self) -> None:
        """Kill the reading process with its children; may be called again, and from a signal handler."""

    def close(self) -> None:
        """Release its resources; kill it if it still runs."""


class ForkServer:
    """A process that has imported the readers and forks itself for each file; started with the first file.

    Starting Python and importing openpyxl takes a fifth of a second and more on a busy machine, a fork a few
    milliseconds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self, job: BinaryIO, answer: BinaryIO) -> Reading:
        """Start a process that reads the job and writes the answer."""
        with self._lock:
            try:
                return self._fork(job, answer)
            except OSError:  # it was killed, as by a system short of memory
                self._close()
                return self._fork(job, answer)

    def warm(self) -> None:
        """Start the server process in advance, so that the first file does not wait for it."""
        with self._lock:
            self._open()

    def close(self) -> None:
        """Stop the server process; running readings finish."""
        with self._lock:
            self._close()

    def _fork(self, job: BinaryIO, answer: BinaryIO) -> Reading:
        control = self._open()
        ended, alive = os.pipe()
        try:
            socket.send_fds(control, [b"."], [job.fileno(), answer.fileno(), alive])
        except OSError:
            os.close(ended)
            raise
        finally:
            os.close(alive)
        return _Forked(ended)

    def _open(self) -> socket.socket:
        if self._control is None:
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = _start_python("serve", stdin=theirs.fileno())
            atexit.register(self.close)
        return self._control

    def _close(self) -> None:
        if self._control is not None and self._process is not None:
            self._control.close()
            try:
                self._process.wait(_LEAVE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            atexit.unregister(self.close)
        self._control = self._process = None


class Spawner:
    """Starts a new Python for each file, on systems without fork; only its time is limited."""

    def start(self, job: BinaryIO, answer: BinaryIO) -> Reading:
        """Start a process that reads the job and writes the answer."""
        job.seek(0)
        return _Spawned(_start_python("read_one", stdin=job.fileno(), stdout=answer.fileno()))

    def warm(self) -> None:
        """Do nothing: no process runs in advance."""

    def close(self) -> None:
        """Do nothing: no process runs between files."""


class _Forked:
    """A forked grandchild process. Its pipe sends its process id, and closes when it ends."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._number = b""
        self._over = False
        self._killed = False

    def wait(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        until = time.monotonic() + seconds
        while not self._over and poll.poll(max(0.0, until - time.monotonic()) * 1000):
            chunk = os.read(self._pipe, _NUMBER)
            self._number += chunk
            self._over = not chunk
            if self._killed:
                self.kill()
        return self._over

    def kill(self) -> None:
        self._killed = True
        # As long as the pipe is open the process exists, and its id belongs to no other.
        if len(self._number) == _NUMBER and not self._over:
            with contextlib.suppress(OSError):
                os.killpg(int.from_bytes(self._number, "little"), signal.SIGKILL)

    def close(self) -> None:
        if not self._over:
            self.kill()
            self.wait(_LEAVE)
        os.close(self._pipe)


class _Spawned:
    """A child process started anew."""

    def __init__(self, process: Popen[bytes]) -> None:
        self._process = process

    def wait(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def choose_starter() -> ForkServer | Spawner:
    """Return the starter of reading processes for this operating system."""
    return ForkServer() if hasattr(os, "fork") and hasattr(socket, "send_fds") else Spawner()


def _start_python(function: str, *, stdin: int, stdout: int = subprocess.DEVNULL) -> Popen[bytes]:
    """Start a Python that runs a function of `documents.sandbox.child`, without our environment variables."""
    return Popen(
        [sys.executable, *_FLAGS, "-c", _BOOT.format(function), *map(os.path.abspath, filter(None, sys.path))],
        stdin=stdin,
        stdout=stdout,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        start_new_session=True,
    )


SECONDS = 13
"""Maximum seconds of one reading, without waiting."""
WAIT = 4
"""Maximum seconds a file waits for a free process."""
REQUEST = 14
"""Maximum seconds of all readings of one request, including waiting."""
AT_ONCE = 4
"""Number of tables read at the same time; the others wait."""
MEMORY = 768 * 2**20
"""Bytes of address space of one process."""
MOST_ANSWER = 32 * 2**20
"""Maximum bytes of an answer."""
MOST_ERRORS = 5_000
"""Maximum number of bad rows in an answer."""
_GRACE = 2
"""Seconds after which a process ends by itself if its parent has died."""
_HANDLES = 32
_NICE = 5
"""How much the priority of a reading process is lowered (nice)."""


def apply_limits() -> None:
    """Apply the limits to this process; limits a system does not have are skipped."""
    with suppress(OSError):
        os.nice(_NICE)
    signal.alarm(SECONDS + _GRACE)
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    processor = int(usage.ru_utime + usage.ru_stime) + SECONDS + _GRACE
    for resource_kind, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, 2 * MOST_ANSWER),
        (resource.RLIMIT_NOFILE, _HANDLES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(OSError, ValueError):
            resource.setrlimit(resource_kind, (limit, limit))
