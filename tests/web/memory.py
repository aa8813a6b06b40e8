"""An office in memory: the ledger the desk writes to and the reads the pages ask, over plain dictionaries."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO

from notifications.notice import Notice
from papers.file_kind import StoredFile
from workflow.board import Row
from workflow.case import Case, Event, fold
from workflow.library import Library
from workflow.office import Office, Person, Unit
from workflow.ports import Written
from workflow.reading import read

REGULATIONS = Path(__file__).parents[2] / "regulations"


@cache
def library() -> Library:
    """The shipped regulations."""
    files = sorted(REGULATIONS.glob("*.toml"))
    return Library(read(file.name, file.read_bytes()) for file in files)


def office() -> Office:
    """A ministry's three units with their people."""
    return Office(
        units={
            "head": Unit(id="head", name="Орталық аппарат"),
            "hr": Unit(id="hr", name="Персоналды басқару департаменті", parent="head"),
            "law": Unit(id="law", name="Заң департаменті", parent="head"),
        },
        people={
            "a@org.kz": Person(
                key="a@org.kz", name="Әлиева Гүлнұр", unit="hr", duties=("authorised_person",), language="kk"
            ),
            "b@org.kz": Person(key="b@org.kz", name="Иванов Пётр", unit="hr", duties=("head",), language="ru"),
            "c@org.kz": Person(
                key="c@org.kz", name="Өтегенов Ерлан", unit="law", duties=("authorised_person",)
            ),
        },
    )


@dataclass
class Memory:
    """The ledger and the reads in one; `notice_list` is what `notices` answers."""

    chains: dict[str, list[Event]] = field(default_factory=dict)
    board: dict[str, dict[str, Row]] = field(default_factory=dict)
    the_office: Office = field(default_factory=office)
    notice_list: list[Notice] = field(default_factory=list)

    def append(self, changes: Sequence[Written], *, now: datetime) -> None:
        for change in changes:
            chain = self.chains.setdefault(change.case.id, [])
            chain.extend(replace(event, hash=f"{event.case}:{event.seq}") for event in change.events)
            self.board[change.case.id] = {row.obligation: row for row in change.rows}

    def append_many(self, changes: Sequence[Written], *, now: datetime) -> None:
        self.append(changes, now=now)

    def next_ids(self, year: int, count: int) -> Sequence[str]:
        return [f"{year}-{len(self.chains) + n:03d}" for n in range(1, count + 1)]

    def case(self, case: str) -> Case | None:
        return fold(self.chains[case]) if case in self.chains else None

    def events(self, case: str) -> Sequence[Event]:
        return tuple(self.chains.get(case, ()))

    def rows(self, case: str) -> Mapping[str, Row]:
        return self.board.get(case, {})

    def office(self) -> Office:
        return self.the_office

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        return self._where(unit, lambda row: row.state == "open" and row.due is not None and row.due < today)

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        return self._where(
            unit, lambda row: row.state == "open" and row.due is not None and today <= row.due <= until
        )

    def missed(self, unit: str | None = None) -> Sequence[Row]:
        return self._where(unit, lambda row: row.state == "missed")

    def cases(self, unit: str | None = None) -> Sequence[Case]:
        found = [fold(chain) for chain in self.chains.values()]
        return [case for case in reversed(found) if unit is None or case.unit == unit]

    def heads(self, cases: Collection[str]) -> Mapping[str, Case]:
        return {case: fold(self.chains[case]) for case in cases}

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        return self.heads(cases)

    def rows_of(self, cases: Collection[str]) -> Mapping[str, Sequence[Row]]:
        return {case: tuple(self.board[case].values()) for case in cases}

    def notices(self, case: str) -> Sequence[Notice]:
        return [notice for notice in self.notice_list if notice.case == case]

    def _where(self, unit: str | None, wanted) -> Sequence[Row]:  # type: ignore[no-untyped-def]
        rows: Iterable[Row] = (row for rows in self.board.values() for row in rows.values())
        found = [row for row in rows if wanted(row) and unit in (None, row.unit)]
        return sorted(found, key=lambda row: row.due or date.max)


@dataclass
class EvidenceInMemory:
    """Files by their SHA-256."""

    files: dict[str, bytes] = field(default_factory=dict)

    def keep(self, content: BinaryIO, name: str) -> StoredFile:
        content.seek(0)
        data = content.read()
        reference = hashlib.sha256(data).hexdigest()
        self.files[reference] = data
        return StoredFile(reference, "application/pdf", len(data))

    def open(self, reference: str) -> BinaryIO | None:
        return io.BytesIO(self.files[reference]) if reference in self.files else None
