"""Orders allowed names by likeness to a mistyped one, for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher


def closest_first(given: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return all allowed names, the one most like the given name first; equally similar ones keep their
    order.
    """
    return tuple(sorted(allowed, key=lambda name: -SequenceMatcher(None, given, name).ratio()))
