"""Papers of a case and of the office, with letterhead and signatures; their documents, by our templates or the
organisation's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from i18n import span
from merzim.documents.forms.definitions import Form
from merzim.documents.forms.paper import FormNote, Paper, fill, form_marks
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.documents.rows import case_rows, group_rows
from merzim.services.inputs import clean_file_name
from workflow.cases.commands.case_commands import View
from workflow.languages import PAPER_LANGUAGES
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Office, Person

APPROVED = {"schedule": "schedule_approved", "plan": "plan_approved", "exposed_positions": "positions_listed"}
"""Form -> the obligation whose signatories approve it, which is also the fact of its approval."""
_SIGNED = {
    **APPROVED,
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


def case_paper(ctx: RequestContext, form: Form, view: View, language: str) -> Paper:
    """Return a form about a case with what the case and the office know of it. A day of signing is taken only
    from a fact, an announced day also from a plan date; no document or event later than the paper is cited.
    """
    case, office = view.case, ctx.app.reads.office()
    letter, group = letterhead(ctx, case.unit), group_rows(case, office, language)
    days = {name: fact.on for name, fact in case.facts.items()}
    signed_on = days.get(_SIGNED.get(form.id, ""))
    own_day = signed_on or ctx.today
    cited = {name: on for name, fact in _CITED.items() if (on := days.get(fact)) and on <= own_day}
    if form.id in _OF_THE_DISCUSSION and (held_on := case.day_of("discussion_held")):
        cited["discussion_on"] = held_on
    values: dict[str, object] = {
        "organisation": organisation_name(ctx.app, letter.organisation, language),
        "object": case.object_in(language),
        "reviewed_period": span(*case.period, language) if case.period else None,
        "group": [", ".join(str(part) for part in member.values() if part) for member in group],
        "period": _period(view, as_planned=form.id == "schedule"),
        "posted_on": case.day_of(_SIGNED.get(form.id, "")),
        "monitored_period": _monitored(view, language),
        "approved_on": signed_on,
        **cited,
        **letter.signatures(form, language, view),
    }
    rows = group if form.id == "order" else case_rows(form, view, office, language, on=own_day)
    return Paper(form, language, _asked(form, values), rows)


def _asked(form: Form, values: dict[str, object]) -> dict[str, object]:
    """Return the values a form asks for, without missing ones."""
    return {name: value for name, value in values.items() if name in form.fields and value not in (None, "")}


def _period(view: View, *, as_planned: bool) -> tuple[date, date] | None:
    """Return the days of the analysis: as it was, or as planned where the plan is known and asked for."""
    planned = view.case.planned if as_planned else {}
    first, last = (
        planned.get(fact) or view.case.day_of(fact) for fact in ("analysis_started", "analysis_ended")
    )
    return (first, last) if first and last and first <= last else None


def _monitored(view: View, language: str) -> str | None:
    """Return the period of monitoring: from the note's signing to the end of its year; None if unsigned."""
    signed = view.case.facts.get("note_signed")
    ends = next((each.due for each in view.deadlines if each.obligation.id == "monitoring_noted"), None)
    return span(signed.on, ends, language) if signed and ends else None


def office_paper(
    ctx: RequestContext,
    form: Form,
    language: str,
    *,
    unit: str = "",
    year: int | None = None,
) -> Paper:
    """Return a form about a period of a unit, or a person there, with what the office knows; without rows."""
    letter = report_letterhead(ctx, unit)
    of = ctx.app.reads.office().units.get(letter.organisation)
    # Where no kind is known, the name is of the unit asked for.
    own_name = of.name_in(language) if of and not of.kind else ""
    values: dict[str, object] = {
        "organisation": own_name or organisation_name(ctx.app, letter.organisation, language) or unit,
        "year": year,
        "next_year": year + 1 if year else None,
        **letter.signatures(form, language),
    }
    return Paper(form, language, _asked(form, values))


def own_template(app: AppContext, form: Form, language: str) -> Path | None:
    """Return the organisation's own template of a form, a file of its name; None where ours is used."""
    folder = app.settings.forms.folder
    file = folder / f"{form.id}.{language}.docx" if folder else None
    return file if file and file.is_file() else None


def document_of(app: AppContext, paper: Paper) -> bytes:
    """Return a paper as DOCX, by the organisation's own template or ours. Raises as `fill` does."""
    own = own_template(app, paper.form, paper.language)
    return fill(paper, own.read_bytes() if own else None)


def paper_file(app: AppContext, paper: Paper, about: str) -> tuple[str, bytes]:
    """Return the file name of a paper, after its form and what it is about, and its DOCX. Raises as `fill`."""
    title = paper.form.title[paper.language].partition(" (")[0]
    name = f"{title} – {about}".replace("/", " ").replace("\\", " ")
    return clean_file_name(name[:150]) + ".docx", document_of(app, paper)


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


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The one organisation a paper is of, on a day: its name, subject and signatures are that organisation's.

    Attributes:
        organisation: its unit; "" for the office itself. `place`: the unit in it whose duties the paper names.
        head: its first head; None if nobody or several people hold that duty, or the holder is away.
    """

    office: Office
    today: date
    organisation: str
    place: str
    head: Person | None

    def _approver(self, form: Form, view: View | None) -> str:
        """Return the duty that approves a form: the first of the signatories in the case's own edition, else as
        the form says; "" if none does.
        """
        obligation = view.procedure.by_id.get(APPROVED.get(form.id, "")) if view else None
        signed_by = obligation.signed_by if obligation else None
        duties = signed_by.of(self.office.kind_of(self.organisation)) if signed_by else ()
        return next(iter(duties), form.approver)

    def signatures(self, form: Form, language: str, view: View | None = None) -> dict[str, object]:
        """Return the posts and names of who signs: the head, who carries the analysis out, who approves it."""
        approver = self._approver(form, view)
        carries_out = self._holder("authorised_person")
        people = {
            "head": self.head,
            "signer": carries_out,
            "approver": self._holder(approver) if approver else None,
        }
        values: dict[str, object] = {"email": carries_out.email if carries_out else None}
        for what, person in people.items():
            if person is not None:
                values |= {f"{what}_post": person.post_in(language), f"{what}_name": person.name_in(language)}
        return values

    def _holder(self, duty: str) -> Person | None:
        """Return the person who alone holds a duty in the organisation, not one of a higher body; else None."""
        if duty == "head":
            return self.head
        holder = _holder(self.office, duty, self.place, self.today)
        own = self.office.organisation(self.organisation)
        return holder if holder and own in (None, self.office.organisation(holder.unit)) else None


def letterhead(ctx: RequestContext, unit: str) -> Letterhead:
    """Return whose paper a unit's is: that of the nearest organisation, going up, with a first head of its own,
    for the head of the subject of the analysis signs (Instruction (000), P1).
    """
    office, today = ctx.app.reads.office(), ctx.today
    place = office.unit_id(unit) or office.root
    own = office.organisation(place)
    for unit_id in office.above(place) if place in office.units else ():
        if own and not office.units[unit_id].kind:
            continue
        within = tuple(person for _, person in office.holders_by_organisation.get((unit_id, "head"), ()))
        if heads := office.holders.get((unit_id, "head")) or within:
            head = heads[0] if len(heads) == 1 and not heads[0].is_away(today) else None
            return Letterhead(office, today, unit_id, place if own in (None, unit_id) else unit_id, head)
    head = None if place else _holder(office, "head", "", today)
    return Letterhead(office, today, own or office.root, place, head)


def report_letterhead(ctx: RequestContext, unit: str) -> Letterhead:
    """Return whose paper a report about a unit's period is: that of the organisation the unit belongs to."""
    office = ctx.app.reads.office()
    place = office.unit_id(unit) or office.root
    organisation = office.organisation(place) or (place if unit else "")
    nearest = letterhead(ctx, place)
    head = nearest.head if nearest.organisation == organisation else None
    return replace(nearest, organisation=organisation, place=place, head=head)


def policy_unit(office: Office, unit: str) -> str:
    """Return the organisation whose policy applies to the workers of a unit; "" for the office's own."""
    organisation = office.organisation(unit)
    return organisation if organisation and organisation != office.root else ""


def _holder(office: Office, duty: str, unit: str, today: date) -> Person | None:
    """Return the person who holds a duty for a unit; None if nobody, several people or only a deputy does."""
    recipients = resolve(office, duty=duty, unit=unit, on=today)
    if isinstance(recipients, Unresolved):
        return None
    own = [each.person for each in recipients if duty in each.person.duties and each.instead_of is None]
    return own[0] if len(own) == 1 else None


def organisation_name(app: AppContext, organisation: str, language: str) -> str:
    """Return the name of an organisation ("" for the office itself) for documents: its own of a body below, of
    the office that of config.toml, or of its top unit if it is the same and config.toml lacks the language.
    """
    settings, office = app.settings.office, app.reads.office()
    unit = office.units.get(organisation or office.root)
    own_name = {"kk": settings.name_kk, "ru": settings.name_ru}.get(language)
    if unit:
        is_below = unit.id != office.root if office.root else bool(unit.kind)
        if is_below or (not own_name and settings.name in ("", *unit.names)):
            return unit.name_in(language)
    return own_name or settings.name
