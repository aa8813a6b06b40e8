"""Schedule import: new cases opened, known ones replanned, differences reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from tests.merzim.conftest import PEOPLE, SCHEDULE, Merzim

Line = tuple[str, str, str, date, date]
PRESS, WHO = "Пресс-служба", "Рабочая группа по ВАКР"
SPRING = (date(2026, 4, 13), date(2026, 5, 26))
NOW = ("--now", "2026-02-02", "--json")


@pytest.fixture
def flat(merzim: Merzim, tmp_path: Path) -> Path:
    """The empty template, to be filled by `_fill`."""
    merzim("import", "--template", "flat.xlsx", "--lang", "ru")
    return tmp_path / "flat.xlsx"


def _fill(file: Path, lines: Sequence[Line], name: str) -> Path:
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    for row, line in enumerate(lines, 3):
        for column, value in enumerate(line, 1):
            assert isinstance(value, str | date)
            sheet.cell(row=row, column=column, value=value)
    filled = file.with_name(name)
    book.save(filled)
    book.close()
    return filled


def test_changed_dates_are_replans_and_the_rest_is_left_alone(merzim: Merzim, flat: Path) -> None:
    """A later version of the schedule moves what it moves."""
    merzim("people", PEOPLE)
    first = _fill(flat, [("А", PRESS, WHO, *SPRING), ("Б", PRESS, WHO, *SPRING)], "first.xlsx")
    later = [("А", PRESS, WHO, date(2026, 4, 20), SPRING[1]), ("Б", PRESS, WHO, *SPRING)]
    merzim("import", first, *NOW)
    answer = merzim("import", _fill(flat, later, "second.xlsx"), *NOW).json

    assert (answer["opened"], answer["replanned"], answer["unchanged"]) == ([], ["2026-0001"], ["2026-0002"])
    assert answer["cases"][0]["planned"]["analysis_started"] == "2026-04-20"


def test_the_old_file_again_does_not_bring_the_old_dates_back(merzim: Merzim, flat: Path) -> None:
    """A file taken in once has said what it had to say."""
    first = _fill(flat, [("А", PRESS, WHO, *SPRING)], "first.xlsx")
    merzim("import", first, *NOW)
    merzim("replan", "2026-0001", "analysis_started", "--on", "2026-04-20", *NOW)
    answer = merzim("import", first, *NOW).json

    assert answer["unchanged"] == ["2026-0001"]
    assert answer["cases"][0]["planned"]["analysis_started"] == "2026-04-20"


def test_a_unit_is_the_same_however_it_is_written(merzim: Merzim, flat: Path) -> None:
    """The case has the office's own id; an unknown unit is stored as text and reported once."""
    merzim("people", PEOPLE)
    lines = [
        ("А", "пресс-служба", WHO, *SPRING),
        ("Б", "Отдел Х", WHO, *SPRING),
        ("В", "Отдел Х", WHO, *SPRING),
    ]
    answer = merzim("import", _fill(flat, lines, "first.xlsx"), *NOW).json

    assert [case["unit"] for case in answer["cases"]] == [PRESS, "Отдел Х", "Отдел Х"]
    assert [note["code"] for note in answer["notes"]].count("cli.import.strange_unit") == 1


@pytest.mark.parametrize(
    ("second", "units"),
    [
        ("Департамент управления активами", [PRESS, "Департамент управления активами"]),
        ("пресс-служба", ["", ""]),
    ],
    ids=["another in each row", "one for all"],
)
def test_responsible_units_that_differ_by_row_are_the_units_of_the_analyses(
    merzim: Merzim, flat: Path, second: str, units: list[str]
) -> None:
    """A column «Ответственное подразделение» alone: whoever carries out all rows is no unit of theirs."""
    merzim("people", PEOPLE)
    lines = [("А", "", "пресс-служба", *SPRING), ("Б", "", second, *SPRING)]
    answer = merzim("import", _fill(flat, lines, "first.xlsx"), *NOW).json

    assert [case["unit"] for case in answer["cases"]] == units


def test_a_fact_known_with_another_date_stays_and_is_shown(merzim: Merzim, tmp_path: Path) -> None:
    """The recorded date remains until it is corrected with a ground."""
    merzim("import", SCHEDULE, "--now", "2026-03-30")
    book = openpyxl.load_workbook(SCHEDULE)
    sheet = book.worksheets[0]
    assert sheet["D4"].value == "«30» 03 2026 г."
    sheet["D4"] = "«31» 03 2026 г."
    changed_file = tmp_path / "changed.xlsx"
    book.save(changed_file)
    book.close()
    answer = merzim("import", changed_file, "--now", "2026-04-01", "--json").json

    assert answer["cases"][0]["facts"] == {"schedule_approved": "2026-03-30"}
    assert "cli.import.fact_differs" in [note["code"] for note in answer["notes"]]


def test_a_row_outside_the_records_is_named_and_nothing_is_taken(empty_office: Merzim, flat: Path) -> None:
    """All of a file or none of it."""
    merzim = empty_office
    lines = [("А", PRESS, WHO, *SPRING), ("Б", PRESS, WHO, date(2040, 4, 13), date(2040, 5, 26))]
    result = merzim("import", _fill(flat, lines, "first.xlsx"), *NOW)

    assert result.code == 2
    assert 4 in [error["row"] for error in result.json["errors"]]
    assert merzim("cases", "--json").json == {"cases": []}
