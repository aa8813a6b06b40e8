"""Fills the forms of a case, a unit or a person, by our templates or the organisation's own; who signs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from i18n import span
from merzim.documents.forms.checks import FormNote, form_marks
from merzim.documents.forms.definitions import Form
from merzim.documents.forms.filling import FilledForm, FormData, fill
from merzim.documents.forms.values import parse_value
from merzim.services.app import AppContext
from merzim.services.documents.rows import (
    Row,
    group_rows,
    position_rows,
    risk_rows,
    schedule_rows,
)
from merzim.services.names import person_named
from workflow.cases.commands.case_commands import View
from workflow.languages import PAPER_LANGUAGES
from workflow.org.duties import Unresolved, resolve
from workflow.org.kinds import among
from workflow.org.office import Office, Person
from workflow.refusal import Refusal

HIGH = ("central_body", "oblast_akim_office", "city_akim_office")
APPROVERS: Mapping[str, tuple[str, ...]] = {
    "high": ("head", "deputy", "chief_of_staff"),
    "low": ("head", "chief_of_staff"),
}
"""Duties that may approve in central bodies, oblasts and republican cities (`HIGH`); and in districts and
cities (where the akim is a head).
"""


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


def approvers_of(app: AppContext, form: Form, letter: Letterhead, view: View | None = None) -> tuple[str, ...]:
    """Return the duties that may approve a form in the organisation it is of; empty if none approves it.

    The signatories in the case's own edition take precedence over the general rule.
    """
    kind = app.reads.office().kind_of(letter.organisation)
    obligation = view.procedure.by_id.get(_APPROVED.get(form.id, "")) if view else None
    if (
        obligation is not None
        and obligation.signed_by is not None
        and (duties := obligation.signed_by.of(kind))
    ):
        return duties
    if form.approvers != "level":
        return (form.approvers,) if form.approvers else ()
    return APPROVERS["high" if among(kind, HIGH) else "low"]


def from_case(
    app: AppContext, form: Form, view: View, language: str, *, today: date, approver: str = ""
) -> FormData:
    """Return the fields of a form that a case can fill, and its rows if it has any.

    A day of signing is taken only from a fact; an announced day also from a plan date.
    """
    case = view.case
    office = app.reads.office()
    signed_on = _day_of_fact(view, _SIGNED.get(form.id, ""))
    group, letter = group_rows(case, office, language), letterhead(app, case.unit, today)
    values: dict[str, object] = {
        "organisation": organisation_name(app, letter.organisation, language),
        "object": case.object_in(language),
        "reviewed_period": span(*case.period, language) if case.period else None,
        "group": [", ".join(str(part) for part in member.values() if part) for member in group],
        "period": _period(view, as_planned=form.id == "schedule"),
        "posted_on": case.day_of(_SIGNED.get(form.id, "")),
        "monitored_period": _monitored(view, language),
        "approved_on": signed_on,
    }
    # A paper cites no document, and tells no event, of a later day than its own.
    own_day = signed_on or today
    for name, fact in _CITED.items():
        cited_on = _day_of_fact(view, fact)
        values[name] = cited_on if cited_on is None or cited_on <= own_day else None
    if form.id in _OF_THE_DISCUSSION:
        values["discussion_on"] = case.day_of("discussion_held")
    carries_out = _holder_in(app, "authorised_person", letter, today)
    values |= _who("head", letter.head, language) | _who("signer", carries_out, language)
    values["email"] = carries_out.email if carries_out else None
    values |= _who("approver", _approver(app, form, letter, today, approver, view), language)
    rows = _rows(form, view, office, language, group, own_day)
    return FormData({name: value for name, value in values.items() if name in form.fields}, tuple(rows))


def _rows(form: Form, view: View, office: Office, language: str, group: list[Row], own_day: date) -> list[Row]:
    """Return the rows of a form about a case; risks for all forms but the three with rows of their own."""
    match form.id:
        case "schedule":
            return schedule_rows(view, language)
        case "exposed_positions":
            return position_rows(form, view.case, office, language, on=own_day)
        case "order":
            return group
        case _:
            return risk_rows(form, view.case, office, language, on=own_day)


def from_office(
    app: AppContext,
    form: Form,
    language: str,
    *,
    unit: str,
    year: int | None,
    person: str,
    today: date,
    approver: str = "",
) -> dict[str, object]:
    """Return the fields of a form about a period of a unit, or about a person, that the office's data can
    fill.
    """
    office = app.reads.office()
    signer = office.people[person_named(office, person)] if person else None
    about = policy_unit(office, signer.unit) if signer and not unit else unit
    letter = report_letterhead(app, about, today)
    values: dict[str, object] = {
        "organisation": _report_name(app, letter, language) or unit,
        "year": year,
        "next_year": year + 1 if year else None,
        **_who("approver", _approver(app, form, letter, today, approver), language),
    }
    if signer:
        values |= {"name": signer.name_in(language), "post": signer.post_in(language)}
    return {name: value for name, value in values.items() if name in form.fields and value}


def policy_unit(office: Office, unit: str) -> str:
    """Return the organisation whose policy applies to the workers of a unit; "" for the office's own."""
    organisation = office.organisation(unit)
    return organisation if organisation and organisation != office.root else ""


def typed_values(form: Form, pairs: list[str]) -> dict[str, object]:
    """Return the values typed as FIELD=VALUE (`--set`) by field; a repeated field is a list.

    Raises:
        Refusal, UnreadableCell: each names the pair.
    """
    texts: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise Refusal("form_set_shape", text=pair)
        texts.setdefault(form.field(name).id, []).append(text)
    return {name: parse_value(form.fields[name], written_texts) for name, written_texts in texts.items()}


_APPROVED = {
    "schedule": "schedule_approved",
    "plan": "plan_approved",
    "exposed_positions": "positions_listed",
}
"""Form -> the obligation whose signatories approve it, which is also the fact of its approval."""
_SIGNED = {
    **_APPROVED,
    "start_announcement": "start_announced",
    "discussion_announcement": "discussion_announced",
    "order": "order_signed",
    "analytic_note": "note_signed",
    "monitoring_note": "monitoring_noted",
}
"""Form -> the fact whose day is the paper's own; the paper states the position of that day."""
_CITED = {
    "order_date": "order_signed",
    "note_date": "note_signed",
    "plan_date": "plan_approved",
    "monitoring_date": "monitoring_noted",
    "discussion_on": "discussion_held",
}
"""Field -> the fact whose day it names."""
_OF_THE_DISCUSSION = ("discussion_announcement", "minutes")
"""The forms about the discussion itself, whose day may still be planned."""


def _day_of_fact(view: View, name: str) -> date | None:
    """Return the day of a recorded fact, never a plan date; None if it is not recorded."""
    fact = view.case.facts.get(name)
    return fact.on if fact else None


def _period(view: View, *, as_planned: bool) -> tuple[date, date] | None:
    """Return the days of the analysis: as it was, or as planned where the plan is known and asked for."""
    planned = view.case.planned if as_planned else {}
    first, last = (
        planned.get(fact) or view.case.day_of(fact) for fact in ("analysis_started", "analysis_ended")
    )
    return (first, last) if first and last and first <= last else None


def _monitored(view: View, language: str) -> str | None:
    """Return the period of monitoring: from the signing of the note to the day its year ends; None if not
    signed.
    """
    signed = _day_of_fact(view, "note_signed")
    ends = next(
        (deadline.due for deadline in view.deadlines if deadline.obligation.id == "monitoring_noted"), None
    )
    return span(signed, ends, language) if signed and ends else None


def _approver(
    app: AppContext, form: Form, letter: Letterhead, today: date, duty: str, view: View | None = None
) -> Person | None:
    """Return who approves a form: the holder of `duty`, if "" of the first duty that may; None for nobody."""
    allowed = approvers_of(app, form, letter, view)
    return _holder_in(app, duty or allowed[0], letter, today) if allowed or duty else None


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
    holders = [
        recipient.person
        for recipient in recipients
        if duty in recipient.person.duties and recipient.instead_of is None
    ]
    return holders[0] if len(holders) == 1 else None


def _who(prefix: str, person: Person | None, language: str) -> dict[str, object]:
    """Return the fields of a person's post and name, named after what the person is there; none for None."""
    if person is None:
        return {}
    return {f"{prefix}_post": person.post_in(language), f"{prefix}_name": person.name_in(language)}


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


def _report_name(app: AppContext, letter: Letterhead, language: str) -> str:
    """Return the name on a report: of the organisation; where no kind is known, of the unit asked for."""
    unit = app.reads.office().units.get(letter.organisation)
    if unit is None or unit.kind:
        return organisation_name(app, letter.organisation, language)
    return unit.name_in(language)


def own_template(app: AppContext, form: Form, language: str) -> Path | None:
    """Return the organisation's own template of a form, a file of its name; None where ours is used."""
    folder = app.settings.forms.folder
    file = folder / f"{form.id}.{language}.docx" if folder else None
    return file if file and file.is_file() else None


def fill_form(app: AppContext, form: Form, data: FormData, language: str) -> FilledForm:
    """Fill the organisation's own template of a form, or ours. Raises as `fill` does."""
    file = own_template(app, form, language)
    own = file.read_bytes() if file else None
    return fill(form, data.fields, language, rows=data.rows, looked_up=data.looked_up, office_template=own)


def paper_notes(
    app: AppContext, form: Form, languages: Sequence[str] = PAPER_LANGUAGES
) -> tuple[FormNote, ...]:
    """Return the remarks on a form's layout: whose it is, its language, and the organisation's own template."""
    templates = {language: own_template(app, form, language) for language in languages}
    ours = [language for language, own in templates.items() if own is None]
    return (
        *(form_marks(form, ours[-1]) if ours else ()),
        *(
            FormNote(code=f"form.mark.own_{language}", arguments={"name": own.name})
            for language, own in templates.items()
            if own
        ),
    )
