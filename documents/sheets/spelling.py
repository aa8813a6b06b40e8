"""Normalises texts so that words can be compared by their roots."""

from __future__ import annotations

import re
import unicodedata

_NOT_A_WORD = re.compile(r"[\W_]+")
_BLANK = re.compile(r"\s+")


def tidy(text: str) -> str:
    """Return the text with runs of white space as single spaces and none at the ends."""
    return _BLANK.sub(" ", text.replace("_x000D_", " ").replace("\u200b", "").replace("\ufeff", "")).strip()


def plain(text: str) -> str:
    """Return the text in lower case, ё as е, all but letters and digits as single spaces: `План-график` ->
    `план график`.
    """
    folded = unicodedata.normalize("NFKC", text).lower().replace("ё", "е")
    return _NOT_A_WORD.sub(" ", folded).strip()
