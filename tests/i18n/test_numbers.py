"""Numerals, the grammatical forms of counted nouns, and citations of paragraphs as readable text."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

import i18n

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

    assert i18n.numbers.figures(years, "kk") == "2022 – 62–65; 2023 – 43,5"
    assert i18n.numbers.figures(years, "en") == "2022 – 62–65; 2023 – 43.5"


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
