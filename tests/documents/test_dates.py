"""Parsing of dates as people write them; impossible dates are refused with their text."""

from __future__ import annotations

import math
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.horizon import FIRST, REACH
from merzim.documents.sheets.dates import (
    Days,
    Words,
    read,
    read_lines,
)
from merzim.documents.sheets.rows import NotAValue
from merzim.documents.sheets.unreadable import UnreadableCell
from tests.documents.sheets import day

MARCH_30 = Days(day("2026-03-30"), day("2026-03-30"))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "30.03.26г.",
            "30.03.2026",
            "30.03.26 ж.",
            "30.03.2026 г.",
            "30/03/2026",
            "30-03-2026",
            "30. 03. 2026",
        ),
        *("«30» 03 2026 г.", "«30» марта 2026 г.", "30 марта 2026 года", "30-го марта 2026", "30 марта 26 г."),
        *("2026 жылғы 30 наурыз", "2026 жылғы «30» наурыз", "30 наурыз 2026 ж.", "2026 ж. 30 наурыз"),
        *("2026-03-30", "2026-03-30T09:00:00+05:00", "до 30.03.2026 включительно", "30.03.26г. в 15.00"),
        *("2026 жылдың 30 наурызына дейін", "30.03.2026 (включительно)", "30\u00a0марта\u202f2026\u202fг."),
    ],
)
def test_one_day_in_its_many_spellings(text: str) -> None:
    """Russian, Kazakh, numbers, words, ISO; an hour or a remark beside it changes nothing."""
    assert read(text) == MARCH_30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((text, Words(text)) for text in ("ежедневно", "до 5 числа ежемесячно", "Нәтижелер бойынша – дереу")),
        *((text, Words(text)) for text in ("III квартал 2026 года", "в течение 10 рабочих дней")),
        *((text, None) for text in ("-", "—", "", "«__» ____ 2026 г.", "жоқ")),
    ],
)
def test_words_that_name_no_day(text: str, said: Words | None) -> None:
    """They are kept as words, and never become a date."""
    assert read(text) == said


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("31.02.26", "paper_date_impossible"), ("14.13.2026", "paper_date_impossible")),
        *(("00.04.2026", "paper_date_impossible"), ("29.02.2026", "paper_date_impossible")),
        *(("31.12.2009", "paper_date_beyond"), ("01.01.2039", "paper_date_beyond")),
        *(("13.04.202", "paper_date_unreadable"), ("14 апрля 2026", "paper_date_words")),
        *(("13, 15 мая 2026", "paper_date_unreadable"), ("13 и 15 мая 2026", "paper_date_unreadable")),
        ("30.03.2026 (за 10 рабочих дней)", "paper_date_unreadable"),
        *(("13 мая 2026 – 26", "paper_date_unreadable"), ("20260413", "paper_date_unreadable")),
        *(("13.04.2026, 14.04.2026", "paper_dates_several"), ("13.04.26 и 15.04.26", "paper_dates_several")),
        *(("26.05.26 по 13.04.26", "paper_span_backwards"), ("13 апреля", "paper_date_without_year")),
    ],
)
def test_what_cannot_be_a_date_is_refused_with_its_text(text: str, code: str) -> None:
    """Never guessed: the reader of the refusal sees what stood there, and in which column."""
    with pytest.raises(UnreadableCell) as refusal:
        read(text, where="Сроки")

    assert refusal.value.code == code
    assert refusal.value.arguments["text"] == text
    assert refusal.value.arguments["where"] == "Сроки"


def test_the_first_and_the_last_day_of_the_records_are_in() -> None:
    """Both bounds are included."""
    assert read("01.01.2010") == Days(FIRST, FIRST)
    assert read("31.12.2038") == Days(REACH, REACH)


@pytest.mark.parametrize(
    "value", [46111, 46111.0, 46111.75, date(2026, 3, 30), datetime.combine(MARCH_30.first, time(9))]
)
def test_excels_own_dates_are_days(value: object) -> None:
    """A date, a moment, or the day number a badly formatted cell leaves."""
    assert read(value) == MARCH_30


@pytest.mark.parametrize("value", [True, 2026, -1, math.nan, math.inf, NotAValue("=A1"), b"x", object()])
def test_what_is_no_date_cell_is_refused(value: object) -> None:
    """A year, a truth, a formula: none of them is a day."""
    with pytest.raises(UnreadableCell):
        read(value)


NUMBERS = ("13", "31", "02", "04", "2026", "26", "26г.", "00", "99", "2009")
SIGNS = (".", "-", "–", "/", " ", "\n", "«", "»", "_", ":")
WORDS = (
    "апреля",
    "мамыр",
    "жылғы",
    "года",
    "ж.",
    "по",
    "с",
    "мен",
    "аралығында",
    "дейін",
    "ежедневно",
    "дереу",
)
PIECES = st.sampled_from([*NUMBERS, *SIGNS, *WORDS])


@given(
    st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES).map(" ".join))
)
def test_no_text_breaks_the_reader(text: str) -> None:
    """It reads or refuses; every day it reads lies within the records."""
    try:
        readings = read_lines(text)
    except UnreadableCell:
        return

    for when in readings:
        if isinstance(when, Days):
            assert FIRST <= when.first <= when.last <= REACH


@given(st.dates(FIRST, REACH))
def test_every_day_is_read_back_from_its_spellings(on: date) -> None:
    """Numbers short and long, and ISO."""
    spellings = (f"{on:%d.%m.%y}г.", f"{on:%d.%m.%Y}", on.isoformat(), f"«{on:%d}» {on:%m} {on:%Y} г.")

    assert {read(spelling) for spelling in spellings} == {Days(on, on)}
