"""Finds the people responsible for a duty on a day: its holders, those further up, or their deputies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from workflow.org.name_index import plain
from workflow.org.office import ABOVE, OF_A_PERSON, OUTSIDE, Office, Person, Recipient, Why

# Duties that answer for one unit: nobody of a neighbouring unit may stand in for them. The others are duties of
# the organisation: when nobody up the tree holds one, its holder anywhere in the office is meant.
UNIT_DUTIES = frozenset({"head_of_unit", "object_unit", "deputy", "head"})


SIGNING_DUTIES = frozenset({"head", "chief_of_staff"})
"""Duties that sign: they sign or approve even if the schedule names somebody else as responsible."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unresolved:
    """Nobody can be notified: nobody holds the duty and the office names no officer. Always shown to users."""

    duty: str
    unit: str


def resolve(
    office: Office,
    *,
    duty: str,
    unit: str,
    on: date,
    responsible: str = "",
    person: str = "",
    without: frozenset[str] = frozenset(),
) -> tuple[Recipient, ...] | Unresolved:
    """Return the people to notify about a duty on a day; nobody for that of a body outside the office.

    First the person matched to the schedule's responsible text, together with the signatory by the act; else
    the holder of the duty in the unit, in the units above it, or, for duties of the whole organisation,
    anywhere. A person who is away is replaced by the deputy (or the deputy's deputy, and so on). If nobody is
    left, the officer the office names.

    Args:
        duty: one of DUTIES.
        unit: id or name of a unit; "" is the organisation.
        on: the local day of the notice.
        responsible: the schedule's text; only for recipients who must fulfil the obligation.
        person: key of the person the case is about, for obligations of theirs or of their direct head.
        without: keys of people who must not be notified (the matter is about them): they are skipped in favour
            of the holder further up.
    """
    if duty == OUTSIDE:
        return ()
    place = office.unit_id(unit) or _organisation_named(office, duty, responsible)
    if duty == "head" and (office.organisation(place), duty) in office.holders:
        # The first head is the holder of that duty in the organisation, not the head of a unit within it.
        place = office.organisation(place) or place
    concerned = duty in OF_A_PERSON
    groups = [_concerned(office, duty, place, person)] if concerned else list(_holding(office, duty, place))
    for group in (_named(office, duty, responsible), *groups):
        present = _present(office, group, on)
        allowed = tuple(recipient for recipient in present if recipient.person.key not in without)
        if allowed and group[0].why == "named" and duty in SIGNING_DUTIES:
            return _with_signatories(office, allowed, groups, on, without)
        if allowed:
            return allowed
        if group and not present and not without and not responsible:
            # If all of them are away without a deputy, the officer decides, not the units above.
            break
    return _officer(office, duty, unit, on, without)


def _organisation_named(office: Office, duty: str, responsible: str) -> str:
    """Return the organisation of the people a schedule names, for a case without a unit; "" if there is not
    exactly one.
    """
    organisations = {
        office.organisation(recipient.person.unit) or "" for recipient in _named(office, duty, responsible)
    }
    return organisations.pop() if len(organisations) == 1 else ""


def _with_signatories(
    office: Office,
    named_recipients: tuple[Recipient, ...],
    groups: Iterable[tuple[Recipient, ...]],
    on: date,
    without: frozenset[str],
) -> tuple[Recipient, ...]:
    """Return the people the schedule names, as preparing, together with the duty holders who sign."""
    keys = {recipient.person.key for recipient in named_recipients}
    for group in groups:
        if keys & {recipient.person.key for recipient in group}:
            return named_recipients
        signing = [
            recipient for recipient in _present(office, group, on) if recipient.person.key not in keys | without
        ]
        if signing:
            prepare = (
                recipient if recipient.instead_of else replace(recipient, why="prepares")
                for recipient in named_recipients
            )
            return (
                *prepare,
                *(
                    recipient if recipient.instead_of else replace(recipient, why="signs")
                    for recipient in signing
                ),
            )
    return named_recipients


def _officer(
    office: Office, duty: str, unit: str, on: date, without: frozenset[str]
) -> tuple[Recipient, ...] | Unresolved:
    """Return the officer, or who stands in, where nobody else is found; Unresolved without an officer."""
    officer = office.officer_of_last_resort
    if officer is None or officer.key in without:
        return Unresolved(duty=duty, unit=unit)
    # The officer is notified even when away without a deputy: a letter that waits is better than none.
    instead = stand_in(office, officer, on)
    if instead is None or instead is officer or instead.key in without:
        # The duty belongs to another organisation, which resolves it itself.
        is_own_organisation = office.organisation(officer.unit) in (
            None,
            *office.above(office.unit_id(unit)),
        )
        return (
            Recipient(
                person=officer,
                why="duty" if duty == "officer" and (is_own_organisation or not unit) else "officer",
            ),
        )
    return (Recipient(person=instead, why="deputy", instead_of=officer),)


def _named(office: Office, duty: str, responsible: str) -> tuple[Recipient, ...]:
    """Return the people a schedule's text means: by key, or matched in the office; none for other texts."""
    if responsible in office.people:
        return (Recipient(person=office.people[responsible], why="named"),)
    matched_unit = office.matched.get(plain(responsible)) if responsible else None
    if matched_unit is None:
        return ()
    if matched_unit in office.people:
        return (Recipient(person=office.people[matched_unit], why="named"),)
    for answering in (duty, "head_of_unit", "head"):
        holders = office.holders.get((matched_unit, answering), ())
        if holders:
            return tuple(Recipient(person=person, why="named") for person in holders)
    return ()


def _concerned(office: Office, duty: str, place: str, key: str) -> tuple[Recipient, ...]:
    """Return the person a case is about, or the head of their unit (of the unit above, if they are its
    head).
    """
    person = office.people.get(key)
    if duty == "person_concerned":
        return (Recipient(person=person, why="duty"),) if person else ()
    for unit_id in office.above(person.unit if person else place):
        for held_duty in ("head_of_unit", "head"):
            heads = [head for head in office.holders.get((unit_id, held_duty), ()) if head is not person]
            if heads:
                return tuple(Recipient(person=head, why="duty") for head in heads)
    return ()


def _holding(office: Office, duty: str, place: str) -> Iterator[tuple[Recipient, ...]]:
    """Yield groups of holders of the duty, nearest first: of the unit, of the units above; if there are none,
    of wherever else it may be held.
    """
    if duty == ABOVE:
        yield from list(_heads(office, place))[1:]
        return
    answering = (duty, "head_of_unit", "head") if duty in ("object_unit", "head_of_unit") else (duty,)
    has_holder = False
    for unit_id in office.above(place):
        for held_duty in answering:
            holders = office.holders.get((unit_id, held_duty), ())
            if holders:
                why: Why = (
                    "head_for_unit" if held_duty != duty else "duty" if unit_id == place else "duty_above"
                )
                has_holder = True
                yield tuple(Recipient(person=person, why=why) for person in holders)
    if has_holder or (duty in UNIT_DUTIES and place in office.units):
        return
    organisation = office.organisation(place)
    if organisation is not None:
        # People of another organisation are not responsible here.
        yield _elsewhere(person for _, person in office.holders_by_organisation.get((organisation, duty), ()))
        return
    anywhere = office.holders_by_organisation.get(("", duty), ())
    at_the_top = [
        person for unit, person in anywhere if unit in office.units and office.units[unit].parent is None
    ]
    if at_the_top or duty in UNIT_DUTIES:
        yield _elsewhere(at_the_top)
    else:
        # The case belongs to the whole office; units of an organisation within it are responsible only for
        # their own.
        own_people = [person for unit, person in anywhere if not _is_of_a_lower_organisation(office, unit)]
        yield _elsewhere(own_people)


def _is_of_a_lower_organisation(office: Office, unit: str) -> bool:
    organisation = office.organisation(unit)
    return organisation is not None and office.is_within_another(organisation)


def _heads(office: Office, place: str) -> Iterator[tuple[Recipient, ...]]:
    """Yield the heads on the way up, nearest first: the first is responsible for the unit, the second is above
    them.
    """
    for unit_id in office.above(place):
        holders = office.holders.get((unit_id, "head_of_unit")) or office.holders.get((unit_id, "head"))
        if holders:
            yield tuple(Recipient(person=person, why="duty_above") for person in holders)


def heads_over(
    office: Office,
    places: Sequence[tuple[str, str]],
    *,
    on: date,
    without: frozenset[str] = frozenset(),
    first_head: bool,
) -> tuple[Recipient, ...] | Unresolved:
    """Return for each of these people the nearest heads above, other than themselves, who are present on that
    day (or their deputies); the officer where there are none at all.

    Args:
        places: unit and key of each person; the key "" for the unit itself.
        without: keys of people the matter is about; they are skipped, the first head included.
        first_head: whether the first head may count as nearest; else the officer replaces a missing head, and
            the first head is notified only if there is no officer.
    """
    people: dict[str, Recipient] = {}
    unit = ""
    for unit, key in places:
        place = office.unit_id(unit)
        for group in _heads(office, place):
            if key in {recipient.person.key for recipient in group}:
                continue
            if not first_head and not without and _are_first(office, group):
                continue
            allowed = [
                recipient
                for recipient in _present(office, group, on)
                if recipient.person.key not in {key, *without}
            ]
            if allowed:
                people.update((recipient.person.key, recipient) for recipient in allowed)
                break
    recipients = tuple(people.values()) or _officer(office, "head_of_unit", unit, on, without)
    if isinstance(recipients, Unresolved) and not first_head:
        return heads_over(office, places, on=on, without=without, first_head=True)
    return recipients


def _are_first(office: Office, heads: tuple[Recipient, ...]) -> bool:
    """Return whether they are first heads: holders of that duty at the top, or of an organisation of its
    own.
    """
    units = [office.units[head.person.unit] for head in heads if "head" in head.person.duties]
    return any(unit.kind or unit.parent not in office.units for unit in units)


def _elsewhere(people: Iterable[Person]) -> tuple[Recipient, ...]:
    return tuple(Recipient(person=person, why="duty_elsewhere") for person in people)


def _present(office: Office, candidates: Iterable[Recipient], on: date) -> tuple[Recipient, ...]:
    """Return each candidate, or the deputy who stands in on that day, without repetition."""
    present: dict[str, Recipient] = {}
    for candidate in candidates:
        person = stand_in(office, candidate.person, on)
        if person is candidate.person:
            present[person.key] = candidate
        elif person is not None:
            present.setdefault(person.key, Recipient(person=person, why="deputy", instead_of=candidate.person))
    return tuple(present.values())


def stand_in(office: Office, person: Person, on: date) -> Person | None:
    """Return the person, or the first deputy in the chain who is present; None when the chain ends or loops."""
    seen_keys: set[str] = set()
    substitute: Person | None = person
    while substitute is not None and substitute.is_away(on):
        if substitute.key in seen_keys:
            return None
        seen_keys.add(substitute.key)
        substitute = office.people.get(substitute.deputy or "")
    return substitute
