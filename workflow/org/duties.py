"""Finds the people responsible for a duty on a day: its holders, those further up, or their deputies.

Candidates are asked group by group, the nearest first: who the schedule names, the holders in the unit, in the
units above it, elsewhere. The first group of which somebody is present decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from workflow.org.office import ABOVE, OF_A_PERSON, OUTSIDE, Office, Person, Recipient, Why, uploads_through
from workflow.search_words import plain

# Duties that answer for one unit: nobody of a neighbouring unit may stand in for them. The others are duties of
# the organisation: when nobody up the tree holds one, its holder anywhere in the office is meant.
UNIT_DUTIES = frozenset({"head_of_unit", "object_unit", "deputy", "head"})
SIGNING_DUTIES = frozenset({"head", "chief_of_staff"})
"""Duties that sign: they sign or approve even if the schedule names somebody else as responsible."""
ACCOUNT = "account_holder"
"""The uploader."""
_HEADS = ("head_of_unit", "head")
"""Duties that answer for a unit, the nearer first."""

Group = tuple[Recipient, ...]
"""People of whom any may be notified, all for one reason."""


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
) -> Group | Unresolved:
    """Return the people to notify about a duty on a day; nobody for that of a body outside the office.

    First the person matched to the schedule's responsible text, together with the signatory by the act; else
    the holder of the duty in the unit, in the units above it, or, for duties of the whole organisation,
    anywhere. A person who is away is replaced by the deputy (or the deputy's deputy, and so on). If nobody is
    left, the officer the office names. The uploads of a unit without an account are for the holder of the
    account it uploads through.

    Args:
        duty: one of DUTIES.
        unit: id or name of a unit; "" is the organisation.
        on: the local day of the notice.
        responsible: the schedule's text; only for recipients who must fulfil the obligation.
        person: key of the person the case is about, "" for nobody: skipped in favour of the holder further up,
            but for their own part.
    """
    if duty == OUTSIDE:
        return ()
    without = concerned(duty, person)
    if duty == ACCOUNT:
        unit = uploads_through(office, unit)
    named = _named(office, duty, responsible)
    place = office.unit_id(unit) or _only_organisation(office, named)
    if duty == "head":
        place = _of_first_head(office, place)
    groups = [_concerned(office, duty, place, person)] if duty in OF_A_PERSON else [*_held(office, duty, place)]
    for group in (named, *groups):
        present = _present(office, group, on)
        allowed = tuple(recipient for recipient in present if recipient.person.key not in without)
        if allowed and group is named and duty in SIGNING_DUTIES:
            return _with_signatories(office, allowed, groups, on, without)
        if allowed:
            return allowed
        if group and not present and not without and not responsible:
            # If all of them are away without a deputy, the officer decides, not the units above.
            break
    return _officer(office, duty, unit, on, without)


def concerned(duty: str, person: str) -> frozenset[str]:
    """Return the keys of the people a matter is about, who are notified only of their own part."""
    return frozenset({person}) if person and duty != "person_concerned" else frozenset()


def _group(why: Why, people: Iterable[Person]) -> Group:
    return tuple(Recipient(person=person, why=why) for person in people)


def _holders(office: Office, unit: str, duties: Iterable[str]) -> tuple[Person, ...]:
    """Return the holders in a unit of the first of these duties that anybody there holds."""
    return next(filter(None, (office.holders.get((unit, duty)) for duty in duties)), ())


def _named(office: Office, duty: str, responsible: str) -> Group:
    """Return the people a schedule's text means: by key, or matched in the office; none for other texts."""
    meant = responsible if responsible in office.people else office.matched.get(plain(responsible), "")
    if not responsible or not meant:
        return ()
    person = office.people.get(meant)
    return _group("named", [person] if person else _holders(office, meant, (duty, *_HEADS)))


def _of_first_head(office: Office, place: str) -> str:
    """Return the unit where the first head over a place is written down: the organisation, not a unit of it
    that has a head, too; else the only unit of it that has one ("Administration"); else the place.
    """
    organisation = office.organisation(place or office.root)
    if organisation is None or (organisation, "head") in office.holders:
        return organisation if organisation and place else place
    own = {unit for unit, _ in office.holders_by_organisation.get((organisation, "head"), ())}
    return own.pop() if len(own) == 1 and own.isdisjoint(office.above(place)) else place


def _only_organisation(office: Office, named: Group) -> str:
    """Return the one organisation of the people a schedule names, for a case without a unit; else ""."""
    organisations = {office.organisation(recipient.person.unit) or "" for recipient in named}
    return organisations.pop() if len(organisations) == 1 else ""


def _concerned(office: Office, duty: str, place: str, key: str) -> Group:
    """Return the person a case is about, or the head of their unit (if that is them, of the unit above)."""
    person = office.people.get(key)
    if duty == "person_concerned":
        return _group("duty", [person] if person else [])
    for unit in office.above(person.unit if person else place):
        for held in _HEADS:
            heads = [head for head in office.holders.get((unit, held), ()) if head is not person]
            if heads:
                return _group("duty", heads)
    return ()


def _held(office: Office, duty: str, place: str) -> Iterator[Group]:
    """Yield groups of holders of the duty: of the unit, of those above; if there are none, from elsewhere."""
    if duty == ABOVE:
        yield from [*_heads(office, place)][1:]
        return
    is_held = False
    for unit in office.above(place):
        for held in dict.fromkeys((duty, *_HEADS)) if duty in ("object_unit", "head_of_unit") else (duty,):
            if holders := office.holders.get((unit, held)):
                is_held = True
                yield _group(
                    "head_for_unit" if held != duty else "duty" if unit == place else "duty_above", holders
                )
    if not is_held and not (duty in UNIT_DUTIES and place in office.units):
        yield _group("duty_elsewhere", _elsewhere(office, duty, place))


def _elsewhere(office: Office, duty: str, place: str) -> list[Person]:
    """Return who holds a duty in the organisation of a place; for the whole office who holds it at the top or,
    if nobody does, outside the organisations within it, whose people answer for their own cases alone.
    """
    organisation = office.organisation(place)
    holders = office.holders_by_organisation.get((organisation or "", duty), ())
    if organisation is not None:
        return [person for _, person in holders]
    at_the_top = [
        person for unit, person in holders if unit in office.units and office.units[unit].parent is None
    ]
    if at_the_top or duty in UNIT_DUTIES:
        return at_the_top
    return [person for unit, person in holders if not office.is_within_another(office.organisation(unit) or "")]


def _with_signatories(
    office: Office, named: Group, groups: Iterable[Group], on: date, without: frozenset[str]
) -> Group:
    """Return the people the schedule names, as preparing, together with the duty holders who sign."""
    keys = {recipient.person.key for recipient in named}
    for group in groups:
        if keys & {recipient.person.key for recipient in group}:
            break
        present = _present(office, group, on)
        if signing := [recipient for recipient in present if recipient.person.key not in keys | without]:
            return (*_for_reason("prepares", named), *_for_reason("signs", signing))
    return named


def _for_reason(why: Why, recipients: Iterable[Recipient]) -> Group:
    """Return these recipients for another reason; who stands in for somebody keeps theirs."""
    return tuple(recipient if recipient.instead_of else replace(recipient, why=why) for recipient in recipients)


def _officer(office: Office, duty: str, unit: str, on: date, without: frozenset[str]) -> Group | Unresolved:
    """Return the officer, or who stands in, where nobody else is found; Unresolved without an officer."""
    officer = office.officer_of_last_resort
    if officer is None or officer.key in without:
        return Unresolved(duty=duty, unit=unit)
    instead = stand_in(office, officer, on)
    if instead is not None and instead is not officer and instead.key not in without:
        return (Recipient(person=instead, why="deputy", instead_of=officer),)
    # The officer is notified even when away without a deputy: a letter that waits is better than none.
    # The duty of another organisation is not theirs: it resolves it itself.
    own = (None, *office.above(office.unit_id(unit)))
    is_theirs = duty == "officer" and (not unit or office.organisation(officer.unit) in own)
    return _group("duty" if is_theirs else "officer", [officer])


def _heads(office: Office, place: str) -> Iterator[Group]:
    """Yield the heads on the way up: first of the unit, then those above them."""
    for unit in office.above(place):
        if holders := _holders(office, unit, _HEADS):
            yield _group("duty_above", holders)


def heads_over(
    office: Office,
    places: Sequence[tuple[str, str]],
    *,
    on: date,
    without: frozenset[str] = frozenset(),
    first_head: bool,
) -> Group | Unresolved:
    """Return for each of these people the nearest heads above, other than themselves, who are present on that
    day (or their deputies); the officer where there are none at all.

    `places`: unit and key of each person; the key "" for the unit itself. `without`: keys of people the matter
    is about; they are skipped, the first head included. `first_head`: whether the first head may count as
    nearest; else that is the officer, and the first head only if there is no officer.
    """
    people: dict[str, Recipient] = {}
    unit = ""
    for unit, key in places:
        for group in _heads(office, office.unit_id(unit)):
            if key in {recipient.person.key for recipient in group}:
                continue
            if not first_head and not without and _are_first(office, group):
                continue
            skipped = {key, *without}
            present = _present(office, group, on)
            if allowed := {r.person.key: r for r in present if r.person.key not in skipped}:
                people |= allowed
                break
    recipients = tuple(people.values()) or _officer(office, "head_of_unit", unit, on, without)
    if isinstance(recipients, Unresolved) and not first_head:
        return heads_over(office, places, on=on, without=without, first_head=True)
    return recipients


def _are_first(office: Office, heads: Group) -> bool:
    """Return whether they are first heads: they hold "head" at the top, or of an organisation of its own."""
    units = [office.units[head.person.unit] for head in heads if "head" in head.person.duties]
    return any(unit.kind or unit.parent not in office.units for unit in units)


def _present(office: Office, candidates: Iterable[Recipient], on: date) -> Group:
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
