"""Finds the unit or person a responsible text of a schedule or plan means, by similar words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from merzim.documents.sheets.texts import plain, tidy
from workflow.org.office import Office

_SMALL = frozenset(
    ("и", "по", "в", "на", "о", "об", "с", "за", "для", "мен", "бен", "пен", "және", "жөніндегі", "бойынша")
)
_ENDS = re.compile(r"[,;\n/]")

Words = tuple[str, ...]


def match(text: str, office: Office) -> str | None:
    """Return the unit id or person key a text means; None when it matches nobody, or two equally well.

    A match stored in the office is used first. Else everybody whose full name or post occurs in the text is a
    candidate (`Антикоррупционная комплаенс-служба Общества и ДЗО` holds the unit's name and more); a name that
    is part of a longer one is dropped, and the first one in the text wins. Failing that, the text, or the first
    of its parts between commas, may itself be a part of one name: of a unit's, else of a person's.
    """
    matches = {_normalise(phrase): key for phrase, key in office.matches.items()}
    if _normalise(text) in matches:
        return matches[_normalise(text)]
    words = _words(text)
    if not words:
        return None
    units = [(id, _words(name)) for id, unit in office.units.items() for name in unit.names]
    people = list(_person_names(office))
    return (
        _single(_fully_named(words, [*units, *people]))
        or _single(_part_of(text, units))
        or _single(_part_of(text, people))
    )


def _normalise(text: str) -> str:
    return tidy(text).casefold()


def _words(text: str) -> Words:
    """Return the words of a text in lower case, without prepositions and conjunctions."""
    return tuple(word for word in plain(text).split() if word not in _SMALL)


def _person_names(office: Office) -> Iterator[tuple[str, Words]]:
    """Yield person keys with each way to name a person: full name, surname with initials, post."""
    for key, person in office.people.items():
        for name in map(_words, person.names):
            yield key, name
            initials = tuple(word[0] for word in name[1:] if word[0] not in _SMALL)
            for shorter in {initials, initials[:1]} - {()}:
                yield key, (name[0], *shorter)
        if person.post:
            yield key, _words(person.post)


def _is_same_stem(word: str, other: str) -> bool:
    """Return whether two words differ only in their ending, as in Russian and Kazakh inflection."""
    if word == other:
        return True
    if word[:3] != other[:3]:
        return False
    differs = (place for place, (a, b) in enumerate(zip(word, other, strict=False)) if a != b)
    shared = next(differs, min(len(word), len(other)))
    short, long = sorted((len(word), len(other)))
    return shared >= 4 and (shared >= long - 2 or (shared >= short - 1 and shared >= long - 4))


def _contains_name(words: Words, name: Words) -> bool:
    """Return whether all words of a name occur among these, in any order and with any ending."""
    return all(any(_is_same_stem(word, other) for other in words) for word in name)


def _fully_named(words: Words, names: list[tuple[str, Words]]) -> set[str]:
    """Return the keys whose whole name occurs in the text: longest names only, and the first in the text."""
    named_people = [(key, name) for key, name in names if name and _contains_name(words, name)]
    fullest = [
        (key, name)
        for key, name in named_people
        if not any(len(other) > len(name) and _contains_name(other, name) for _, other in named_people)
    ]
    places = [
        (min(place for place, word in enumerate(words) if any(_is_same_stem(word, part) for part in name)), key)
        for key, name in fullest
    ]
    first = min(places, default=(0, ""))[0]
    return {key for place, key in places if place == first}


def _part_of(text: str, names: list[tuple[str, Words]]) -> set[str]:
    """Return the keys whose name contains the text, or the first of its parts that any name contains."""
    for part in (text, *_ENDS.split(text)):
        words = _words(part)
        keys = {key for key, name in names if words and _contains_name(name, words)}
        if keys:
            return keys
    return set()


def _single(keys: set[str]) -> str | None:
    """Return the only element; None when there are none or several."""
    return next(iter(keys)) if len(keys) == 1 else None
