"""Finds keys by a name, by its beginning or by the beginnings of its words; the order of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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
        keyed_names: pairs of a name and its key.
    """

    def __init__(self, keyed_names: Iterable[tuple[str, str]]) -> None:
        self._keys: dict[str, list[str]] = {}
        for name, key in sorted({(plain(name), key) for name, key in keyed_names}):
            self._keys.setdefault(name, []).append(key)
        # Each word of a name behind a blank, so that the beginning of a word is found.
        self._spaced = [(" " + " ".join(_WORD.findall(name)), keys) for name, keys in self._keys.items()]

    def exactly(self, text: str) -> tuple[str, ...]:
        """Return the keys with exactly this name, each once."""
        return tuple(self._keys.get(plain(text), ()))

    def beginning(self, text: str) -> Iterator[str]:
        """Yield the keys whose name begins with a text, in order of name, each once; exact matches first."""
        phrase = plain(text)
        yield from dict.fromkeys(
            key for name, keys in self._keys.items() if name.startswith(phrase) for key in keys
        )

    def holding(self, text: str) -> Iterator[str]:
        """Yield the keys whose name has, for each word of the text, a word that begins with it; each key
        once.
        """
        words = [f" {word}" for word in _WORD.findall(plain(text))]
        names = self._spaced if words else []
        for word in words:
            names = [(name, keys) for name, keys in names if word in name]
        yield from dict.fromkeys(key for _, keys in names for key in keys)
