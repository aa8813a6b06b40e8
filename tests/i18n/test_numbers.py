"""Numerals and the grammatical forms of counted nouns."""

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
