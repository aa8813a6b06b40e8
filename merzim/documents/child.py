"""Reads a file of others in a process of its own, which ends with it, with limits of time, memory and files.

The process is forked from a clean one (`forkserver`) that has imported the readers and holds no connection of
the service. Its answer is unpickled, but nothing is made of it except values of papers: a process that a
hostile file has taken over can misreport the file, and no more.
"""

from __future__ import annotations

import io
import logging
import multiprocessing
import os
import pickle
import resource
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from threading import BoundedSemaphore, Event, Timer
from typing import Any, TypeVar

from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.documents.sheets.workbook import check_size
from workflow.law.files import read_act
from workflow.refusal import Refusal

SECONDS, MEMORY, HANDLES = 13, 768 * 2**20, 32
"""What one reading may take: seconds, bytes of address space, open files."""
AT_ONCE, WAIT, START = 4, 4, 60
"""Files read at the same time; the seconds another one waits for its turn, and for its process."""
MAX_ANSWER, MAX_ERRORS, MAX_TRACE = 32 * 2**20, 5_000, 4_000
"""Bytes of an answer, bad rows in it, and characters of a traceback for the log."""
_OURS = ("merzim.documents.", "workflow.", "calendars.")
_PLAIN = frozenset(
    [("decimal", "Decimal")]
    + [("datetime", name) for name in ("date", "datetime", "time", "timedelta", "timezone")]
)
_READERS = (
    *("case_tables", "people", "register_table"),
    *("schedules.audit_table", "schedules.reading", "evidence"),
)
PRELOADED = ("__main__", "openpyxl", "docx", *(f"merzim.documents.{name}" for name in _READERS))
"""What the clean process has imported: a reader that imports it anew for each file takes a second longer."""
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(list(PRELOADED))
_turns = BoundedSemaphore(AT_ONCE)
_stopped = Event()
log = logging.getLogger("merzim.reading")
Value = TypeVar("Value")


def read(function: Callable[..., Value], data: bytes, name: str, **options: object) -> Value:
    """Return what a reader makes of a file in a process of its own: `function(its bytes, its name, **options)`.

    The function is one of a module, and its value made of our own classes, dates, numbers and containers alone.

    Raises:
        UnreadablePaper: the reader refused it; it took too long or too much memory; its turn did not come;
            the program is ending.
    """
    check_size(data, name)
    if not _turns.acquire(timeout=WAIT):
        raise UnreadablePaper("paper_readers_busy")
    ours, theirs = _processes.Pipe(duplex=False)
    process = _processes.Process(target=_answer, args=(theirs, function, data, name, options), daemon=True)
    alarm, end = Timer(SECONDS, process.kill), float("inf")
    try:
        process.start()
        theirs.close()
        if ours.poll(START):
            # It is there: so far the time was that of the clean process, which imports the readers once.
            ours.recv_bytes(1)
        alarm.start()
        end = time.monotonic() + SECONDS
        if _stopped.is_set():
            process.kill()
        kind, value = _Values(ours.recv_bytes(MAX_ANSWER)).load()
    except (
        EOFError,
        OSError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        pickle.UnpicklingError,
    ) as error:
        # It was killed, by its limits or the alarm, or wrote what is no answer.
        kind, value = "late" if time.monotonic() >= end else "broke", repr(error)
    finally:
        alarm.cancel()
        if process.pid is not None:
            process.kill()
            process.join()
        ours.close()
        _turns.release()
    if kind == "value":
        return value  # type: ignore[no-any-return]
    if kind == "refused":
        code, arguments, errors = value
        raise UnreadablePaper(code, errors=errors, **arguments)
    if _stopped.is_set():
        raise UnreadablePaper("paper_reading_stopped", name=name)
    log.error("a reader of %s: %s: %s", name, kind, value)
    if kind == "late":
        raise UnreadablePaper("paper_took_too_long", name=name, seconds=SECONDS)
    raise UnreadablePaper("paper_reading_failed", name=name, limit=MEMORY // 2**20)


def stop() -> None:
    """End what is being read, for good; its sender is asked to send it again. A signal handler may call it."""
    _stopped.set()
    for process in multiprocessing.active_children():
        process.kill()


def check_act(data: bytes, name: str) -> None:
    """Raise if the text of an act cannot be read: `workflow.law.files.read_act`."""
    read_act(name, data)


def _answer(answer: Connection, function: Callable[..., object], data: bytes, name: str, options: Any) -> None:
    """Read one file and send its value or refusal, after a byte when it begins; in a process of its own."""
    answer.send_bytes(b"!")
    os.environ.clear()
    os.nice(5)
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_NOFILE, HANDLES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    try:
        result: tuple[str, object] = "value", function(data, name, **options)
    except Refusal as refusal:
        errors = tuple(getattr(refusal, "errors", ()))[:MAX_ERRORS]
        result = "refused", (refusal.code, dict(refusal.arguments), errors)
    except Exception:  # also of memory: the end of its traceback is the operator's
        result = "broke", traceback.format_exc()[-MAX_TRACE:]
    answer.send_bytes(pickle.dumps(result))


class _Values(pickle.Unpickler):
    """Makes nothing but the values of papers: our own classes, dates and decimal numbers."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of the list; raise UnpicklingError for everything else."""
        if (module, name) in _PLAIN or (module.startswith(_OURS) and "." not in name):
            found = super().find_class(module, name)
            if isinstance(found, type):
                return found
        raise pickle.UnpicklingError(f"no value of a paper: {module}.{name}")
