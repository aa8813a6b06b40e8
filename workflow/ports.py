"""What the core needs kept, said as protocols. Storage answers them; wiring joins them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, TypeVar

from workflow.board.rows import Row
from workflow.cases.case import Case, Event
from workflow.org.office import Office
from workflow.refusal import Refusal

Result = TypeVar("Result")
ATTEMPTS = 30
"""How often a command is run while other writers come first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseWrite:
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

    def append(self, changes: Sequence[CaseWrite], *, now: datetime) -> None:
        """Write the events and the rows that differ, and withdraw unsent notices whose due date no waiting row
        carries any more, in one transaction. Hashes are the ledger's: events come without them.

        Raises:
            Conflict: somebody else wrote one of the cases first; nothing was written.
        """

    def attempt(self, case: str, command: Callable[[], Result]) -> Result:
        """Run a command on a case, from its first read again where another writer came first (`repeated`).

        Raises:
            Conflict: others came first each time; nothing was written.
        """

    def append_many(self, changes: Sequence[CaseWrite], *, now: datetime) -> None:
        """The same for thousands of new cases, letting other writers in between."""

    def next_ids(self, year: int, count: int) -> Sequence[str]:
        """Case ids not yet used, in order."""

    def open_case(self, procedure: str, unit: str, object: str) -> str | None:
        """The first active case of that procedure, unit and object; None where there is none."""

    def office(self) -> Office:
        """Units, people and matches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherChange:
    """What somebody else wrote into a case: its kind and name, the local date it speaks of, who, when (UTC)."""

    kind: str
    name: str
    on: date | None
    by: str
    at: datetime | None


class Contradiction(Refusal):
    """What others wrote stands against what is asked; `changes` say what it is, by whom and since when."""

    def __init__(self, code: str, *, changes: Sequence[OtherChange] = (), **arguments: object) -> None:
        super().__init__(code, **arguments)
        self.changes = tuple(changes)


class Conflict(Contradiction, RuntimeError):
    """Two writers met on one case; one won. The loser reads again and repeats.

    Attributes:
        since: the number of events the loser had read.
    """

    def __init__(self, case: str, *, since: int = 0, changes: Sequence[OtherChange] = ()) -> None:
        last = {"by": changes[-1].by, "at": changes[-1].at} if changes else {}
        super().__init__("conflict_after" if changes else "conflict", case=case, changes=changes, **last)
        self.case = case
        self.since = since


def repeated(command: Callable[[], Result], *, pause: Callable[[int], None]) -> Result:
    """Run a command, again where another writer came first, at most ATTEMPTS times.

    Args:
        pause: called with the number of attempts so far before each further one.

    Raises:
        Conflict: the last of them; `since` is what the first attempt had read.
    """
    first: Conflict | None = None
    for number in range(1, ATTEMPTS):
        try:
            return command()
        except Conflict as conflict:
            first = first or conflict
        pause(number)
    try:
        return command()
    except Conflict as conflict:
        raise Conflict(conflict.case, since=first.since if first else conflict.since) from None


def changes_since(events: Sequence[Event], seq: int) -> tuple[OtherChange, ...]:
    """Return the events after that one as what others changed."""
    return tuple(
        OtherChange(kind=one.kind, name=one.name, on=one.on, by=one.by, at=one.at)
        for one in events
        if one.seq > seq
    )
