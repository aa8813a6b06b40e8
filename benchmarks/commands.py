"""What a command costs the processor, started as anybody starts it."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.table import Line

EXAMPLES = Path(__file__).parents[1] / "examples"
DAY = "2026-04-06"
LIMIT = 1.5
"""Seconds of the processor."""


def measured() -> Iterator[Line]:
    """`merzim due` in an office with the example's schedule."""
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as folder:
        _run(folder, "people", str(EXAMPLES / "people.csv"))
        _run(folder, "import", str(EXAMPLES / "real_schedule_2026_ru.xlsx"), "--now", "2026-03-30")
        spent = median(_run(folder, "due", "--now", DAY) for _ in range(5))
    yield Line("`merzim due`", f"{spent:.2f} s", "", f"{LIMIT} s of processor", spent <= LIMIT)


def _run(folder: str, *arguments: str) -> float:
    """Run a command in a folder; the seconds of processor it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    line = [sys.executable, "-m", "merzim", *arguments]
    subprocess.run(line, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
