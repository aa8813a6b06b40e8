"""Formats numbers, shares and counted words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from i18n.languages import names

_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@lru_cache(maxsize=4096)
def plural_form(n: int, language: str) -> int:
    """Return the index of the plural form for a whole number: 0 for the first form of a template."""
    locale = names(language)
    return locale.plural_tags.index(locale.plural_rule(abs(n)))


def plural(n: int, forms: Sequence[str], language: str) -> str:
    """Return the form of a counted word that goes with n, without the number itself.

    Russian has three forms (рабочий день, рабочих дня, рабочих дней), English two; Kazakh words do not change
    after a number, so one form is enough (two are taken too).

    Raises:
        ValueError: too few forms for the language.
    """
    form = plural_form(n, language)
    if language == "kk" and len(forms) == 1:
        return forms[0]
    if len(forms) <= form:
        raise ValueError(f"{language} counts with {len(names(language).plural_tags)} forms, not {list(forms)}")
    return forms[form]


def number(value: int | Decimal | Fraction, language: str) -> str:
    """Return a number with the language's decimal sign, thousands grouped from 10 000 on. Not for years."""
    return _grouped(f"{_exact(value):,f}", language)


def _grouped(text: str, language: str) -> str:
    """Return a number written as "12,345.5" with the language's signs; four digits are not grouped."""
    locale = names(language)
    whole_part, _, fraction = text.partition(".")
    if len(whole_part.replace(",", "").lstrip("-")) < 5:
        whole_part = whole_part.replace(",", "")
    return whole_part.replace(",", locale.group) + (locale.decimal + fraction if fraction else "")


def money(value: int | Decimal, language: str) -> str:
    """Return an amount of money as `number` does; a part of a tenge with both digits of the tiyn."""
    return number(value, language) if value == int(value) else _grouped(f"{value:,.2f}", language)


def figure(digits: str, language: str) -> str:
    """Return a figure from an act ("43.5", "62-65") with the language's decimal sign and a dash in ranges."""
    return digits.replace(".", names(language).decimal).replace("-", "–")


def figures(years: Iterable[tuple[int, str]], language: str) -> str:
    """Return figures by year: "2022 – 42; 2023 – 43,5"."""
    return "; ".join(f"{year} – {figure(figure_text, language)}" for year, figure_text in years)


def percent(share: Fraction | Decimal, language: str) -> str:
    """Return a share as a percentage: Fraction(1, 20) -> "5 %", in English "5%"."""
    sign = "%" if language == "en" else " %"
    return number(share * 100, language) + sign


def roman(n: int) -> str:
    """Return a small whole number in Roman numerals."""
    text = ""
    for value, letters in _ROMAN:
        while n >= value:
            text, n = text + letters, n - value
    return text


def _exact(value: int | Decimal | Fraction) -> Decimal:
    """Return the number as a decimal without trailing zeros."""
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    if isinstance(value, int):
        return Decimal(value)
    # normalize() alone would write 100 as 1E+2.
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
