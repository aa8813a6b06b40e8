"""The code that runs in the reading processes: one process imports the readers and forks a child for each file.

A process reads one file and exits, so that one file cannot affect the next. It has no access to the service's
environment and connections, its limits are set before the first byte is read, and its priority is lower than
the web server's.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, BinaryIO, NoReturn

from calendars.records import RecordError, parse
from merzim.documents.sandbox.process import MOST_ANSWER, MOST_ERRORS, apply_limits
from merzim.documents.sandbox.values import decode, encode
from workflow.refusal import Refusal


def check_act(data: bytes, name: str) -> None:
    """Raise if the text of an act cannot be read: `calendars.records.parse`."""
    parse(data.decode("utf-8", "surrogatepass"), name=name)


READERS: Mapping[str, tuple[str, str]] = {
    "schedule": ("merzim.documents.schedules.flat", "read_schedule"),
    "people": ("merzim.documents.people.table", "read_people"),
    "audit": ("merzim.documents.schedules.audit_table", "read_audit"),
    "measures": ("merzim.documents.measure_plan", "read_measures"),
    "cartogram": ("merzim.documents.drawings.cartogram_table", "read_cartogram"),
    "register": ("merzim.documents.registers.rows_table", "read_rows"),
    "form": ("merzim.documents.forms.rows_file", "read_data"),
    "template": ("merzim.documents.forms.own_template", "check_template"),
    "packed": ("merzim.documents.sheets.file_kind", "packed_type"),
    "act": ("merzim.documents.sandbox.child", "check_act"),
}
"""Name of a reader -> its module and function, called with the bytes, the file's name and the options."""
_FORGONE = ("numpy", "lxml")
"""Optional libraries of openpyxl that are blocked: results are the same, and start-up takes half the time."""
_MOST_TRACE = 4_000


def serve() -> None:
    """Fork a child for each file received over standard input; return when the parent closes it."""
    control = socket.socket(fileno=sys.stdin.fileno())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system itself forgets processes that ended
    _import_readers()
    # Whatever goes wrong until here is for the service's log; what a file has a library say is for nobody.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    gc.collect()
    gc.freeze()
    while True:
        message, handles, _, _ = socket.recv_fds(control, 1, 3)
        if not message:
            os._exit(0)
        with suppress(OSError):  # fork failed: the waiting process sees that nobody answers
            if os.fork() == 0:
                _run_forked(control, *handles)
        for handle in handles:
            os.close(handle)


def read_one() -> None:
    """Read the file on standard input and answer on standard output, for systems that cannot fork."""
    _block_imports()
    sys.stdout.buffer.write(answer(sys.stdin.buffer))


def answer(job: BinaryIO) -> bytes:
    """Return the result of reading as one JSON object: a value, a refusal, or an internal error."""
    try:
        text = json.dumps(_run_job(job), ensure_ascii=False).encode("utf-8", "surrogatepass")
    except MemoryError:
        return b'{"broke": "MemoryError"}'
    except Exception:
        # An internal error. The end of its traceback goes to the service's log; the sender gets one sentence.
        return json.dumps({"broke": traceback.format_exc()[-_MOST_TRACE:]}).encode()
    return text if len(text) <= MOST_ANSWER else b'{"too_much": true}'


def _run_forked(control: socket.socket, job: int, answer_pipe: int, alive: int) -> NoReturn:
    """Read one file and exit. The pipe `alive` sends the process id, and its closing means the process has
    ended.
    """
    try:
        control.close()
        os.setsid()
        os.write(alive, os.getpid().to_bytes(8, "little"))
        apply_limits()
        with os.fdopen(job, "rb") as source, os.fdopen(answer_pipe, "wb") as target:
            source.seek(0)
            target.write(answer(source))
    finally:
        os._exit(0)


def _run_job(job: BinaryIO) -> dict[str, Any]:
    """Return the result of a job as JSON values: the value read, or the refusal."""
    query = json.loads(job.readline())
    read = _load_reader(query["reader"])
    try:
        return {"value": encode(read(job.read(), query["name"], **decode(query["options"])))}
    except (Refusal, RecordError) as refusal:
        errors = tuple(getattr(refusal, "errors", ()))[:MOST_ERRORS]
        return {"refused": [refusal.code, encode(refusal.arguments), encode(errors)]}


def _load_reader(name: str) -> Callable[..., object]:
    module, function = READERS[name]
    reader: Callable[..., object] = getattr(import_module(module), function)
    return reader


def _import_readers() -> None:
    """Import the readers and the modules they would import later."""
    _block_imports()
    for name in READERS.keys() - {"form", "template"}:  # asked for by commands, or seldom
        _load_reader(name)
    for late in (
        "merzim.documents.sheets.xlsx",
        "merzim.documents.sheets.workbook",
        "openpyxl",
        "openpyxl.worksheet._reader",
    ):
        import_module(late)


def _block_imports() -> None:
    """Block the import of optional libraries."""
    for name in _FORGONE:
        sys.modules[name] = None  # type: ignore[assignment]
