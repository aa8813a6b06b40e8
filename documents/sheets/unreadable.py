"""The errors of an imported file: one for the file as a whole, one for each bad row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from workflow.refusal import Refusal, quoted


class RowError(NamedTuple):
    """An error in one row. `row` is the number the spreadsheet shows; `code` is a key of i18n/."""

    row: int
    code: str
    arguments: Mapping[str, object]


class UnreadablePaper(Refusal):
    """A file cannot be imported; nothing of it was taken.

    Attributes:
        errors: every bad row, in order; empty when the error is the file as a whole.
    """

    def __init__(self, code: str, *, errors: Iterable[RowError] = (), **arguments: object) -> None:
        super().__init__(code, **arguments)
        said = (RowError(error.row, error.code, quoted(error.arguments)) for error in errors)
        self.errors = tuple(sorted(said, key=lambda error: error.row))


class UnreadableCell(Refusal):
    """A cell has an invalid value. Arguments: `text`, its content, and `where`, its column."""


class Errors:
    """Collects row errors; `refuse` raises them all at once, or does nothing when there are none."""

    def __init__(self) -> None:
        self._met: list[RowError] = []

    def add(self, row: int, code: str, **arguments: object) -> None:
        """Add an error of a row."""
        self._met.append(RowError(row, code, arguments))

    def take(self, row: int, refusal: Refusal) -> None:
        """Add the error raised for a cell of a row."""
        self._met.append(RowError(row, refusal.code, refusal.arguments))

    def refuse(self, name: str) -> None:
        """Raise UnreadablePaper with all errors, if any. `name`: the file's name."""
        if self._met:
            raise UnreadablePaper("paper_unreadable", errors=self._met, name=name, count=len(self._met))
