"""Normalises words for searches: lower case, without endings, Kazakh letters replaced by similar Russian
ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property

FOLDED = ("әғқңөұүһіё", "агкноуухие")
"""Letters that searches treat as equal: each of the first line like the one below it."""
MAX_SEARCH_WORDS = 8
"""Words of a search that count; each costs a look at every row."""
SHORT_STEM = 4
"""Letters a stem keeps."""
_TABLE = str.maketrans(*FOLDED)
_ENDINGS = ((9, 3), (6, 2), (5, 1))
"""From so many letters on so many are left off: "приказа" finds "приказ", "коғамда" finds "қоғам"."""
_OWN = "(?:[сн]?[ыи][мн]?(?:[ыи]з)?)?"
_CASE = "(?:[ндт][ыи]н?|н?[дт][ае](?:г[ыи])?|[ндт][ае]н|[гкн][ае]|[мбп]ен)?"
_LONG_ENDING = re.compile(
    f"(.{{3,}}?)[лдт][ае]р{_OWN}{_CASE}|(.{{4,}}?)(?:[ндт][ыи]н|[ндт][ае]н|[мбп]ен)|(.{{4,}}?)(?:[аяыи]ми|[ое](?:го|му))"
)
"""Endings longer than that, folded: the Kazakh plural with what may follow it ("кітаптарын" finds "кітап"), the
longer Kazakh cases ("кітаптың"), the longer Russian ones ("органами")."""


def fold(text: str) -> str:
    """Return a text normalised for comparison in searches."""
    return text.casefold().translate(_TABLE)


def search_words(text: str) -> tuple[str, ...]:
    """Return the words to search for, normalised and without endings; numbers stay unchanged."""
    return tuple(_stem(word) for word in fold(text).split()[:MAX_SEARCH_WORDS])


def _stem(word: str) -> str:
    if not word.isalpha() or word.isascii():
        return word
    cut = next((cut for length, cut in _ENDINGS if len(word) >= length), 0)
    ending = _LONG_ENDING.fullmatch(word)
    stem = min(word[: len(word) - cut], *(filter(None, ending.groups()) if ending else (word,)), key=len)
    # Before an ending that begins with a vowel these letters change: "кітап" is "кітабы", "сыйлық" "сыйлығы".
    return stem[:-1] if stem != word and len(stem) > SHORT_STEM and stem.endswith(("п", "к")) else stem


class FoldedNames:
    """Names normalised once and searched many times: by all their words, else by similarity.

    Args:
        names: for each entry its key, its name in every language, and other texts to search in.
    """

    def __init__(self, names: Iterable[tuple[str, Sequence[str], str]]) -> None:
        listed = [(key, fold(" ".join(dict.fromkeys(titles))), more) for key, titles, more in names]
        self._names = [(key, name) for key, name, _ in listed]
        self._texts = [(key, f"{name} {fold(f'{key} {more}')}") for key, name, more in listed]

    def having(self, words: Sequence[str]) -> list[str]:
        """Return the keys of the entries that contain all the words."""
        found = self._texts
        for word in words:
            found = [one for one in found if word in one[1]]
        return [key for key, _ in found]

    def alike(self, text: str, *, likeness: float, limit: int, seen: Callable[[str], bool]) -> list[str]:
        """Return the keys of the entries with a word similar to the text, the most similar first.

        Args:
            likeness: minimum similarity as difflib computes it, 1 for equal.
            seen: tells whether a key may be returned.
        """
        text = fold(text)
        # A length too different, or no pair of letters in common, cannot be like it; all others are compared.
        most = round(len(text) * (2 - likeness) / likeness)
        least = round(len(text) * likeness / (2 - likeness))
        pairs = re.compile("|".join(re.escape(text[n : n + 2]) for n in range(max(1, len(text) - 1))))
        likely = [
            part
            for part, keys in self._parts.items()
            if least <= len(part) <= most and pairs.search(part) and any(map(seen, keys))
        ]
        found = get_close_matches(text, likely, n=limit, cutoff=likeness)
        return list(dict.fromkeys(key for part in found for key in self._parts[part] if seen(key)))

    @cached_property
    def _parts(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key, name in self._names:
            for part in dict.fromkeys(name.split()):
                found.setdefault(part, []).append(key)
        return found
