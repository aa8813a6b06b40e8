"""Who hears of one rung: its duties resolved to people, each once, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from notifications.channels import Channel
from workflow.cases.case import Case
from workflow.law.procedure import Obligation, Step
from workflow.org.duties import Unresolved, heads_over, resolve
from workflow.org.office import Office, Recipient, uploads_through

# In a rung, "duty" is whoever must do the thing itself; every other word is a duty of the office.
THE_DUTY_ITSELF = "duty"
# Who uploads: of a unit without an account of its own that is somebody in a higher body.
ACCOUNT = "account_holder"


STAND_INS = ("deputy", "officer")


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something a round could not do, as a code with arguments (i18n/ says it). Shown, never dropped."""

    case: str
    obligation: str
    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)


def told(
    office: Office, case: Case, obligation: Obligation, deadline: str, rung: Step, *, on: date
) -> tuple[tuple[Recipient, ...], tuple[Unresolved, ...]]:
    """Who is told by a rung of that day, and which of its duties mean nobody.

    Args:
        deadline: the obligation's id with its period.
    """
    people: dict[str, Recipient] = {}
    nobody = []
    executors = doers(office, case, obligation, deadline, on=on)
    recommended = obligation.force != "obligatory" and THE_DUTY_ITSELF in rung.to
    for duty in (THE_DUTY_ITSELF,) if recommended else rung.to:
        itself = duty == THE_DUTY_ITSELF
        found: tuple[Recipient, ...] | Unresolved
        if itself:
            found = executors
        elif duty == "head_of_unit":
            found = heads_over(
                office,
                _places(office, case, executors),
                on=on,
                without=concerned(case, duty),
                first_head=rung.last,
            )
        else:
            found = resolve(
                office, duty=duty, unit=case.unit, on=on, person=case.person, without=concerned(case, duty)
            )
        if isinstance(found, Unresolved):
            nobody.append(found)
            continue
        for one in found:
            people.setdefault(one.person.key, one if itself or one.why in STAND_INS else _copied(one))
    return tuple(people.values()), tuple(nobody)


def _places(office: Office, case: Case, executors: tuple[Recipient, ...] | Unresolved) -> list[tuple[str, str]]:
    """Return the unit and key of each executor; the case's unit where the officer stands in or nobody is."""
    found = () if isinstance(executors, Unresolved) else executors
    answering = [one.instead_of or one.person for one in found if one.why != "officer"]
    places = [(person.unit, person.key) for person in answering if person.unit in office.units]
    return places or [(case.unit, "")]


def doers(
    office: Office, case: Case, obligation: Obligation, deadline: str, *, on: date
) -> tuple[Recipient, ...] | Unresolved:
    """Who must do the thing itself, or stands in for them, on that day; never the person
    concerned, but for what they must do themselves.

    Where a unit uploads through a higher body, its uploads are for who holds the account there.

    Args:
        deadline: the obligation's id with its period.
    """
    unit = case.unit
    if obligation.duty == ACCOUNT:
        unit = uploads_through(office, unit)
    responsible = case.responsible.get(deadline) or case.responsible.get(obligation.id) or ""
    return resolve(
        office,
        duty=obligation.duty,
        unit=unit,
        on=on,
        responsible=responsible,
        person=case.person,
        without=concerned(case, obligation.duty),
    )


def concerned(case: Case, duty: str) -> frozenset[str]:
    """Whom the matter is about: they hear nothing of what others must do in it, only of their own part."""
    return frozenset({case.person}) if case.person and duty != "person_concerned" else frozenset()


def _copied(one: Recipient) -> Recipient:
    return replace(one, why="copied")


def ways(
    one: Recipient, channels: Sequence[Channel], office: Office, *, through: Sequence[str] = ()
) -> tuple[tuple[Channel, Recipient], ...]:
    """Through which channels somebody hears: all that reach them; where none does, the officer's instead.

    So a person without Telegram hears by e-mail. Empty when not even the officer can be reached.

    Args:
        through: names of the channels a rung asks for; where none of those reaches them, the others are taken.
    """
    asked = [channel for channel in channels if channel.name in through]
    if any(channel.address(one.person) is not None for channel in asked):
        channels = asked
    direct = tuple((channel, one) for channel in channels if channel.address(one.person) is not None)
    officer = office.people.get(office.officer or "")
    if direct or officer is None:
        return direct
    instead = Recipient(person=officer, why="unreachable", instead_of=one.person)
    return tuple((channel, instead) for channel in channels if channel.address(officer) is not None)
