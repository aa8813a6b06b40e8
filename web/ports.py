"""What the pages need from the rest of the house, said as protocols. Storage answers, wiring joins.

Everything that crosses is a value of the workflow or of the notifications, so that nobody has to
import the web to answer it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Protocol

from notifications.notice import Notice
from papers.file_kind import StoredFile
from workflow.board import Row
from workflow.case import Case, Event
from workflow.deadline import Deadline
from workflow.finding import Finding
from workflow.office import Office
from workflow.procedure import Procedure


class Reads(Protocol):
    """The questions pages ask of what is stored. None of them writes.

    `unit` narrows an answer to one unit; None means the whole office. Only active cases answer.
    """

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        """Open rows whose due date lies before `today`, the longest overdue first."""

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        """Open rows due from `today` to `until`, both included, the nearest first."""

    def missed(self, unit: str | None = None) -> Sequence[Row]:
        """Rows of the state `missed`, by due date."""

    def cases(self, unit: str | None = None) -> Sequence[Case]:
        """All cases whatever their standing, the newest first.

        Heads are enough: facts and plan dates may be left out.
        """

    def heads(self, cases: Collection[str]) -> Mapping[str, Case]:
        """The named cases by id, as heads."""

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        """The named cases by id, whole."""

    def rows_of(self, cases: Collection[str]) -> Mapping[str, Sequence[Row]]:
        """All board rows of the named cases by case id."""

    def case(self, case: str) -> Case | None:
        """One case, whole; None when there is none of that id."""

    def events(self, case: str) -> Sequence[Event]:
        """Its events in order."""

    def notices(self, case: str) -> Sequence[Notice]:
        """Its notices, the newest first."""

    def office(self) -> Office:
        """Units, people and matches."""


class EvidenceStore(Protocol):
    """Files that prove facts, kept by what is in them."""

    def keep(self, content: BinaryIO, name: str) -> StoredFile:
        """Store the bytes once, under the SHA-256 of them; `name` is the file's own name."""

    def open(self, reference: str) -> BinaryIO | None:
        """The bytes stored under that SHA-256; None when there are none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What the core says of one case on one day."""

    stage: str
    deadlines: tuple[Deadline, ...]
    findings: tuple[Finding, ...]


class Judge(Protocol):
    """From a case to what the core says of it; pure."""

    def __call__(self, case: Case, procedure: Procedure, *, today: date) -> Judgement: ...
