"""Measures the import of 5,000 analyses from one workbook, while another process keeps writing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from calendars import calendar
from merzim.app import build_app
from merzim.services.imports.files import import_schedule
from merzim.settings import Settings
from workflow.cases.commands.opening import Opening

COUNT = 5_000
NOW, TODAY = datetime(2026, 3, 2, 5, 0, tzinfo=UTC), date(2026, 3, 2)


def workbook(path: Path) -> None:
    """Write a flat-form workbook with many objects, two units, and starts over the whole year."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("График")
    sheet.append(["Объект анализа", "Подразделение", "Ответственный", "Начало анализа", "Окончание анализа"])
    days = calendar()
    for number in range(COUNT):
        start = days.add_working_days(date(2026, 4, 1), number % 150)
        unit = f"Департамент {number % 20}"
        sheet.append([f"Объект {number}", unit, "Рабочая группа", start, days.add_working_days(start, 25)])
    book.save(path)


def write_beside(folder: Path) -> None:
    """Second writing process: record facts until stopped, and print the slowest time."""
    app = build_app(_settings(folder))
    case = app.case_commands.open(
        Opening(procedure="internal-analysis", object="other"), by="o", now=NOW, today=TODAY
    )
    print("ready", flush=True)
    slowest, number = 0.0, 0
    while not (folder / "stop").exists():
        number += 1
        on = date(2026, 6, 1) + timedelta(days=number % 200)
        started_at = time.perf_counter()
        app.case_commands.replan(case.id, "analysis_started", on=on, by="o", now=NOW, today=TODAY)
        slowest = max(slowest, time.perf_counter() - started_at)
        time.sleep(0.005)
    print(f"{number} {slowest:.3f}", flush=True)


def main() -> None:
    """Print the seconds of the import and the longest wait of the other writer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paper = folder / "schedule.xlsx"
        workbook(paper)
        app = build_app(_settings(folder))
        _ = app.engine, app.library
        other = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.imports", str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None
        other.stdout.readline()
        started_at = time.perf_counter()
        imported = import_schedule(app, paper, "internal-analysis", by="bench", now=NOW, today=TODAY)
        spent = time.perf_counter() - started_at
        (folder / "stop").touch()
        number, slowest = other.communicate()[0].split()
    print(f"  import of {len(imported.opened):,} analyses: {spent:.1f} s (target < 10 s)")
    print(f"  meanwhile {number} writes of another process, the slowest {slowest} s (target < 2 s)")


def _settings(folder: Path) -> Settings:
    from merzim.settings import DatabaseSettings

    return Settings(database=DatabaseSettings(url=f"sqlite:///{folder / 'office.sqlite'}"))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_beside(Path(sys.argv[1]))
    else:
        main()
