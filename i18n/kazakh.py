"""Case endings of Kazakh nouns, by vowel harmony and the last sound."""

from __future__ import annotations

from typing import Literal

Case = Literal["from", "to", "in"]

_BACK = "аоұыяё"
_FRONT = "әөүіеэ"
_VOICELESS = "пфкқтсшщчцхһ"
_NASAL = "мнң"

_ENDINGS: dict[Case, dict[str, tuple[str, str]]] = {
    # After a voiceless consonant, after a nasal, after anything else; each for back and front vowels.
    "from": {"voiceless": ("тан", "тен"), "nasal": ("нан", "нен"), "other": ("дан", "ден")},
    "to": {"voiceless": ("қа", "ке"), "nasal": ("ға", "ге"), "other": ("ға", "ге")},
    "in": {"voiceless": ("та", "те"), "nasal": ("да", "де"), "other": ("да", "де")},
}


def inflect(word: str, case: Case) -> str:
    """Return a word in the ablative ("from": наурыздан), dative ("to": наурызға) or locative ("in":
    наурызда).
    """
    last = word[-1].lower()
    sound = "voiceless" if last in _VOICELESS else "nasal" if last in _NASAL else "other"
    back, front = _ENDINGS[case][sound]
    return word + (front if _is_front(word) else back)


def _is_front(word: str) -> bool:
    """Return whether the word has front vowels, by its last unambiguous vowel (и and у follow the one
    before).
    """
    for letter in reversed(word.lower()):
        if letter in _FRONT:
            return True
        if letter in _BACK:
            return False
    return False
