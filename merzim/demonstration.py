"""Runs a file of commands in one process; `make run` creates the example office with it."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import redirect_stdout
from pathlib import Path

from merzim.cli import main


def run(file: Path) -> int:
    """Run the commands of a file, one a line (# begins a remark), and stop at the first that fails.

    A line `as LOGIN` says whose account carries out those that follow. Their output is hidden, except errors.
    Returns the exit code of the last command.
    """
    author = os.environ.get("MERZIM_BY", "")
    try:
        return _run(file)
    finally:
        os.environ["MERZIM_BY"] = author


def _run(file: Path) -> int:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            arguments = shlex.split(line, comments=True)
            if arguments[:1] == ["as"]:
                os.environ["MERZIM_BY"] = arguments[1]
            elif arguments and (code := main(arguments)):
                print(f"{file}:{number}: {line}", file=sys.stderr)
                return code
    return 0


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
