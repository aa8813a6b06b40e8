"""The previous version for tests: its real code from git, run in processes of its own.

Its commit or tag is set in pyproject.toml, `[tool.merzim] before`; it is the version offices run until they
upgrade. It is updated at each release (CONTRIBUTING.md).
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "calendars",
    "words",
    "workflow",
    "papers",
    "notifications",
    "storage",
    "web",
    "merzim",
    "regulations",
    "examples",
)
# One process that goes through many command lines, and forks one that stays for each node.
_AT_WORK = """
import contextlib, io, json, os, pkgutil, sys, threading
from importlib import import_module
for package in ("merzim", "web", "storage"):
    for module in pkgutil.walk_packages(import_module(package).__path__, package + "."):
        if "__main__" not in module.name and "migrations" not in module.name:
            import_module(module.name)
from merzim.cli import main

def command(order):
    os.chdir(order["folder"])
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(order["arguments"])
    return [code, out.getvalue(), err.getvalue()]

def node(order):
    assert threading.active_count() == 1
    process = os.fork()
    if process:
        return process
    os.chdir(order["folder"])
    os.environ.update(order["environment"])
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    sys.exit(main(order["arguments"]))

for line in sys.stdin:
    order = json.loads(line)
    if "wait" in order:
        answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
    else:
        answer = node(order) if "log" in order else command(order)
    print(json.dumps(answer), flush=True)
"""


class NoHistory(Exception):
    """The code of the version before is not at hand: no git, no clone, or a shallow one."""


def named() -> str:
    """The commit or tag of the version before."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(settings["tool"]["merzim"]["before"])


def unpack(folder: Path) -> Path:
    """Its packages in that folder, ready for PYTHONPATH.

    Raises:
        NoHistory: git does not know it here.
    """
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", named(), "--", *PACKAGES]
    try:
        archive = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as trouble:
        raise NoHistory(named()) from trouble
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(folder, filter="data")
    return folder


def revisions(code: Path) -> tuple[str, ...]:
    """The migrations that code knows, oldest first."""
    files = (code / "storage" / "migrations" / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(file.name[:4] for file in files))


class Before:
    """The code of the version before, at work: one process for commands, one forked from it for each node."""

    def __init__(self, code: Path, process: subprocess.Popen[str]) -> None:
        self.code = code
        self._process = process

    def command(self, folder: Path, *line: object) -> str:
        """Run a command in a folder; it must succeed. Return what it printed."""
        code, out, err = self._ask(folder=str(folder), arguments=[str(part) for part in line])
        assert code == 0, (line, code, err)
        return str(out)

    @contextmanager
    def nodes(self, folder: Path, *commands: str, now: str) -> Iterator[None]:
        """Run `merzim serve` and `merzim worker` until the block ends, then send them SIGTERM."""
        logs = [folder / f"{command}.before.log" for command in commands]
        environment = {"MERZIM_NOW": now}
        running = [
            self._ask(folder=str(folder), arguments=[command], log=str(log), environment=environment)
            for command, log in zip(commands, logs, strict=True)
        ]
        number = signal.SIGKILL
        try:
            give_up = time.monotonic() + 60
            for log in logs:
                while not log.exists() or "Ctrl+C" not in log.read_text("utf-8"):
                    assert time.monotonic() < give_up, log.read_text("utf-8")
                    time.sleep(0.05)
            yield
            number = signal.SIGTERM
        finally:
            for process in running:
                os.kill(process, number)
            codes = [self._ask(wait=process) for process in running]
        assert codes == [0] * len(running), [log.read_text("utf-8") for log in logs]
        assert not any("Traceback" in log.read_text("utf-8") for log in logs)

    def _ask(self, **order: Any) -> Any:
        give, take = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        give.write(json.dumps(order) + "\n")
        give.flush()
        return json.loads(take.readline())


@contextmanager
def running(code: Path) -> Iterator[Before]:
    """Have that code at hand until the block ends."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MERZIM_")}
    process = subprocess.Popen(
        [sys.executable, "-c", _AT_WORK],
        cwd=code,
        env={**environment, "PYTHONPATH": str(code), "PYTHONUTF8": "1", "MERZIM_LANG": "en"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with process:
        yield Before(code, process)
        cast(IO[str], process.stdin).close()
