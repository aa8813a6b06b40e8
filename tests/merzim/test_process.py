"""The program as a real process: exit codes, output streams and start time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.merzim.conftest import ROOT


def test_a_refusal_of_a_process_in_any_terminal(tmp_path: Path) -> None:
    """Code 2, one line on stderr, nothing on stdout; in UTF-8 even where the machine speaks ASCII."""
    locale = {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    refused = subprocess.run(
        [sys.executable, "-m", "merzim", "calendar", "day", "31.02.26", "--lang", "kk"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **locale},
        capture_output=True,
        check=False,
    )

    assert (refused.returncode, refused.stdout, refused.stderr.count(b"\n")) == (2, b"", 1)
    assert "күн" in refused.stderr.decode("utf-8")


def test_a_reader_who_stops_reading_is_no_trouble(tmp_path: Path) -> None:
    """`merzim calendar year 2026 | head -1`: no traceback on stderr."""
    process = subprocess.Popen(
        [sys.executable, "-m", "merzim", "procedures", "internal-analysis", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    output = process.stderr.read()
    process.stderr.close()
    process.wait()

    assert output == ""
