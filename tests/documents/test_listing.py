"""Workbooks that are written, and those of measures and of the cartogram that are read."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from calendars.terms import InPeriod, OnDate
from merzim.documents.case_tables import cartogram_sheets, read_cartogram, read_measures
from merzim.documents.sheets.listing import Table, tables_workbook, write_file
from merzim.documents.sheets.unreadable import UnreadablePaper
from workflow.cases.registers.risks import CartogramLine

DANGEROUS = ["=1+1", "+7 705", "-2", "@SUM(A1)", "=cmd|' /C calc'!A0", "https://example.kz", "{=A1}"]


def test_letters_are_letters_whatever_they_begin_with() -> None:
    """A name that looks like a formula or a link stays a text cell."""
    book = openpyxl.load_workbook(
        io.BytesIO(tables_workbook([Table(["Атауы"], [[text] for text in DANGEROUS])]))
    )
    cells = [row[0] for row in book.worksheets[0].iter_rows(min_row=2)]

    assert [cell.value for cell in cells] == DANGEROUS
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)


def test_dates_and_numbers_can_be_sorted() -> None:
    """They are dates and numbers of Excel; a moment and what is too large for it are texts."""
    row = [date(2026, 3, 30), 12, Decimal("2.7"), None, datetime(2026, 3, 30, 9, 5, tzinfo=UTC), 10**16]
    book = openpyxl.load_workbook(io.BytesIO(tables_workbook([Table(list("abcdef"), [row])])))
    cells = [cell.value for cell in next(book.worksheets[0].iter_rows(min_row=2))]

    assert cells[:3] == [datetime.combine(date(2026, 3, 30), time()), 12, 2.7]
    assert cells[4:] == ["30.03.2026 09:05", str(10**16)]


def test_each_table_has_its_sheet_with_a_heading_that_stays() -> None:
    """An empty one too."""
    book = openpyxl.load_workbook(
        io.BytesIO(tables_workbook([Table(["Іс"], [["1"]]), Table(["Бөлімше", "Іс"], [])]))
    )

    assert [sheet.freeze_panes for sheet in book.worksheets] == ["A2", "A2"]
    assert [cell.value for cell in book.worksheets[1][1]] == ["Бөлімше", "Іс"]


def test_what_a_cell_cannot_hold_whole_is_cut_and_not_lost() -> None:
    """Excel refuses more than 32,767 letters in a cell."""
    book = openpyxl.load_workbook(io.BytesIO(tables_workbook([Table(["Мәтін"], [["ә" * 40_000]])])))

    assert len(str(book.worksheets[0]["A2"].value)) == 32_767


def test_a_wide_list_fits_across_a_page_in_readable_letters() -> None:
    """Nine columns of long texts share the 150 characters a landscape sheet holds, each at least 16 wide."""
    heads = tuple(f"Заголовок {number}" for number in range(9))
    book = openpyxl.load_workbook(io.BytesIO(tables_workbook([Table(heads, [["слово " * 20] * 9])])))
    widths = [column.width for column in book.worksheets[0].column_dimensions.values()]

    assert sum(widths) < 160
    assert min(widths) >= 16


LINES = (
    CartogramLine("positions", "Қаржы басқармасы", "", "Бас бухгалтер"),
    CartogramLine("risks", "Қаржы басқармасы", "Алмалы ауданы", "=1+1 <тексерілмейді>"),
)


def test_the_cartogram_is_written_and_read_back(tmp_path: Path) -> None:
    """A sheet for each list; what looks like a formula stays a text."""
    write_file(tmp_path / "c.xlsx", tables_workbook(cartogram_sheets(LINES, language="kk")))
    sheets = openpyxl.load_workbook(tmp_path / "c.xlsx")

    assert [sheet.title for sheet in sheets] == ["1. Лауазымдар", "2. Тәуекелдер"]
    assert sheets["2. Тәуекелдер"]["D2"].value == "=1+1 <тексерілмейді>"
    assert sheets["2. Тәуекелдер"]["D2"].data_type == "s"
    lines, unread = read_cartogram((tmp_path / "c.xlsx").read_bytes(), "c.xlsx")
    assert (set(lines), unread) == ({*LINES}, ())


def test_a_cartogram_is_read_in_two_languages() -> None:
    """Sections by number or by name; an unknown one is named with its row. A column of remarks was not read."""
    kk = "Бөлім;Басқарма;Аудан;Лауазым;Ескерту\n1. Лауазымдар;Қаржы;Алмалы;Бас бухгалтер;-\n"
    ru = "№;№ п/п;Раздел;Управление;Риск\n1;1;2;Финансы;Платёж не проверяется\n"
    bad = "Раздел;Управление;Риск\n3;Финансы;x\n2;Финансы;\n"

    assert read_cartogram(kk.encode(), "к.csv") == (
        (CartogramLine("positions", "Қаржы", "Алмалы", "Бас бухгалтер"),),
        ("Ескерту",),
    )
    assert read_cartogram(ru.encode(), "к.csv")[0][0].section == "risks"
    with pytest.raises(UnreadablePaper) as refusal:
        read_cartogram(bad.encode(), "к.csv")
    assert [(error.row, error.code) for error in refusal.value.errors] == [
        (2, "paper_section_unknown"),
        (3, "paper_cell_empty"),
    ]


RU = "№;Рекомендация;Мероприятие;Форма завершения;Ответственные;Срок исполнения\n"
KK = "№;Ұсыным;Іс-шара;Аяқтау нысаны;Жауапты;Орындау мерзімі\n"


def test_a_plan_is_read_in_russian_and_kazakh() -> None:
    """The row that numbers the columns is no measure."""
    ru = read_measures(
        (
            RU + "1;2;3;4;5;6\n1;Обновить правила;Утвердить правила;приказ;юрист;III квартал 2026 года\n"
        ).encode(),
        "п.csv",
    )
    kk = read_measures(
        (KK + "1;Қағиданы жаңарту;Қағиданы бекіту;бұйрық;заңгер;2026 жылдың 30 маусымына дейін\n").encode(),
        "ж.csv",
    )

    assert [(measure.number, measure.risk, measure.action, measure.term.term) for measure in ru.measures] == [
        (1, "Обновить правила", "Утвердить правила", InPeriod("2026Q3"))
    ]
    assert kk.measures[0].term.term == OnDate(date(2026, 6, 30))


@pytest.mark.parametrize(
    ("title", "readings"),
    [
        ("План мероприятий на 2026 год", ["quarter", "far"]),
        ("2026 жылға арналған іс-шаралар жоспары", ["quarter", "far"]),
        ("План мероприятий по итогам анализа за 2025 год", ["no_year", "date"]),
        ("План мероприятий на 2026-2027 годы", ["no_year", "date"]),
    ],
)
def test_a_plan_of_one_year_says_it_in_its_title(title: str, readings: list[str]) -> None:
    """Terms without a year are of it, a day far from it is asked about; what is over is no year of a plan."""
    rows = "1;Обновить;Утвердить;приказ;юрист;II квартал\n2;Учить;Обучить;отчёт;юрист;13.04.2019\n"
    read = read_measures(f"{title};;;;;\n{RU}{rows}".encode(), "п.csv")

    assert [measure.term.reading for measure in read.measures] == readings


def test_what_a_measure_lacks_is_not_refused() -> None:
    """No completion form, nobody responsible, no term: findings later, not bad rows."""
    read = read_measures((RU + "1;Обновить правила;Утвердить правила;;;\n").encode(), "п.csv")

    (measure,) = read.measures
    assert (measure.completion, measure.responsible, measure.term.reading) == ("", "", "nothing")


def test_every_bad_row_is_named() -> None:
    """An impossible day, a row without a measure, a measure without a risk; nothing of the file is taken."""
    text = (
        RU
        + "1;Обновить;Утвердить правила;приказ;юрист;31.02.2026\n"
        + "2;Обновить;;приказ;юрист;2026\n"
        + "3;;Утвердить;приказ;юрист;2026\n"
        + "4;;;приказ;юрист;31.02.2026\n"
    )
    with pytest.raises(UnreadablePaper) as refusal:
        read_measures(text.encode(), "п.csv")

    assert [(error.row, error.code) for error in refusal.value.errors] == [
        (2, "paper_date_impossible"),
        (3, "paper_cell_empty"),
        (4, "paper_cell_empty"),
        (5, "paper_cell_empty"),
        (5, "paper_cell_empty"),
        (5, "paper_date_impossible"),
    ]


def test_a_table_without_measures_is_refused_by_the_columns_it_lacks() -> None:
    """Two columns that are there do not make a plan."""
    with pytest.raises(UnreadablePaper) as refusal:
        read_measures("№;Рекомендация;Срок\n1;а;2026\n".encode(), "п.csv")
    assert refusal.value.code == "paper_columns_missing"
