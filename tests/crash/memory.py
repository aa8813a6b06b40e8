"""In-memory ledgers with the stored one's compare-and-swap; one lets another writer in first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from workflow.board.rows import Row
from workflow.cases.case import Case, Event, fold
from workflow.org.office import Office
from workflow.ports import CaseWrite, Conflict, Ledger, Result, repeated


class MemoryLedger:
    """`workflow.ports.Ledger` without a database."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._chains: dict[str, list[Event]] = {}
        self._rows: dict[str, dict[str, Row]] = {}
        self._given: Counter[int] = Counter()

    def case(self, case: str) -> Case | None:
        return fold(self._chains[case]) if case in self._chains else None

    def events(self, case: str) -> Sequence[Event]:
        return tuple(self._chains.get(case, ()))

    def rows(self, case: str) -> Mapping[str, Row]:
        return dict(self._rows.get(case, {}))

    def attempt(self, case: str, command: Callable[[], Result]) -> Result:
        return repeated(command, pause=lambda _: None)

    def append(self, changes: Sequence[CaseWrite], *, now: datetime) -> None:
        for change in changes:
            if change.case.seq - len(change.events) != len(self._chains.get(change.case.id, ())):
                raise Conflict(change.case.id)
        for change in changes:
            chain = self._chains.setdefault(change.case.id, [])
            chain += [replace(event, hash=f"{event.case}:{event.seq}") for event in change.events]
            self._rows[change.case.id] = {row.obligation: row for row in change.rows}

    def append_many(self, changes: Sequence[CaseWrite], *, now: datetime) -> None:
        self.append(list(changes), now=now)

    def next_ids(self, year: int, count: int) -> Sequence[str]:
        first = self._given[year] + 1
        self._given[year] += count
        return [f"{year}-{n:04d}" for n in range(first, first + count)]

    def open_case(self, procedure: str, unit: str, object: str) -> str | None:
        for name in sorted(self._chains):
            case = fold(self._chains[name])
            if (case.procedure, case.unit, case.object, case.standing) == (procedure, unit, object, "active"):
                return name
        return None

    def office(self) -> Office:
        return self._office


class Doorway:
    """A ledger before whose next write somebody else may slip in: `first` is called once, then forgotten."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.first: Callable[[], object] | None = None

    def case(self, case: str) -> Case | None:
        return self.ledger.case(case)

    def events(self, case: str) -> Sequence[Event]:
        return self.ledger.events(case)

    def rows(self, case: str) -> Mapping[str, Row]:
        return self.ledger.rows(case)

    def attempt(self, case: str, command: Callable[[], Result]) -> Result:
        return self.ledger.attempt(case, command)

    def append(self, changes: Sequence[CaseWrite], *, now: datetime) -> None:
        first, self.first = self.first, None
        if first is not None:
            first()
        self.ledger.append(changes, now=now)

    def append_many(self, changes: Sequence[CaseWrite], *, now: datetime) -> None:
        self.ledger.append_many(changes, now=now)

    def next_ids(self, year: int, count: int) -> Sequence[str]:
        return self.ledger.next_ids(year, count)

    def open_case(self, procedure: str, unit: str, object: str) -> str | None:
        return self.ledger.open_case(procedure, unit, object)

    def office(self) -> Office:
        return self.ledger.office()
