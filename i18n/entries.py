"""The catalogues: every word and sentence shown to users, in three languages, one TOML table each.

All files of i18n/catalogue/ share one namespace of codes. Files are cut into entries on first use; an entry is
parsed when first used, since a command needs few of the thousands there are.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from i18n.languages import UnknownLanguage, plain_spaces

CATALOGUE = Path(__file__).parent / "catalogue"


class CatalogueError(ValueError):
    """A catalogue file is invalid; the message names the file, the code and the error."""


class UnknownCode(KeyError):
    """No catalogue has this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.missing = code

    def __str__(self) -> str:
        near = difflib.get_close_matches(self.missing, sorted(codes()), n=3)
        return f"no catalogue has the code {self.missing!r}" + (f"; near it: {', '.join(near)}" if near else "")


_OWN: dict[str, Mapping[str, str]] = {}
"""Words of an organisation's own: their texts by code and language."""


def template(code: str, language: str) -> str:
    """Return the template of a code in a language. Raises UnknownCode, UnknownLanguage."""
    if not knows(code):
        raise UnknownCode(code)
    texts = _OWN[code] if code in _OWN else _texts(_entries()[code][1])
    try:
        return texts[language]
    except KeyError:
        raise UnknownLanguage(language) from None


def knows(code: str) -> bool:
    """Return whether a catalogue has the code."""
    return code in _entries() or code in _OWN


def add_word(code: str, texts: Mapping[str, str]) -> None:
    """Add a word of an organisation's own; a code of the shipped catalogues keeps its text. `texts`: by
    language; they are used unchanged, without placeholders.
    """
    if code not in _entries():
        _OWN[code] = {language: text.replace("{", "{{").replace("}", "}}") for language, text in texts.items()}


def codes() -> frozenset[str]:
    """Return the codes of all entries, an organisation's own words included."""
    return frozenset((*_entries(), *_OWN))


def where(code: str) -> str:
    """Return the file that defines a code, for error messages; "" for an organisation's own word."""
    return "" if code in _OWN else _entries()[code][0]


@cache
def _texts(lines: str) -> Mapping[str, str]:
    """Parse the lines of an entry (cached)."""
    return {language: plain_spaces(text) for language, text in tomllib.loads(lines).items()}


@cache
def _entries() -> dict[str, tuple[str, str]]:
    """Return the entries of the shipped catalogues by code: the file, and the lines below the code (cached)."""
    entries: dict[str, tuple[str, str]] = {}
    for path in sorted(CATALOGUE.glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        heads = list(_CODE.finditer(text))
        ends = [*(head.start() for head in heads[1:]), len(text)]
        for head, end in zip(heads, ends, strict=True):
            entries[head[1]] = path.name, text[head.end() : end]
    return entries


_CODE = re.compile(r'\[(?<!.\[)"?([^"\]]+)"?\][ \t]*(?:#.*)?$', re.MULTILINE)
"""A heading. The bracket stands before the condition that it begins a line: found in a third of the time."""
