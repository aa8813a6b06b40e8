"""An index that finds keys by exact name or by prefix, using binary search over sorted names."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

_WORD = re.compile(r"\w+")


_AFTER = {"ё": "е", "ә": "а", "ғ": "г", "қ": "к", "ң": "н", "ө": "о", "ұ": "у", "ү": "у", "һ": "х", "і": "ы"}
_LETTERS = str.maketrans(
    {letter: before + ("\uf8fe" if letter != "ү" else "\uf8ff") for letter, before in _AFTER.items()}
)
"""Letters that come right after another one in the Kazakh alphabet, though not in Unicode."""


def alphabetical(text: str) -> str:
    """Return the key by which names are sorted: no letter case, the order of the Kazakh alphabet (which
    includes the Russian one), Latin letters first.
    """
    return text.casefold().translate(_LETTERS)


def plain(text: str) -> str:
    """Return the text in lower case with spaces normalised, for comparing names."""
    return " ".join(text.casefold().split())


class NameIndex:
    """An index from names, of one word or several, to keys.

    Args:
        words: pairs of a name and its key.
    """

    def __init__(self, words: Iterable[tuple[str, str]]) -> None:
        self._words = tuple(sorted({(plain(word), key) for word, key in words}))

    def exactly(self, text: str) -> tuple[str, ...]:
        """Return the keys with exactly this name, each once."""
        phrase = plain(text)
        keys: list[str] = []
        for at in range(bisect_left(self._words, (phrase,)), len(self._words)):
            word, key = self._words[at]
            if word != phrase:
                break
            keys.append(key)
        return tuple(keys)

    def beginning(self, text: str) -> Iterator[str]:
        """Yield the keys whose name begins with a text, in order of name, each once; exact matches first."""
        phrase, seen_keys = plain(text), set[str]()
        for at in range(bisect_left(self._words, (phrase,)), len(self._words)):
            word, key = self._words[at]
            if not word.startswith(phrase):
                return
            if key not in seen_keys:
                seen_keys.add(key)
                yield key

    def holding(self, text: str) -> Iterator[str]:
        """Yield the keys whose name has, for each word of the text, a word that begins with it; each key
        once.
        """
        words = _WORD.findall(plain(text))
        if not words:
            return
        # Search by the rarest word, and test the other words on its results.
        rarest, *other_words = sorted(words, key=lambda word: sum(map(len, self._calling(word))))
        seen_keys = set[str]()
        for word, key in chain.from_iterable(self._calling(rarest)):
            if key not in seen_keys and all(f" {other}" in word for other in other_words):
                seen_keys.add(key)
                yield key

    def _calling(self, word: str) -> Iterator[list[tuple[str, str]]]:
        """Yield, for each indexed word that begins with a prefix, the (words of a name, its key) that contain
        it.
        """
        words, entries_by_word = self._by_word
        for at in range(bisect_left(words, word), len(words)):
            if not words[at].startswith(word):
                return
            yield entries_by_word[words[at]]

    @cached_property
    def _by_word(self) -> tuple[Sequence[str], Mapping[str, list[tuple[str, str]]]]:
        """The indexed words in order, and the names that contain each word."""
        entries_by_word: dict[str, list[tuple[str, str]]] = {}
        for phrase, key in self._words:
            words = _WORD.findall(phrase)
            entry = " " + " ".join(words), key
            for word in words:
                entries_by_word.setdefault(word, []).append(entry)
        return sorted(entries_by_word), entries_by_word
