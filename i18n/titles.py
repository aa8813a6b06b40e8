"""Titles and other texts inside a sentence."""

from __future__ import annotations

from collections.abc import Mapping


def text_in(value: object, language: str) -> str:
    """A text in three languages as the language's own; anything else as it is written."""
    if isinstance(value, str):
        return value
    own = value.get(language) if isinstance(value, Mapping) else getattr(value, language, None)
    return own if isinstance(own, str) else str(value)


def inner(text: str) -> str:
    """A title as it stands inside a sentence: without its capital letter, unless that is of an abbreviation."""
    first, second = text[:1], text[1:2]
    if second.isupper() or second.isdigit():
        return text
    return first.lower() + text[1:]


def sentence(text: str) -> str:
    """A text closed by a full stop, if nothing closes it yet."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", "…")) else text + "."
