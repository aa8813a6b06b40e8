"""Dates and numbers in the official form of each language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

import i18n
from i18n.values import inflect, moment
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


RUSSIAN = ("рабочий день", "рабочих дня", "рабочих дней")


@pytest.mark.parametrize(
    ("n", "form"),
    [(0, 2), (1, 0), (2, 1), (4, 1), (5, 2), (11, 2), (12, 2), (21, 0), (22, 1), (111, 2), (112, 2), (121, 0)],
)
def test_russian_counts_with_three_forms(n: int, form: int) -> None:
    """Eleven is many, twenty-one is one, a hundred and eleven is many again."""
    assert i18n.plural(n, RUSSIAN, "ru") == RUSSIAN[form]


@pytest.mark.parametrize(("n", "word"), [(0, "days"), (1, "day"), (2, "days"), (11, "days"), (21, "days")])
def test_english_counts_with_two_forms(n: int, word: str) -> None:
    """Only one is one."""
    assert i18n.plural(n, ("day", "days"), "en") == word


def test_numbers_have_the_language_s_own_signs() -> None:
    """A decimal comma in Kazakh and Russian, thousands apart from ten thousand on."""
    assert i18n.number(Decimal("2.70"), "kk") == "2,7"
    assert i18n.number(Decimal("2.70"), "en") == "2.7"
    assert i18n.number(2026, "ru") == "2026"
    assert i18n.number(100000, "ru") == "100 000"
    assert i18n.number(100000, "en") == "100,000"
    assert i18n.number(-12345, "ru") == "-12 345"
    assert i18n.number(Decimal(100), "ru") == "100"


def test_shares_are_exact() -> None:
    """Half a per cent stays half a per cent."""
    assert i18n.percent(Fraction(1, 20), "ru") == "5 %"
    assert i18n.percent(Fraction(1, 200), "kk") == "0,5 %"
    assert i18n.percent(Fraction(1, 200), "en") == "0.5%"


def test_figures_stand_with_their_years() -> None:
    """As an act writes them, with the language's decimal sign."""
    years = ((2022, "62-65"), (2023, "43.5"))

    assert i18n.values.figures(years, "kk") == "2022 – 62–65; 2023 – 43,5"
    assert i18n.values.figures(years, "en") == "2022 – 62–65; 2023 – 43.5"


PLACES = """
P1.T1.S3 | №1 жоба, 1-тапсырма, 3-қосалқы тапсырма | проект №1, задача 1, подзадача 3 | project No. 1, task \
1, subtask 3
P1.T2 | №1 жоба, 2-тапсырма | проект №1, задача 2 | project No. 1, task 2
P1 intro | №1 жоба, кіріспе бөлік | проект №1, вводная часть | project No. 1, introduction
P3.T2.S1, P3.T2.S2, P3.T2.S3, P3.T3.S1, P4.T2 | №3 жоба, 2-тапсырма, 1–3-қосалқы тапсырмалар; 3-тапсырма, \
1-қосалқы тапсырма; №4 жоба, 2-тапсырма | проект №3, задача 2, подзадачи 1–3; задача 3, подзадача 1; проект \
№4, задача 2 | project No. 3, task 2, subtasks 1–3; task 3, subtask 1; project No. 4, task 2
intro | кіріспе бөлік | вводная часть | introduction
row 2 | 2-жол | строка 2 | row 2
row 11, row 12, row 13, row 15, row 16 | 11–13, 15, 16-жолдар | строки 11–13, 15, 16 | rows 11–13, 15, 16
art. 175 | 175-бап | статья 175 | article 175
art. 8(5) | 8-баптың 5-тармағы | пункт 5 статьи 8 | article 8(5)
p. 3 | 3-тармақ | пункт 3 | paragraph 3
p. 16(5) | 16-тармақтың 5) тармақшасы | подпункт 5) пункта 16 | paragraph 16(5)
p. 6.1(2) | 6.1-тармақтың 2) тармақшасы | подпункт 2) пункта 6.1 | paragraph 6.1(2)
row 17, p. 3 | 17-жол, 3-тармақ | строка 17, пункт 3 | row 17, paragraph 3
p. 4.6.2 | 4.6.2-тармақ | пункт 4.6.2 | paragraph 4.6.2
annex 1, p. 3 | 1-қосымша, 3-тармақ | приложение 1, пункт 3 | annex 1, paragraph 3
annex 2, row 2 | 2-қосымша, 2-жол | приложение 2, строка 2 | annex 2, row 2
§ 9 | § 9 | § 9 | § 9
"""
"""As the regulation file writes it, and said in Kazakh, Russian and English."""


@pytest.mark.parametrize("place", PLACES.strip().splitlines())
def test_places_in_acts_are_said_in_the_reader_s_language(place: str) -> None:
    """An abbreviated paragraph is written out in full; an unknown form stays as it is."""
    cited, *said = place.split(" | ")

    assert [i18n.paragraph(cited, language) for language in i18n.LANGUAGES] == said
