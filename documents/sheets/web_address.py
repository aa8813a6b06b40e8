"""Validation of a web address."""

from __future__ import annotations

from urllib.parse import urlsplit

LONGEST = 2000
"""Characters; browsers and servers cut what is longer."""


def is_web_address(text: str) -> bool:
    """Return whether the text is one complete http or https address with a host, without spaces or control
    characters.
    """
    if len(text) > LONGEST or any(character.isspace() or ord(character) < 32 for character in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
