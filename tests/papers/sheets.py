"""Making small workbooks for the tests."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import openpyxl

REAL = Path(__file__).parents[2] / "examples" / "real_schedule_2026_ru.xlsx"
HEADING = ("№ п/п", "Виды работ", "Сроки исполнения", "Ответственные лица")


def xlsx(rows: Iterable[Sequence[object]], merge: Iterable[str] = ()) -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for block in merge:
        sheet.merge_cells(block)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def published(*works: tuple[object, object], heading: Sequence[str] = HEADING) -> bytes:
    """A published schedule of these works and terms, without an approval block."""
    rows = [(n, work, when, "Рабочая группа") for n, (work, when) in enumerate(works, start=1)]
    return xlsx([("График проведения внутреннего анализа",), heading, *rows])


def day(text: str) -> date:
    return date.fromisoformat(text)
