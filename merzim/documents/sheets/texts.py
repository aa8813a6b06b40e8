"""Texts of cells: normalised for comparison by roots, letters lost in them; e-mail and web addresses."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_LONGEST = 254


def is_email(text: str) -> bool:
    """Return whether the text is one plain e-mail address (RFC 5321, unquoted) without a display name."""
    local = text.partition("@")[0]
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    return len(text) <= _LONGEST and not dots and _EMAIL.fullmatch(text) is not None


LONGEST = 2000
"""Maximum characters of a web address; browsers and servers cut longer ones."""


def is_web_address(text: str) -> bool:
    """Return whether the text is one complete http(s) address with a host, no spaces or control characters."""
    if len(text) > LONGEST or any(character.isspace() or ord(character) < 32 for character in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


_NOT_A_WORD = re.compile(r"[\W_]+")
_BLANK = re.compile(r"\s+")


def tidy(text: str) -> str:
    """Return the text with runs of white space as single spaces and none at the ends."""
    return _BLANK.sub(" ", text.replace("_x000D_", " ").replace("\u200b", "").replace("\ufeff", "")).strip()


_SPOILT = re.compile(
    # A question mark in place of a Kazakh letter: `?аза?стан`, `??рылыс`, `ҰЙЫМ К?СІПОРЫН`.
    r"(?<![\w?])\?{1,3}[а-яёәіңғүұқөһ]{2}|[а-яёәіңғүұқөһ]\?[а-яёәіңғүұқөһ]|[А-ЯЁӘІҢҒҮҰҚӨҺ]\?[А-ЯЁӘІҢҒҮҰҚӨҺ]{2}"
    r"|\N{REPLACEMENT CHARACTER}"
    # UTF-8 read as cp1251 or Latin-1, cp1251 read as Latin-1.
    r"|(?:[РСТУ][\u0080-\u00bf\u0402-\u040f\u0452-\u045f\u2010-\u203a\u20ac\u2116\u2122]){3}|(?:[ÐÑÒÓ].){3}"
    r"|[À-ÿ]{5}"
    # Letters of other alphabets where the fonts of before Unicode had Kazakh ones.
    r"|[ЂЃѓЉљЊњЌќЋћЏџЎў]"
)


def is_spoilt(text: str) -> bool:
    """Return whether letters of a text were lost or changed by a wrong encoding."""
    return _SPOILT.search(text) is not None


def plain(text: str) -> str:
    """Return the text in lower case, ё as е, its words one space apart: `План-график` -> `план график`."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("ё", "е")
    return _NOT_A_WORD.sub(" ", folded).strip()
