"""Who hears of one rung: its duties resolved to people, each once, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from notifications.channels import Channel
from workflow.case import Case
from workflow.office import Office, Told, Unresolved, resolve
from workflow.procedure import Obligation, Rung

# In a rung, "duty" is whoever must do the thing itself; every other word is a duty of the office.
THE_DUTY_ITSELF = "duty"


STAND_INS = ("deputy", "officer")


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something a round could not do, as a code with arguments (words/ says it). Shown, never dropped."""

    case: str
    obligation: str
    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)


def told(
    office: Office, case: Case, obligation: Obligation, deadline: str, rung: Rung, *, on: date
) -> tuple[tuple[Told, ...], tuple[Unresolved, ...]]:
    """Who is told by a rung of that day, and which of its duties mean nobody.

    Args:
        deadline: the obligation's id with its period.
    """
    people: dict[str, Told] = {}
    nobody = []
    for duty in rung.to:
        itself = duty == THE_DUTY_ITSELF
        responsible = case.responsible.get(deadline) or case.responsible.get(obligation.id) or ""
        found = resolve(
            office,
            duty=obligation.duty if itself else duty,
            unit=case.unit,
            on=on,
            responsible=responsible if itself else "",
            person=case.person,
        )
        if isinstance(found, Unresolved):
            nobody.append(found)
            continue
        for one in found:
            people.setdefault(one.person.key, one if itself or one.why in STAND_INS else _copied(one))
    return tuple(people.values()), tuple(nobody)


def _copied(one: Told) -> Told:
    return replace(one, why="copied")


def ways(one: Told, channels: Sequence[Channel], office: Office) -> tuple[tuple[Channel, Told], ...]:
    """Through which channels somebody hears: all that reach them; where none does, the officer's instead.

    So a person without Telegram hears by e-mail. Empty when not even the officer can be reached.
    """
    direct = tuple((channel, one) for channel in channels if channel.address(one.person) is not None)
    officer = office.people.get(office.officer or "")
    if direct or officer is None:
        return direct
    instead = Told(person=officer, why="unreachable", instead_of=one.person)
    return tuple((channel, instead) for channel in channels if channel.address(officer) is not None)
