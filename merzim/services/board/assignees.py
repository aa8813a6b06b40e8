"""Who board rows wait for: the rows of one person, the unit that lateness belongs to, who has most to do.

Rows and sums of the board hold units, duties and the schedule's words, no people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import nsmallest

from merzim.services.names import Name, assignees_of, filed_as, name_of
from workflow.board.rows import AssigneeKey, Sum
from workflow.org.office import OUTSIDE, Office, Recipient
from workflow.search_words import alphabetical


@dataclass(slots=True)
class Load:
    """The numbers of overdue and near deadlines of a person, of a unit, or of a unit at a stage.

    Attributes:
        since: the due date of the longest overdue one; None if nothing is overdue.
    """

    overdue: int = 0
    due: int = 0
    since: date | None = None

    def add(self, counted: Sum) -> None:
        self.overdue += counted.overdue
        self.due += counted.due
        if counted.overdue:
            self.since = min(counted.first_due, self.since or counted.first_due)

    @property
    def rank(self) -> tuple[int, int]:
        """The sort key that has most overdue first, then most near."""
        return -self.overdue, -self.due

    @property
    def heat(self) -> int:
        """The intensity of its colour, 0-4, by overdue deadlines only."""
        return sum(self.overdue >= step for step in (1, 3, 6, 11))


@dataclass(kw_only=True, slots=True)
class Workload(Load):
    """The load of one person, of a vacant duty, or of an outside body.

    Attributes:
        keys, names: of the person; empty when nobody holds the duty.
        duty: the duty all of these deadlines have; "" when there are several.
        written: the assignee as the schedule names them, when nobody could be resolved.
    """

    keys: tuple[str, ...]
    names: tuple[Name, ...]
    duty: str
    written: str


def keys_of_person(
    office: Office, person: str, keys: Iterable[AssigneeKey], *, on: date
) -> Mapping[AssigneeKey, Recipient]:
    """Return those of these assignee keys that resolve to a person on a day, with the recipient that says why.

    For an officer these include the rows that nobody else can be told of.
    """
    recipients: dict[AssigneeKey, Recipient] = {}
    for key in keys:
        for recipient in assignees_of(office, key, on=on):
            if recipient.person.key == person:
                recipients.setdefault(key, recipient)
    return recipients


def _acting(office: Office, key: AssigneeKey, *, on: date) -> tuple[Recipient, ...]:
    """Return who must act on these rows; nobody where only the officer is told."""
    return tuple(recipient for recipient in assignees_of(office, key, on=on) if recipient.why != "officer")


def acting_unit(office: Office, key: AssigneeKey, *, on: date) -> str:
    """Return the unit lateness belongs to: of who must act or sign, else of the case, else the organisation."""
    acting = sorted(_acting(office, key, on=on), key=lambda recipient: recipient.why == "prepares")
    return (acting[0].person.unit if acting else key.unit) or office.root


def rank_workloads(
    office: Office, sums: Iterable[Sum], *, on: date, limit: int
) -> tuple[Sequence[Workload], int]:
    """Return the workloads with most overdue, then near deadlines, at most `limit`, and the number of all."""
    loads: dict[tuple[str, ...], Load] = {}
    keys: dict[tuple[str, ...], dict[AssigneeKey, None]] = {}
    for counted in sums:
        key = counted.assignee
        people: list[tuple[str, ...]] = [(each.person.key,) for each in _acting(office, key, on=on)]
        # What several people must do waits for each of them; what nobody can, for the duty.
        for who in people or [(key.duty, key.responsible)]:
            loads.setdefault(who, Load()).add(counted)
            keys.setdefault(who, {})[key] = None
    first = nsmallest(limit, loads, key=lambda who: (*loads[who].rank, who))
    shown = [_workload(office, who, [*keys[who]], loads[who]) for who in first]
    shown.sort(key=lambda load: (*load.rank, [alphabetical(filed_as(name)) for name in load.names], load.duty))
    return shown, len(loads)


def _workload(office: Office, who: tuple[str, ...], keys: Sequence[AssigneeKey], load: Load) -> Workload:
    """Return a workload. `who`: the key of a person, or a vacant duty and the schedule's words."""
    person = office.people.get(who[0]) if len(who) == 1 else None
    duty = keys[0].duty
    return Workload(
        overdue=load.overdue,
        due=load.due,
        keys=(person.key,) if person else (),
        names=(name_of(person),) if person else (),
        duty=duty if all(key.duty == duty for key in keys) else "",
        written="" if person or duty == OUTSIDE else keys[0].responsible,
    )
