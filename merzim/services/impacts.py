"""Due dates that a change of days or rules moves, and the people responsible for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from merzim.services.app import AppContext
from workflow.board.rows import WAITING
from workflow.cases.case import Case
from workflow.deadlines.impact import MovedDeadline
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Person

CHUNK_SIZE = 1000
"""Cases read, recalculated and written together."""
FindPeople = Callable[["Case", "MovedDeadline"], tuple["Person", ...]]
"""Returns the people responsible for a due date that moves."""


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


def people_finder(app: AppContext, today: date) -> FindPeople:
    """Return a function that finds the people responsible for a moved due date, in the office as it is now.

    Results are cached by duty, unit and responsible.
    """
    office = app.reads.office()

    @cache
    def find(duty: str, unit: str, responsible: str, person: str) -> tuple[Person, ...]:
        people = resolve(office, duty=duty, unit=unit, on=today, responsible=responsible, person=person)
        return () if isinstance(people, Unresolved) else tuple(holder.person for holder in people)

    def find_people(case: Case, moved_deadline: MovedDeadline) -> tuple[Person, ...]:
        if moved_deadline.state not in WAITING:
            return ()
        responsible = (
            case.responsible.get(moved_deadline.id) or case.responsible.get(moved_deadline.obligation.id) or ""
        )
        return find(moved_deadline.obligation.duty, case.unit, responsible, case.person)

    return find_people
