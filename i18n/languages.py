"""The three languages that everything is written in.

Their names of months and weekdays, plural rules and signs of numbers come from Babel (CLDR), which is read once
per language.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from babel import Locale, UnknownLocaleError

Language = Literal["kk", "ru", "en"]
LANGUAGES: tuple[Language, ...] = ("kk", "ru", "en")
"""Every sentence, and every title of the law, is written in these."""


class UnknownLanguage(ValueError):
    """The language is none of LANGUAGES."""

    code = "languages.unknown"

    def __init__(self, language: str) -> None:
        super().__init__(f"unknown language {language!r}: {', '.join(LANGUAGES)}")
        self.arguments = {"language": language, "allowed": LANGUAGES}


def available_language(language: str) -> str:
    """Return a stored choice of language if it is available, else Kazakh."""
    return language if language in LANGUAGES else LANGUAGES[0]


@cache
def locale_of(language: str) -> Any:
    """Return the locale data (CLDR) of a language, read on first use. Raises UnknownLanguage."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        raise UnknownLanguage(language) from None


def plain_spaces(text: str) -> str:
    """Replace no-break spaces by plain ones, so that texts can be searched, compared and hashed."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")
