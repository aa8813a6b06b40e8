"""The import of 5,000 analyses from one workbook."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from openpyxl import Workbook

from benchmarks.table import Line
from calendars import calendar
from merzim.app import build_app
from merzim.services.context import operator_context
from merzim.services.documents.considered_schedules import ImportSchedule
from merzim.services.documents.imported_schedules import take_schedule
from merzim.services.inputs import OpenFile
from merzim.settings import DatabaseSettings, Settings
from workflow.moments import Moment

COUNT = 5_000
LIMIT = 20.0
"""Seconds."""
NOW, TODAY = datetime(2026, 3, 2, 5, 0, tzinfo=UTC), date(2026, 3, 2)


def measured() -> Iterator[Line]:
    """From the file to the last committed case."""
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        folder = Path(name)
        workbook(folder / "schedule.xlsx")
        app = build_app(Settings(database=DatabaseSettings(url=f"sqlite:///{folder / 'office.sqlite'}")))
        _ = app.engine, app.library
        began = time.perf_counter()
        ctx = operator_context(app, at=Moment(by="bench", now=NOW, today=TODAY))
        with (folder / "schedule.xlsx").open("rb") as content:
            imported = take_schedule(ctx, ImportSchedule(content=OpenFile("schedule.xlsx", content)))
        spent = time.perf_counter() - began
        app.close()
    kept = len(imported.opened) == COUNT and spent <= LIMIT
    yield Line(f"{COUNT:,} analyses imported", f"{spent:.1f} s", "", f"{LIMIT:.0f} s", kept)


def workbook(path: Path) -> None:
    """Write a flat-form workbook with many objects, twenty units, and starts over the whole year."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("График")
    sheet.append(["Объект анализа", "Подразделение", "Ответственный", "Начало анализа", "Окончание анализа"])
    days = calendar()
    for number in range(COUNT):
        start = days.add_working_days(date(2026, 4, 1), number % 150)
        unit = f"Департамент {number % 20}"
        sheet.append([f"Объект {number}", unit, "Рабочая группа", start, days.add_working_days(start, 25)])
    book.save(path)
