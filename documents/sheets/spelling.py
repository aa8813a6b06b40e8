"""How people spell: texts brought to one plain form, so that words can be compared by their roots."""

from __future__ import annotations

import re
import unicodedata

_NOT_A_WORD = re.compile(r"[\W_]+")
_BLANK = re.compile(r"\s+")


def tidy(text: str) -> str:
    """The text as a person would retype it: single blanks for blanks and line breaks, none at the ends."""
    return _BLANK.sub(" ", text.replace("_x000D_", " ").replace("\u200b", "").replace("\ufeff", "")).strip()


def plain(text: str) -> str:
    """Lower case, ё as е, everything but letters and digits a single blank: `План-график` -> `план график`."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("ё", "е")
    return _NOT_A_WORD.sub(" ", folded).strip()
