"""Whether a text can be the address of a page."""

from __future__ import annotations

from urllib.parse import urlsplit

LONGEST = 2000
"""Characters; browsers and servers cut what is longer."""


def is_web_address(text: str) -> bool:
    """One whole http or https address with the name of a host, without blanks or control characters."""
    if len(text) > LONGEST or any(character.isspace() or ord(character) < 32 for character in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
