"""`--xlsx FILE`: every list command as a workbook."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from tests.merzim.conftest import Merzim

NOW = ("--now", "2026-04-06")


def _rows(file: Path) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(file).worksheets[0]
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def test_cases_due_and_overdue_become_workbooks(office: Merzim, tmp_path: Path) -> None:
    """The same heads and rows that are shown; due dates are dates."""
    for command in ("cases", "due", "overdue"):
        file = tmp_path / f"{command}.xlsx"
        listing = office(command, *NOW)
        result = office(command, "--xlsx", file, *NOW)
        head, *rows = _rows(file)

        assert result.code == listing.code
        assert str(file) in result.out
        assert all(str(name) in listing.out for name in head)
        assert rows
        if command != "cases":
            assert all(isinstance(row[0], datetime) for row in rows)


def test_a_case_of_another_year_is_listed_with_its_year(office: Merzim) -> None:
    """By the day its analysis started or is to start; one of this year without, as what is there but once."""
    for procedure, fact in (("tbn4-project-2", "year_begun"), ("concept-targets", "concept_approved")):
        assert office("open", procedure, "--planned", f"{fact}=2025-01-01", *NOW).code == 0
    office("record", "2026-0001", "analysis_started", "--on", "2026-04-13", "--now", "2026-04-13")

    now, later = (office("cases", "--now", day).out for day in ("2026-12-31", "2027-01-01"))

    lines = [line for line in now.splitlines() if line.startswith("2026-")]
    assert ["(2025)" in line for line in lines] == [line.startswith("2026-0002") for line in lines]
    assert ("(2026)" in now, later.count("(2026)"), later.count("(2025)")) == (False, 1, 1)


def test_an_empty_list_is_a_workbook_with_heads(empty_office: Merzim, tmp_path: Path) -> None:
    """A job that collects lists by night finds a file."""
    for command, code in (("cases", 0), ("due", 0), ("overdue", 0)):
        assert empty_office(command, "--xlsx", tmp_path / "a.xlsx", *NOW).code == code
        assert len(_rows(tmp_path / "a.xlsx")) == 1


@pytest.mark.parametrize("command", ["procedures", "procedures internal-analysis", "forms", "people"])
def test_every_table_can_be_kept(empty_office: Merzim, tmp_path: Path, command: str) -> None:
    """It is an option of all commands."""
    assert empty_office(*command.split(), "--xlsx", tmp_path / "a.xlsx").code == 0
    assert (tmp_path / "a.xlsx").exists()


def test_no_table_and_two_answers_are_said(merzim: Merzim, tmp_path: Path) -> None:
    """In one sentence; nothing is written. What has no table is done all the same."""
    count_command: tuple[str, ...] = ("calendar", "count", "2026-05-01", "2026-05-31")
    for line, code in ((count_command, 0), (("cases", "--json"), 2)):
        result = merzim(*line, "--xlsx", tmp_path / "a.xlsx")
        assert result.code == code
        assert result.err.count("\n") == 1
        assert not (tmp_path / "a.xlsx").exists()
    assert merzim("cases", "--xlsx", tmp_path / "no" / "a.xlsx").code == 2


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_list_of_people_can_be_taken_in_again(office: Merzim, tmp_path: Path, language: str) -> None:
    """Units with their parents, duties, deputies and absences come back as they were."""
    file = tmp_path / "people.xlsx"
    before = office("people", "--json").json
    assert office("people", "--xlsx", file, "--lang", language).code == 0
    result = office("people", file)

    assert result.code == 0, result.err
    after = office("people", "--json").json
    assert after["people"] == before["people"]
    assert after["units"] == before["units"]


def test_people_taken_from_excel_are_the_people_of_a_csv(merzim: Merzim, tmp_path: Path) -> None:
    """Headings in Kazakh, a unit nobody sits in yet, people without an e-mail."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Бөлімше", "Жоғары тұрған бөлімше", "Т.А.Ә.", "Лауазымы", "Міндеттері", "E-mail", "Тілі"])
    sheet.append(["Аппарат", None, "Серікбаев Дәурен", "Аппарат басшысы", "аппарат басшысы", "A@B.kz", "kk"])
    sheet.append(["Қаржы бөлімі", "Аппарат", "Омарова Гүлнар", "Бөлім басшысы", None, None, None])
    sheet.append(["Құқық бөлімі", "Аппарат", None, None, None, None, None])
    book.save(tmp_path / "people.xlsx")
    result = merzim("people", tmp_path / "people.xlsx", "--json")
    people = {person["name"]: person for person in result.json["people"].values()}

    assert result.code == 0, result.err
    assert set(result.json["units"]) == {"Аппарат", "Қаржы бөлімі", "Құқық бөлімі"}
    assert people["Серікбаев Дәурен"]["duties"] == ["chief_of_staff"]
    assert people["Серікбаев Дәурен"]["email"] == "a@b.kz"
    assert people["Омарова Гүлнар"]["key"] == "Қаржы бөлімі / Омарова Гүлнар"


def test_people_are_listed_in_the_order_of_the_alphabet(empty_office: Merzim, tmp_path: Path) -> None:
    """Ә right after А, Қ right after К, Ё right after Е; the workbook that goes out has the same order."""
    names = ["Абаев Н", "Әбенов С", "Баев А", "Егоров И", "Ёлкин П", "Кимов В", "Қасымов Е", "Ысқақ", "Ілияс"]
    lines = ["Подразделение;ФИО;Должность;E-mail"]
    lines += [f"Аппарат;{name};маман;{n}@org.kz" for n, name in enumerate(reversed(names))]
    (tmp_path / "people.csv").write_text("\n".join(lines), encoding="utf-8")
    assert empty_office("people", "people.csv").code == 0
    output = empty_office("people").out

    assert sorted(names, key=output.index) == names
    assert empty_office("people", "--xlsx", tmp_path / "a.xlsx").code == 0
    assert [row[3] for row in _rows(tmp_path / "a.xlsx")[1:]] == names
