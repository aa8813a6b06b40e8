"""Assignees of board rows by name; the sums of the board contain only units, duties and the schedule's
words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import nsmallest
from typing import TypeAlias

from merzim.services.names import AssigneeNames, Name, assignees_of, filed_as, name_of, written_assignee
from workflow.board.rows import Row
from workflow.board.sums import AssigneeKey, Sums, by_assignee, by_unit
from workflow.org.name_index import alphabetical
from workflow.org.office import OUTSIDE, Office, Recipient

Pair: TypeAlias = tuple[int, int]
"""Numbers of overdue deadlines and of those due soon."""
Group: TypeAlias = tuple[str, ...]
ByPerson: TypeAlias = tuple[Office, Mapping[str, Mapping[AssigneeKey, Recipient]]]
Groups: TypeAlias = tuple[Office, Mapping[Group, Mapping[AssigneeKey, Pair]], Mapping[Group, Pair]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """The numbers of overdue and near deadlines of some people, of a vacant duty, or of an outside body.

    Attributes:
        keys, names: of the people; empty when nobody holds the duty.
        duty: the duty all of these deadlines have; "" when there are several.
        written: the assignee as the schedule names them, when nobody could be resolved.
    """

    keys: tuple[str, ...]
    names: tuple[Name, ...]
    duty: str
    written: str
    overdue: int
    due: int


def find_assignments(office: Office, person: str, sums: Sums, *, on: date) -> Mapping[AssigneeKey, Recipient]:
    """Return the assignee keys that resolve to a person on a day, with the recipient that says why."""

    def build(all_sums: Sums) -> ByPerson:
        by_person: dict[str, dict[AssigneeKey, Recipient]] = {}
        for key in by_assignee(all_sums):
            for recipient in assignees_of(office, key, on=on):
                by_person.setdefault(recipient.person.key, {}).setdefault(key, recipient)
        return office, by_person

    def update(before: ByPerson, removed: Sums, added: Sums) -> ByPerson:
        dropped, new = by_assignee(removed).keys() - by_assignee(added).keys(), build(added)[1]
        by_person = dict(before[1])
        affected = {recipient.person.key for key in dropped for recipient in assignees_of(office, key, on=on)}
        for person_key in affected | {*new}:
            former = by_person.get(person_key, {})
            remaining = {key: recipient for key, recipient in former.items() if key not in dropped}
            by_person[person_key] = {**remaining, **new.get(person_key, {})}
        return office, by_person

    # The result keeps the office alive, so that no other office can get the same id.
    return sums.once(("by person", on, id(office)), build, update)[1].get(person, {})


def person_sums(office: Office, person: str, sums: Sums, *, on: date) -> Sums:
    """Return the sums of the deadlines a person has to meet on a day."""
    own_keys = find_assignments(office, person, sums, on=on)

    def build(all_sums: Sums) -> Sums:
        by_key = by_assignee(all_sums)
        return Sums(entry for key in own_keys for entry in by_key.get(key, ()))

    def update(before: Sums, removed: Sums, added: Sums) -> Sums:
        assignee_sums = [
            entry for key, entries in by_assignee(added).items() if is_assignee(key) for entry in entries
        ]
        return before.exchanged({**{entry.assignee.unit: () for entry in removed}, **by_unit(assignee_sums)})

    def is_assignee(key: AssigneeKey) -> bool:
        return any(recipient.person.key == person for recipient in assignees_of(office, key, on=on))

    return sums.once(("of", person, on, id(office)), build, update)


def rank_workloads(office: Office, sums: Sums, *, on: date, limit: int) -> tuple[Sequence[Workload], int]:
    """Return the workloads with most overdue deadlines, at most `limit`, and the number of all of them."""

    def group(assignee_key: AssigneeKey) -> Group:
        recipients = assignees_of(office, assignee_key, on=on)
        people = tuple(recipient.person.key for recipient in recipients if recipient.why != "officer")
        return people or (assignee_key.duty, assignee_key.responsible)

    def build(all_sums: Sums) -> Groups:
        groups: dict[Group, dict[AssigneeKey, Pair]] = {}
        for assignee_key, entries in by_assignee(all_sums).items():
            pair = sum(entry.overdue for entry in entries), sum(entry.due for entry in entries)
            if any(pair):
                groups.setdefault(group(assignee_key), {})[assignee_key] = pair
        return office, groups, {key: _total(pairs) for key, pairs in groups.items()}

    def update(before: Groups, removed: Sums, added: Sums) -> Groups:
        dropped, new = by_assignee(removed).keys(), build(added)[1]
        groups, totals = dict(before[1]), dict(before[2])
        for key in {*map(group, dropped), *new}:
            former = groups.pop(key, {})
            totals.pop(key, None)
            remaining = {entry: pair for entry, pair in former.items() if entry not in dropped}
            if pairs := {**remaining, **new.get(key, {})}:
                groups[key], totals[key] = pairs, _total(pairs)
        return office, groups, totals

    def select(all_sums: Sums) -> tuple[Sequence[Workload], int]:
        _, groups, totals = all_sums.once(("by whom", on, id(office)), build, update)
        first = nsmallest(limit, totals, key=lambda key: (-totals[key][0], -totals[key][1], key))
        loads = [_build_workload(office, groups[key], totals[key], on=on) for key in first]
        return sorted(
            loads,
            key=lambda load: (
                -load.overdue,
                -load.due,
                [alphabetical(filed_as(name)) for name in load.names],
                load.duty,
            ),
        ), len(totals)

    return sums.once(("waiting", limit, on, id(office)), select)


def _total(pairs: Mapping[AssigneeKey, Pair]) -> Pair:
    return sum(late for late, _ in pairs.values()), sum(near for _, near in pairs.values())


def _build_workload(office: Office, pairs: Mapping[AssigneeKey, Pair], total: Pair, *, on: date) -> Workload:
    first, duties = next(iter(pairs)), {key.duty for key in pairs}
    assignees = assignees_of(office, first, on=on)
    recipients = tuple(recipient for recipient in assignees if recipient.why != "officer")
    return Workload(
        keys=tuple(recipient.person.key for recipient in recipients),
        names=tuple(name_of(recipient.person) for recipient in recipients),
        duty=first.duty if len(duties) == 1 else "",
        written="" if recipients or first.duty == OUTSIDE else first.responsible,
        overdue=total[0],
        due=total[1],
    )


def name_assignees(office: Office, row: Row, duty: str, *, on: date) -> AssigneeNames:
    """Return the names of the assignees of a board row, as lists show them."""
    assignees = assignees_of(office, AssigneeKey(row.unit, duty, row.responsible, row.person), on=on)
    recipients = tuple(recipient for recipient in assignees if recipient.why != "officer")
    by_name = any(recipient.why in ("named", "prepares") for recipient in recipients) or not recipients
    return AssigneeNames(
        names=tuple(name_of(recipient.person) for recipient in recipients),
        keys=tuple(recipient.person.key for recipient in recipients),
        duty=duty,
        written=written_assignee(office, row.responsible) if by_name else "",
    )
