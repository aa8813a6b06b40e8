"""Drawings and tables of the registers: valid XML, every risk shown, texts escaped."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from merzim.documents.drawings.cartogram import draw_cartogram, write_workbook
from merzim.documents.drawings.cartogram_table import read_cartogram
from merzim.documents.drawings.risk_map import MappedRisk, risk_map
from merzim.documents.sheets.listing import Table, tables_workbook
from merzim.documents.sheets.unreadable import UnreadablePaper
from workflow.cases.registers.exposure import CartogramLine
from workflow.cases.registers.risk import Rank
from workflow.cases.registers.risk_scale import read_scale

FILE = Path(__file__).parents[2] / "regulations" / "scales" / "risk-scale.2026-01-01.toml"
SCALE = read_scale(FILE.name, FILE.read_bytes())
SVG = "{http://www.w3.org/2000/svg}"
LINES = (
    CartogramLine("positions", "Қаржы басқармасы", "", "Бас бухгалтер"),
    CartogramLine("risks", "Қаржы басқармасы", "Алмалы ауданы", "=1+1 <тексерілмейді>"),
)


def mapped(label: str, likelihood: int, effect: int) -> MappedRisk:
    rank = Rank(likelihood=likelihood, effect=effect, scale=SCALE.edition)
    return MappedRisk(label=label, description=f"Тәуекел <{label}> & салдары", rank=rank)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_map_names_every_risk_and_says_whose_the_scale_is(language: str) -> None:
    """A title and a description for who cannot see; colours for dark and for print."""
    risks = [mapped("1", 3, 3), mapped("2", 1, 1)]
    text = risk_map(risks, SCALE, name="А & Б", on=date(2026, 7, 1), unranked=3, language=language)
    root = ElementTree.fromstring(text)

    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert "А & Б" in (root.findtext(f"{SVG}title") or "")
    assert SCALE.note[language] in (root.findtext(f"{SVG}desc") or "")
    assert {"1", "2"} <= set(texts)
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_everything_stands_within_the_drawing() -> None:
    """Sixty risks in one cell, each with a long description, and a title of two lines."""
    risks = [mapped(f"2026-{n:04d}/1", 2, 2) for n in range(60)]
    text = risk_map(risks, SCALE, name="ұйым " * 30, on=date(2026, 7, 1), unranked=0, language="kk")
    root = ElementTree.fromstring(text)
    height = float(root.attrib["height"])

    assert max(float(element.attrib["y"]) for element in root.iter(f"{SVG}text")) < height
    assert any((element.text or "").startswith("+") for element in root.iter(f"{SVG}text"))


def test_the_cartogram_is_drawn_and_read_back(tmp_path: Path) -> None:
    """Each place with its lists; the workbook's texts stay texts."""
    root = ElementTree.fromstring(draw_cartogram(LINES, name="Әкімдік", language="kk"))
    write_workbook(tmp_path / "c.xlsx", LINES, language="kk")
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


def test_a_list_is_a_workbook_with_dates_as_dates() -> None:
    """A name Excel does not allow is made one it does."""
    rows = [(1, date(2026, 7, 1), "-1"), (2, None, None)]
    workbook = tables_workbook([Table(("№", "Күні", "Мәтін"), rows, "Тізім: [1/2]")])
    sheet = openpyxl.load_workbook(BytesIO(workbook)).active

    assert sheet is not None
    assert sheet["B2"].value.date() == date(2026, 7, 1)
    assert (sheet["C2"].value, sheet["C2"].data_type) == ("-1", "s")
