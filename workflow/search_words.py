"""The words of a search: in any letter case, without endings, Kazakh letters as their Russian neighbours."""

from __future__ import annotations

FOLDED = ("әғқңөұүһіё", "агкноуухие")
"""Letters a search does not tell apart: each of the first as the one below it in the second."""
MAX_SEARCH_WORDS = 8
"""Words of a search that count; each costs a look at every row."""
_TABLE = str.maketrans(*FOLDED)
_ENDINGS = ((9, 3), (6, 2), (5, 1))
"""From so many letters on so many are left off: "приказа" finds "приказ", "коғамда" finds "қоғам"."""


def fold(text: str) -> str:
    """Return a text as searches compare it."""
    return text.casefold().translate(_TABLE)


def search_words(text: str) -> tuple[str, ...]:
    """Return the words to look for, folded, without their endings; numbers stay as they are."""
    return tuple(_stem(word) for word in fold(text).split()[:MAX_SEARCH_WORDS])


def _stem(word: str) -> str:
    if not word.isalpha() or word.isascii():
        return word
    cut = next((cut for length, cut in _ENDINGS if len(word) >= length), 0)
    return word[: len(word) - cut]
