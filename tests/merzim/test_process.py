"""The program as a real process: exit codes, output streams and start time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from typer.core import TyperGroup
from typer.main import get_command

from merzim.cli import STATIONS, application
from tests.merzim.conftest import ROOT
from tests.processes import Program


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
    """0 done, 1 not so, 2 bad input with one line on stderr and nothing on stdout."""
    process = _run(tmp_path, "calendar", "add", "2026-05-12", "-5")
    not_so = _run(tmp_path, "calendar", "day", "2026-05-09")
    bad = _run(tmp_path, "calendar", "day", "31.02.26")

    assert (process.returncode, process.stdout, process.stderr) == (0, "2026-04-30\n", "")
    assert not_so.returncode == 1
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.count("\n") == 1


WATCHED = """
import sys
from workflow.law import files

read, parsed = [], files.parsed
files.parsed = lambda name, text: read.append(name) or parsed(name, text)
from merzim.cli import main

codes = [main(line.split()) for line in sys.argv[1:]]
print(*codes, read, file=sys.stderr)
"""
"""Runs command lines; prints their exit codes and the files of the law they read."""
PLAN = "plan internal-analysis --planned analysis_started=2026-04-13"


def _watched(folder: Path, *lines: str) -> str:
    """Return the exit codes with the files of the law that were read."""
    process = subprocess.run(
        [sys.executable, "-c", WATCHED, *lines],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stderr.strip()


def test_a_plan_reads_one_edition(tmp_path: Path) -> None:
    """It does not wait for the law of other procedures."""
    assert _watched(tmp_path, PLAN) == "0 ['internal-analysis.2024-01-01.toml']"


def test_reading_commands_read_one_edition(tmp_path: Path) -> None:
    """A question about cases does not wait for the law of other procedures."""
    open_command = (
        "open",
        "internal-analysis",
        "--planned",
        "analysis_started=2026-04-13",
        "--now",
        "2026-04-01",
    )
    assert Program(*open_command, folder=tmp_path).wait() == 0

    day = "--now 2026-04-06"
    answer = _watched(tmp_path, f"due --until 2026-04-30 {day}", f"explain 2026-0001 order_signed {day}")

    assert answer == "0 0 ['internal-analysis.2024-01-01.toml']"


def test_the_command_line_knows_which_module_adds_which_commands() -> None:
    """A command loads its own module alone: the list that says which must be complete."""
    for station, names in STATIONS.items():
        added = get_command(application(station))
        assert isinstance(added, TyperGroup)
        assert sorted(added.commands) == sorted(names)


def test_importing_a_station_reads_no_clock_and_opens_nothing(tmp_path: Path) -> None:
    """Nothing happens at import: no file, no database, no folder."""
    domain = "calendars, i18n, workflow.cases.commands.case_commands, merzim.documents"
    code = f"import {domain}, notifications.round, merzim.storage.cases.ledger, merzim.web.app"
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
    )

    assert list(tmp_path.iterdir()) == []


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


def test_two_processes_recording_one_fact_make_one_event(tmp_path: Path) -> None:
    """Of two racing writers one wins; the other gets a clear conflict or finds it done."""
    assert Program("open", "internal-analysis", "--now", "2026-04-01", folder=tmp_path).wait() == 0
    line = ("record", "2026-0001", "order_signed", "--on", "2026-04-06")
    racing = [Program(*line, folder=tmp_path) for _ in range(4)]
    codes = [process.wait() for process in racing]
    case_program = Program("case", "2026-0001", "--json", folder=tmp_path)
    assert case_program.wait() == 0
    events = case_program.out.count('"kind": "fact"')

    assert 0 in codes
    assert set(codes) <= {0, 2}
    assert events == 1


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
