"""The flat schedule form: many objects, one analysis in each row; and its empty workbook."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from merzim.documents.schedules.reading import read_schedule
from merzim.documents.schedules.template import write_template
from merzim.documents.sheets.unreadable import UnreadablePaper
from tests.documents.sheets import day, xlsx

RU = ("№", "Объект анализа", "Подразделение", "Ответственный", "Начало анализа", "Окончание анализа")
KK = ("№", "Талдау объектісі", "Бөлімше", "Жауапты", "Талдаудың басталуы", "Талдаудың аяқталуы")


def refused(data: bytes) -> UnreadablePaper:
    with pytest.raises(UnreadablePaper) as refusal:
        read_schedule(data, "план.xlsx")
    return refusal.value


@pytest.mark.parametrize("heading", [RU, KK])
def test_each_row_is_an_analysis(heading: tuple[str, ...]) -> None:
    """Object, unit, responsible and two plan dates, headed in Russian or in Kazakh."""
    rows = [
        heading,
        (1, "Закупки", "Отдел закупок", "Служба", day("2026-04-13"), "26.05.26г."),
        (2, "Кадры", None, None, "01.09.2026", None),
    ]
    first, second = read_schedule(xlsx(rows), "план.xlsx")

    assert (first.form, first.object, first.unit, first.row) == ("flat", "Закупки", "Отдел закупок", 2)
    assert first.planned == {"analysis_started": day("2026-04-13"), "analysis_ended": day("2026-05-26")}
    assert first.cells == {"analysis_started": "E2", "analysis_ended": "F2"}
    assert second.cells == {"analysis_started": "E3"}
    assert first.responsible == {"analysis_started": "Служба", "analysis_ended": "Служба"}
    assert second.planned == {"analysis_started": day("2026-09-01")}
    assert second.responsible == {}


def test_the_year_of_the_title_serves_dates_without_one() -> None:
    """And each text is listed beside the day it became; a date that reads as it stands is not."""
    rows = [
        ("План анализов на 2026 год",),
        RU,
        (1, "Закупки", "Отдел", "Служба", "13 апреля", "26.05.2026"),
        (2, "Кадры", "Отдел", "Служба", "01.09.26г.", day("2026-10-12")),
    ]
    first, second = read_schedule(xlsx(rows), "план.xlsx")

    assert first.planned == {"analysis_started": day("2026-04-13"), "analysis_ended": day("2026-05-26")}
    assert [(note.code, note.row, note.arguments["text"], note.arguments["on"]) for note in first.notes] == [
        ("read_text_as_day", 3, "13 апреля", day("2026-04-13"))
    ]
    assert [(note.row, note.arguments["on"]) for note in second.notes] == [(4, day("2026-09-01"))]


def test_a_day_far_from_the_years_of_its_table_is_asked_about() -> None:
    """Of the title, or of most of the rows: a slip in the year makes a case of another edition of the law."""
    row = (1, "Закупки", "Отдел", "Служба", "13.04.2036", None)
    others = [(2, name, "Отдел", "Служба", "13.04.2026", None) for name in ("Кадры", "Склад")]
    for rows, at in (([("План на 2026 год",), RU, row], 3), ([RU, row, *others], 2)):
        (error,) = refused(xlsx(rows)).errors

        assert (error.row, error.code) == (at, "paper_date_far")
        assert (error.arguments["text"], error.arguments["year"]) == ("13.04.2036", 2026)


def test_every_bad_row_of_the_flat_form_is_named() -> None:
    """No object, no start, an impossible day, an end before the start, a formula, the same analysis again."""
    refusal = refused(
        xlsx(
            [
                RU,
                (1, "Закупки", "", "", "13.04.2026", "26.05.2026"),
                (2, None, "", "", "13.04.2026", None),
                (3, "Кадры", "", "", None, "26.05.2026"),
                (4, "Склад", "", "", "31.02.26", None),
                (5, "Гараж", "", "", "13.04.2026", "12.04.2026"),
                (6, "Архив", "", "", "=TODAY()", None),
                (7, "закупки", "", "", "13.04.26", "27.05.2026"),
                (9, "=B2", "", "", "31.02.26", "=E2"),
            ]
        )
    )

    assert refusal.code == "paper_unreadable"
    assert [(error.row, error.code) for error in refusal.errors] == [
        (3, "paper_cell_empty"),
        (4, "paper_cell_empty"),
        (5, "paper_date_impossible"),
        (6, "paper_span_backwards"),
        (7, "paper_formula"),
        (8, "paper_row_twice"),
        (9, "paper_date_impossible"),
        (9, "paper_formula"),
        (9, "paper_formula"),
    ]


def test_a_missing_column_is_refused_by_name() -> None:
    """Without an object, or without any day, nothing can be opened."""
    for heading, missing in ((("№", "Начало", "Окончание"), "Объект анализа"), (RU[:4], "Сроки исполнения")):
        refusal = refused(xlsx([heading, (1, "13.04.2026", "22.05.2026", "Служба")]))

        assert refusal.code == "paper_columns_missing"
        assert [text.ru for text in refusal.arguments["missing"]] == [missing]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_template_filled_in_is_read_back(language: str, tmp_path: Path) -> None:
    """In each language: an instruction, frozen headings, dates checked as they are typed."""
    path = tmp_path / "үлгі.xlsx"
    write_template(path, language)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet.append(["Закупки", "Отдел", "Служба", day("2026-04-13"), day("2026-05-26")])
    book.save(path)
    (read,) = read_schedule(path)

    assert (read.object, read.unit) == ("Закупки", "Отдел")
    assert read.planned == {"analysis_started": day("2026-04-13"), "analysis_ended": day("2026-05-26")}
    assert sheet.freeze_panes == "B3"
    assert {rule.type for rule in sheet.data_validations.dataValidation} == {"date"}
