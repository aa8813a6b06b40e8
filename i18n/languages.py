"""The three languages that everything is written in.

Their names of months and weekdays, plural rules and dates come from Babel (CLDR), which is read once per
language, never while a sentence is rendered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from babel import Locale, UnknownLocaleError

Language = Literal["kk", "ru", "en"]
LANGUAGES: tuple[Language, ...] = ("kk", "ru", "en")
"""Every sentence, and every title of the law, is written in these."""

_CLDR_ORDER = ("zero", "one", "two", "few", "many", "other")


class UnknownLanguage(ValueError):
    """The language is none of LANGUAGES."""

    code = "languages.unknown"

    def __init__(self, language: str) -> None:
        super().__init__(f"unknown language {language!r}: {', '.join(LANGUAGES)}")
        self.arguments = {"language": language, "allowed": LANGUAGES}


def available_language(language: str) -> str:
    """Return a stored choice of language if it is available, else Kazakh."""
    return language if language in LANGUAGES else LANGUAGES[0]


@dataclass(frozen=True, slots=True)
class LocaleNames:
    """Locale data (CLDR) of one language.

    Attributes:
        months: January first, as they stand in a date ("марта", "наурыз", "March").
        months_alone: as they stand alone ("март", "наурыз", "March").
        weekdays, weekdays_short: Monday first ("понедельник", "пн").
        plural_tags: the forms of a counted word, in the order a template writes them.
        plural_rule: a whole number -> one of the CLDR's tags.
        decimal: decimal separator.
        group: thousands separator.
    """

    months: tuple[str, ...]
    months_alone: tuple[str, ...]
    weekdays: tuple[str, ...]
    weekdays_short: tuple[str, ...]
    plural_tags: tuple[str, ...]
    plural_rule: Callable[[int], str]
    decimal: str
    group: str


@cache
def names(language: str) -> LocaleNames:
    """Return the locale data of a language, read from Babel on first use. Raises UnknownLanguage."""
    try:
        locale: Any = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        raise UnknownLanguage(language) from None
    in_date, alone = locale.months["format"]["wide"], locale.months["stand-alone"]["wide"]
    if language == "kk":
        # The CLDR writes Kazakh months that stand alone with a capital letter, as in a calendar's heading.
        # A month in a sentence has none, and its nominative is the form of a date.
        alone = in_date
    weekdays, short = locale.days["stand-alone"]["wide"], locale.days["stand-alone"]["short"]
    symbols = locale.number_symbols["latn"]
    # Where "many" exists (Russian), "other" is for fractions only.
    tags = locale.plural_form.tags
    whole_number_tags = tags if "many" in tags else {*tags, "other"}
    return LocaleNames(
        months=tuple(in_date[number] for number in range(1, 13)),
        months_alone=tuple(alone[number] for number in range(1, 13)),
        weekdays=tuple(weekdays[number] for number in range(7)),
        weekdays_short=tuple(short[number] for number in range(7)),
        plural_tags=tuple(tag for tag in _CLDR_ORDER if tag in whole_number_tags),
        plural_rule=locale.plural_form,
        decimal=symbols["decimal"],
        group=plain_spaces(symbols["group"]),
    )


def plain_spaces(text: str) -> str:
    """Replace no-break and narrow no-break spaces by plain ones, so that texts can be searched, compared and
    hashed.
    """
    return text.replace("\u202f", " ").replace("\u00a0", " ")
