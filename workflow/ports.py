"""What the core needs kept, said as protocols. Storage answers them; wiring joins them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from workflow.board import Row
from workflow.case import Case, Event
from workflow.office import Office


class Ledger(Protocol):
    """Cases as chains of events, with the board rows their last event gives."""

    def case(self, case: str) -> Case | None:
        """The case folded from its events; None when there is none of that id."""

    def events(self, case: str) -> Sequence[Event]:
        """Its events in order."""

    def rows(self, case: str) -> Mapping[str, Row]:
        """Its board rows by obligation id."""

    def append(self, events: Sequence[Event], rows: Mapping[str, Sequence[Row]], *, now: datetime) -> None:
        """Write events and, per case, all its rows anew (only rows that differ are written), withdraw unsent
        notices whose due date no row of the case carries any more, in one transaction.

        Raises:
            Conflict: somebody else wrote one of the cases first; nothing was written.
        """

    def next_id(self, year: int) -> str:
        """A case id not yet used."""

    def office(self) -> Office:
        """Units, people and matches."""


class Conflict(RuntimeError):
    """Two writers met on one case; one won. The loser reads again and repeats."""

    def __init__(self, case: str) -> None:
        super().__init__(case)
        self.case = case


__all__ = ["AbstractContextManager", "Conflict", "Iterable", "Ledger", "date"]
