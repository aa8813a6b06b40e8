"""Whom a schedule means by its responsible: a text matched to a unit or a person, by words akin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.sheets.spelling import plain, tidy
from workflow.org.office import Office

_SMALL = frozenset(
    ("и", "по", "в", "на", "о", "об", "с", "за", "для", "мен", "бен", "пен", "және", "жөніндегі", "бойынша")
)
_ENDS = re.compile(r"[,;\n/]")

Words = tuple[str, ...]


def match(text: str, office: Office) -> str | None:
    """The unit id or person key the text means; None when nobody is meant, or two as well as each other.

    A match kept in the office goes first. Else everybody whose name, or whose post, stands in the text whole
    is a candidate (`Антикоррупционная комплаенс-служба Общества и ДЗО` holds the unit's name and more); a name
    within a fuller name steps back, and who is named first is meant. Failing that, the text, or the first of
    its parts between commas, may itself be a part of one name: of a unit's, else of a person's.
    """
    kept = {_same(known): key for known, key in office.matches.items()}
    if _same(text) in kept:
        return kept[_same(text)]
    words = _words(text)
    if not words:
        return None
    units, people = list(_unit_names(office)), list(_person_names(office))
    return _one(_named(words, [*units, *people])) or _one(_part_of(text, units)) or _one(_part_of(text, people))


def nearest(text: str, office: Office, *, limit: int = 3) -> tuple[str, ...]:
    """Unit ids and person keys that share words with the text, the likeliest first: to choose from by hand."""
    words = _words(text)
    score: dict[str, float] = {}
    for key, name in (*_unit_names(office), *_person_names(office)):
        shared = sum(any(_akin(word, other) for other in words) for word in name)
        if shared:
            score[key] = max(score.get(key, 0.0), shared / (len(words) + len(name) - shared))
    return tuple(sorted(score, key=lambda key: (-score[key], key))[:limit])


def _same(text: str) -> str:
    return tidy(text).casefold()


def _words(text: str) -> Words:
    return tuple(word for word in plain(text).split() if word not in _SMALL)


def _unit_names(office: Office) -> Iterator[tuple[str, Words]]:
    for id, unit in office.units.items():
        yield id, _words(unit.name)


def _person_names(office: Office) -> Iterator[tuple[str, Words]]:
    """Whatever a text may call a person by: name, surname with initials, post."""
    for key, person in office.people.items():
        name = _words(person.name)
        yield key, name
        initials = tuple(word[0] for word in name[1:] if word[0] not in _SMALL)
        for shorter in {initials, initials[:1]} - {()}:
            yield key, (name[0], *shorter)
        if person.post:
            yield key, _words(person.post)


def _akin(one: str, other: str) -> bool:
    """The same word but for its ending: Russian and Kazakh change ends of words, hardly their beginnings."""
    if one == other:
        return True
    if one[:3] != other[:3]:
        return False
    differs = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    shared = next(differs, min(len(one), len(other)))
    short, long = sorted((len(one), len(other)))
    return shared >= 4 and (shared >= long - 2 or (shared >= short - 1 and shared >= long - 4))


def _holds(words: Words, name: Words) -> bool:
    return all(any(_akin(word, other) for other in words) for word in name)


def _named(words: Words, names: list[tuple[str, Words]]) -> set[str]:
    """Who is named whole: not within a fuller name, and first."""
    named = [(key, name) for key, name in names if name and _holds(words, name)]
    fullest = [
        (key, name)
        for key, name in named
        if not any(len(other) > len(name) and _holds(other, name) for _, other in named)
    ]
    places = [
        (min(place for place, word in enumerate(words) if any(_akin(word, part) for part in name)), key)
        for key, name in fullest
    ]
    first = min(places, default=(0, ""))[0]
    return {key for place, key in places if place == first}


def _part_of(text: str, names: list[tuple[str, Words]]) -> set[str]:
    """Whose name holds the text, or the first of its parts that anybody's name holds."""
    for part in (text, *_ENDS.split(text)):
        words = _words(part)
        found = {key for key, name in names if words and _holds(name, words)}
        if found:
            return found
    return set()


def _one(found: set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None
