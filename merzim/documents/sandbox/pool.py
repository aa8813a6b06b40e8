"""Reads untrusted files, each in its own process, with limits on concurrency and time."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from tempfile import TemporaryFile
from typing import BinaryIO

from merzim.documents.sandbox.process import (
    MEMORY,
    MOST_ANSWER,
    REQUEST,
    SECONDS,
    WAIT,
    ForkServer,
    Reading,
    Spawner,
)
from merzim.documents.sandbox.values import decode, encode
from merzim.documents.sheets.rows import MAX_TEXT
from merzim.documents.sheets.unreadable import UnreadablePaper

log = logging.getLogger("merzim.reading")


class Caller:
    """A client of the readers: its files share one time budget, and its readings are stopped when it
    disconnects.
    """

    def __init__(self, seconds: float = REQUEST) -> None:
        self._until = time.monotonic() + seconds
        self._reading: Reading | None = None
        self.left = False

    @property
    def seconds(self) -> float:
        """Return the seconds left of the budget."""
        return max(0.0, self._until - time.monotonic())

    def leave(self) -> None:
        """Stop the client's current reading."""
        self.left = True
        if self._reading is not None:
            self._reading.kill()

    @contextmanager
    def waiting_for(self, reading: Reading) -> Iterator[None]:
        """Let a client that leaves stop this reading while the block runs."""
        self._reading = reading
        try:
            if self.left:
                reading.kill()
            yield
        finally:
            self._reading = None


CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)
"""The client that has files read in this context; None for a command, which reads one file at a time."""


class Pool:
    """A pool of reading processes.

    Args:
        at_once: files read at the same time.
        seconds: limit of one reading.
        wait: seconds a file waits for its turn.
    """

    def __init__(
        self, processes: ForkServer | Spawner, *, at_once: int, seconds: float = SECONDS, wait: float = WAIT
    ) -> None:
        self._processes = processes
        self._turns = threading.BoundedSemaphore(at_once)
        self._seconds = seconds
        self._wait = wait
        self._running: set[Reading] = set()
        self.stopped = False

    def read(self, reader: str, data: bytes, name: str, **options: object) -> object:
        """Return the result of a reader (`merzim.documents.sandbox.child.READERS`) on a file.

        Raises:
            UnreadablePaper: the reader refused it; or it took too long or too much memory, its turn did not
                come, or the caller or the service stopped. Nothing of the file was stored.
        """
        caller = CALLER.get() or Caller(self._seconds + self._wait)
        if not self._turns.acquire(timeout=min(self._wait, caller.seconds)):
            raise UnreadablePaper("paper_readers_busy")
        try:
            with TemporaryFile() as job, TemporaryFile() as answer:
                request = {"reader": reader, "name": name, "options": encode(options)}
                job.write(json.dumps(request).encode() + b"\n" + data)
                job.flush()
                self._run(job, answer, caller, name)
                answer.seek(0)
                return _decode_answer(answer.read(MOST_ANSWER), name)
        except OSError as trouble:
            log.error("no reading process: %s", trouble)
            raise _reading_failed(name) from trouble
        finally:
            self._turns.release()

    def stop(self) -> None:
        """Stop all readings at once and refuse new ones. May be called from a signal handler."""
        self.stopped = True
        for reading in list(self._running):
            reading.kill()

    def _run(self, job: BinaryIO, answer: BinaryIO, caller: Caller, name: str) -> None:
        """Wait for the reading process. Raises UnreadablePaper (`paper_took_too_long`,
        `paper_reading_stopped`).
        """
        self._refuse_if_over(caller, name)
        reading = self._processes.start(job, answer)
        self._running.add(reading)
        try:
            with caller.waiting_for(reading):
                if self.stopped:
                    reading.kill()
                ended = reading.wait(min(self._seconds, caller.seconds))
        finally:
            self._running.discard(reading)
            reading.close()
        self._refuse_if_over(caller, name)
        if not ended:
            raise UnreadablePaper("paper_took_too_long", name=name, seconds=int(self._seconds))

    def _refuse_if_over(self, caller: Caller, name: str) -> None:
        """Raise UnreadablePaper when the caller's time is used up or the pool has stopped."""
        if self.stopped or caller.left:
            raise UnreadablePaper("paper_reading_stopped", name=name)


def _decode_answer(answer: bytes, name: str) -> object:
    """Return the value in an answer. Raises UnreadablePaper for a refusal, or an answer with neither value nor
    refusal.
    """
    try:
        reply = json.loads(answer.decode("utf-8", "surrogatepass"))
        if "value" in reply:
            return decode(reply["value"])
        if "refused" in reply:
            code, arguments, errors = reply["refused"]
            refusal = UnreadablePaper(str(code), errors=decode(errors), **decode(arguments))
        elif "too_much" in reply:
            refusal = UnreadablePaper("paper_too_much_text", name=name, limit=MAX_TEXT)
        else:
            log.error("a reader broke: %s", reply)
            refusal = _reading_failed(name)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # It was killed by a limit, or by what stood in the file.
        log.error("a reading process ended without an answer (%s bytes)", len(answer))
        refusal = _reading_failed(name)
    raise refusal


def _reading_failed(name: str) -> UnreadablePaper:
    """Return the refusal of a file whose reader failed."""
    return UnreadablePaper("paper_reading_failed", name=name, limit=MEMORY // 2**20)
