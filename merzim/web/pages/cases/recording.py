"""The forms of a case for recording, planning, correcting, exempting and withdrawing: choices and values.

After a refusal the typed values are shown again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext
from merzim.services.law.regulations import case_registers
from merzim.web.pages.cases.case_view import CaseView
from merzim.web.pages.cases.evidence import evidence_fields
from merzim.web.ui.form_values import Confirmation, RejectedForm, is_same_text, parse_date, parse_text
from merzim.web.ui.name_fields import own_units
from workflow.cases.case import PLAN, Case
from workflow.cases.commands.previews import Preview
from workflow.cases.registers.entries import is_entry
from workflow.cases.registers.rows import rows_of
from workflow.deadlines.deadline import Deadline
from workflow.law.procedure import Option, Text
from workflow.org.office import DUTIES, OF_A_PERSON, OUTSIDE
from workflow.refusal import Refusal

SIGNATORIES = tuple(duty for duty in DUTIES if duty not in {OUTSIDE, *OF_A_PERSON})
"""Duties whose holders may have signed a document."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseForm:
    """The form that records a fact: its choices, its values, the refusal.

    Attributes:
        values: names of the fact's numbers, each with its value, "" for none.
        published: whether the fact is done by publishing, so that a link is dated as the fact.
        signatories: possible signatories, those named by the act first.
        options: the options if a decision is chosen; `option`: the chosen one.
        confirmation: the changes the user must confirm.
        is_recorded: whether the chosen fact is recorded already: its day is kept, evidence is added.
    """

    choices: tuple[tuple[str, Text], ...]
    fact: str = ""
    on: str = ""
    fields: tuple[dict[str, Any], ...] = ()
    published: bool = False
    values: tuple[tuple[str, str], ...] = ()
    signatories: tuple[str, ...] = ()
    signed_by: str = ""
    options: tuple[Option, ...] = ()
    option: str = ""
    is_recorded: bool = False
    confirmation: Confirmation | None = None
    refusal: Refusal | None = None
    had_files: bool = False


def record_form(
    deadlines: Sequence[Deadline],
    *,
    fact: str,
    rejected_form: RejectedForm | None,
    kind: str,
    today: date,
) -> CaseForm:
    """Return the form that records a fact. By default the earliest open obligation is chosen.

    A recorded fact can be chosen by its link; its day is kept and evidence is added.

    Args:
        kind: the kind of organisation, which decides who may sign.
        today: the default day, unless another was recorded or typed.
    """
    answers = rejected_form.answers if rejected_form else {}
    refusal = rejected_form.refusal if rejected_form else None
    deadlines_by_id = {deadline.id: deadline for deadline in deadlines if not is_entry(deadline.id)}
    choices = tuple(
        (deadline.id, deadline.obligation.title)
        for deadline in deadlines_by_id.values()
        if deadline.id == fact
        or (deadline.state not in ("done", "not_required") and deadline.recorded_on is None)
    )
    if fact not in deadlines_by_id:
        still_open = [d for d in deadlines if d.state == "open" and d.id in dict(choices)]
        next_deadline = min(still_open, key=lambda d: (d.due is None, d.due or date.max), default=None)
        fact = next_deadline.id if next_deadline else (choices[0][0] if choices else "")
    chosen = deadlines_by_id.get(fact)
    recorded = chosen.recorded_on if chosen else None
    option = chosen.answer if chosen else None
    published = chosen is not None and chosen.obligation.judged_by == "published"
    on = answers.get("on", (recorded if recorded and not refusal else today).isoformat())
    return CaseForm(
        choices=choices,
        fact=fact,
        on=on,
        fields=evidence_fields(
            chosen.obligation.evidence if chosen else (), answers, published_on=on if published else ""
        ),
        published=published,
        values=_values(chosen, answers),
        signatories=_signatories(chosen, kind),
        signed_by=answers.get("signed_by", ""),
        options=(option,) if option else chosen.obligation.options if chosen else (),
        option=option.id if option else answers.get("option", ""),
        is_recorded=recorded is not None and refusal is None,
        confirmation=rejected_form.confirmation if rejected_form else None,
        refusal=refusal,
        had_files=rejected_form is not None and rejected_form.had_files,
    )


def foreseen_effect(ctx: RequestContext, case: str, form: CaseForm) -> tuple[Preview, int] | None:
    """Return what recording the fact on the form's day would change, and how many people would be told; None
    for a decision and for a day that would be refused.
    """
    if form.options or not form.on:
        return None
    try:
        day = parse_date(form.on)
        command = cases.RecordFact(case=case, fact=form.fact, on=day, preview=True)
        foreseen, people = cases.foresee(ctx, command)
    except (Refusal, ValueError):
        return None
    return foreseen, len(people)


def plan_form(deadlines: Sequence[Deadline], *, fact: str, tried: RejectedForm | None) -> dict[str, Any]:
    """Return the choices of the form that sets a plan date: everything that has not happened yet."""
    fact = tried.answers.get("fact", "") if tried else fact
    choices = [
        (deadline.id, deadline.obligation.title)
        for deadline in deadlines
        if deadline.id == fact
        or (
            deadline.recorded_on is None
            and deadline.state != "not_required"
            and not deadline.obligation.options
            and not is_entry(deadline.id)
        )
    ]
    return {"choices": choices, "fact": fact}


def correct_form(
    case: Case, deadlines: Sequence[Deadline], *, fact: str, tried: RejectedForm | None
) -> dict[str, Any]:
    """Return the choices of the form that corrects a recorded fact, its recorded values, and who may sign.

    Facts recorded from a register row are corrected in the register.
    """
    recorded = {
        deadline.fact: deadline
        for deadline in deadlines
        if deadline.fact in case.facts and not case.facts[deadline.fact].row
    }
    fact = tried.answers.get("fact", fact) if tried else fact
    if fact not in recorded:
        fact = next(reversed(recorded), "")
    chosen, recorded_fact, values = recorded.get(fact), case.facts.get(fact), {"fact": fact}
    if recorded_fact is not None:
        values |= {f"value.{name}": f"{number:f}" for name, number in recorded_fact.values.items()}
        values |= {"on": recorded_fact.on.isoformat(), "signed_by": recorded_fact.signed_by}
    return {
        "choices": [(name, (recorded[name].answer or recorded[name].obligation).title) for name in recorded],
        "numbers": chosen.obligation.values if chosen else (),
        "signatories": _signatories(chosen, case.kind),
        "values": values,
    }


def exempt_form(deadlines: Sequence[Deadline], *, fact: str, tried: RejectedForm | None) -> dict[str, Any]:
    """Return the choices of the form that exempts the case from one obligation: all open, coming and missed
    ones, without their periods; none is chosen that is not among them.
    """
    titles_by_id: dict[str, Text] = {}
    for deadline in deadlines:
        if deadline.state in ("open", "not_due_yet", "missed") and not is_entry(deadline.id):
            titles_by_id.setdefault(deadline.id.partition(".")[0], deadline.obligation.title)
    chosen = (tried.answers.get("obligation", "") if tried else fact).partition(".")[0]
    return {"choices": titles_by_id.items(), "chosen": chosen if chosen in titles_by_id else ""}


def reopen_choices(case: Case, deadlines: Sequence[Deadline]) -> list[tuple[str, Text]]:
    """Return the obligations whose exemption may be withdrawn, as they were exempted."""
    titles = {deadline.id.partition(".")[0]: deadline.obligation.title for deadline in deadlines}
    return [(name, title) for name in sorted(case.exempted) if (title := titles.get(name.partition(".")[0]))]


def _values(chosen: Deadline | None, answers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the numbers the fact asks for, by name, as typed; "" for those that were not."""
    names = chosen.obligation.values if chosen else ()
    return tuple((name, answers.get(f"value.{name}", "")) for name in names)


def _signatories(chosen: Deadline | None, kind: str) -> tuple[str, ...]:
    """Return the duties that may sign or decide, those named by the act first; none for a fact nobody signs."""
    if chosen is None or (chosen.obligation.signed_by is None and not chosen.obligation.options):
        return ()
    signing_duties = chosen.obligation.signed_by.of(kind) if chosen.obligation.signed_by else ()
    return (*signing_duties, *(duty for duty in SIGNATORIES if duty not in signing_duties))


def withdraw_form(
    case: Case, titles: Mapping[str, Text], *, chosen: tuple[str, str], tried: RejectedForm | None
) -> dict[str, Any]:
    """Return the form of what may be withdrawn (`choices`), with the record and the document (`evidence`, if
    only that is withdrawn) named by the link, or as submitted.

    Each choice has the `name` that is sent and a `kind`: `fact` or `plan` (with `title`, `period` and day
    `on`), `line` of the history (with its `number`), or the kind of a row of a register (with its `text`).
    """
    name, evidence = chosen
    if tried is not None:
        name, evidence = tried.answers.get("name", ""), tried.answers.get("evidence", "")
    choices = [*_facts(case, titles, chosen=name), *_rows(case)]
    if name.startswith("#"):
        choices.append({"name": name, "kind": "line", "number": name.removeprefix("#")})
    return {"choices": choices, "chosen": name, "evidence": evidence}


def _facts(case: Case, titles: Mapping[str, Text], *, chosen: str) -> Iterator[dict[str, Any]]:
    """Yield facts and plan dates; for a fact recorded from a register row, only its documents can be chosen, by
    link.
    """
    facts = {name: fact.on for name, fact in case.facts.items() if not fact.row or name == chosen}
    for kind, prefix, days in (("fact", "", facts), ("plan", PLAN, case.planned)):
        for name, on in days.items():
            base, _, period = name.partition(".")
            if base in titles:
                about = {"on": on, "title": titles[base], "period": period or None}
                yield {"name": prefix + name, "kind": kind, **about}


def _rows(case: Case) -> Iterator[dict[str, Any]]:
    """Yield the rows of the case's registers as choices to withdraw."""
    for register in case_registers().all() if case.entries else ():
        assert register.entry is not None
        kind = register.entry.row
        for number, row in rows_of(case, kind).items():
            yield {"name": f"{kind}.{number}", "kind": kind, "text": str(row[register.named_by[0]])}


RESPONSIBLE = "responsible."
"""Prefix of the fields for the person responsible for an obligation."""


def passport_form(ctx: RequestContext, view: CaseView) -> dict[str, Any]:
    """Return the form with the present values (`shown`, of which only differences are sent), the obligations
    with somebody responsible, and the others (`more`), each with its title.
    """
    case, office = view.case, ctx.reads.office()
    first, last = case.period or (None, None)
    titles = [(obligation.id, obligation.title) for obligation in view.procedure.obligations]
    responsible = {
        RESPONSIBLE + name: office.people[text].name if text in office.people else text
        for name, text in case.responsible.items()
        if not is_entry(name)
    }
    return {
        "shown": {
            "object_kk": case.object_kk,
            "object_ru": case.object_ru,
            # An unknown unit cannot be chosen: it is kept unless another one is chosen.
            "unit": case.unit if case.unit in office.units else "",
            "period_first": first.isoformat() if first else "",
            "period_last": last.isoformat() if last else "",
            "group": "\n".join(case.group),
            **responsible,
        },
        "responsible": [(name, title) for name, title in titles if RESPONSIBLE + name in responsible],
        "more": [(name, title) for name, title in titles if RESPONSIBLE + name not in responsible],
    }


def passport_fields(ctx: RequestContext, answers: Mapping[str, str]) -> dict[str, object]:
    """Return the fields of a passport form whose values differ from those it showed, for the command."""
    changed_texts = {
        name: parse_text(text)
        for name, text in answers.items()
        if f"was.{name}" in answers and not is_same_text(text, answers[f"was.{name}"])
    }
    fields: dict[str, object] = {
        name: changed_texts[name] for name in ("object_kk", "object_ru") if name in changed_texts
    }
    if "unit" in changed_texts:
        fields["unit"] = own_units(ctx).resolve(changed_texts["unit"])
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
    return fields
