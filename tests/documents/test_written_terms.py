"""Parsing of the terms of measures as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from calendars.terms import (
    OnDate,
    WithoutTerm,
)
from merzim.documents.schedules.written_terms import read_term
from merzim.documents.sheets.dates import LONGEST
from merzim.documents.sheets.unreadable import UnreadableCell
from workflow.cases.registers.measure_term import as_data, from_data

DAYS = [
    ("до 30.06.2023", date(2023, 6, 30)),
    ("01.09.2023", date(2023, 9, 1)),
    ("2023 жылдың 30 маусымына дейін", date(2023, 6, 30)),
    ("до 1 марта 2026 года", date(2026, 3, 1)),
    ("не позднее 15.05.2026 г.", date(2026, 5, 15)),
    ("с 13.04.2026 по 26.05.2026", date(2026, 5, 26)),
    ("I полугодие 2026 года", date(2026, 6, 30)),
    ("2026 жылғы II жартыжылдық", date(2026, 12, 31)),
    ("второе полугодие 2026 г.", date(2026, 12, 31)),
    ("в течение 2026 года", date(2026, 12, 31)),
    ("2026 жыл ішінде", date(2026, 12, 31)),
    ("до конца 2026 года", date(2026, 12, 31)),
    ("2026", date(2026, 12, 31)),
]


@pytest.mark.parametrize(("text", "on"), DAYS)
def test_a_day_is_read_in_any_spelling(text: str, on: date) -> None:
    """Days, spans by their end, half-years and years by their last day."""
    assert read_term(text).term == OnDate(on)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Постоянно", "standing"),
        ("на постоянной основе", "standing"),
        ("тұрақты", "standing"),
        ("еженедельно", "standing"),
        ("По графику проведения ВАКР", "by_schedule"),
        ("кестеге сәйкес", "by_schedule"),
        ("по мере необходимости", "by_need"),
        ("қажеттілігіне қарай", "by_need"),
        ("III квартал", "no_year"),
        ("до 30 июня", "no_year"),
        ("30.06.2026, 31.12.2026", "several"),
        ("в разумный срок", "words"),
        ("", "nothing"),
        ("-", "nothing"),
        (None, "nothing"),
    ],
)
def test_what_names_no_day_is_kept_with_the_reason(text: object, said: str) -> None:
    """No date is guessed for "постоянно"."""
    read = read_term(text)

    assert (read.term, read.reading) == (WithoutTerm(), said)
    assert read.dateless


def test_until_a_day_includes_it_and_is_marked() -> None:
    """ "до" and "дейін" leave open whether the day itself is in time; the reading is kept."""
    assert read_term("до 30.06.2023").until
    assert read_term("2023 жылдың 30 маусымына дейін").until
    assert not read_term("30.06.2023").until


def test_a_cell_of_excel_is_a_day() -> None:
    """A date of a workbook needs no reading."""
    assert read_term(date(2026, 6, 30)).term == OnDate(date(2026, 6, 30))


@pytest.mark.parametrize("text", ["31.02.2026", "до 31.06.2026", "30.06.1899"])
def test_an_impossible_day_is_refused(text: str) -> None:
    """A slip of the pen is named, not read past."""
    with pytest.raises(UnreadableCell):
        read_term(text)


@pytest.mark.parametrize("text", [*(text for text, _ in DAYS), "III квартал 2026 года", "март 2026 года"])
def test_a_term_survives_the_ledger(text: str) -> None:
    """As data of an event and back it is the same."""
    term = read_term(text)

    assert from_data(as_data(term)) == term


@pytest.mark.parametrize("text", ["в течение 12345 дней", "в течение 12345 месяцев", "в течение 0 дней"])
def test_a_count_nobody_means_is_kept_as_words(text: str) -> None:
    """More days than a term can have, or none."""
    assert read_term(text).reading == "words"


def test_a_text_longer_than_any_term_is_kept_as_words() -> None:
    """At its greatest length a day is still found; a letter more, and the cell is prose."""
    day = "до 30 июня 2026 года "
    assert read_term(day + "»" * (LONGEST - len(day))).reading == "date"
    assert read_term(day + "»" * (LONGEST + 1 - len(day))).reading == "words"
