"""Whom a schedule means by its responsible: a text matched to a unit or a person, by roots of words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from papers.spelling import plain, tidy
from workflow.office import Office

_ROOT = 6
_SMALL = frozenset(
    (
        "и",
        "по",
        "в",
        "на",
        "о",
        "об",
        "с",
        "за",
        "для",
        "и",
        "мен",
        "бен",
        "пен",
        "және",
        "жөніндегі",
        "бойынша",
    )
)
_ENDS = re.compile(r"[,;\n/]")


def match(text: str, office: Office) -> str | None:
    """The unit id or person key the text means; None when nobody is meant, or two as well as each other.

    A match kept in the office goes first. Else everybody whose name, or whose post, stands in the text
    whole is a candidate (`Антикоррупционная комплаенс-служба Общества и ДЗО` holds `Антикоррупционная
    комплаенс-служба`); the one named most fully, then the one named first, is meant. Failing that, the
    text may itself be a part of one name.
    """
    kept = {_same(known): key for known, key in office.matches.items()}
    if _same(text) in kept:
        return kept[_same(text)]
    words = _roots(text)
    if not words:
        return None
    names = list(_names(office))
    return _one(_whole(words, names)) or _one(_part_of(text, names))


def nearest(text: str, office: Office, *, limit: int = 3) -> tuple[str, ...]:
    """Unit ids and person keys that share words with the text, the likeliest first: to choose from by hand."""
    words = set(_roots(text))
    score: dict[str, float] = {}
    for key, roots in _names(office):
        shared = len(words & set(roots))
        if shared:
            score[key] = max(score.get(key, 0.0), shared / len(words | set(roots)))
    return tuple(sorted(score, key=lambda key: (-score[key], key))[:limit])


def _same(text: str) -> str:
    return tidy(text).casefold()


def _roots(text: str) -> list[str]:
    """The words' beginnings, in order: Russian and Kazakh change the ends of words, hardly their beginnings."""
    return [word[:_ROOT] for word in plain(text).split() if word not in _SMALL]


def _names(office: Office) -> Iterator[tuple[str, list[str]]]:
    for id, unit in office.units.items():
        yield id, _roots(unit.name)
    for key, person in office.people.items():
        name = plain(person.name).split()
        yield key, _roots(person.name)
        if len(name) > 1:
            yield key, [name[0][:_ROOT], *(word[0] for word in name[1:])]
            yield key, [name[0][:_ROOT], name[1][0]]
        if person.post:
            yield key, _roots(person.post)


def _whole(words: list[str], names: list[tuple[str, list[str]]]) -> set[str]:
    """Who is named whole: not within a fuller name, and first."""
    have = set(words)
    named = [(key, frozenset(roots)) for key, roots in names if roots and have.issuperset(roots)]
    fullest = [(key, roots) for key, roots in named if not any(roots < other for _, other in named)]
    places = {(key, roots): min(words.index(root) for root in roots) for key, roots in fullest}
    first = min(places.values(), default=0)
    return {key for (key, _), place in places.items() if place == first}


def _part_of(text: str, names: list[tuple[str, list[str]]]) -> set[str]:
    """Whose name holds the text, or the first of its parts that anybody's name holds."""
    for part in (text, *_ENDS.split(text)):
        roots = set(_roots(part))
        found = {key for key, name in names if roots and roots.issubset(name)}
        if found:
            return found
    return set()


def _one(found: set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None
