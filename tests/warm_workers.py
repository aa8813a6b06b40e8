"""pytest-xdist workers forked from one process that has imported their modules (`tests.imported`).

Importing the tests takes seven seconds of processor time, twice that on a fresh clone, which compiles them
first.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from multiprocessing import forkserver, get_all_start_methods, get_context
from multiprocessing.connection import Connection
from typing import Any

from execnet import gateway_io
from execnet.gateway_base import Popen2IO

ASKED = "MERZIM_TESTS_ASKED"
"""Names the tests of a run to the process its workers are forked from, a line each."""


def fork_workers(arguments: Sequence[str]) -> None:
    """Let the workers of this process be forked, once the tests that are asked for have been imported."""
    if "forkserver" in get_all_start_methods():
        os.environ[ASKED] = "\n".join(arguments)
        get_context("forkserver").set_forkserver_preload(["tests.imported"])
        gateway_io.Popen2IOMaster = _Forked


class _Forked(Popen2IO):
    """A worker as execnet sees it: what is written to it, what is read from it, and its end."""

    def __init__(self, _arguments: object, execmodel: Any) -> None:
        context = get_context("forkserver")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,))
        self._process.start()
        theirs.close()
        write_file, read = (os.fdopen(os.dup(ours.fileno()), mode) for mode in ("wb", "rb"))
        ours.close()
        super().__init__(write_file, read, execmodel=execmodel)

    def wait(self) -> int | None:
        """Return its exit code once it has ended."""
        self._process.join()
        return self._process.exitcode

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()


def _ask_the_same_server() -> None:
    """Let what a worker forks (`tests.processes`) come from where it comes from itself.

    Else it would start a server of its own, which imports for nine seconds. From Python 3.14 on a server wants
    to be asked with a key, which a worker is not told.
    """
    server = forkserver._forkserver
    if server._forkserver_address and getattr(server, "_forkserver_authkey", b"") is not None:
        server.ensure_running = lambda: None  # type: ignore[method-assign]


def _work(theirs: Connection) -> None:
    """Do what execnet tells a new Python by its command line to do."""
    for number in (0, 1):
        os.dup2(theirs.fileno(), number)
    theirs.close()
    del os.environ[ASKED]
    _ask_the_same_server()
    sys.modules["tests.shortcuts"].import_without_collections()
    sys.stdin, sys.stdout = os.fdopen(0, "r", closefd=False), os.fdopen(1, "w", closefd=False)
    exec(eval(sys.stdin.readline()), {})
