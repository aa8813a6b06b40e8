"""Why a file or its rows cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import NamedTuple

from workflow.refusal import Refusal, quoted


class RowNote(NamedTuple):
    """A note on a row of a file: how it was understood, or what is wrong with it. `row`: its number in the
    spreadsheet, 0 for the whole file; `code`: a key of i18n/.
    """

    row: int
    code: str
    arguments: Mapping[str, object]

    @classmethod
    def of(cls, row: int, code: str, /, **arguments: object) -> RowNote:
        """Return a note whose sentence may name the row beside these arguments."""
        return cls(row, code, {"row": row, **arguments})


class UnreadablePaper(Refusal):
    """A file cannot be imported; nothing of it was taken. `errors`: every bad row, in order; empty when the
    error is the file as a whole.
    """

    def __init__(self, code: str, *, errors: Iterable[RowNote] = (), **arguments: object) -> None:
        super().__init__(code, **arguments)
        row_errors = (RowNote(error.row, error.code, quoted(error.arguments)) for error in errors)
        self.errors = tuple(sorted(row_errors, key=lambda error: error.row))

    @classmethod
    def at(cls, row: int, code: str, /, **arguments: object) -> UnreadablePaper:
        """Return the refusal of a file for one row, whose error says what the refusal says."""
        return cls(code, errors=(RowNote(row, code, arguments),), **arguments)


class UnreadableCell(Refusal):
    """A cell has an invalid value. Arguments: `text`, its content, and `where`, its column."""


class Errors:
    """Collects row errors; `refuse` raises them all at once, or does nothing when there are none."""

    def __init__(self) -> None:
        self._met: list[RowNote] = []

    def add(self, row: int, code: str, **arguments: object) -> None:
        self._met.append(RowNote(row, code, arguments))

    def take(self, row: int, refusal: Refusal) -> None:
        """Add a refusal as the error of a row."""
        self._met.append(RowNote(row, refusal.code, refusal.arguments))

    def refuse(self, name: str, *, only: bool = False) -> None:
        """Raise UnreadablePaper with all errors, if any, for the file `name`; with `only` a single one as the
        file's own.
        """
        if only and len(self._met) == 1:
            row, code, arguments = self._met[0]
            raise UnreadablePaper.at(row, code, **arguments)
        if self._met:
            count = len({error.row for error in self._met})
            raise UnreadablePaper("paper_unreadable", errors=self._met, name=name, count=count)

    def refuse_or_empty(self, name: str, found: Sized) -> None:
        """Raise UnreadablePaper with all errors, or where nothing was found. `name`: the file's name."""
        self.refuse(name)
        if not found:
            raise UnreadablePaper("paper_no_rows", name=name)
