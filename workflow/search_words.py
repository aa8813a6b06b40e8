"""Folds texts and words for searches: lower case, Kazakh letters replaced by similar Russian ones, words
without their last letters, so that other forms of them are found too.
"""

from __future__ import annotations

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
