"""Letterhead and signatures of papers: the organisation a paper names, its head, who signs and approves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from merzim.documents.forms.definitions import Form
from merzim.services.app import AppContext
from workflow.cases.commands.case_commands import View
from workflow.org.duties import Unresolved, resolve
from workflow.org.kinds import among
from workflow.org.office import Office, Person

HIGH = ("central_body", "oblast_akim_office", "city_akim_office")
APPROVERS: Mapping[str, tuple[str, ...]] = {
    "high": ("head", "deputy", "chief_of_staff"),
    "low": ("head", "chief_of_staff"),
}
"""Duties that may approve in central bodies, oblasts and republican cities (`HIGH`); and in districts and
cities (where the akim is a head).
"""
APPROVED = {
    "schedule": "schedule_approved",
    "plan": "plan_approved",
    "exposed_positions": "positions_listed",
}
"""Form -> the obligation whose signatories approve it, which is also the fact of its approval."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The one organisation a paper is of: its name, subject and signatures are that organisation's.

    Attributes:
        organisation: its unit; "" for the office itself.
        place: the unit in it whose duties the paper names.
        head: its first head; None if nobody or several people hold that duty, or the holder is away.
    """

    organisation: str
    place: str
    head: Person | None


def letterhead(app: AppContext, unit: str, today: date) -> Letterhead:
    """Return whose paper a unit's is: that of the nearest organisation, going up, with a first head of its own.

    Instruction (000), P1: the head of the subject of the analysis signs.
    """
    office = app.reads.office()
    place = office.unit_id(unit) or office.root
    own = office.organisation(place)
    for unit_id in office.above(place) if place in office.units else ():
        if own and not office.units[unit_id].kind:
            continue
        within = tuple(person for _, person in office.holders_by_organisation.get((unit_id, "head"), ()))
        if heads := office.holders.get((unit_id, "head")) or within:
            head = heads[0] if len(heads) == 1 and not heads[0].is_away(today) else None
            return Letterhead(unit_id, place if own in (None, unit_id) else unit_id, head)
    return Letterhead(own or office.root, place, None if place else _holder(office, "head", "", today))


def report_letterhead(app: AppContext, unit: str, today: date) -> Letterhead:
    """Return whose paper a report about a unit's period is: that of the organisation the unit belongs to."""
    office = app.reads.office()
    place = office.unit_id(unit) or office.root
    organisation = office.organisation(place) or (place if unit else "")
    head = letterhead(app, place, today)
    return Letterhead(organisation, place, head.head if head.organisation == organisation else None)


def policy_unit(office: Office, unit: str) -> str:
    """Return the organisation whose policy applies to the workers of a unit; "" for the office's own."""
    organisation = office.organisation(unit)
    return organisation if organisation and organisation != office.root else ""


def approvers_of(app: AppContext, form: Form, letter: Letterhead, view: View | None = None) -> tuple[str, ...]:
    """Return the duties that may approve a form in the organisation it is of; empty if none approves it.

    The signatories in the case's own edition take precedence over the general rule.
    """
    kind = app.reads.office().kind_of(letter.organisation)
    obligation = view.procedure.by_id.get(APPROVED.get(form.id, "")) if view else None
    if obligation and obligation.signed_by and (duties := obligation.signed_by.of(kind)):
        return duties
    if form.approvers != "level":
        return (form.approvers,) if form.approvers else ()
    return APPROVERS["high" if among(kind, HIGH) else "low"]


def signatures(
    app: AppContext,
    form: Form,
    letter: Letterhead,
    language: str,
    *,
    today: date,
    approver: str = "",
    view: View | None = None,
) -> dict[str, object]:
    """Return the posts and names of who signs a paper: the head, who carries the analysis out, who approves it.

    Args:
        approver: the duty of who approves it; "" for the first duty that may.
    """
    allowed = approvers_of(app, form, letter, view)
    carries_out = _holder_in(app, "authorised_person", letter, today)
    people = {
        "head": letter.head,
        "signer": carries_out,
        "approver": _holder_in(app, approver or allowed[0], letter, today) if approver or allowed else None,
    }
    values: dict[str, object] = {"email": carries_out.email if carries_out else None}
    for what, person in people.items():
        if person is not None:
            values |= {f"{what}_post": person.post_in(language), f"{what}_name": person.name_in(language)}
    return values


def _holder_in(app: AppContext, duty: str, letter: Letterhead, today: date) -> Person | None:
    """Return the person who alone holds a duty in the organisation a paper is of; None if nobody there does,
    even if somebody of a higher body does.
    """
    if duty == "head":
        return letter.head
    office = app.reads.office()
    holder = _holder(office, duty, letter.place, today)
    own = office.organisation(letter.organisation)
    return holder if holder and own in (None, office.organisation(holder.unit)) else None


def _holder(office: Office, duty: str, unit: str, today: date) -> Person | None:
    """Return the person who holds a duty for a unit; None if nobody, several people or only a deputy does."""
    recipients = resolve(office, duty=duty, unit=unit, on=today)
    if isinstance(recipients, Unresolved):
        return None
    own = [each.person for each in recipients if duty in each.person.duties and each.instead_of is None]
    return own[0] if len(own) == 1 else None


def organisation_name(app: AppContext, organisation: str, language: str) -> str:
    """Return the name of an organisation ("" for the office itself) for documents.

    A body below has its own; the office the one of config.toml, or of its top unit where that is the same
    organisation and config.toml lacks the language.
    """
    settings, office = app.settings.office, app.reads.office()
    unit = office.units.get(organisation or office.root)
    if unit and (unit.id != office.root if office.root else unit.kind):
        return unit.name_in(language)
    own_name = {"kk": settings.name_kk, "ru": settings.name_ru}.get(language)
    if unit and not own_name and settings.name in ("", *unit.names):
        return unit.name_in(language)
    return own_name or settings.name


def report_name(app: AppContext, letter: Letterhead, language: str) -> str:
    """Return the name on a report: of the organisation; where no kind is known, of the unit asked for."""
    unit = app.reads.office().units.get(letter.organisation)
    if unit is None or unit.kind:
        return organisation_name(app, letter.organisation, language)
    return unit.name_in(language)
