"""Whom rows wait for, by name: the sums know only units, duties and the schedule's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from web.page.office import Who
from workflow.board import Row
from workflow.office import OUTSIDE, Office, Told, Unresolved, resolve
from workflow.sums import Asked, Sums


@dataclass(slots=True)
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
    overdue: int = 0
    due: int = 0


def meant(office: Office, asked: Asked, *, on: date) -> tuple[Told, ...]:
    """Who is to do it on that day: the same people a letter of the day would go to.

    The officer who is told for want of anybody else is among them, with `why` saying so.
    """
    known = office.answers(on)
    if asked not in known:
        found = resolve(
            office,
            duty=asked.duty,
            unit=asked.unit,
            on=on,
            responsible=asked.responsible,
            person=asked.person,
        )
        known[asked] = () if isinstance(found, Unresolved) else found
    return known[asked]


def asked_of(office: Office, person: str, sums: Sums, *, on: date) -> Mapping[Asked, Told]:
    """What of all that is asked a person is to do on that day, and why they."""
    found = sums.once(("by person", on, id(office)), lambda every: (office, _by_person(office, every, on)))
    return found[1].get(person, {})


def asked_sums(office: Office, person: str, sums: Sums, *, on: date) -> Sums:
    """The sums of what a person is to do on that day."""

    told = asked_of(office, person, sums, on=on)
    return sums.once(("of", person, on, id(office)), lambda every: _of_these(every, told))


def waiting(office: Office, sums: Sums, *, on: date) -> Sequence[Waiting]:
    """What is overdue or near by whom it waits for, the most overdue first."""
    # The office stands beside what was worked out with it, so that its id stays its own.
    found = sums.once(("waiting", on, id(office)), lambda every: (office, _waiting(office, every, on)))
    return found[1]


def _of_these(sums: Sums, told: Mapping[Asked, Told]) -> Sums:
    return Sums(one for one in sums if one.asked in told)


def _by_person(office: Office, sums: Sums, on: date) -> Mapping[str, Mapping[Asked, Told]]:
    found: dict[str, dict[Asked, Told]] = {}
    for asked in {one.asked for one in sums}:
        for told in meant(office, asked, on=on):
            found.setdefault(told.person.key, {}).setdefault(asked, told)
    return found


def who(office: Office, row: Row, duty: str, *, on: date) -> Who:
    """Who is to do what a row of the board asks for, as a list names them."""
    told = meant(office, Asked(row.unit, duty, row.responsible, row.person), on=on)
    told = tuple(one for one in told if one.why != "officer")
    by_name = any(one.why == "named" for one in told) or not told
    return Who(
        names=tuple(one.person.name for one in told), duty=duty, written=row.responsible if by_name else ""
    )


def _waiting(office: Office, sums: Sums, on: date) -> list[Waiting]:
    pairs: dict[Asked, tuple[int, int]] = {}
    for one in sums:
        if one.overdue or one.due:
            late, near = pairs.get(one.asked, (0, 0))
            pairs[one.asked] = late + one.overdue, near + one.due
    found: dict[tuple[object, ...], Waiting] = {}
    for asked, (late, near) in pairs.items():
        told = tuple(one for one in meant(office, asked, on=on) if one.why != "officer")
        keys = tuple(one.person.key for one in told)
        known: tuple[object, ...] = keys or (asked.duty, asked.responsible)
        group = found.get(known)
        if group is None:
            group = found[known] = Waiting(
                keys=keys,
                names=tuple(one.person.name for one in told),
                duty=asked.duty,
                written="" if told or asked.duty == OUTSIDE else asked.responsible,
            )
        elif group.duty != asked.duty:
            group.duty = ""
        group.overdue += late
        group.due += near
    return sorted(found.values(), key=lambda one: (-one.overdue, -one.due, one.names, one.duty))
