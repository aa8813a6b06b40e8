"""Protocols of what the core needs stored; storage implements them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from workflow.cases.case import Case, Event
from workflow.deadlines.deadline import Row
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
    """Storage of cases as chains of events, with their board rows; it says itself what its methods do."""

    def events(self, case: str) -> Sequence[Event]: ...
    def rows(self, case: str) -> Mapping[str, Row]: ...
    def append(self, changes: Sequence[Change], *, now: datetime) -> int: ...
    def write(self, case: str, change: Callable[[Mapping[str, Row]], Change], *, now: datetime) -> Change: ...
    def next_ids(self, year: int, count: int) -> Sequence[str]: ...
    def active_case(self, procedure: str, unit: str, object: str) -> str | None: ...
    def office(self) -> Office: ...


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
