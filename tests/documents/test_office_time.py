"""Parsing of office hours, working weeks and days, and their columns in the table of people."""

from __future__ import annotations

import io
from datetime import date, time

import pytest

from merzim.documents.people.office_time import BadOfficeTime, parse_days, parse_hours, parse_week
from merzim.documents.people.read_people import merge_people
from merzim.documents.people.sheet import people_table
from merzim.documents.people.table import read_people
from workflow.org.office import Office
from workflow.org.office_time import OfficeTime

HEADING = "Подразделение;ФИО;Часы работы;Рабочая неделя;Собственные выходные дни;Собственные рабочие дни"


@pytest.mark.parametrize("text", ["08:30-17:30", "8:30 – 17:30", "8.30—17.30"])
def test_hours(text: str) -> None:
    """With a colon or a dot, any dash."""
    assert parse_hours(text) == (time(8, 30), time(17, 30))


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("1-6", (1, 2, 3, 4, 5, 6)),
        ("дс–сб", (1, 2, 3, 4, 5, 6)),
        ("вт-сб", (2, 3, 4, 5, 6)),
        ("Mon, Wed; Fri", (1, 3, 5)),
        ("–", ()),
        ("", ()),
    ],
)
def test_weeks(text: str, week: tuple[int, ...]) -> None:
    """By number or by name, single days and spans."""
    assert parse_week(text) == week


@pytest.mark.parametrize("text", ["08.05.2026, 2026-05-04", "4.5.26; 8.5.26", "2026-05-08\n2026-05-04"])
def test_days(text: str) -> None:
    """ISO or with dots, in order of days."""
    assert parse_days(text) == (date(2026, 5, 4), date(2026, 5, 8))


@pytest.mark.parametrize(
    ("read", "text", "code"),
    [
        (parse_hours, "9-18", "office_time.no_hours"),
        (parse_hours, "25:00-26:00", "office_time.no_hours"),
        (parse_hours, "18:00-09:00", "office_time.hours_backwards"),
        (parse_week, "6-1", "office_time.no_week"),
        (parse_week, "0", "office_time.no_week"),
        (parse_week, "завтра", "office_time.no_week"),
        (parse_days, "31.02.2026", "office_time.no_day"),
        (parse_days, "2040-01-01", "office_time.no_day"),
        (parse_days, "завтра", "office_time.no_day"),
    ],
)
def test_what_is_none_is_refused(read, text: str, code: str) -> None:
    """By what was written."""
    with pytest.raises(BadOfficeTime) as refusal:
        read(text)

    assert refusal.value.code == code


def test_a_table_names_it_once_for_a_unit_and_is_written_so_again() -> None:
    """In any of its rows; a table taken from the office reads as it stood."""
    rows = (
        "Канцелярия;Сериков Болат;8:30-17:30;1-6;08.05.2026;",
        "Канцелярия;Ахметова Айгүл;;;;",
        "Архив;Омар Дана;;;;",
    )
    read = read_people("\n".join((HEADING, *rows)).encode(), "people.csv")
    hours = OfficeTime(hours=(time(8, 30), time(17, 30)), week=(1, 2, 3, 4, 5, 6), off=(date(2026, 5, 8),))
    office = Office(
        units={unit.id: unit for unit in read.units}, people={person.key: person for person in read.people}
    )
    table = people_table(office, "kk")
    buffer = io.StringIO()
    for row in (table.heads, *table.rows):
        print(";".join(f'"{cell}"' for cell in row), file=buffer)
    reread = merge_people(read_people(buffer.getvalue().encode(), "people.csv"), office)

    assert {unit.id: unit.time for unit in read.units} == {"Канцелярия": hours, "Архив": OfficeTime()}
    assert reread.units == read.units
