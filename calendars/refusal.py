"""Refusal: the error for what cannot be done, as a code with arguments that i18n/ makes a sentence of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 300
"""Maximum characters of an input quoted in an error message."""


class Refusal(Exception):
    """The request cannot be carried out; its sentence says what, where and what is allowed.

    Subclasses are for what is caught or answered by itself. `code` is a key of the catalogues of
    i18n/. `undecided`: it may have been carried out nevertheless, because the answer was lost. `errors`: what
    is wrong with a file or a row, one by one, each with a code and arguments of its own.
    """

    undecided = False
    errors: Sequence[Any] = ()

    def __init__(self, code: str, **arguments: object) -> None:
        arguments = quoted(arguments)
        super().__init__(code, arguments)
        self.code = code
        self.arguments = arguments

    def __str__(self) -> str:
        return f"{self.code} {self.arguments}"


def quoted(arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments of a sentence with long texts shortened."""
    return {key: _short(value) for key, value in arguments.items()}


def _short(value: object) -> object:
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[: LONGEST - 1]}…"
    # Only plain tuples are shortened; named tuples are left unchanged.
    return tuple(map(_short, value)) if type(value) is tuple else value
