"""The command `merzim risks ...`: risk registers of one case or all. Their documents are in `risk_papers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli import risk_papers
from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.parsing import number as whole
from merzim.cli.parsing import optional_day
from merzim.cli.risk_answers import (
    cases_of,
    day_or_today,
    measure_json,
    parse_number,
    proofs,
    risk_json,
    tell,
    written,
)

if TYPE_CHECKING:
    from workflow.cases.case import Case
    from workflow.cases.registers.risk_lists import ListedRisk

CaseId = Annotated[str, typer.Argument(metavar="CASE")]
Number = Annotated[str, typer.Argument(metavar="N")]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="cli.option.risk_on")]
Proof = Annotated[
    list[str] | None,
    typer.Option("--evidence", metavar="[KIND=]FILE|URL[@DATE]", help="cli.option.free_evidence"),
]
Restricted = Annotated[str, typer.Option("--restricted", metavar="GROUND", help="cli.option.restricted")]
Term = Annotated[str, typer.Option("--term", metavar="TEXT", help="cli.option.measure_term")]
NOT_REVIEWED = "none"


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    own: dict[str, Callable[..., object]] = {"add": add, "rank": rank, "measure": measure, "review": review}
    own |= {"remove": remove, "ask": ask, "answer": answer}
    add_group(app, "risks", list=list_risks, **own, **risk_papers.COMMANDS)


def list_risks(
    ctx: typer.Context,
    case: Annotated[str | None, typer.Argument(metavar="CASE")] = None,
    status: Annotated[str, typer.Option("--status", metavar="STATUS", help="cli.option.status_filter")] = "",
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")] = "",
    direction: Annotated[str, typer.Option("--direction", metavar="D", help="cli.option.risk_direction")] = "",
    legal: Annotated[bool, typer.Option("--legal", help="cli.option.legal_only")] = False,
    export: Annotated[
        str | None, typer.Option("--export", metavar="FILE.xlsx", help="cli.option.export_to")
    ] = None,
) -> None:
    from workflow.cases.commands.risks import CannotEnter
    from workflow.cases.registers.risk import OUTCOMES
    from workflow.cases.registers.risk_lists import listed

    call = CommandContext.of(ctx)
    allowed = (*OUTCOMES, NOT_REVIEWED)
    if status and status not in allowed:
        raise CannotEnter("risk.unknown_outcome", outcome=status, allowed=allowed)
    cases = cases_of(call, case, unit)
    lines = [
        line
        for line in listed(cases)
        if (not status or (line.measure is not None and (line.outcome or NOT_REVIEWED) == status))
        and (not direction or line.risk.direction == direction)
        and (not legal or line.risk.for_legal_monitoring)
    ]
    dues = {one.id: _dues(call, one) for one in cases}
    if export is not None:
        risk_papers.write_list(call, lines, dues, export)
    if call.json:
        call.answer({"risks": [_line_json(call, line, dues[line.case.id]) for line in lines]})
    elif export is None:
        _print(call, lines, dues)


def add(
    ctx: typer.Context,
    case: CaseId,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="cli.option.risk_text")],
    direction: Annotated[
        str, typer.Option("--direction", metavar="D", help="cli.option.risk_direction")
    ] = "other",
    cause: Annotated[str, typer.Option("--cause", metavar="TEXT", help="cli.option.risk_cause")] = "",
    act: Annotated[str, typer.Option("--act", metavar="TEXT", help="cli.option.risk_act")] = "",
    body: Annotated[str, typer.Option("--body", metavar="TEXT", help="cli.option.risk_body")] = "",
    legal: Annotated[bool, typer.Option("--legal", help="cli.option.risk_legal")] = False,
    department: Annotated[
        str, typer.Option("--department", metavar="TEXT", help="cli.option.risk_department")
    ] = "",
    district: Annotated[str, typer.Option("--district", metavar="TEXT", help="cli.option.risk_district")] = "",
    number: Annotated[str | None, typer.Option("--number", metavar="N", help="cli.option.risk_number")] = None,
    on: On = None,
) -> None:
    from services.risks import risk_commands
    from workflow.cases.commands.risks import FoundRisk

    call = CommandContext.of(ctx)
    found = FoundRisk(
        number=None if number is None else parse_number(number, "--number"),
        description=text,
        direction=direction,
        cause=cause,
        act=act,
        body=body,
        for_legal_monitoring=legal,
        department=department,
        district=district,
    )
    change = risk_commands(call.app).find(case, found, on=day_or_today(call, on), **written(call))
    tell(call, change, "cli.risks.found", number=change.events[-1].name if change.events else number)


def rank(
    ctx: typer.Context,
    case: CaseId,
    number: Number,
    likelihood: Annotated[str, typer.Option("--likelihood", metavar="L", help="cli.option.likelihood")],
    effect: Annotated[str, typer.Option("--effect", metavar="E", help="cli.option.effect")],
) -> None:
    from services.risks import risk_commands, scale
    from workflow.cases.registers.risk import Rank

    call = CommandContext.of(ctx)
    by = scale(call.moment.today)
    given = Rank(
        likelihood=whole(likelihood, where="--likelihood"),
        effect=whole(effect, where="--effect"),
        scale=by.edition,
    )
    change = risk_commands(call.app).rank(
        case,
        parse_number(number),
        likelihood=given.likelihood,
        effect=given.effect,
        scale=by,
        **written(call),
    )
    band = by.band(given).title[call.language]
    tell(call, change, "cli.risks.ranked", number=number, points=by.product(given), band=band)
    if not call.json:
        call.print(call.say("note", text=by.note))


def measure(
    ctx: typer.Context,
    case: CaseId,
    risk: Annotated[str, typer.Argument(metavar="RISK")],
    action: Annotated[str, typer.Option("--action", metavar="TEXT", help="cli.option.measure_action")],
    term: Term = "",
    recommendation: Annotated[
        str, typer.Option("--recommendation", metavar="TEXT", help="cli.option.recommendation")
    ] = "",
    completion: Annotated[str, typer.Option("--completion", metavar="TEXT", help="cli.option.completion")] = "",
    responsible: Annotated[
        str, typer.Option("--responsible", metavar="TEXT", help="cli.option.responsible")
    ] = "",
    number: Annotated[str | None, typer.Option("--number", metavar="N", help="cli.option.risk_number")] = None,
) -> None:
    from documents.schedules.written_terms import read_term
    from services.risks import keep_responsible, risk_commands
    from workflow.cases.commands.risks import SetMeasure

    call = CommandContext.of(ctx)
    said = SetMeasure(
        number=None if number is None else parse_number(number, "--number"),
        risk=parse_number(risk, "RISK"),
        recommendation=recommendation,
        action=action,
        completion=completion,
        responsible=responsible,
        term=read_term(term, where="--term"),
    )
    change = risk_commands(call.app).set_measure(case, said, **written(call))
    keep_responsible(call.app, [responsible], **written(call))
    place = int(change.events[-1].name) if change.events else said.number
    due = _dues(call, change.case).get(place or 0)
    shown = due.isoformat() if due else call.say("cli.risks.no_due")
    tell(call, change, "cli.risks.measure_set", number=place, due=shown)


def review(
    ctx: typer.Context,
    case: CaseId,
    number: Number,
    status: Annotated[str, typer.Option("--status", metavar="STATUS", help="cli.option.status")],
    on: On = None,
    done: Annotated[str | None, typer.Option("--done", metavar="DATE", help="cli.option.done_on")] = None,
    period: Annotated[str, typer.Option("--period", metavar="PERIOD", help="cli.option.review_period")] = "",
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="cli.option.comment")] = "",
    evidence: Proof = None,
    restricted: Restricted = "",
) -> None:
    from services.risks import risk_commands

    call = CommandContext.of(ctx)
    change = risk_commands(call.app).review(
        case,
        parse_number(number),
        outcome=status,
        on=day_or_today(call, on),
        done_on=optional_day(done, where="--done"),
        period=period,
        comment=comment,
        evidence=proofs(call, evidence, restricted=restricted),
        **written(call),
    )
    tell(call, change, "cli.risks.reviewed", number=number, outcome=status)


def remove(
    ctx: typer.Context,
    case: CaseId,
    number: Number,
    on: On = None,
    completed: Annotated[bool, typer.Option("--completed", help="cli.option.completed")] = False,
    evidence: Proof = None,
    restricted: Restricted = "",
) -> None:
    from services.risks import risk_commands

    call = CommandContext.of(ctx)
    change = risk_commands(call.app).remove(
        case,
        parse_number(number),
        on=day_or_today(call, on),
        completed=completed,
        evidence=proofs(call, evidence, restricted=restricted),
        **written(call),
    )
    tell(call, change, "cli.risks.removed", number=number)


def ask(
    ctx: typer.Context,
    case: CaseId,
    number: Number,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="cli.option.asked")],
    body: Annotated[str, typer.Option("--body", metavar="TEXT", help="cli.option.risk_body")] = "",
    term: Term = "",
    on: On = None,
) -> None:
    from documents.schedules.written_terms import read_term
    from services.risks import risk_commands

    call = CommandContext.of(ctx)
    change = risk_commands(call.app).ask(
        case,
        parse_number(number),
        body=body,
        asked=text,
        term=read_term(term, where="--term"),
        on=day_or_today(call, on),
        **written(call),
    )
    tell(call, change, "cli.risks.asked", number=number)


def answer(
    ctx: typer.Context,
    case: CaseId,
    number: Number,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="cli.option.answer_text")] = "",
    on: On = None,
) -> None:
    from services.risks import risk_commands

    call = CommandContext.of(ctx)
    change = risk_commands(call.app).answer(
        case, parse_number(number), text=text, on=day_or_today(call, on), **written(call)
    )
    tell(call, change, "cli.risks.answered", number=number)


def _dues(call: CommandContext, case: Case) -> Mapping[int, date]:
    """Return the next due date of each measure: the earliest open one, else the last."""
    from services.risks import next_due_dates

    return next_due_dates(call.app, case, today=call.moment.today)


def _line_json(call: CommandContext, line: ListedRisk, dues: Mapping[int, date]) -> dict[str, object]:
    """Return a line of the list as JSON."""
    one = risk_json(call, line.case, line.risk)
    due = dues.get(line.measure.number) if line.measure else None
    return {**one, "measure": line.measure and measure_json(call, line.measure, due)}


def _print(call: CommandContext, lines: list[ListedRisk], dues: Mapping[str, Mapping[int, date]]) -> None:
    """Print a list of risks."""
    if not lines:
        call.print(call.say("cli.risks.none"))
        return
    rows = []
    for line in lines:
        one, risk = line.measure, line.risk
        due = dues[line.case.id].get(one.number) if one else None
        removal = risk.removal
        stands = call.say(f"risk.outcome.{line.outcome or 'none'}") if one else ""
        if removal is not None:
            stands = call.say("risk.completed" if removal.completed else "risk.removed", on=removal.on)
        rows.append(
            (
                line.case.id,
                risk.number,
                risk.description + (f" ({call.say('risk.legal_mark')})" if risk.for_legal_monitoring else ""),
                risk.rank.likelihood * risk.rank.effect if risk.rank else "",
                one.number if one else "",
                one.action if one else "",
                due or (one.term.written if one else ""),
                stands,
            )
        )
    call.table(("case", "n", "risk", "rank", "n", "measure", "due", "outcome"), rows)
