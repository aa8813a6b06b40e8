"""What the core needs kept, said as protocols. Storage answers them; wiring joins them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from workflow.board import Row
from workflow.case import Case, Event
from workflow.office import Office
from workflow.refusal import Refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What one change writes of one case: its new events, the case after them, where it stands, its rows.

    Attributes:
        cause: what moves its due dates where no event does: the act by which the days are counted anew.
        touched: ids of the obligations whose rows may come out otherwise than they are stored; all others come
            out as they are and need not be looked at. None: any row may.
    """

    events: tuple[Event, ...]
    case: Case
    stage: str
    rows: tuple[Row, ...]
    cause: Mapping[str, object] = field(default_factory=dict)
    touched: frozenset[str] | None = None


class Ledger(Protocol):
    """Cases as chains of events, with the board rows their last event gives."""

    def case(self, case: str) -> Case | None:
        """The case folded from its events; None when there is none of that id."""

    def events(self, case: str) -> Sequence[Event]:
        """Its events in order."""

    def rows(self, case: str) -> Mapping[str, Row]:
        """Its board rows by obligation id."""

    def append(self, changes: Sequence[Written], *, now: datetime) -> None:
        """Write the events and the rows that differ, and withdraw unsent notices whose due date no waiting row
        carries any more, in one transaction. Hashes are the ledger's: events come without them.

        Raises:
            Conflict: somebody else wrote one of the cases first; nothing was written.
        """

    def append_many(self, changes: Sequence[Written], *, now: datetime) -> None:
        """The same for thousands of new cases, letting other writers in between."""

    def next_ids(self, year: int, count: int) -> Sequence[str]:
        """Case ids not yet used, in order."""

    def open_case(self, procedure: str, unit: str, object: str) -> str | None:
        """The first active case of that procedure, unit and object; None where there is none."""

    def office(self) -> Office:
        """Units, people and matches."""


class Conflict(Refusal, RuntimeError):
    """Two writers met on one case; one won. The loser reads again and repeats."""

    def __init__(self, case: str) -> None:
        super().__init__("conflict", case=case)
        self.case = case
