"""Folds texts and words for searches: lower case, Kazakh letters replaced by similar Russian ones, words
without their last letters, so that other forms of them are found too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property

FOLDED = ("әғқңөұүһіё", "агкноуухие")
"""Letters that searches treat as equal: each of the first line like the one below it."""
MAX_SEARCH_WORDS = 8
"""Words of a search that count; each costs a look at every row."""
_TABLE = str.maketrans(*FOLDED)
_ENDINGS = ((9, 3), (6, 2), (5, 1))
"""From so many letters on so many are left off: "приказа" finds "приказ", "коғамда" finds "қоғам"."""
_ALIKE = 0.75
"""How like two words are at least, of 1, for one to be a slip of the other (`difflib`)."""


def normalise(text: str) -> str:
    """Return a text in lower case, its Kazakh letters as similar Russian ones."""
    return text.casefold().translate(_TABLE)


def search_words(text: str) -> tuple[str, ...]:
    """Return the words to look for, folded, without their endings; numbers and Latin words stay as they are."""
    return tuple(_without_ending(word) for word in normalise(text).split()[:MAX_SEARCH_WORDS])


def _without_ending(word: str) -> str:
    """Return a word without its last letters; numbers, Latin and short words as they are."""
    if not word.isalpha() or word.isascii():
        return word
    return word[: len(word) - next((cut for length, cut in _ENDINGS if len(word) >= length), 0)]


class FoldedNames:
    """Names normalised once and searched many times: by all their words, else by similarity.

    Args:
        names: for each entry its key, its name in every language, and other texts to search in.
    """

    def __init__(self, names: Iterable[tuple[str, Sequence[str], str]]) -> None:
        folded_names = [
            (key, normalise(" ".join(dict.fromkeys(titles))), other_text) for key, titles, other_text in names
        ]
        self._names = [(key, name) for key, name, _ in folded_names]
        self._texts = [
            (key, f"{name} {normalise(f'{key} {other_text}')}") for key, name, other_text in folded_names
        ]

    def having(self, text: str) -> list[str]:
        """Return the keys of those that have every word of a text, also within a word; without words, all."""
        words = search_words(text)
        return [key for key, own_text in self._texts if all(word in own_text for word in words)]

    def alike(self, text: str, *, limit: int, is_visible: Callable[[str], bool]) -> list[str]:
        """Return the first keys, at most `limit`, of those that have each word of a text, or for a word that no
        text has one much like it in their names; without words, none.

        Args:
            is_visible: whether a key counts.
        """
        matches: dict[str, None] | None = None
        for word in normalise(text).split()[:MAX_SEARCH_WORDS]:
            keys = self.having(word)
            if not keys:
                parts = [part for part, keys in self._parts.items() if any(map(is_visible, keys))]
                near = get_close_matches(word, parts, n=limit, cutoff=_ALIKE)
                keys = [key for part in near for key in self._parts[part]]
            matches = dict.fromkeys(
                key for key in keys if is_visible(key) and (matches is None or key in matches)
            )
        return [*(matches or ())][:limit]

    @cached_property
    def _parts(self) -> dict[str, list[str]]:
        """Word of a name -> the keys of the names that have it."""
        keys_by_part: dict[str, list[str]] = {}
        for key, name in self._names:
            for part in dict.fromkeys(name.split()):
                keys_by_part.setdefault(part, []).append(key)
        return keys_by_part
