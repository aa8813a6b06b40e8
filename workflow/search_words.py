"""How texts and names are searched and sorted: in lower case, Kazakh letters as similar Russian ones, words
without their last letters, so that other forms of them are found too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import cached_property

FOLDED = ("әғқңөұүһіё", "агкноуухие")
"""Letters that searches treat as equal: each of the first line like the one below it."""
MAX_SEARCH_WORDS = 8
"""Words of a search that count; each costs a look at every row."""
_TABLE = str.maketrans(*FOLDED)
_ENDINGS = ((9, 3), (6, 2), (5, 1))
"""From so many letters on so many are left off: "приказа" finds "приказ", "коғамда" finds "қоғам"."""


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


_WORD = re.compile(r"\w+")
_ALIKE = 0.75
"""How like two words are at least, of 1, for one to be a slip of the other (`difflib`)."""
_AFTER = {"ё": "е", "ә": "а", "ғ": "г", "қ": "к", "ң": "н", "ө": "о", "ұ": "у", "ү": "у", "һ": "х", "і": "ы"}
_LETTERS = str.maketrans(
    {letter: before + ("\uf8fe" if letter != "ү" else "\uf8ff") for letter, before in _AFTER.items()}
)
"""Letters that come right after another one in the Kazakh alphabet, though not in Unicode."""


def alphabetical(text: str) -> str:
    """Return the key by which names are sorted: by the Kazakh alphabet, Latin first, without letter case."""
    return text.casefold().translate(_LETTERS)


def plain(text: str) -> str:
    """Return the text in lower case with spaces normalised, for comparing names."""
    return " ".join(text.casefold().split())


class NameIndex:
    """Names to be found whole, by their beginning, by their words, or by similarity; each way is prepared when
    first used. `entries`: of each its key, its names, and other texts in which words are found.
    """

    def __init__(self, entries: Iterable[tuple[str, Iterable[str], str]]) -> None:
        self._entries = [(key, tuple(dict.fromkeys(names)), other_text) for key, names, other_text in entries]

    @cached_property
    def _keys(self) -> dict[str, list[str]]:
        """Name, or key, compared as `plain` -> the keys, in order of name."""
        named = {(plain(name), key) for key, names, _ in self._entries for name in (key, *names)}
        keys: dict[str, list[str]] = {}
        for name, key in sorted(named):
            keys.setdefault(name, []).append(key)
        return keys

    @cached_property
    def _texts(self) -> list[tuple[str, str]]:
        """Key and folded text of each entry."""
        return [(key, normalise(" ".join((*names, key, other)))) for key, names, other in self._entries]

    def exactly(self, text: str) -> tuple[str, ...]:
        """Return the keys with exactly this name, each once."""
        return tuple(self._keys.get(plain(text), ()))

    def beginning(self, text: str) -> Iterator[str]:
        """Yield the keys whose name begins with a text, in order of name, each once; none for no text."""
        phrase = plain(text)
        names = self._keys.items() if phrase else ()
        yield from dict.fromkeys(key for name, keys in names if name.startswith(phrase) for key in keys)

    def holding(self, text: str) -> list[str]:
        """Return the keys of those that have, for each word of a text, a word that begins with it."""
        words = [re.compile(rf"\b{word}") for word in _WORD.findall(normalise(text))]
        return [key for key, own_text in self._texts if all(word.search(own_text) for word in words)]

    def having(self, text: str) -> list[str]:
        """Return the keys of those that have every word of a text, also within a word; without words, all."""
        words = search_words(text)
        return [key for key, own_text in self._texts if all(word in own_text for word in words)]

    def alike(self, text: str, *, limit: int, is_visible: Callable[[str], bool]) -> list[str]:
        """Return the first keys, at most `limit`, of those that have each word of a text, or for a word that no
        text has one much like it in their names; without words, none. `is_visible`: whether a key counts.
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
        for key, names, _ in self._entries:
            for part in dict.fromkeys(normalise(" ".join(names)).split()):
                keys_by_part.setdefault(part, []).append(key)
        return keys_by_part
