"""Writes values in official style: days, lists and ranges of days, periods, numbers, shares, counted words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Literal

from babel.numbers import NumberPattern, parse_pattern

from calendars.hours import almaty
from i18n.entries import template
from i18n.languages import locale_of, plain_spaces

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
    # The last unambiguous vowel decides: и and у follow the one before.
    vowels = (letter for letter in reversed(word.lower()) if letter in _FRONT + _BACK)
    return word + (front if next(vowels, _BACK[0]) in _FRONT else back)


def date_long(day: date, language: str, case: Case | None = None) -> str:
    """Return a date in words: "30 марта 2026 года", "2026 жылғы 30 наурыз", "30 March 2026".

    `case` inflects the Kazakh month (`inflect`); other languages do not change. Raises TypeError: a datetime,
    which has no date without a time zone.
    """
    return _of_month(_refuse_datetime(day).day, day.month, day.year, language, case)


def date_day(day: date, language: str, case: Case | None = None) -> str:
    """Return a date without its year: "30 марта". `case` and errors as in `date_long`."""
    return _of_month(_refuse_datetime(day).day, day.month, None, language, case)


def _of_month(days: object, month: int, year: int | None, language: str, case: Case | None = None) -> str:
    """Return days of one month ("4–5, 11") with the month's name, and with the year where one is given."""
    name = locale_of(language).months["format"]["wide"][month]
    if case and language == "kk":
        name = inflect(name, case)
    return template("date.long" if year else "date.day", language).format(day=days, month=name, year=year)


def date_short(day: date, language: str) -> str:
    """Return a date in digits, the same in every language: "30.03.2026". Raises TypeError for a datetime."""
    return f"{_refuse_datetime(day):%d.%m.%Y}"


def _refuse_datetime(day: date) -> date:
    """Return the date; raise TypeError for a datetime."""
    if isinstance(day, datetime):
        raise TypeError(f"a date is asked, not a moment: {day!r}")
    return day


def moment(at: datetime | date | None, language: str) -> str:
    """Return a moment in Almaty time, "30.03.2026 17:05" in every language; a date stays one, None is "–"."""
    if isinstance(at, datetime):
        return f"{at.astimezone(almaty()):%d.%m.%Y %H:%M}"
    return date_short(at, language) if at is not None else "–"


def date_weekday(day: date, language: str) -> str:
    """Return the day of the week: "понедельник"."""
    name: str = locale_of(language).days["stand-alone"]["wide"][day.weekday()]
    return name


def weekday_short(number: int, language: str) -> str:
    """Return the short name of a weekday, 1 is Monday: "пн"."""
    name: str = locale_of(language).days["stand-alone"]["short"][number - 1]
    return name


def month_name(month: int, language: str) -> str:
    """Return the name of a month in the nominative: "март", "наурыз", "March"."""
    # The CLDR writes Kazakh months that stand alone with a capital letter, as in a calendar's heading. A month
    # in a sentence has none, and its nominative is the form of a date.
    name: str = locale_of(language).months["format" if language == "kk" else "stand-alone"]["wide"][month]
    return name


def days_list(days: Sequence[date], language: str, *, years: bool = False) -> str:
    """Return days in the given order, the month named once for each run: "2, 1 апреля, 31, 30 марта".

    The year is included only when there are several, or where `years` are asked for.
    """
    several = years or _several_years(days)
    return ", ".join(
        _of_month(", ".join(str(day.day) for day in run), month, year if several else None, language)
        for (year, month), run in groupby(days, key=lambda day: (day.year, day.month))
    )


def days_ranges(days: Sequence[date], language: str) -> str:
    """Return days in ascending order, consecutive ones as ranges, each month named once: "4–5, 11–12 апреля".

    The year is included only when there are several.
    """
    several = _several_years(days)
    say = date_long if several else date_day
    ranges: list[str] = []
    for month, runs in groupby(_consecutive_runs(days), key=_month_of_run):
        if month is None:
            ranges += [f"{say(first, language)} – {say(last, language)}" for first, last in runs]
        else:
            numbers = (f"{first.day}–{last.day}" if last > first else str(first.day) for first, last in runs)
            year = month.year if several else None
            ranges.append(_of_month(", ".join(numbers), month.month, year, language))
    return ", ".join(ranges)


def _several_years(days: Iterable[date]) -> bool:
    """Return whether the days lie in more than one year."""
    return len({day.year for day in days}) > 1


def _consecutive_runs(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each run of consecutive days."""
    ordered = sorted(set(days))
    for _, numbered in groupby(enumerate(ordered), key=lambda pair: pair[1].toordinal() - pair[0]):
        run = [day for _, day in numbered]
        yield run[0], run[-1]


def _month_of_run(run: tuple[date, date]) -> date | None:
    """Return the first day of the month of a run of days; None when it crosses months."""
    first, last = (day.replace(day=1) for day in run)
    return first if first == last else None


def span(first: date, last: date, language: str) -> str:
    """Return a span of days, both ends included, the year named once: "с 13 апреля по 26 мая 2026 года"."""
    code = "date.span_second" if first.day == 2 else "date.span"  # "со второго"
    # Kazakh names the year first, so it is said with the first day.
    say_first = date_long if first.year != last.year or language == "kk" else date_day
    say_last = date_day if first.year == last.year and language == "kk" else date_long
    ends = {"first": say_first(first, language, "from"), "last": say_last(last, language, "to")}
    return template(code, language).format(**ends)


_PERIOD = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])|H(?P<half_year>[12]))?(?:#(?P<nth>\d+))?"
)


def period(name: str, language: str) -> str:
    """Return the name of a period: "2026Q3" -> "III квартал 2026 года"; also 2026-03, 2026H1 and 2026.

    A suffix #2 means the second time in it. Any other text is returned unchanged.
    """
    match = _PERIOD.fullmatch(name)
    if not match:
        return name
    kind = next((kind for kind in ("month", "quarter", "half_year") if match[kind]), "year")
    number = int(match[kind])
    numeral = str if language == "en" else roman
    own = month_name(number, language) if kind == "month" else "" if kind == "year" else numeral(number)
    text = template(f"period.{kind}", language).format(year=match["year"], name=own)
    return template("period.nth", language).format(period=text, number=match["nth"]) if match["nth"] else text


def titled(title: str, name: str | None, language: str) -> str:
    """Return a title with the name of its period after it, where it has one."""
    return f"{title}, {period(name, language)}" if name else title


def plural(n: int, forms: Sequence[str], language: str) -> str:
    """Return the form of a counted word that goes with n, without the number itself.

    Russian has three forms (рабочий день, рабочих дня, рабочих дней), English two; Kazakh words do not change
    after a number, so one form is enough (two are taken too). Raises ValueError for too few forms.
    """
    if language == "kk" and len(forms) == 1:
        return forms[0]
    rule = locale_of(language).plural_form
    # Where "many" exists (Russian), "other" is for fractions only.
    own = rule.tags if "many" in rule.tags else {*rule.tags, "other"}
    tags = [tag for tag in ("zero", "one", "two", "few", "many", "other") if tag in own]
    form = tags.index(rule(abs(n)))
    if len(forms) <= form:
        raise ValueError(f"{language} counts with {len(tags)} forms, not {list(forms)}")
    return forms[form]


_NUMBER, _TIYN = parse_pattern("#,##0.###"), parse_pattern("#,##0.00")


def number(value: int | Decimal | Fraction, language: str) -> str:
    """Return a number with the language's decimal sign, thousands grouped from 10 000 on. Not for years."""
    return _written(value, _NUMBER, language)


def money(value: int | Decimal, language: str) -> str:
    """Return an amount of money as `number` does; a part of a tenge with both digits of the tiyn."""
    if value == int(value):
        return number(value, language)
    return _written(Decimal(f"{value:.2f}"), _TIYN, language)


def _written(value: int | Decimal | Fraction, pattern: NumberPattern, language: str) -> str:
    """Return a number by a pattern of the CLDR, with all its decimals; four digits are not grouped."""
    exact = Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else Decimal(value)
    is_grouped, locale = abs(exact) >= 10_000, locale_of(language)
    text = pattern.apply(exact, locale, decimal_quantization=False, group_separator=is_grouped)
    return plain_spaces(text)


def figure(digits: str, language: str) -> str:
    """Return a figure from an act ("43.5", "62-65") with the language's decimal sign and a dash in ranges."""
    decimal = locale_of(language).number_symbols["latn"]["decimal"]
    return digits.replace(".", decimal).replace("-", "–")


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
    for value, letters in ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        while n >= value:
            text, n = text + letters, n - value
    return text
