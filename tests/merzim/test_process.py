"""The program as a real process: exit codes, output streams and start time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.merzim.conftest import ROOT


def _run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "merzim", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "MERZIM_LANG": "en", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_exit_codes_of_a_process(tmp_path: Path) -> None:
    """2, bad input, with one line on stderr and nothing on stdout; 1, not so, of a day off below."""
    bad = _run(tmp_path, "calendar", "day", "31.02.26")

    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.count("\n") == 1


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


def test_a_letter_of_the_alphabet_survives_any_terminal(tmp_path: Path) -> None:
    """Kazakh letters come out as UTF-8 even where the machine's own encoding is ASCII."""
    result = subprocess.run(
        [sys.executable, "-m", "merzim", "calendar", "day", "2026-03-21", "--lang", "kk"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "0",
            "LC_ALL": "C",
            "PYTHONCOERCECLOCALE": "0",
        },
        capture_output=True,
        check=False,
    )

    assert result.returncode == 1
    assert "Наурыз" in result.stdout.decode("utf-8")
