"""Papers of a case, and of the office alone; their documents, by our templates or the organisation's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from i18n import span
from merzim.documents.forms.checks import FormNote, form_marks
from merzim.documents.forms.definitions import Form
from merzim.documents.forms.paper import Paper, fill
from merzim.documents.forms.values import parse_value
from merzim.services.app import AppContext
from merzim.services.documents.rows import case_rows, group_rows
from merzim.services.documents.signing import (
    APPROVED,
    letterhead,
    organisation_name,
    report_letterhead,
    report_name,
    signatures,
)
from workflow.cases.commands.case_commands import View
from workflow.languages import PAPER_LANGUAGES
from workflow.refusal import Refusal

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


def case_paper(
    app: AppContext, form: Form, view: View, language: str, *, today: date, approver: str = ""
) -> Paper:
    """Return a form about a case with what the case and the office know of it.

    A day of signing is taken only from a fact; an announced day also from a plan date. A paper cites no
    document, and tells no event, of a later day than its own.
    """
    case, office = view.case, app.reads.office()
    letter, group = letterhead(app, case.unit, today), group_rows(case, office, language)
    days = {name: fact.on for name, fact in case.facts.items()}
    signed_on = days.get(_SIGNED.get(form.id, ""))
    own_day = signed_on or today
    cited = {name: on for name, fact in _CITED.items() if (on := days.get(fact)) and on <= own_day}
    if form.id in _OF_THE_DISCUSSION and (held_on := case.day_of("discussion_held")):
        cited["discussion_on"] = held_on
    values: dict[str, object] = {
        "organisation": organisation_name(app, letter.organisation, language),
        "object": case.object_in(language),
        "reviewed_period": span(*case.period, language) if case.period else None,
        "group": [", ".join(str(part) for part in member.values() if part) for member in group],
        "period": _period(view, as_planned=form.id == "schedule"),
        "posted_on": case.day_of(_SIGNED.get(form.id, "")),
        "monitored_period": _monitored(view, language),
        "approved_on": signed_on,
        **cited,
        **signatures(app, form, letter, language, today=today, approver=approver, view=view),
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
    """Return the period of monitoring: from the signing of the note to the day its year ends; None if not
    signed.
    """
    signed = view.case.facts.get("note_signed")
    ends = next((each.due for each in view.deadlines if each.obligation.id == "monitoring_noted"), None)
    return span(signed.on, ends, language) if signed and ends else None


def office_paper(
    app: AppContext,
    form: Form,
    language: str,
    *,
    today: date,
    unit: str = "",
    year: int | None = None,
    approver: str = "",
) -> Paper:
    """Return a form about a period of a unit, or about a person there, with what the office knows; without
    rows.
    """
    letter = report_letterhead(app, unit, today)
    values: dict[str, object] = {
        "organisation": report_name(app, letter, language) or unit,
        "year": year,
        "next_year": year + 1 if year else None,
        **signatures(app, form, letter, language, today=today, approver=approver),
    }
    return Paper(form, language, _asked(form, values))


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


def own_template(app: AppContext, form: Form, language: str) -> Path | None:
    """Return the organisation's own template of a form, a file of its name; None where ours is used."""
    folder = app.settings.forms.folder
    file = folder / f"{form.id}.{language}.docx" if folder else None
    return file if file and file.is_file() else None


def document_of(app: AppContext, paper: Paper) -> bytes:
    """Return a paper as DOCX, by the organisation's own template or ours. Raises as `fill` does."""
    own = own_template(app, paper.form, paper.language)
    return fill(paper, own.read_bytes() if own else None)


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
