"""Recognises the facts a schedule row is about by the word roots of its text, in Russian and Kazakh."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from merzim.documents.sheets.texts import plain


@dataclass(frozen=True, slots=True)
class FactMatch:
    """The facts a schedule row is about.

    Attributes:
        facts: facts dated by the row; empty when it was not recognised.
        likely: facts it dates only if no other row does (preparing the note stands for signing it).
        is_analysis: whether the row is the analysis itself, whose span gives two facts.
    """

    facts: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    is_analysis: bool = False

    @property
    def is_recognised(self) -> bool:
        return bool(self.facts or self.likely or self.is_analysis)


def _meant(facts: list[str]) -> FactMatch:
    """Return the match of a rule, from its words: `plan_developed`, `plan_approved?`, `run`."""
    likely = tuple(fact.removesuffix("?") for fact in facts if fact.endswith("?"))
    sure = tuple(fact for fact in facts if not fact.endswith("?") and fact != "run")
    return FactMatch(sure, likely, "run" in facts)


_FILE = tomllib.loads(Path(__file__).with_name("roots.toml").read_text(encoding="utf-8"))
_ROOTS = {
    name: re.compile("|".join(rf"\b(?:{root})" for root in roots)) for name, roots in _FILE["roots"].items()
}
_RULES = [
    ([frozenset(word.split("|")) for word in words.split()], _meant(facts.split()))
    for words, facts in _FILE["rules"]
]


@lru_cache(maxsize=1000)
def match_facts(work: str) -> FactMatch:
    """Return the facts the text of a row is about; an empty match when no rule fits, or two fit equally
    well.
    """
    text = plain(work)
    met = {name if pattern.search(text) else f"-{name}" for name, pattern in _ROOTS.items()}
    return next(match for words, match in _RULES if all(met & one_of for one_of in words))
