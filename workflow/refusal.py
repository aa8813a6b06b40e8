"""Refusals of the core, and the names that are allowed in place of a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from calendars.refusal import Refusal as Refusal, quoted as quoted


def closest_first(wrong_name: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return all allowed names, the most like the given one first, equally similar ones in their order."""
    return tuple(sorted(allowed, key=lambda name: -SequenceMatcher(None, wrong_name, name).ratio()))
