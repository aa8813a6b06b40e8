"""Names of duties, languages and kinds of organisation in the table of people: codes, and their words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from i18n import knows, say
from merzim.documents.sheets.texts import plain, tidy
from workflow.languages import LANGUAGES
from workflow.law.procedure import Text
from workflow.org.kinds import KINDS
from workflow.org.office import DUTIES

Named = Literal["duty", "kind", "language"]
_CODES: Mapping[Named, tuple[str, ...]] = {"duty": DUTIES, "kind": KINDS, "language": ()}
_WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
EXECUTOR = ""
"""What a word for somebody who carries out work names: no duty, and no more access than everybody has."""


@cache
def titles(named: Named) -> tuple[Text, ...]:
    """Return the catalogue titles of the duties, or of the kinds of organisation."""
    return tuple(
        Text(*(say(f"{named}.{code}", {}, language) for language in LANGUAGES)) for code in _CODES[named]
    )


def title(named: Named, code: str, language: str) -> str:
    """Return the title of a duty or kind; its code if it has no title any more, "" for no kind."""
    return say(f"{named}.{code}", {}, language) if knows(f"{named}.{code}") else code


@cache
def _by_word(named: Named) -> Mapping[str, str]:
    """Return each title, code and word, plainly written, -> its code; words.toml has the last say."""
    codes = _CODES[named]
    by_title = {
        plain(text[language]): code
        for code, text in zip(codes, titles(named), strict=True)
        for language in LANGUAGES
    }
    further = {plain(word): code for code, words in _WORDS[named].items() for word in words}
    return by_title | {plain(code): code for code in codes} | further


def parse(named: Named, word: str) -> str | None:
    """Return the duty (EXECUTOR for an executor's), kind or language a word names; None if it names none."""
    code = word.strip()
    return code if code in _CODES[named] else _by_word(named).get(plain(word))


def duties(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield each duty named in a cell, as written and by its code (EXECUTOR for none, None for an unknown one).

    They are separated by commas, semicolons or lines; a title may itself contain a comma.
    """
    parts = [part for part in map(tidy, re.split(r"[\n;,]", text)) if part]
    while parts:
        ends = range(1, len(parts) + 1)
        count = next((end for end in ends if parse("duty", " ".join(parts[:end])) is not None), 1)
        duty_text = ", ".join(parts[:count])
        yield duty_text, parse("duty", duty_text)
        del parts[:count]
