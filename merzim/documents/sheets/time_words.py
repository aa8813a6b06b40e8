"""Splits a text about a date or term, in Russian or Kazakh, into lexemes: numbers, months, prepositions, units.

Every number, word and mark of the text becomes a lexeme (brackets, quotation marks and the dots of
abbreviations aside), so that the grammar in `written_time` can see that nothing was left over. A word of no
known kind is a lexeme of the kind "?".
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

Case = Literal["", "from", "to", "of"]
"""The Kazakh case that carries a meaning of its own: `сәуірден`, `сәуірге`, `сәуірдің`."""


class Lexeme(NamedTuple):
    """One number, word or mark. `value`: its number, if it has one; `width`: the digits of a number."""

    kind: str
    value: int = 0
    case: Case = ""
    width: int = 0


_KK_CASE = r"(?P<from>[дтн][ае]н)|(?P<to>[ғгқк][ае]|н?[ае])|(?P<of>[ндт][ыі]ң)|(?:[дт][ае])?(?:[ғг][ыі])?"
_KK_ENDING = rf"(?:с?[ыі]н?)?(?:{_KK_CASE})"
_FILE = tomllib.loads(Path(__file__).with_name("time_words.toml").read_text(encoding="utf-8"))


def _patterns() -> Iterator[tuple[str, int, re.Pattern[str]]]:
    """Yield kind, number and pattern of the words of time_words.toml."""
    for kind, words in _FILE["words"].items():
        for word in words if isinstance(words, list) else [words]:
            pattern = word["word"] + (f"|(?:{word['stem']}){_KK_ENDING}" if "stem" in word else "")
            for name, endings in _FILE["endings"].items():
                pattern = pattern.replace(f"<{name}>", endings)
            yield kind, word.get("number", 0), re.compile(pattern)


_PATTERNS = tuple(_patterns())
_PHRASES = tuple((re.compile(pattern), words) for pattern, words in _FILE["phrases"].items())
_NUMBER_ENDING = rf"(?:[ыоа]?й|а?я|[оы]?е|ого|го|[оу]?му|о?м|ой|ую|х|ти|ми|(?:[ыі]?н)?ш[ыі]|{_KK_ENDING})"
_TOKEN = re.compile(
    rf"(?P<number>\d+)(?:-?(?=[^\W\d_]){_NUMBER_ENDING}(?![^\W\d_]))?|(?P<word>[^\W\d_]+)|(?P<mark>\S)"
)
_MARKS = {".": "dot", ",": "comma", ";": "comma", "-": "dash", "/": "slash", "+": "plus"}
_DROPPED = re.compile(r"[«»\"“”„'()\[\]]|(?<=[^\W\d_])[.:]|[\s.,;:]+$|^[\s.,;:]+")
_DASH = re.compile(r"[-‐‑‒–—―−]+")
_ROMAN = str.maketrans({"і": "i", "ӏ": "i", "l": "i", "ѵ": "v"})
_NUMERALS = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_CYRILLIC = str.maketrans("aceopxykmthbi", "асеорхукмтнві")
"""Latin letters that look like Cyrillic ones and are typed in their place: `aпреля`."""


def lexemes(text: str) -> tuple[Lexeme, ...]:
    """Return the numbers, words and marks of a text in order; unknown words are of the kind "?"."""
    line = _DASH.sub("-", unicodedata.normalize("NFKC", text).lower().replace("ё", "е"))
    for pattern, words in _PHRASES:
        line = pattern.sub(words, line)
    return tuple(_lexeme(match) for match in _TOKEN.finditer(_DROPPED.sub(" ", line)))


def unknown_words(text: str) -> tuple[str, ...]:
    """Return the words of a text that name no day, period or number, as written."""
    words = re.findall(r"[^\W\d_]+", text)
    return tuple(word for word in words if lexemes(word) and all(part.kind == "?" for part in lexemes(word)))


def _lexeme(match: re.Match[str]) -> Lexeme:
    """Return the lexeme of a token; a number of more than four digits is an unknown one."""
    if number := match["number"]:
        if len(number) > 4 or not number.isascii():
            return Lexeme("?")
        return Lexeme("number", int(number), _case(match), len(number))
    if word := match["word"]:
        return _word(word)
    return Lexeme(_MARKS.get(match["mark"], "?"))


@cache
def _word(word: str) -> Lexeme:
    """Return the lexeme of a word, also where Latin letters stand among its Cyrillic ones."""
    if roman := _NUMERALS.get(word.translate(_ROMAN)):
        return Lexeme("ordinal", roman)
    for spelling in dict.fromkeys((word, word.translate(_CYRILLIC))):
        for kind, value, pattern in _PATTERNS:
            if match := pattern.fullmatch(spelling):
                return Lexeme(kind, value, _case(match))
    return Lexeme("?")


def _case(match: re.Match[str]) -> Case:
    """Return the Kazakh case a match found; "" where its ending carries no meaning of its own."""
    groups = match.groupdict()
    return next((case for case in ("from", "to", "of") if groups.get(case)), "")
