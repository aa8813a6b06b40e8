"""Due dates that a change of days or rules moves, and the people responsible for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from merzim.services.app import AppContext
from merzim.services.names import assignee_key, assignees_of
from merzim.storage.database.dialect import chunks
from workflow.cases.case import Case
from workflow.cases.states import AWAITED
from workflow.deadlines.impact import MovedDeadline
from workflow.org.office import Office, Person
from workflow.ports import Conflict

CHUNK_SIZE = 1000
"""Cases read, recalculated and written together."""


@dataclass(frozen=True, slots=True)
class PersonImpact:
    """A due date that moves, and the people responsible for it: they are notified of the new date."""

    moved: MovedDeadline
    people: tuple[Person, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedDates:
    """The due dates that a change moves."""

    impacts: tuple[PersonImpact, ...]

    @property
    def cases(self) -> tuple[str, ...]:
        """Ids of the cases in which a due date moves, each once."""
        return tuple(dict.fromkeys(impact.moved.case for impact in self.impacts))

    @property
    def people(self) -> tuple[Person, ...]:
        """The people whose due dates move, each once."""
        return tuple({person.key: person for impact in self.impacts for person in impact.people}.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class ActMoves:
    """The due dates that an adopted calendar act moved in one case.

    Attributes:
        on: the local date of the adoption; at: its UTC moment; by: who adopted it.
        cause: the act, as letters name it.
        moved: the due dates that moved.
    """

    on: date
    at: datetime
    by: str
    cause: Mapping[str, object]
    moved: tuple[MovedDeadline, ...]


def impact_of(office: Office, case: Case, moved: MovedDeadline, *, today: date) -> PersonImpact:
    """Return a moved due date with those responsible for it; with nobody once it is no longer waited for."""
    if moved.state not in AWAITED:
        return PersonImpact(moved, ())
    key = assignee_key(case, moved.obligation, moved.id)
    recipients = assignees_of(office, key, on=today)
    return PersonImpact(moved, tuple(recipient.person for recipient in recipients))


def rewrite_rows(
    app: AppContext,
    cases: Sequence[str],
    *,
    cause: Mapping[str, object],
    now: datetime,
    today: date,
) -> Iterator[tuple[Sequence[Case], int]]:
    """Rewrite the board rows of cases (ids) by the present calendar and law, CHUNK_SIZE at a time; yield the
    cases of each chunk as they were rewritten, and the number that changed. `cause`: what letters say of it.
    """
    for names in chunks(cases, CHUNK_SIZE):
        while True:
            writes = [
                replace(app.case_commands.recomputed(case, today=today), cause=cause)
                for case in app.ledger.cases(names).values()
            ]
            try:
                changed_count = app.ledger.append(writes, now=now)
            except Conflict:
                # Another user recorded a fact in the meantime: read again.
                continue
            yield [write.case for write in writes], changed_count
            break
