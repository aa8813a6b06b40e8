"""What somebody does to the risk register of a case: the same for forms of pages and for the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import BinaryIO

from documents.schedules.written_terms import read_term
from services import risks
from services.context import RequestContext, stamp
from services.documents import case_documents
from services.documents.case_documents import PlanTaken
from web.ui.form_values import parse_date, parse_text, parse_whole_number
from workflow.cases.case import Evidence
from workflow.cases.commands import row_edits
from workflow.cases.commands.desk import Change
from workflow.cases.commands.risks import FoundRisk, RiskCommands, SetMeasure


def find(ctx: RequestContext, case: str, risk: FoundRisk, *, on: date) -> Change:
    """A risk of the analytic note, or a known one described anew."""
    return RiskCommands(ctx.desk).find(case, risk, on=on, **stamp(ctx))


def rank(ctx: RequestContext, case: str, number: int, *, likelihood: int, effect: int) -> Change:
    """How likely and how grave, by the scale in force."""
    scale = risks.scale(ctx.today)
    return RiskCommands(ctx.desk).rank(
        case, number, likelihood=likelihood, effect=effect, scale=scale, **stamp(ctx)
    )


def set_measure(
    ctx: RequestContext,
    case: str,
    risk: int,
    *,
    action: str,
    number: int | None = None,
    recommendation: str = "",
    completion: str = "",
    responsible: str = "",
    term: str = "",
) -> Change:
    """A measure that removes a risk; whom its words mean is kept. `number`: None for a new one.

    Raises:
        Refusal: an unknown risk, nothing to do, or a term nobody can read.
    """
    told = SetMeasure(
        risk=risk,
        number=number,
        recommendation=recommendation,
        action=action,
        completion=completion,
        responsible=responsible,
        term=read_term(term, where="term"),
    )
    change = RiskCommands(ctx.desk).set_measure(case, told, **stamp(ctx))
    risks.keep_responsible(ctx.app, [responsible], **stamp(ctx))
    return change


def edit_row(ctx: RequestContext, case: str, row: str, fields: Mapping[str, str]) -> Change:
    """Change the fields of a row of a register that are named, as texts.

    Raises:
        Refusal: an unknown row or field, or a text that cannot stand in it.
    """
    values: dict[str, object] = {name: _value(name, text) for name, text in fields.items()}
    change = row_edits.edit_row(ctx.desk, case, row, values, **stamp(ctx))
    if "responsible" in fields:
        risks.keep_responsible(ctx.app, [fields["responsible"]], **stamp(ctx))
    return change


def _value(name: str, text: str) -> object:
    match name:
        case "term":
            return read_term(text, where="term")
        case "for_legal_monitoring":
            return text == "yes"
        case "risk":
            return parse_whole_number(text, name=name)
        case "on" | "approved_on":
            return parse_date(text) if text.strip() else None
        case _:
            return parse_text(text)


def review(
    ctx: RequestContext,
    case: str,
    number: int,
    *,
    outcome: str,
    on: date,
    done_on: date | None = None,
    period: str = "",
    comment: str = "",
    evidence: Iterable[Evidence] = (),
) -> Change:
    """What had become of a measure."""
    return RiskCommands(ctx.desk).review(
        case,
        number,
        outcome=outcome,
        on=on,
        done_on=done_on,
        period=period,
        comment=comment,
        evidence=evidence,
        **stamp(ctx),
    )


def remove(
    ctx: RequestContext,
    case: str,
    number: int,
    *,
    on: date,
    completed: bool,
    evidence: Iterable[Evidence] = (),
) -> Change:
    """A risk is removed; `completed`: to real completion."""
    return RiskCommands(ctx.desk).remove(
        case, number, on=on, completed=completed, evidence=evidence, **stamp(ctx)
    )


def ask(ctx: RequestContext, case: str, number: int, *, body: str, asked: str, term: str, on: date) -> Change:
    """A request went up to the higher body whose act is the cause."""
    read = read_term(term, where="term")
    return RiskCommands(ctx.desk).ask(case, number, body=body, asked=asked, term=read, on=on, **stamp(ctx))


def answer(ctx: RequestContext, case: str, number: int, *, text: str, on: date) -> Change:
    """The higher body answered."""
    return RiskCommands(ctx.desk).answer(case, number, text=text, on=on, **stamp(ctx))


def take_plan(ctx: RequestContext, case: str, content: BinaryIO, name: str, *, year: int | None) -> PlanTaken:
    """A plan of measures becomes risks and measures; all of the file or none of it. Raises Refusal."""
    return case_documents.take_plan(ctx.app, case, content, name, year=year, **stamp(ctx))
