"""Small workbooks for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import openpyxl

REAL = Path(__file__).parents[2] / "examples" / "real_schedule_2026_ru.xlsx"
HEADING = ("№ п/п", "Виды работ", "Сроки исполнения", "Ответственные лица")


def xlsx(rows: Iterable[Sequence[object]], merge: Iterable[str] = ()) -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
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


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def by_hand(rows: str, **extra_parts: bytes | str) -> bytes:
    """A workbook of one sheet whose rows are written as they are in the file. `extra_parts`: further parts."""
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Override PartName="/xl/workbook.xml" ContentType="application/'
        'vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": "<Relationships "
        'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
        '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": "<Relationships "
        'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    return zipped({**parts, **{name.replace("__", "/"): part for name, part in extra_parts.items()}})


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    """An archive of these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()


def far_cells(rows: int) -> str:
    """Rows of one empty cell each, in the last column a spreadsheet has."""
    return "".join(f'<row r="{n}"><c r="XFD{n}"/></row>' for n in range(1, rows + 1))
