"""Things found by what they are called: exactly, or by a beginning. Put in order once, asked by halving."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property


def plain(text: str) -> str:
    """Letter case and spaces apart."""
    return " ".join(text.casefold().split())


class Called:
    """What things are called, each by one word or by several.

    Args:
        words: (what it is called, its key).
    """

    def __init__(self, words: Iterable[tuple[str, str]]) -> None:
        self._words = tuple(sorted({(plain(word), key) for word, key in words}))

    def exactly(self, text: str) -> tuple[str, ...]:
        """Keys of those called just so, each once."""
        wanted = plain(text)
        found: list[str] = []
        for at in range(bisect_left(self._words, (wanted,)), len(self._words)):
            word, key = self._words[at]
            if word != wanted:
                break
            found.append(key)
        return tuple(found)

    def beginning(self, text: str) -> Iterator[str]:
        """Keys of those whose calling begins so, in order of it, each once; whoever is called just so comes
        first.
        """
        wanted, seen = plain(text), set[str]()
        for at in range(bisect_left(self._words, (wanted,)), len(self._words)):
            word, key = self._words[at]
            if not word.startswith(wanted):
                return
            if key not in seen:
                seen.add(key)
                yield key

    def holding(self, text: str) -> Iterator[str]:
        """Keys of those in whose calling a word, or several after one another, begins so; each once."""
        yield from self._inside.beginning(text)

    @cached_property
    def _inside(self) -> Called:
        return Called((word[at:], key) for word, key in self._words for at in _beginnings(word))


def _beginnings(word: str) -> Iterator[int]:
    """Where its words begin, signs before them apart."""
    return (found.start() for found in re.finditer(r"\w+", word))
