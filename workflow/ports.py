"""Protocols of what the core needs stored; storage implements them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from workflow.board.rows import Row
from workflow.cases.case import Case, Event
from workflow.org.office import Office
from workflow.refusal import Refusal

Moved = tuple[str, date | None, date | None]
"""A due date that moved: the obligation with its period, the date before and after; None for no date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change of a case: the case after it, its new events (none when nothing was new), its stage, its rows.
    `moved`: the due dates that moved. `cause`: the act that changed the calendar, if due dates move without an
    event.
    """

    case: Case
    events: tuple[Event, ...] = ()
    stage: str = ""
    rows: tuple[Row, ...] = ()
    moved: tuple[Moved, ...] = ()
    cause: Mapping[str, object] = field(default_factory=dict)


class Ledger(Protocol):
    """Storage of cases as chains of events, with their board rows."""

    def events(self, case: str) -> Sequence[Event]:
        """Return the events of a case in order; none for an unknown id."""

    def rows(self, case: str) -> Mapping[str, Row]:
        """Return the board rows of a case by obligation id with its period."""

    def append(self, changes: Sequence[Change], *, now: datetime) -> int:
        """Write events and changed rows, and withdraw unsent notices whose due date no open row has any more,
        in one transaction; return the number of cases that changed. The ledger computes the hashes. Raises
        Conflict: another writer changed one of the cases first; nothing was written.
        """

    def write(self, case: str, change: Callable[[Mapping[str, Row]], Change], *, now: datetime) -> Change:
        """Write, as `append`, what is made of a case and its board rows, which nobody else writes meanwhile."""

    def next_ids(self, year: int, count: int) -> Sequence[str]:
        """Return unused case ids, in order."""

    def active_case(self, procedure: str, unit: str, object: str) -> str | None:
        """Return the first active case of that procedure, unit and object; None where there is none."""

    def office(self) -> Office:
        """Return units, people and matches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherChange:
    """A change another user made to a case: its kind and name, the day it speaks of, by whom and when (UTC)."""

    kind: str
    name: str
    on: date | None
    by: str
    at: datetime | None


class Contradiction(Refusal):
    """The command contradicts changes by others; `changes` says what they are, by whom and since when."""

    def __init__(self, code: str, *, changes: Sequence[OtherChange] = (), **arguments: object) -> None:
        super().__init__(code, **arguments)
        self.changes = tuple(changes)


class Conflict(Contradiction, RuntimeError):
    """A case was changed since it was read; nothing was written, and its writer must read it again."""

    def __init__(self, case: str) -> None:
        super().__init__("conflict", case=case)
        self.case = case
