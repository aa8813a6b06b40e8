"""The forms of a case for recording, planning, correcting, exempting and withdrawing: choices and values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.law.regulations import case_registers
from merzim.web.pages.cases.case_view import CaseView
from merzim.web.ui.form_values import RejectedForm, is_same_text, parse_date, parse_text
from merzim.web.ui.name_fields import own_units
from workflow.cases.case import Case
from workflow.cases.commands.planning import Preview
from workflow.cases.registers.rows import is_entry, rows_of
from workflow.deadlines.deadline import Deadline
from workflow.law.procedure import Text
from workflow.org.office import DUTIES, OF_A_PERSON, OUTSIDE
from workflow.refusal import Refusal

SIGNATORIES = tuple(duty for duty in DUTIES if duty not in {OUTSIDE, *OF_A_PERSON})
"""Duties whose holders may have signed a document."""
OTHER = "other"
"""The kind of a document nobody asks for."""
Choices = list[tuple[str, Text]]
"""Obligations to choose from, by id and title."""


def record_form(
    case: Case,
    deadlines: Sequence[Deadline],
    *,
    fact: str,
    on: str = "",
    tried: RejectedForm | None = None,
    today: date,
) -> dict[str, Any]:
    """Return the form that records a fact: its `choices`, what is chosen (`fact`, by default the earliest open
    one; `option` of a decision's `options`), the day `on`, and what is asked for: `numbers`, `signatories`,
    documents (`proofs`; dated as the fact where it is done by publishing, `published`).

    Of a fact that `is_recorded` the day is kept and evidence added. `tried`: the same form as refused.
    """
    typed = tried.answers if tried else {}
    fact = typed.get("fact", "") if tried else fact
    by_id = {each.id: each for each in deadlines if not is_entry(each.id)}
    offered = [
        each
        for each in by_id.values()
        if each.id == fact or (each.state not in ("done", "not_required") and each.recorded_on is None)
    ]
    still_open = sorted((d for d in offered if d.state == "open"), key=lambda d: d.due or date.max)
    chosen = by_id.get(fact) or next(iter(still_open or offered), None)
    obligation, option = (chosen.obligation, chosen.answer) if chosen else (None, None)
    recorded_on = chosen.recorded_on if chosen and not (tried and tried.refusal) else None
    return {
        "choices": _titled(offered),
        "fact": chosen.id if chosen else "",
        "on": typed.get("on", on or (recorded_on or today).isoformat()),
        "proofs": proofs_asked(obligation.evidence if obligation else ()),
        "published": obligation is not None and obligation.judged_by == "published",
        "numbers": obligation.values if obligation else (),
        "signatories": _signatories(chosen, case.kind),
        "options": (option,) if option else obligation.options if obligation else (),
        "option": option.id if option else typed.get("option", ""),
        "is_recorded": recorded_on is not None,
    }


def foreseen_effect(ctx: RequestContext, case: str, form: Mapping[str, Any]) -> tuple[Preview, int] | None:
    """Return what recording the fact on the form's day would change, and how many people would be told; None
    for a decision and for a day that would be refused.
    """
    if form["options"] or not form["on"]:
        return None
    try:
        fields = {"case": case, "fact": form["fact"], "on": parse_date(form["on"]), "preview": True}
        foreseen, people = cases.foresee(ctx, build(cases.RecordFact, fields))
    except Refusal:
        return None
    return foreseen, len(people)


def proofs_asked(kinds: Iterable[str]) -> list[tuple[str, bool]]:
    """Return the documents a form asks for, each with whether it is a link: always one link and one file, of
    the kind "other" where the obligation asks for none.
    """
    asked = [(kind, kind.startswith("link:")) for kind in kinds]
    if not any(link for _, link in asked):
        asked.append((OTHER, True))
    return asked if not all(link for _, link in asked) else [*asked, (OTHER, False)]


def plannable(deadlines: Sequence[Deadline], chosen: str) -> Choices:
    """Return what may be given a plan date: everything that has not happened yet, and what is chosen."""

    def may_be_planned(each: Deadline) -> bool:
        is_past = each.recorded_on or each.state == "not_required"
        return not (is_past or each.obligation.options or is_entry(each.id))

    return _titled(each for each in deadlines if each.id == chosen or may_be_planned(each))


def correct_form(case: Case, deadlines: Sequence[Deadline], fact: str) -> dict[str, Any]:
    """Return the choices of the form that corrects a recorded fact (none of a register's row), its values, and
    who may sign.
    """
    own = {name for name, known in case.facts.items() if not known.row}
    recorded = {deadline.fact: deadline for deadline in deadlines if deadline.fact in own}
    if fact not in recorded:
        fact = next(reversed(recorded), "")
    chosen, values = recorded.get(fact), {"fact": fact}
    if known := case.facts.get(fact):
        values |= {f"value.{name}": f"{number:f}" for name, number in known.values.items()}
        values |= {"on": known.on.isoformat(), "signed_by": known.signed_by}
    return {
        "choices": [(name, (each.answer or each.obligation).title) for name, each in recorded.items()],
        "numbers": chosen.obligation.values if chosen else (),
        "signatories": _signatories(chosen, case.kind),
        "values": values,
    }


def exempt_form(deadlines: Sequence[Deadline], chosen: str) -> dict[str, Any]:
    """Return the obligations a case may be exempted from (open, coming, missed; no periods), and the chosen."""
    titles: dict[str, Text] = {}
    for deadline in deadlines:
        if deadline.state in ("open", "not_due_yet", "missed") and not is_entry(deadline.id):
            titles.setdefault(deadline.id.partition(".")[0], deadline.obligation.title)
    chosen = chosen.partition(".")[0]
    return {"choices": titles.items(), "chosen": chosen if chosen in titles else ""}


def reopen_choices(case: Case, deadlines: Sequence[Deadline]) -> Choices:
    """Return the obligations whose exemption may be withdrawn, as they were exempted."""
    titles = {name.partition(".")[0]: title for name, title in _titled(deadlines)}
    return [(name, title) for name in sorted(case.exempted) if (title := titles.get(name.partition(".")[0]))]


def _titled(deadlines: Iterable[Deadline]) -> Choices:
    return [(deadline.id, deadline.obligation.title) for deadline in deadlines]


def _signatories(chosen: Deadline | None, kind: str) -> tuple[str, ...]:
    """Return the duties that may sign or decide, those named by the act first; none for a fact nobody signs."""
    if chosen is None or (chosen.obligation.signed_by is None and not chosen.obligation.options):
        return ()
    named = chosen.obligation.signed_by.of(kind) if chosen.obligation.signed_by else ()
    return tuple(dict.fromkeys((*named, *SIGNATORIES)))


def recorded_rows(case: Case) -> list[tuple[str, str]]:
    """Return the rows of the case's registers, each as `risk.3` with the text it is known by."""
    return [
        (f"{register.entry.row}.{number}", str(row[register.named_by[0]]))
        for register in (case_registers().all() if case.entries else ())
        if register.entry
        for number, row in rows_of(case, register.entry.row).items()
    ]


RESPONSIBLE = "responsible."
"""Prefix of the fields for the person responsible for an obligation."""


def passport_form(ctx: RequestContext, view: CaseView) -> dict[str, str]:
    """Return the present values of the form, of which only differences are sent; somebody responsible for an
    obligation stands as `responsible.order_signed`.
    """
    case, office = view.case, ctx.reads.office()
    first, last = case.period or (None, None)
    return {
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


def passport_fields(ctx: RequestContext, answers: Mapping[str, str]) -> dict[str, object]:
    """Return the fields of a passport form whose values differ from those it showed, for the command."""
    changed = {
        name: parse_text(text)
        for name, text in answers.items()
        if f"was.{name}" in answers and not is_same_text(text, answers[f"was.{name}"])
    }
    fields: dict[str, object] = {name: changed[name] for name in ("object_kk", "object_ru") if name in changed}
    if "unit" in changed:
        fields["unit"] = own_units(ctx).resolve(changed["unit"])
    if "group" in changed:
        fields["group"] = changed["group"].splitlines()
    if changed.keys() & {"period_first", "period_last"}:
        days = [answers.get(name, "").strip() for name in ("period_first", "period_last")]
        fields["period"] = [parse_date(day) for day in days] if any(days) else []
    people = {
        name.removeprefix(RESPONSIBLE): text for name, text in changed.items() if name.startswith(RESPONSIBLE)
    }
    if added := answers.get("more", ""):
        people[added] = parse_text(answers.get("more_who", ""))
    return {**fields, "responsible": people} if people else fields
