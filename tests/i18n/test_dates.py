"""Dates in the notation of official documents of Kazakhstan."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

import i18n
from i18n.dates import inflect, moment
from tests.i18n.texts import april

ABLATIVES = [
    *("қаңтардан", "ақпаннан", "наурыздан", "сәуірден", "мамырдан", "маусымнан"),
    *("шілдеден", "тамыздан", "қыркүйектен", "қазаннан", "қарашадан", "желтоқсаннан"),
]
DATIVES = [
    *("қаңтарға", "ақпанға", "наурызға", "сәуірге", "мамырға", "маусымға"),
    *("шілдеге", "тамызға", "қыркүйекке", "қазанға", "қарашаға", "желтоқсанға"),
]
LOCATIVES = [
    *("қаңтарда", "ақпанда", "наурызда", "сәуірде", "мамырда", "маусымда"),
    *("шілдеде", "тамызда", "қыркүйекте", "қазанда", "қарашада", "желтоқсанда"),
]
GENITIVES = [
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
]


@pytest.mark.parametrize(
    ("language", "text"),
    [("kk", "2026 жылғы 30 наурыз"), ("ru", "30 марта 2026 года"), ("en", "30 March 2026")],
)
def test_a_long_date_is_the_official_one(language: str, text: str) -> None:
    """Year first in Kazakh, the month in the genitive in Russian."""
    assert i18n.date_long(date(2026, 3, 30), language) == text


@pytest.mark.parametrize("month", range(1, 13))
def test_every_kazakh_month_takes_its_right_endings(month: int) -> None:
    """Vowel harmony and the last consonant decide: қыркүйектен, қазаннан, шілдеден."""
    name = i18n.month_name(month, "kk")

    assert inflect(name, "from") == ABLATIVES[month - 1]
    assert inflect(name, "to") == DATIVES[month - 1]
    assert inflect(name, "in") == LOCATIVES[month - 1]
    assert i18n.date_long(date(2026, month, 9), "kk", "from") == f"2026 жылғы 9 {ABLATIVES[month - 1]}"


@pytest.mark.parametrize("month", range(1, 13))
def test_every_russian_month_of_a_date_is_in_the_genitive(month: int) -> None:
    """A date says "9 марта", a month alone "март"."""
    assert i18n.date_day(date(2026, month, 9), "ru") == f"9 {GENITIVES[month - 1]}"


def test_a_short_date_is_the_same_in_every_language() -> None:
    """Two digits, two digits, four, with dots."""
    assert {i18n.date_short(date(2026, 4, 6), language) for language in i18n.LANGUAGES} == {"06.04.2026"}


def test_a_moment_is_not_a_date() -> None:
    """A datetime has no day until somebody names a time zone."""
    moment = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)

    for say in (i18n.date_long, i18n.date_day, i18n.date_short):
        with pytest.raises(TypeError, match="a date is asked"):
            say(moment, "ru")


def test_russian_says_so_before_the_second() -> None:
    """ "Со второго", but "с первого" and "с двадцать второго"."""
    assert i18n.span(date(2026, 3, 2), date(2026, 3, 5), "ru") == "со 2 марта по 5 марта 2026 года"
    assert i18n.span(date(2026, 3, 1), date(2026, 3, 5), "ru") == "с 1 марта по 5 марта 2026 года"
    assert i18n.span(date(2026, 3, 22), date(2026, 3, 25), "ru") == "с 22 марта по 25 марта 2026 года"


def test_a_span_says_each_year_only_when_there_are_two() -> None:
    """Inside one year it is said once: first in Kazakh, last in Russian."""
    first, last = date(2026, 4, 13), date(2026, 5, 26)

    assert i18n.span(first, last, "kk") == "2026 жылғы 13 сәуірден 26 мамырға дейін"
    assert i18n.span(first, last, "ru") == "с 13 апреля по 26 мая 2026 года"
    assert (
        i18n.span(date(2026, 12, 28), date(2027, 1, 5), "ru") == "с 28 декабря 2026 года по 5 января 2027 года"
    )
    assert (
        i18n.span(date(2026, 12, 28), date(2027, 1, 5), "kk")
        == "2026 жылғы 28 желтоқсаннан 2027 жылғы 5 қаңтарға дейін"
    )


def test_a_list_of_days_keeps_its_order_and_says_a_month_once_per_run() -> None:
    """The days of a count are read in the order they were counted."""
    days = (*april(2, 1), date(2026, 3, 31), date(2026, 3, 30))

    assert i18n.days_list(days, "ru") == "2, 1 апреля, 31, 30 марта"
    assert i18n.days_list((), "ru") == ""
    assert i18n.days_list(days[-1:], "kk", years=True) == "2026 жылғы 30 наурыз"


def test_ranges_join_neighbours_within_and_across_months() -> None:
    """Two days are a range already; one across months names both."""
    assert i18n.days_ranges(april(12, 4, 5, 11, 20), "ru") == "4–5, 11–12, 20 апреля"
    assert i18n.days_ranges((date(2026, 2, 28), date(2026, 3, 1)), "ru") == "28 февраля – 1 марта"
    assert i18n.days_ranges((*april(30), date(2026, 5, 2)), "kk") == "30 сәуір, 2 мамыр"


@pytest.mark.parametrize(
    ("name", "kk", "ru", "en"),
    [
        ("2026Q3", "2026 жылғы III тоқсан", "III квартал 2026 года", "Q3 2026"),
        ("2026Q4", "2026 жылғы IV тоқсан", "IV квартал 2026 года", "Q4 2026"),
        ("2026-03", "2026 жылғы наурыз", "март 2026 года", "March 2026"),
        ("2026H1", "2026 жылғы I жартыжылдық", "I полугодие 2026 года", "H1 2026"),
        ("2026", "2026 жыл", "2026 год", "2026"),
        ("2026-03#2", "2026 жылғы наурыз, 2-рет", "март 2026 года, 2-й раз", "March 2026, No. 2"),
    ],
)
def test_periods_have_official_names(name: str, kk: str, ru: str, en: str) -> None:
    """Quarters and half-years in Roman numerals, the year where each language puts it."""
    assert [i18n.period(name, language) for language in i18n.LANGUAGES] == [kk, ru, en]


@pytest.mark.parametrize("name", ["2026-13", "2026Q5", "II", ""])
def test_what_is_no_period_is_said_as_written(name: str) -> None:
    """A page never breaks on a name somebody typed."""
    assert i18n.period(name, "ru") == name


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 3, 30, 12, 5, tzinfo=UTC), "30.03.2026 17:05"),
        (datetime(2026, 3, 30, 19, 0, tzinfo=UTC), "31.03.2026 00:00"),
        (date(2026, 3, 30), "30.03.2026"),
        (None, "–"),
    ],
)
def test_a_moment_is_told_by_the_clock_of_almaty(at: datetime | date | None, said: str) -> None:
    """Five hours ahead of UTC: what is written at seven in the evening there is written on the next day."""
    assert {moment(at, language) for language in i18n.LANGUAGES} == {said}
