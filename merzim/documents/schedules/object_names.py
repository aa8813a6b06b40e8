"""Derives the name of an analysis's object in the nominative from a title in which it is declined.

The result is a guess to be confirmed by a person; unrecognised words stay as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_KAZAKH = re.compile(r"[әғқңөұүһі]", re.IGNORECASE)
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)

_NEUTER = (
    *("министерство", "агентство", "управление", "учреждение", "предприятие", "общество", "товарищество"),
    *(
        "объединение",
        "хозяйство",
        "отделение",
        "ведомство",
        "представительство",
        "казначейство",
        "подразделение",
    ),
)
_MASCULINE = (
    *("комитет", "департамент", "отдел", "акимат", "аппарат", "центр", "университет", "институт", "фонд"),
    *("филиал", "банк", "суд", "колледж", "холдинг", "совет", "маслихат", "штаб", "музей", "театр", "завод"),
    *("аэропорт", "сектор", "архив", "комплекс", "инспекторат", "секретариат", "лицей", "оператор"),
)
_FEMININE = (
    *("служба", "палата", "прокуратура", "инспекция", "дирекция", "корпорация", "компания", "организация"),
    *("администрация", "канцелярия", "академия", "больница", "поликлиника", "школа", "группа", "станция"),
    *("лаборатория", "библиотека", "комиссия", "гимназия"),
)
_STRESSED = ("областн", "городск")
_POSSESSIVES = ("его", "её", "ее", "их")
_LONGEST_BEFORE_NOUN = 8
"""Maximum number of words before the noun: adjectives and conjunctions."""

_KAZAKH_ENDING = re.compile(r"-?(?:[ндт][ыі]ң)$", re.IGNORECASE)
_KAZAKH_PLACE = re.compile(r"(?:-?[дт][ае]|(?<=[ыі])н[дт][ае])$", re.IGNORECASE)
_KAZAKH_JOINED = re.compile(r"(\s+(?:және|мен|бен|пен)\s+|,\s*)")
_KAZAKH_TITLE = re.compile(r"^(?P<object>.+?)\s+(?:сыбайлас жемқорлық|ішкі талдау)", re.IGNORECASE)
_TITLE = re.compile(r"^сыбайлас жемқорлық|\bграфик|кесте", re.IGNORECASE)
"""The part of a title that remains if it does not name the analysed organisation."""
_KAZAKH_YEAR = re.compile(r"\s*\b20[0-9]{2}\s+жыл\w*(?:\s+арналған)?", re.IGNORECASE)


def language_of(text: str) -> str:
    """Return the language of a text: `kk`, `ru`, or "" where its letters do not tell."""
    return "kk" if _KAZAKH.search(text) else "ru" if _CYRILLIC.search(text) else ""


def object_names(words: str, *, declined: bool) -> dict[str, str]:
    """Return the name of an object by language; a language that does not occur in the words is left out.

    Args:
        declined: whether the words were cut out of a sentence; a column of objects has them in the nominative.
    """
    language = language_of(words)
    if not declined or not language:
        return dict.fromkeys((language,) if language else ("kk", "ru"), words)
    name = _russian(words) if language == "ru" else _kazakh(words)
    return {} if not name or _TITLE.search(name) else {language: name}


def _kazakh(words: str) -> str:
    title = _KAZAKH_TITLE.search(words)
    if title is None:
        return "".join(_KAZAKH_ENDING.sub("", part) for part in _KAZAKH_JOINED.split(words))
    # A whole title: what stands before the words of the analysis, in whichever case.
    bare = _KAZAKH_YEAR.sub("", title["object"]).strip(" ,.;:–-")
    return _KAZAKH_PLACE.sub("", _KAZAKH_ENDING.sub("", bare))


def _genitives() -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each known noun in the genitive with its nominative and gender, plurals included."""
    for noun in _NEUTER:
        stem = noun[:-1]
        yield stem + ("а" if noun.endswith("о") else "я"), (noun, "n")
        yield (
            stem if noun.endswith("о") else stem[:-1] + "ий",
            (stem + ("а" if noun.endswith("о") else "я"), "pl"),
        )
    for noun in _MASCULINE:
        soft = noun.endswith("й")
        yield (noun[:-1] + "я", (noun, "m")) if soft else (noun + "а", (noun, "m"))
        ending = "и" if noun.endswith(("г", "к", "х", "ж")) else "ы"
        yield (noun[:-1] + "ев", (noun[:-1] + "и", "pl")) if soft else (noun + "ов", (noun + ending, "pl"))
    for noun in _FEMININE:
        stem = noun[:-1]
        ending = "и" if noun.endswith("я") or stem.endswith(("г", "к", "х")) else "ы"
        yield stem + ending, (noun, "f")
        yield (stem[:-1] + "ий" if noun.endswith("ия") else stem, (stem + ending, "pl"))


_NOUNS = dict(_genitives())
_ADJECTIVES = {
    "m": {"ого": "ый", "его": "ий"},
    "n": {"ого": "ое", "его": "ее"},
    "f": {"ой": "ая", "ей": "яя"},
    "pl": {"ых": "ые", "их": "ие"},
}


def _russian(words: str) -> str:
    parts = words.split(" ")
    place = 0
    while place < len(parts):
        phrase_end = _phrase(parts, place)
        # What belongs to the first ("и его организаций") is declined with it; what comes after it is not.
        following = [n for n in range(phrase_end, len(parts) - 1) if _joins(parts, n)]
        place = following[0] + 1 if following else len(parts)
        while place < len(parts) and parts[place].lower() in _POSSESSIVES:
            place += 1
    return " ".join(parts)


def _joins(parts: list[str], place: int) -> bool:
    following = parts[place + 1]
    return parts[place].lower() == "и" and (following.lower() in _POSSESSIVES or following[:1].isupper())


def _phrase(parts: list[str], start: int) -> int:
    """Put adjectives and their noun into the nominative, in place; return the index of the next word."""
    for place in range(start, min(start + _LONGEST_BEFORE_NOUN, len(parts))):
        entry = _NOUNS.get(parts[place].lower().strip(",.;"))
        if entry is None:
            continue
        nominative, gender = entry
        before = [
            (n, _adjective(parts[n], gender)) for n in range(start, place) if parts[n].lower() not in ("и", ",")
        ]
        if any(adjective is None for _, adjective in before):
            return place + 1
        for n, adjective in before:
            parts[n] = adjective or parts[n]
        parts[place] = _cased(parts[place], nominative)
        return place + 1
    return start + 1


def _adjective(word: str, gender: str) -> str | None:
    """Return an adjective in the nominative; None if the word is not an adjective."""
    bare = word.rstrip(",")
    for ending, nominative in _ADJECTIVES[gender].items():
        if bare.lower().endswith(ending) and len(bare) > len(ending) + 1:
            stem = bare[: -len(ending)]
            if nominative == "ый":
                hard = "ий" if stem.lower().endswith(("г", "к", "х")) else "ый"
                nominative = "ой" if stem.lower().endswith(_STRESSED) else hard
            elif nominative == "яя" and stem.lower().endswith(("щ", "ш", "ж", "ч")):
                nominative = "ая"
            elif nominative == "ее" and stem.lower().endswith(("г", "к", "х")):
                nominative = "ое"
            return stem + nominative + word[len(bare) :]
    return None


def _cased(word: str, noun: str) -> str:
    bare = word.rstrip(",.;")
    cased_noun = noun.capitalize() if bare[:1].isupper() else noun
    return (cased_noun.upper() if bare.isupper() and len(bare) > 1 else cased_noun) + word[len(bare) :]
