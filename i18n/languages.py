"""The three languages, with their names of months and weekdays; the only module that imports Babel.

Babel is used once per language, never while a sentence is rendered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

Language = Literal["kk", "ru", "en"]
LANGUAGES: tuple[Language, ...] = ("kk", "ru", "en")

_CLDR_ORDER = ("zero", "one", "two", "few", "many", "other")


@dataclass(frozen=True, slots=True)
class Names:
    """Locale data (CLDR) of one language.

    Attributes:
        months: January first, as they stand in a date ("марта", "наурыз", "March").
        months_alone: as they stand alone ("март", "наурыз", "March").
        weekdays: Monday first.
        plural_tags: the forms of a counted word, in the order a template writes them.
        plural_rule: a whole number -> one of the CLDR's tags.
        decimal: what stands between a number and its fraction.
        group: what stands between thousands.
    """

    months: tuple[str, ...]
    months_alone: tuple[str, ...]
    weekdays: tuple[str, ...]
    plural_tags: tuple[str, ...]
    plural_rule: Callable[[int], str]
    decimal: str
    group: str


@cache
def names(language: str) -> Names:
    """Return the locale data of a language, read from Babel on first use."""
    from babel import Locale

    locale = Locale.parse(language)
    in_date, alone = locale.months["format"]["wide"], locale.months["stand-alone"]["wide"]
    if language == "kk":
        # The CLDR writes Kazakh months that stand alone with a capital letter, as in a calendar's heading.
        # A month in a sentence has none, and its nominative is the form of a date.
        alone = in_date
    weekdays = locale.days["stand-alone"]["wide"]
    symbols = locale.number_symbols["latn"]
    return Names(
        months=tuple(in_date[number] for number in range(1, 13)),
        months_alone=tuple(alone[number] for number in range(1, 13)),
        weekdays=tuple(weekdays[number] for number in range(7)),
        plural_tags=_whole_number_tags(locale.plural_form.tags),
        plural_rule=locale.plural_form,
        decimal=symbols["decimal"],
        group=plain_spaces(symbols["group"]),
    )


def plain_spaces(text: str) -> str:
    """Replace no-break and narrow no-break spaces by plain ones, so that texts can be searched, compared and
    hashed.
    """
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def _whole_number_tags(tags: frozenset[str]) -> tuple[str, ...]:
    """Return the plural forms of whole numbers; where "many" exists (Russian), "other" is for fractions
    only.
    """
    known = set(tags) if "many" in tags else {*tags, "other"}
    return tuple(tag for tag in _CLDR_ORDER if tag in known)
