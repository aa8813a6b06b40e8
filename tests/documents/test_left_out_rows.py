"""Rows that an office hid, filtered out or struck out, and letters lost by a wrong encoding."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from merzim.documents.people.table import read_people
from merzim.documents.schedules.reading import read_schedule
from merzim.documents.schedules.rows_joined import ReadSchedule
from merzim.documents.sheets.texts import is_spoilt
from merzim.documents.sheets.unreadable import UnreadablePaper

HEADING = ("Объект анализа", "Начало анализа", "Окончание анализа")
ROWS = [
    HEADING,
    ("Департамент закупок", "13.04.2026", "22.05.2026"),
    ("Департамент кадров", "01.06.2026", "10.07.2026"),
    ("Склад", "03.08.2026", "11.09.2026"),
]


def book(change: Callable[[Worksheet], object], rows: list[tuple[str, ...]] = ROWS) -> bytes:
    """A flat schedule after a change of its sheet."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in rows:
        sheet.append(row)
    change(sheet)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def hide(sheet: Worksheet) -> None:
    """Hide the second analysis."""
    sheet.row_dimensions[3].hidden = True


def filter_out(sheet: Worksheet) -> None:
    """Filter the first column, as Excel writes it: the rows filtered out are hidden."""
    sheet.auto_filter.ref = "A1:C4"
    sheet.auto_filter.add_filter_column(0, ["Департамент закупок", "Склад"])
    hide(sheet)


def strike(sheet: Worksheet) -> None:
    """Strike out the second analysis."""
    for cell in sheet[3]:
        cell.font = Font(strike=True)


def said(schedules: tuple[ReadSchedule, ...], code: str) -> list[object]:
    """Return what the notes of this code name."""
    notes = [note for schedule in schedules for note in schedule.notes if note.code == code]
    return [value for note in notes for key, value in note.arguments.items() if key != "row"]


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        (hide, "read_rows_hidden", "3"),
        (filter_out, "read_rows_hidden", "3"),
        (strike, "read_cells_struck", "A3, B3, C3"),
    ],
)
def test_a_row_that_was_hidden_or_struck_out_is_no_case_and_is_named(
    change: Callable[[Worksheet], None], code: str, named: str
) -> None:
    """The officer sees in the preview what of the sheet was not read."""
    schedules = read_schedule(book(change), "график.xlsx")

    assert [schedule.object for schedule in schedules] == ["Департамент закупок", "Склад"]
    assert said(schedules, code) == [named]


@pytest.mark.parametrize(("change", "row"), [(hide, "3"), (strike, "A3")])
def test_other_tables_with_such_rows_are_refused_and_the_rows_named(
    change: Callable[[Worksheet], None], row: str
) -> None:
    """Whether a hidden person belongs to the office only its officer knows."""
    people = [("Подразделение", "ФИО"), ("Бухгалтерия", "Иванов И. И."), ("Бухгалтерия", "Ли Е. С.")]
    with pytest.raises(UnreadablePaper) as refusal:
        read_people(book(change, people), "люди.xlsx")

    assert refusal.value.code == "paper_rows_left_out"
    assert row in f"{refusal.value.arguments['rows']} {refusal.value.arguments['cells']}"


@pytest.mark.parametrize(
    "text",
    [
        "?аза?стан Республикасы",
        "С?йіспеншілік б?лімі",
        "М?НАЙ КОМПАНИЯСЫ",
        "Сатып алу б\N{REPLACEMENT CHARACTER}лімі",
        "Закупки".encode().decode("cp1251", "replace"),
        "Қазақстан".encode().decode("cp1251", "replace"),
        "Закупки".encode().decode("latin-1"),
        "Закупки".encode("cp1251").decode("latin-1"),
        "ќазаќстан",
    ],
)
def test_a_text_whose_letters_were_lost_is_known_and_its_file_refused(text: str) -> None:
    """Else it would stand in orders and letters."""
    assert is_spoilt(text)
    with pytest.raises(UnreadablePaper) as refusal:
        read_schedule(book(lambda _: None, [HEADING, (text, "13.04.2026", "22.05.2026")]), "график.xlsx")

    assert refusal.value.code == "paper_letters_lost"
    assert [error.row for error in refusal.value.errors] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "Қазақстан Республикасының «Ұлттық» қоры",
        "Зачем? Почему? Как это сделать?",
        "https://kz.example/?page=2&lang=kk",
        "ЖШС № 5 – «Ә, Ғ, Қ, Ң, Ө, Ұ, Ү, Һ, І»",
        "Größe, café, naïve",
        "СССР – РСФСР… “цитата” ‹внутри›",
        "?",
        "жоқ па?",
    ],
)
def test_a_text_in_order_is_not_taken_for_a_spoilt_one(text: str) -> None:
    """Question marks at the ends of words, quotation marks, other languages."""
    assert not is_spoilt(text)


def test_a_csv_file_of_kazakh_windows_keeps_its_letters() -> None:
    """KZ-1048 is cp1251 with the Kazakh letters; read as cp1251 they would be Ukrainian and Serbian ones."""
    text = ";".join(HEADING) + "\nСатып алу бөлімі, Қаржы, Өңір;13.04.2026;22.05.2026\n"
    (schedule,) = read_schedule(text.encode("kz1048"), "график.csv")

    assert schedule.object == "Сатып алу бөлімі, Қаржы, Өңір"
