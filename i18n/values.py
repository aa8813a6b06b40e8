"""Formats dates in official style: single days, lists and ranges of days, periods.

Results are cached: the records have some 7,000 days, of which few are used at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import Literal

from calendars.hours import almaty
from i18n.entries import template
from i18n.languages import names

Case = Literal["from", "to", "in", "of", "genitive"]

_BACK = "аоұыяё"
_FRONT = "әөүіеэ"
_VOICELESS = "пфкқтсшщчцхһ"
_NASAL = "мнң"
_VOWELS = "аәеёоөұүыіэя"

_ENDINGS: dict[Case, dict[str, tuple[str, str]]] = {
    # After a voiceless consonant, after a nasal, after anything else; each for back and front vowels.
    "from": {"voiceless": ("тан", "тен"), "nasal": ("нан", "нен"), "other": ("дан", "ден")},
    "to": {"voiceless": ("қа", "ке"), "nasal": ("ға", "ге"), "other": ("ға", "ге")},
    "in": {"voiceless": ("та", "те"), "nasal": ("да", "де"), "other": ("да", "де")},
    "of": {"voiceless": ("тағы", "тегі"), "nasal": ("дағы", "дегі"), "other": ("дағы", "дегі")},
    "genitive": {
        "voiceless": ("тың", "тің"),
        "nasal": ("ның", "нің"),
        "vowel": ("ның", "нің"),
        "other": ("дың", "дің"),
    },
}


def inflect(word: str, case: Case) -> str:
    """Return a word in the ablative ("from": наурыздан), dative ("to": наурызға), locative ("in": наурызда),
    as an attribute of place or time ("of": наурыздағы) or in the genitive (наурыздың).
    """
    last = word[-1].lower()
    sound = "voiceless" if last in _VOICELESS else "nasal" if last in _NASAL else "other"
    endings = _ENDINGS[case]
    back, front = endings.get("vowel", endings[sound]) if last in _VOWELS else endings[sound]
    return word + (front if _is_front(word) else back)


def _is_front(word: str) -> bool:
    """Return whether the word has front vowels, by its last unambiguous vowel (и and у follow the one
    before); False without one.
    """
    for letter in reversed(word.lower()):
        if letter in _FRONT:
            return True
        if letter in _BACK:
            return False
    return False


_PERIOD = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])|H(?P<half>[12]))?(?:#(?P<nth>\d+))?"
)
_REMEMBERED = 8192


@lru_cache(maxsize=_REMEMBERED)
def date_long(day: date, language: str, case: Case | None = None) -> str:
    """Return a date in words: "30 марта 2026 года", "2026 жылғы 30 наурыз", "30 March 2026".

    `case` inflects the Kazakh month (`inflect`); other languages do not change.

    Raises:
        TypeError: a datetime, which has no date without a time zone.
    """
    pattern = template("date.long", language)
    return pattern.format(day=_refuse_datetime(day).day, month=_month(day, language, case), year=day.year)


@lru_cache(maxsize=_REMEMBERED)
def date_day(day: date, language: str, case: Case | None = None) -> str:
    """Return a date without its year: "30 марта". `case` and errors as in `date_long`."""
    return template("date.day", language).format(
        day=_refuse_datetime(day).day, month=_month(day, language, case)
    )


@lru_cache(maxsize=_REMEMBERED)
def date_short(day: date, language: str) -> str:
    """Return a date in digits, the same in every language: "30.03.2026". Raises TypeError for a datetime."""
    return f"{_refuse_datetime(day):%d.%m.%Y}"


def moment(at: datetime | date | None, language: str) -> str:
    """Return a moment in Almaty time, "30.03.2026 17:05" in every language; a date stays one, None is "–"."""
    if isinstance(at, datetime):
        return f"{at.astimezone(almaty()):%d.%m.%Y %H:%M}"
    return date_short(at, language) if at is not None else "–"


def date_weekday(day: date, language: str) -> str:
    """Return the day of the week: "понедельник"."""
    return names(language).weekdays[day.weekday()]


def weekday_short(number: int, language: str) -> str:
    """Return the short name of a weekday, 1 is Monday: "пн"."""
    return names(language).weekdays_short[number - 1]


def month_name(month: int, language: str) -> str:
    """Return the name of a month in the nominative: "март", "наурыз", "March"."""
    return names(language).months_alone[month - 1]


@lru_cache(maxsize=_REMEMBERED)
def days_list(days: tuple[date, ...], language: str, *, years: bool = False) -> str:
    """Return days in the given order, the month named once for each run: "2, 1 апреля, 31, 30 марта".

    The year is included only when there are several, or where `years` are asked for.
    """
    several = years or _several_years(days)
    runs = (
        ((year, month), ", ".join(str(day.day) for day in run))
        for (year, month), run in groupby(days, key=lambda day: (day.year, day.month))
    )
    return ", ".join(_days_of(numbers, year, month, language, several) for (year, month), numbers in runs)


@lru_cache(maxsize=_REMEMBERED)
def days_ranges(days: tuple[date, ...], language: str) -> str:
    """Return days in ascending order, consecutive ones as ranges, each month named once: "4–5, 11–12 апреля".

    The year is included only when there are several.
    """
    several = _several_years(days)
    ranges: list[str] = []
    for key, group in groupby(_consecutive_runs(days), key=_month_of_run):
        if key is None:
            ranges.extend(_across(first, last, language, several) for first, last in group)
        else:
            numbers = ", ".join(
                f"{first.day}–{last.day}" if last > first else str(first.day) for first, last in group
            )
            ranges.append(_days_of(numbers, *key, language, several))
    return ", ".join(ranges)


@lru_cache(maxsize=_REMEMBERED)
def span(first: date, last: date, language: str) -> str:
    """Return a span of days, both ends included, the year named once: "с 13 апреля по 26 мая 2026 года"."""
    code = "date.span_second" if first.day == 2 else "date.span"  # "со второго"
    if first.year == last.year and language == "kk":
        # Kazakh names the year first, so it is said with the first day.
        ends = date_long(first, language, "from"), date_day(last, language, "to")
    elif first.year == last.year:
        ends = date_day(first, language), date_long(last, language)
    else:
        ends = date_long(first, language, "from"), date_long(last, language, "to")
    return template(code, language).format(first=ends[0], last=ends[1])


@lru_cache(maxsize=_REMEMBERED)
def period(name: str, language: str) -> str:
    """Return the name of a period: "2026Q3" -> "III квартал 2026 года"; also 2026-03, 2026H1 and 2026.

    A suffix #2 means the second time in it. Any other text is returned unchanged.
    """
    match = _PERIOD.fullmatch(name)
    if not match:
        return name
    year = match["year"]
    if match["month"]:
        period_text = _of_year("month", language, year, month_name(int(match["month"]), language))
    elif match["quarter"]:
        period_text = _of_year("quarter", language, year, _format_numeral(match["quarter"], language))
    elif match["half"]:
        period_text = _of_year("half_year", language, year, _format_numeral(match["half"], language))
    else:
        period_text = _of_year("year", language, year, "")
    if not match["nth"]:
        return period_text
    return template("period.nth", language).format(period=period_text, number=match["nth"])


def _refuse_datetime(day: date) -> date:
    """Return the date; raise TypeError for a datetime."""
    if isinstance(day, datetime):
        raise TypeError(f"a date is asked, not a moment: {day!r}")
    return day


def _month(day: date, language: str, case: Case | None) -> str:
    """Return the name of a day's month in a case."""
    month = names(language).months[day.month - 1]
    return inflect(month, case) if case and language == "kk" else month


def _several_years(days: Iterable[date]) -> bool:
    """Return whether the days lie in more than one year."""
    return len({day.year for day in days}) > 1


def _days_of(numbers: str, year: int, month: int, language: str, with_year: bool) -> str:
    """Return days of one month, given as text ("4–5, 11"), with the month's name."""
    code = "date.long" if with_year else "date.day"
    return template(code, language).format(day=numbers, month=names(language).months[month - 1], year=year)


def _consecutive_runs(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each run of consecutive days."""
    ordered = sorted(set(days))
    for _, numbered in groupby(enumerate(ordered), key=lambda pair: pair[1].toordinal() - pair[0]):
        run = [day for _, day in numbered]
        yield run[0], run[-1]


def _month_of_run(stretch: tuple[date, date]) -> tuple[int, int] | None:
    """Return year and month of a run of days; None when it crosses months."""
    first, last = stretch
    return (first.year, first.month) if (first.year, first.month) == (last.year, last.month) else None


def _across(first: date, last: date, language: str, with_year: bool) -> str:
    """Return a range that crosses months."""
    say = date_long if with_year else date_day
    return f"{say(first, language)} – {say(last, language)}"


def _of_year(kind: str, language: str, year: str, name: str) -> str:
    """Return a period (`month`, `quarter`, `half_year`, `year`) of a year in words."""
    return template(f"period.{kind}", language).format(year=year, name=name)


def _format_numeral(number: str, language: str) -> str:
    """Return the number of a quarter or half-year: Roman numerals in Kazakh and Russian."""
    return number if language == "en" else roman(int(number))


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
