"""The passport of a case on its page: its values, and the form that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext
from merzim.web.pages.cases.case_view import CaseView
from merzim.web.pages.cases.evidence import run_confirmed
from merzim.web.ui.form_values import RejectedForm, parse_date, parse_text
from merzim.web.ui.name_fields import NameField, build_unit_field, resolve_unit
from workflow.cases.registers.entries import is_entry
from workflow.law.procedure import Text
from workflow.org.office import Office

RESPONSIBLE = "responsible."
"""Prefix of the fields for the person responsible for an obligation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PassportForm:
    """The passport form with its values.

    Attributes:
        shown: the field values when the page was made, by name; only differences are sent.
        responsible: obligations with a responsible person, with their titles; `more`: all others.
    """

    unit: NameField
    shown: Mapping[str, str]
    responsible: tuple[tuple[str, Text], ...]
    more: tuple[tuple[str, Text], ...]


def passport_form(
    view: CaseView, office: Office, *, root: str, rejected_form: RejectedForm | None
) -> PassportForm:
    """Return the form with the present values, or with the typed ones after a refusal."""
    case = view.case
    first, last = case.period or (None, None)
    titles = [(obligation.id, obligation.title) for obligation in view.procedure.obligations]
    form_texts = {
        "object_kk": case.object_kk,
        "object_ru": case.object_ru,
        # An unknown unit cannot be chosen: it is kept unless another one is chosen.
        "unit": case.unit if case.unit in office.units else "",
        "period_first": first.isoformat() if first else "",
        "period_last": last.isoformat() if last else "",
        "group": "\n".join(case.group),
        **{
            RESPONSIBLE + name: office.people[text].name if text in office.people else text
            for name, text in case.responsible.items()
            if not is_entry(name)
        },
    }
    named_keys = {name.removeprefix(RESPONSIBLE) for name in form_texts if name.startswith(RESPONSIBLE)}
    typed_unit = rejected_form.answers.get("unit", case.unit) if rejected_form else case.unit
    return PassportForm(
        unit=build_unit_field(office, typed_unit, root=root),
        shown=form_texts,
        responsible=tuple((name, title) for name, title in titles if name in named_keys),
        more=tuple((name, title) for name, title in titles if name not in named_keys),
    )


def describe(ctx: RequestContext, case: str, answers: Mapping[str, str]) -> tuple[str, str]:
    """Change the fields that differ from what the form showed."""
    changed_texts = {
        name: parse_text(text)
        for name, text in answers.items()
        if f"was.{name}" in answers and _plain(text) != _plain(answers[f"was.{name}"])
    }
    fields: dict[str, object] = {"case": case}
    fields |= {name: changed_texts[name] for name in ("object_kk", "object_ru") if name in changed_texts}
    if "unit" in changed_texts:
        fields["unit"] = resolve_unit(ctx.reads.office(), changed_texts["unit"], root=ctx.reader.root)
    if "group" in changed_texts:
        fields["group"] = changed_texts["group"].splitlines()
    if {"period_first", "period_last"} & changed_texts.keys():
        days = [answers.get(name, "").strip() for name in ("period_first", "period_last")]
        fields["period"] = [parse_date(day) for day in days] if any(days) else []
    people = {
        name.removeprefix(RESPONSIBLE): text
        for name, text in changed_texts.items()
        if name.startswith(RESPONSIBLE)
    }
    if new_key := answers.get("more", ""):
        people[new_key] = parse_text(answers.get("more_who", ""))
    if people:
        fields["responsible"] = people
    run_confirmed(ctx, answers, cases.describe, fields)
    return "described", ""


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
