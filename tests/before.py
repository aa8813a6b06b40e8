"""The version before this one, as it really was: its code out of git, run in processes of its own.

Which it is stands in one place, pyproject.toml: `[tool.merzim] before`, a commit or tag of what offices run
until they bring themselves up to date. Whoever releases a version writes it there.
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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

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
)
# One process that goes through many command lines, as a service goes through many requests.
_AT_THE_DESK = """
import contextlib, io, json, sys
from merzim.cli import main
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(json.loads(line))
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
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
    asked = ["git", "-C", str(ROOT), "archive", "--format=tar", named(), "--", *PACKAGES]
    try:
        given = subprocess.run(asked, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as trouble:
        raise NoHistory(named()) from trouble
    with tarfile.open(fileobj=io.BytesIO(given)) as packed:
        packed.extractall(folder, filter="data")
    return folder


def revisions(code: Path) -> tuple[str, ...]:
    """The migrations that code knows, oldest first."""
    found = (code / "storage" / "migrations" / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(file.name[:4] for file in found))


class Desk:
    """An officer's command lines, given one after another to one process that stays."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, *line: object) -> str:
        """A command that must succeed; what it printed."""
        code, out, err = self.tried(*line)
        assert code == 0, (line, code, err)
        return out

    def tried(self, *line: object) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        give, take = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        give.write(json.dumps([str(part) for part in line]) + "\n")
        give.flush()
        code, out, err = json.loads(take.readline())
        return int(code), str(out), str(err)


@contextmanager
def desk(code: Path, folder: Path) -> Iterator[Desk]:
    """Commands of that code, typed in that folder, in English."""
    process = subprocess.Popen(
        [sys.executable, "-c", _AT_THE_DESK],
        cwd=folder,
        env=_environment(code, {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with process:
        yield Desk(process)
        cast(IO[str], process.stdin).close()


@contextmanager
def nodes(code: Path, folder: Path, *commands: str, now: str) -> Iterator[None]:
    """`merzim serve` and `merzim worker` of that code until the block ends, then SIGTERM."""
    logs = [folder / f"{command}.{code.name}.log" for command in commands]
    running = [_started(code, folder, command, log, now) for command, log in zip(commands, logs, strict=True)]
    try:
        give_up = time.monotonic() + 60
        for log in logs:
            while "Ctrl+C" not in log.read_text("utf-8"):
                assert time.monotonic() < give_up, log.read_text("utf-8")
                time.sleep(0.05)
        yield
        for process in running:
            process.send_signal(signal.SIGTERM)
        said = [process.wait(60) for process in running]
        assert said == [0] * len(running), [log.read_text("utf-8") for log in logs]
        assert not any("Traceback" in log.read_text("utf-8") for log in logs)
    finally:
        for process in running:
            process.kill()
            process.wait()


def _started(code: Path, folder: Path, command: str, log: Path, now: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "merzim", command],
            cwd=folder,
            env=_environment(code, {"MERZIM_NOW": now}),
            stdout=subprocess.DEVNULL,
            stderr=said,
        )


def _environment(code: Path, more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MERZIM_")}
    return {**kept, "PYTHONPATH": str(code), "PYTHONUTF8": "1", "MERZIM_LANG": "en", **more}
