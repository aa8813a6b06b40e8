"""Drawings and tables of the registers: valid XML, every risk shown, texts escaped."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from merzim.documents.cartogram import cartogram_sheets, draw_cartogram, read_cartogram
from merzim.documents.sheets.listing import tables_workbook, write_file
from merzim.documents.sheets.unreadable import UnreadablePaper
from workflow.cases.registers.exposure import CartogramLine

SVG = "{http://www.w3.org/2000/svg}"
LINES = (
    CartogramLine("positions", "Қаржы басқармасы", "", "Бас бухгалтер"),
    CartogramLine("risks", "Қаржы басқармасы", "Алмалы ауданы", "=1+1 <тексерілмейді>"),
)


def test_the_cartogram_is_drawn_and_read_back(tmp_path: Path) -> None:
    """Each place with its lists; the workbook's texts stay texts."""
    root = ElementTree.fromstring(draw_cartogram(LINES, name="Әкімдік", language="kk"))
    write_file(tmp_path / "c.xlsx", tables_workbook(cartogram_sheets(LINES, language="kk")))
    sheets = openpyxl.load_workbook(tmp_path / "c.xlsx")

    assert any("Алмалы ауданы" in (element.text or "") for element in root.iter(f"{SVG}text"))
    assert [sheet.title for sheet in sheets] == ["1. Лауазымдар", "2. Тәуекелдер"]
    assert sheets["2. Тәуекелдер"]["D2"].value == "=1+1 <тексерілмейді>"
    assert sheets["2. Тәуекелдер"]["D2"].data_type == "s"
    assert set(read_cartogram(tmp_path / "c.xlsx")) == {*LINES}


def test_a_cartogram_is_read_in_two_languages() -> None:
    """Sections by number or by name; an unknown one is named with its row."""
    kk = "Бөлім;Басқарма;Аудан;Лауазым\n1. Лауазымдар;Қаржы;Алмалы;Бас бухгалтер\n"
    ru = "Раздел;Управление;Риск\n2;Финансы;Платёж не проверяется\n"
    bad = "Раздел;Управление;Риск\n3;Финансы;x\n2;Финансы;\n"

    assert read_cartogram(kk.encode(), "к.csv") == (
        CartogramLine("positions", "Қаржы", "Алмалы", "Бас бухгалтер"),
    )
    assert read_cartogram(ru.encode(), "к.csv")[0].section == "risks"
    with pytest.raises(UnreadablePaper) as refusal:
        read_cartogram(bad.encode(), "к.csv")
    assert [(error.row, error.code) for error in refusal.value.errors] == [
        (2, "paper_section_unknown"),
        (3, "paper_cell_empty"),
    ]
