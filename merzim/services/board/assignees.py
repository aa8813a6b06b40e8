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
from workflow.org.name_index import alphabetical
from workflow.org.office import OUTSIDE, Office, Recipient


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """The numbers of overdue and near deadlines of one person, of a vacant duty, or of an outside body.

    Attributes:
        keys, names: of the person; empty when nobody holds the duty.
        duty: the duty all of these deadlines have; "" when there are several.
        written: the assignee as the schedule names them, when nobody could be resolved.
    """

    keys: tuple[str, ...]
    names: tuple[Name, ...]
    duty: str
    written: str
    overdue: int
    due: int


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
    late_and_near: dict[AssigneeKey, tuple[int, int]] = {}
    for entry in sums:
        if entry.overdue or entry.due:
            late, near = late_and_near.get(entry.assignee, (0, 0))
            late_and_near[entry.assignee] = late + entry.overdue, near + entry.due
    # What several people must do waits for each of them; what nobody can, for the duty.
    groups: dict[tuple[str, ...], list[AssigneeKey]] = {}
    for key in late_and_near:
        people = [recipient.person.key for recipient in _acting(office, key, on=on)]
        who: list[tuple[str, ...]] = [(person,) for person in people] or [(key.duty, key.responsible)]
        for group in who:
            groups.setdefault(group, []).append(key)
    totals = {
        group: (sum(late_and_near[key][0] for key in keys), sum(late_and_near[key][1] for key in keys))
        for group, keys in groups.items()
    }
    first = nsmallest(limit, totals, key=lambda group: (-totals[group][0], -totals[group][1], group))
    loads = [_build_workload(office, group, groups[group], totals[group]) for group in first]
    return sorted(
        loads,
        key=lambda load: (
            -load.overdue,
            -load.due,
            [alphabetical(filed_as(name)) for name in load.names],
            load.duty,
        ),
    ), len(totals)


def _build_workload(
    office: Office, group: tuple[str, ...], keys: Sequence[AssigneeKey], total: tuple[int, int]
) -> Workload:
    """Return a workload. `group`: the key of a person, or a vacant duty and the schedule's words."""
    first, duties = keys[0], {key.duty for key in keys}
    person = office.people.get(group[0]) if len(group) == 1 else None
    return Workload(
        keys=(person.key,) if person else (),
        names=(name_of(person),) if person else (),
        duty=first.duty if len(duties) == 1 else "",
        written="" if person or first.duty == OUTSIDE else first.responsible,
        overdue=total[0],
        due=total[1],
    )
