"""Normalises words for searches: lower case, without endings, Kazakh letters replaced by similar Russian
ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

FOLDED = ("әғқңөұүһіё", "агкноуухие")
"""Letters that searches treat as equal: each of the first line like the one below it."""
MAX_SEARCH_WORDS = 8
"""Words of a search that count; each costs a look at every row."""
SHORT_STEM = 4
"""Letters a stem keeps."""
MAX_WORD_LENGTH = 40
"""Letters of a word an index keeps."""
MIN_TYPO_LENGTH = 4
"""Letters a word has at least, for words like it to be looked for."""
TYPO_WINDOW = 5
"""Letters of a word's beginning that are compared without one of them."""
_RUN = re.compile(r"[^\W_]+")
_SIGNS_AROUND = re.compile(r"^[\W_]+|[\W_]+$")
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
_SHORT = 3
"""Letters of a stem so short that only whole words are looked for by it."""
_VOWELS = "аеиоуыэюя"
_KAZAKH_CASES = (
    *("нын", "нин", "дын", "дин", "тын", "тин", "га", "ге", "ка", "ке", "на", "не", "ны", "ни", "ды", "ди"),
    *("ты", "ти", "да", "де", "та", "те", "дан", "ден", "тан", "тен", "нан", "нен", "мен", "бен", "пен"),
    *("лык", "лик", "дагы", "деги", "тагы", "теги"),
)
_POSSESSIVES = (
    *("ы", "и", "ым", "им", "ымыз", "имиз", "ын", "ин", "ына", "ине", "ында", "инде", "ынан", "инен", "ынын"),
    *("инин", "ындагы", "индеги"),
)
_RUSSIAN_CASES = (
    *("а", "я", "у", "ю", "е", "и", "ы", "о", "ь", "ом", "ем", "ой", "ей", "ов", "ев", "ам", "ям", "ах", "ях"),
    *("ами", "ями", "ью"),
)
_PLURALS = ("лар", "лер", "дар", "дер", "тар", "тер")
_WORD_ENDINGS = frozenset(
    {"", *_KAZAKH_CASES, *_POSSESSIVES, *_RUSSIAN_CASES, *_PLURALS}
    | {plural + ending for plural in _PLURALS for ending in (*_KAZAKH_CASES, *_POSSESSIVES)}
)
"""What a short stem may end with, folded."""
_FLEETING = re.compile(rf"(.*[^{_VOWELS}ь])([оеыи])([^{_VOWELS}ьй])")
_CLOSED_UP = re.compile(rf"(.*[^{_VOWELS}ь])(ь?)([^{_VOWELS}ьй])")
"""A stem with the vowel its other forms lack, and one without it: "рынок" and "рынк", "халык" and "халк"."""


def normalise(text: str) -> str:
    """Return a text normalised for comparison in searches."""
    return text.casefold().translate(_TABLE)


def search_words(text: str) -> tuple[str, ...]:
    """Return the words to look for, folded, without their endings; numbers stay as they are."""
    return tuple(map(search_stem, typed_words(text)))


def typed_words(text: str) -> list[str]:
    """Return the words to look for as they were typed, folded."""
    return normalise(text).split()[:MAX_SEARCH_WORDS]


def search_stem(word: str) -> str:
    """Return a folded word without its ending."""
    if not word.isalpha() or word.isascii():
        return word
    cut = next((cut for length, cut in _ENDINGS if len(word) >= length), 0)
    ending = _LONG_ENDING.fullmatch(word)
    stem = min(word[: len(word) - cut], *(filter(None, ending.groups()) if ending else (word,)), key=len)
    # Before an ending that begins with a vowel these letters change: "кітап" is "кітабы", "сыйлық" "сыйлығы".
    return stem[:-1] if stem != word and len(stem) > SHORT_STEM and stem.endswith(("п", "к")) else stem


def word_texts(typed_word: str) -> tuple[str, ...]:
    """Return the texts of which one must occur for a typed word, folded: its stem, and the stem of its forms
    with a vowel more or less.

    "рынка" is looked for by "рынок" too, "халық" by "халқ", "письма" by "писем".
    """
    return tuple(
        dict.fromkeys(
            (search_stem(typed_word), *(variant for variant in _shifted(typed_word) if len(variant) > _SHORT))
        )
    )


def short_stems(typed_word: str) -> frozenset[str]:
    """Return the stems of a typed word, folded, that are too short to begin other words by.

    "часами" finds "час" and "часов" (`word_forms`), but not "часть", which begins alike.
    """
    if not typed_word.isalpha() or typed_word.isascii():
        return frozenset()
    stems = {
        typed_word[: len(typed_word) - len(ending)] for ending in _WORD_ENDINGS if typed_word.endswith(ending)
    }
    short = {stem for stem in stems if len(stem) == _SHORT or (len(stem) == 2 and stem[1] not in _VOWELS)}
    short |= {variant for variant in _shifted(typed_word) if 1 < len(variant) <= _SHORT}
    return frozenset({*short, typed_word} if is_short(typed_word) else short)


def word_forms(stems: Iterable[str]) -> frozenset[str]:
    """Return the words that are forms of short stems, folded."""
    return frozenset(stem + ending for stem in stems for ending in _WORD_ENDINGS)


def is_short(typed_word: str) -> bool:
    """Return whether a typed word is so short that many words begin with it."""
    return len(typed_word) <= _SHORT and typed_word.isalpha()


def _shifted(typed_word: str) -> Iterator[str]:
    """Yield the stems of a word's forms with a vowel more or less before the last consonant."""
    if not typed_word.isalpha() or typed_word.isascii():
        return
    for ending in ("", "ь"):
        if (match := _FLEETING.fullmatch(typed_word.removesuffix(ending))) and typed_word.endswith(ending):
            yield match[1] + match[3]
            if match[2] == "е":
                yield f"{match[1]}ь{match[3]}"
    for ending in sorted((*_RUSSIAN_CASES, *_POSSESSIVES)):
        stem = typed_word.removesuffix(ending)
        if stem != typed_word and (match := _CLOSED_UP.fullmatch(stem)) and ending[0] != "ь":
            yield from (match[1] + vowel + match[3] for vowel in ("е" if match[2] else "оеыи"))


def index_words(text: str) -> frozenset[str]:
    """Return the words a text is found by: each whole, and its parts between signs.

    A number it begins with is found as its beginning: "2026" stands in the id of every case of a year.
    """
    return frozenset().union(*map(_index_parts, normalise(text).split()))


@lru_cache(4096)
def _index_parts(word: str) -> tuple[str, ...]:
    """Return the words of the index that a folded word of a text is found by."""
    runs = _RUN.findall(word)
    if not runs:
        return ()
    whole_word = word[word.index(runs[0]) : word.rindex(runs[-1]) + len(runs[-1])]
    return tuple(part[:MAX_WORD_LENGTH] for part in (whole_word, *(runs if runs[0].isalpha() else runs[1:])))


def index_key(word: str) -> str:
    """Return what a word of the index must begin with to be that of a search; "" where it is signs alone."""
    return _SIGNS_AROUND.sub("", word)[:MAX_WORD_LENGTH]


def runs_of(word: str) -> list[str]:
    """Return the parts of a word between signs."""
    return [run[:MAX_WORD_LENGTH] for run in _RUN.findall(word)]


def any_of(forms: Iterable[str]) -> Callable[[str], object]:
    """Return what finds any of these texts within another, which is quicker than to ask for each."""
    return re.compile("|".join(map(re.escape, forms))).search


def typo_keys(word: str) -> frozenset[str]:
    """Return the beginning of a word, whole and each time without one letter.

    Two words have one in common where no more than one letter there is left out, added or another, or has
    changed its place with its neighbour.
    """
    beginning = word[:TYPO_WINDOW]
    return frozenset((beginning, *(beginning[:n] + beginning[n + 1 :] for n in range(len(beginning)))))


def may_be_mistyped(word: str) -> bool:
    """Return whether words like it are looked for: it is long enough, and letters alone."""
    return len(word) >= MIN_TYPO_LENGTH and word.isalpha()


def closest_words(typed_word: str, vocabulary: Iterable[str]) -> list[str]:
    """Return the known words with the fewest wrong letters, in alphabetical order (`like_words`)."""
    near = like_words(typed_word, vocabulary)
    least = min(near.values(), default=0)
    return sorted(word for word, wrong in near.items() if wrong == least)


def like_words(typed_word: str, vocabulary: Iterable[str], *, wrong: int = 2) -> dict[str, int]:
    """Return the known words that begin nearly as a folded word does, each with its number of wrong letters.

    It is compared with its ending, and without it where six letters are left. One letter may be wrong, in nine
    and more two, never more than `wrong`.
    """
    forms = {typed_word, stem} if len(stem := search_stem(typed_word)) >= _ENDINGS[1][0] else {typed_word}
    near: dict[str, int] = {}
    for word in vocabulary:
        distances = [(_distance(form, word), 1 if len(form) < _ENDINGS[0][0] else 2) for form in forms]
        if right := [distance for distance, allowed in distances if distance <= min(allowed, wrong)]:
            near[word] = min(right)
    return near


def _distance(typed_word: str, word: str) -> int:
    """Return how many letters of a word are wrong, as far as its beginning is what was typed."""
    word = word[: len(typed_word) + 2]
    before: list[int] = []
    row: list[int] = [*range(len(word) + 1)]
    for n, letter in enumerate(typed_word):
        above, before_above, row = row, before, [n + 1]
        for place, other in enumerate(word):
            least = min(above[place] + (letter != other), above[place + 1] + 1, row[place] + 1)
            if n and place and letter == word[place - 1] and typed_word[n - 1] == other:
                least = min(least, before_above[place - 1] + 1)
            row.append(least)
        before = above
    return min(row)


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
        """Return the keys of the entries that contain a form of each word of a text (`word_texts`)."""
        entries = self._texts
        for typed_word in typed_words(text):
            search = any_of(word_texts(typed_word))
            entries = [entry for entry in entries if search(entry[1])]
        return [key for key, _ in entries]

    def alike(self, text: str, *, limit: int, is_visible: Callable[[str], bool]) -> list[str]:
        """Return the keys of those that have each word of a text, or one much like it (`closest_words`).

        Args:
            is_visible: whether a key counts.
        """
        matches: dict[str, None] | None = None
        for typed_word in typed_words(text):
            keys = self.having(typed_word)
            if not keys and may_be_mistyped(typed_word):
                known_parts = {part for key in typo_keys(typed_word) for part in self._beginnings.get(key, ())}
                near = closest_words(
                    typed_word, (part for part in known_parts if any(map(is_visible, self._parts[part])))
                )
                keys = [key for part in near for key in self._parts[part]]
            matches = dict.fromkeys(
                key for key in keys if is_visible(key) and (matches is None or key in matches)
            )
        return [*(matches or ())][:limit]

    @cached_property
    def _beginnings(self) -> dict[str, list[str]]:
        """The parts of names by the beginnings they may be mistyped with."""
        parts_by_key: dict[str, list[str]] = {}
        for part in filter(may_be_mistyped, self._parts):
            for key in typo_keys(part):
                parts_by_key.setdefault(key, []).append(part)
        return parts_by_key

    @cached_property
    def _parts(self) -> dict[str, list[str]]:
        keys_by_part: dict[str, list[str]] = {}
        for key, name in self._names:
            for part in dict.fromkeys(name.split()):
                keys_by_part.setdefault(part, []).append(key)
        return keys_by_part
