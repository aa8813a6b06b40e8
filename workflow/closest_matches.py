"""Which allowed names come nearest to a mistyped one: a refusal offers them first."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher


def closest_first(given: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """All allowed names, the one most like the given first; equally like ones keep their order."""
    return tuple(sorted(allowed, key=lambda name: -SequenceMatcher(None, given, name).ratio()))
