"""What is said of a paper that cannot be taken in: one refusal for the file, one line for each bad row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from workflow.refusal import Refusal, quoted


class RowError(NamedTuple):
    """What is wrong with one row. `row` is the number the spreadsheet shows; `code` is a key of i18n/."""

    row: int
    code: str
    arguments: Mapping[str, object]


class UnreadablePaper(Refusal):
    """The file is not taken, not even in part.

    Attributes:
        errors: every bad row, in order; empty where the file as a whole is the trouble.
    """

    def __init__(self, code: str, *, errors: Iterable[RowError] = (), **arguments: object) -> None:
        super().__init__(code, **arguments)
        said = (RowError(error.row, error.code, quoted(error.arguments)) for error in errors)
        self.errors = tuple(sorted(said, key=lambda error: error.row))


class UnreadableCell(Refusal):
    """One cell does not hold what is asked of it. Arguments: `text`, what it holds, and `where`, its column."""


class Errors:
    """The bad rows met so far; `refuse` raises them all at once, or does nothing when there are none."""

    def __init__(self) -> None:
        self._met: list[RowError] = []

    def add(self, row: int, code: str, **arguments: object) -> None:
        self._met.append(RowError(row, code, arguments))

    def take(self, row: int, refusal: Refusal) -> None:
        self._met.append(RowError(row, refusal.code, refusal.arguments))

    def refuse(self, name: str) -> None:
        if self._met:
            raise UnreadablePaper("paper_unreadable", errors=self._met, name=name, count=len(self._met))
