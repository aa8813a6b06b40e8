"""Export of a list as a workbook: same content as the page, no active formulas."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal

import openpyxl

from merzim.documents.sheets.listing import Table, tables_workbook

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
    assert cells[4:] == ["2026-03-30 09:05+00:00", str(10**16)]


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
