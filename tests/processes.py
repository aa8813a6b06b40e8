"""`merzim ...` in processes forked from one that has imported it, which saves their start.

SIGKILL ends such a process as any other. `python -m merzim` itself is started by tests/merzim/test_common.py.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import current_process, get_context
from pathlib import Path
from tempfile import mkdtemp

from merzim.documents.child import PRELOADED

FORKED = get_context("forkserver")
# All are forked from one process: what a reading or a command imports where it needs it is imported there, too.
USED_LATER = ("alembic.command", "dkim", "jinja2", "merzim.services.jobs.queue", "notifications.channels.email")
FORKED.set_forkserver_preload(
    [*PRELOADED, *USED_LATER, "merzim.cli.maintenance", "merzim.metronome", "merzim.web.app"]
)


class Program:
    """A command at work in a folder, its output in files."""

    def __init__(self, *arguments: str, folder: Path, **environment: str) -> None:
        streams = Path(mkdtemp(prefix="merzim-program-"))
        self._files = streams / "out", streams / "err"
        variables = {**os.environ, "MERZIM_LANG": "en", **environment}
        run_arguments = (folder, arguments, variables, self._files)
        self._process = FORKED.Process(target=_run, args=run_arguments, daemon=True)
        self._process.start()

    @property
    def out(self) -> str:
        """Its output to stdout."""
        return self._files[0].read_text("utf-8")

    @property
    def err(self) -> str:
        """Its output to stderr."""
        return self._files[1].read_text("utf-8")

    def wait(self, seconds: float = 60) -> int:
        """Return its exit code (negative: the signal that ended it). Raises AssertionError when it goes on."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            raise AssertionError(f"it does not end: {self.err}")
        return code

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal and return its exit code."""
        self.send(number)
        return self.wait()

    def kill(self) -> None:
        """End it at once, if it is running."""
        self._process.kill()
        self._process.join()


def _run(
    folder: Path, arguments: Sequence[str], variables: Mapping[str, str], streams: tuple[Path, Path]
) -> None:
    # A daemon's children are refused, and this one starts readers of papers.
    current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    for number, file in enumerate(streams, start=1):
        with file.open("wb") as stream:
            os.dup2(stream.fileno(), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    from merzim.cli import main

    sys.exit(main([*arguments]))
