"""Whom rows wait for, by name: the sums know only units, duties and the schedule's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import nsmallest
from typing import TypeAlias

from web.ui.org_names import Who
from workflow.board.rows import Row
from workflow.board.sums import AssigneeKey, Sums, by_asked, by_unit
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import OUTSIDE, Office, Recipient

Pair: TypeAlias = tuple[int, int]
"""What is overdue, and what is near."""
Group: TypeAlias = tuple[str, ...]
ByPerson: TypeAlias = tuple[Office, Mapping[str, Mapping[AssigneeKey, Recipient]]]
Groups: TypeAlias = tuple[Office, Mapping[Group, Mapping[AssigneeKey, Pair]], Mapping[Group, Pair]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """People (or a duty nobody holds, or a body outside) and what waits for them.

    Attributes:
        keys, names: of the people; empty when nobody is known.
        duty: what they hold, where all of it is one duty; "" for several.
    """

    keys: tuple[str, ...]
    names: tuple[str, ...]
    duty: str
    written: str
    overdue: int
    due: int


def meant(office: Office, asked: AssigneeKey, *, on: date) -> tuple[Recipient, ...]:
    """Who is to do it on that day: the same people a letter of the day would go to.

    The officer who is told for want of anybody else is among them, with `why` saying so.
    """

    def recipients() -> tuple[Recipient, ...]:
        found = resolve(
            office,
            duty=asked.duty,
            unit=asked.unit,
            on=on,
            responsible=asked.responsible,
            person=asked.person,
        )
        return () if isinstance(found, Unresolved) else found

    return office.resolved_once(on, asked, recipients)


def asked_of(office: Office, person: str, sums: Sums, *, on: date) -> Mapping[AssigneeKey, Recipient]:
    """What of all that is asked a person is to do on that day, and why they."""

    def made(every: Sums) -> ByPerson:
        found: dict[str, dict[AssigneeKey, Recipient]] = {}
        for asked in by_asked(every):
            for told in meant(office, asked, on=on):
                found.setdefault(told.person.key, {}).setdefault(asked, told)
        return office, found

    def mended(before: ByPerson, gone: Sums, come: Sums) -> ByPerson:
        left, new = by_asked(gone).keys() - by_asked(come).keys(), made(come)[1]
        found = dict(before[1])
        for key in {told.person.key for asked in left for told in meant(office, asked, on=on)} | {*new}:
            theirs = {asked: told for asked, told in found.get(key, {}).items() if asked not in left}
            found[key] = {**theirs, **new.get(key, {})}
        return office, found

    # The office stands beside what was worked out with it, so that its id stays its own.
    return sums.once(("by person", on, id(office)), made, mended)[1].get(person, {})


def asked_sums(office: Office, person: str, sums: Sums, *, on: date) -> Sums:
    """The sums of what a person is to do on that day."""
    told = asked_of(office, person, sums, on=on)

    def made(every: Sums) -> Sums:
        known = by_asked(every)
        return Sums(one for asked in told for one in known.get(asked, ()))

    def mended(before: Sums, gone: Sums, come: Sums) -> Sums:
        theirs = [one for asked, of_it in by_asked(come).items() if told_of(asked) for one in of_it]
        return before.exchanged({**{one.asked.unit: () for one in gone}, **by_unit(theirs)})

    def told_of(asked: AssigneeKey) -> bool:
        return any(found.person.key == person for found in meant(office, asked, on=on))

    return sums.once(("of", person, on, id(office)), made, mended)


def waiting(office: Office, sums: Sums, *, on: date, most: int) -> tuple[Sequence[Waiting], int]:
    """What is overdue or near by whom it waits for: the `most` with most overdue, and how many there are."""

    def group(asked: AssigneeKey) -> Group:
        keys = tuple(one.person.key for one in meant(office, asked, on=on) if one.why != "officer")
        return keys or (asked.duty, asked.responsible)

    def made(every: Sums) -> Groups:
        found: dict[Group, dict[AssigneeKey, Pair]] = {}
        for asked, of_it in by_asked(every).items():
            pair = sum(one.overdue for one in of_it), sum(one.due for one in of_it)
            if any(pair):
                found.setdefault(group(asked), {})[asked] = pair
        return office, found, {key: _both(pairs) for key, pairs in found.items()}

    def mended(before: Groups, gone: Sums, come: Sums) -> Groups:
        left, new = by_asked(gone).keys(), made(come)[1]
        found, both = dict(before[1]), dict(before[2])
        for key in {*map(group, left), *new}:
            stay = {asked: pair for asked, pair in found.pop(key, {}).items() if asked not in left}
            both.pop(key, None)
            if pairs := {**stay, **new.get(key, {})}:
                found[key], both[key] = pairs, _both(pairs)
        return office, found, both

    def shown(every: Sums) -> tuple[Sequence[Waiting], int]:
        _, groups, both = every.once(("by whom", on, id(office)), made, mended)
        first = nsmallest(most, both, key=lambda key: (-both[key][0], -both[key][1], key))
        found = [_waiting(office, groups[key], both[key], on=on) for key in first]
        return sorted(found, key=lambda one: (-one.overdue, -one.due, one.names, one.duty)), len(both)

    return sums.once(("waiting", most, on, id(office)), shown)


def _both(pairs: Mapping[AssigneeKey, Pair]) -> Pair:
    return sum(late for late, _ in pairs.values()), sum(near for _, near in pairs.values())


def _waiting(office: Office, pairs: Mapping[AssigneeKey, Pair], both: Pair, *, on: date) -> Waiting:
    one, duties = next(iter(pairs)), {asked.duty for asked in pairs}
    told = tuple(found for found in meant(office, one, on=on) if found.why != "officer")
    return Waiting(
        keys=tuple(found.person.key for found in told),
        names=tuple(found.person.name for found in told),
        duty=one.duty if len(duties) == 1 else "",
        written="" if told or one.duty == OUTSIDE else one.responsible,
        overdue=both[0],
        due=both[1],
    )


def who(office: Office, row: Row, duty: str, *, on: date) -> Who:
    """Who is to do what a row of the board asks for, as a list names them."""
    told = meant(office, AssigneeKey(row.unit, duty, row.responsible, row.person), on=on)
    told = tuple(one for one in told if one.why != "officer")
    by_name = any(one.why == "named" for one in told) or not told
    return Who(
        names=tuple(one.person.name for one in told), duty=duty, written=row.responsible if by_name else ""
    )
