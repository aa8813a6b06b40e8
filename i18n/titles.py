"""Adapts titles for use within sentences."""

from __future__ import annotations

from collections.abc import Mapping


def text_in(value: object, language: str) -> str:
    """Return the text of a language from a text in three languages; any other value as a string."""
    if isinstance(value, str):
        return value
    own = value.get(language) if isinstance(value, Mapping) else getattr(value, language, None)
    return own if isinstance(own, str) else str(value)


def inner(text: str) -> str:
    """Return a title for use within a sentence: first letter in lower case, except for an abbreviation."""
    first, second = text[:1], text[1:2]
    if second.isupper() or second.isdigit():
        return text
    return first.lower() + text[1:]


def sentence(text: str) -> str:
    """Return the text with a full stop, unless it ends with a punctuation mark."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", "…")) else text + "."
