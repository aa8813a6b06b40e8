"""Commands on registers of cases: `risks` (documents: `risk_papers`), `positions`, `remarks`, `assignment`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli import risk_papers
from merzim.cli.answers import finding, print_findings
from merzim.cli.call import BAD_INPUT, DONE, NOT_SO, CommandContext
from merzim.cli.help import add_group
from merzim.cli.mount import mount
from merzim.cli.risk_answers import (
    cases_of,
    day_or_today,
    measure_json,
    position_json,
    remark_json,
    risk_json,
    row_command,
    tell,
)
from merzim.services.names import unit_named

if TYPE_CHECKING:
    from merzim.services.cases.assignments import AssignmentList
    from merzim.services.results import CommandResult
    from workflow.cases.case import Case
    from workflow.cases.registers.risk_lists import ListedRisk


NOT_REVIEWED = "none"


def add_to(app: typer.Typer) -> None:
    """Add the groups to the application."""
    add_group(
        app,
        "risks",
        list=list_risks,
        add=row_command("add_risk"),
        rank=row_command("rank_risk", "number:N"),
        measure=row_command("add_measure", "risk"),
        review=row_command("review_measure", "number:N"),
        remove=row_command("remove_risk", "number:N"),
        ask=row_command("ask_about_risk", "number:N"),
        answer=row_command("answer_request", "number:N"),
        **risk_papers.COMMANDS,
    )
    add_group(
        app,
        "positions",
        list=list_positions,
        add=row_command("add_position"),
        clear=row_command("clear_position", "number:N"),
        talk=row_command("talk_with_holder", "number:N"),
        plan=plan,
    )
    add_group(app, "cartogram", record=record, compare=compare)
    answer = row_command("answer_remark", "number:N")
    add_group(app, "remarks", list=list_remarks, add=row_command("add_remark"), answer=answer)
    verbs, numbered = "merzim.services.cases.assignments:{}_assignment", ("case", "number:N")
    add_group(
        app,
        "assignment",
        give=mount(verbs.format("give"), _show, arguments=("case", "person", "text")),
        give_alone=mount(
            "merzim.services.cases.assignments:give_alone", _show_alone, arguments=("person", "text")
        ),
        list=mount("merzim.services.cases.assignments:list_assignments", _list, arguments=()),
        answer=mount(verbs.format("answer"), _show, arguments=numbered, options={"text": "remark"}),
        refuse=mount(verbs.format("refuse"), _show, arguments=numbered),
        extend=mount(verbs.format("extend"), _show, arguments=numbered),
    )


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
    from merzim.services.cases.rows import register_of
    from workflow.cases.commands.row_actions import CannotEnter
    from workflow.cases.registers.risk_lists import listed

    call = CommandContext.of(ctx)
    outcomes = register_of("measures")[0].actions["review"].fields["outcome"].option_ids
    allowed = (*outcomes, NOT_REVIEWED)
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
    dues = {case.id: _dues(call, case) for case in cases}
    if export is not None:
        risk_papers.write_list(call, lines, dues, export)
    if call.json:
        call.answer({"risks": [_line_json(call, line, dues[line.case.id]) for line in lines]})
    elif export is None:
        _print(call, lines, dues)


def _dues(call: CommandContext, case: Case) -> Mapping[int, date]:
    """Return the next due date of each measure: the earliest open one, else the last."""
    from merzim.services.cases.risks import next_due_dates

    return next_due_dates(call.app, case, today=call.moment.today)


def _line_json(call: CommandContext, line: ListedRisk, dues: Mapping[int, date]) -> dict[str, object]:
    """Return a line of the list as JSON."""
    risk_fields = risk_json(call, line.case, line.risk)
    due = dues.get(line.measure.number) if line.measure else None
    return {**risk_fields, "measure": line.measure and measure_json(call, line.measure, due)}


def _print(call: CommandContext, lines: list[ListedRisk], dues: Mapping[str, Mapping[int, date]]) -> None:
    if not lines:
        call.print(call.say("cli.risks.none"))
        return
    rows = []
    for line in lines:
        measure, risk = line.measure, line.risk
        due = dues[line.case.id].get(measure.number) if measure else None
        removal = risk.removal
        stands = call.option("outcome", line.outcome or "none") if measure else ""
        if removal is not None:
            stands = call.say("risk.completed" if removal.completed else "risk.removed", on=removal.on)
        rows.append(
            (
                line.case.id,
                risk.number,
                risk.description + (f" ({call.say('risk.legal_mark')})" if risk.for_legal_monitoring else ""),
                risk.rank.likelihood * risk.rank.effect if risk.rank else "",
                measure.number if measure else "",
                measure.action if measure else "",
                due or (measure.term.written if measure else ""),
                stands,
            )
        )
    call.table(("case", "n", "risk", "rank", "n", "measure", "due", "outcome"), rows)


CaseId = Annotated[str, typer.Argument(metavar="CASE")]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="cli.option.risk_on")]
Unit = Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")]
Proof = Annotated[
    list[str] | None,
    typer.Option("--evidence", metavar="[KIND=]FILE|URL[@DATE]", help="cli.option.free_evidence"),
]
Restricted = Annotated[str, typer.Option("--restricted", metavar="GROUND", help="cli.option.restricted")]


def list_positions(
    ctx: typer.Context,
    case: Annotated[str | None, typer.Argument(metavar="CASE")] = None,
    unit: Unit = "",
) -> None:
    from workflow.cases.registers.exposure import exposure

    call = CommandContext.of(ctx)
    positions = [
        (position_case, position)
        for position_case in cases_of(call, case, unit)
        for position in exposure(position_case).positions.values()
    ]
    if call.json:
        call.answer(
            {"positions": [position_json(position_case, position) for position_case, position in positions]}
        )
        return
    rows = [
        (
            position_case.id,
            at.number,
            at.title,
            at.holder,
            at.why,
            at.department,
            at.approved_on,
            len(at.talks) or None,
        )
        for position_case, at in positions
        if at.cleared_on is None
    ]
    if rows:
        call.table(("case", "n", "position", "holder", "why", "department", "approved", "talks"), rows)
    else:
        call.print(call.say("cli.risks.no_positions"))


def plan(ctx: typer.Context, unit: Unit = "") -> None:
    from workflow.cases.registers.exposure import exposure, spread

    call = CommandContext.of(ctx)
    positions = [at for case in cases_of(call, None, unit) for at in exposure(case).positions.values()]
    months = spread(positions, today=call.moment.today)
    if call.json:
        call.answer({"months": months})
        return
    if not months:
        call.print(call.say("cli.risks.everyone_told" if positions else "cli.risks.no_positions"))
    for month in months:
        arguments = {"year": month.year, "month": month.month, "count": len(month.holders)}
        call.print(call.say("cli.risks.plan_month", **arguments))
        for name in month.holders:
            call.print(f"  {name}")
    if any(month.beyond for month in months):
        call.print("\n" + call.say("cli.risks.plan_beyond"))


def record(
    ctx: typer.Context,
    case: CaseId,
    file: Annotated[str, typer.Argument(metavar="FILE.csv|.xlsx")],
    on: On = None,
    evidence: Proof = None,
    restricted: Restricted = "",
) -> int:
    from merzim.cli.papers import errors_of
    from merzim.cli.proofs import free_evidence_inputs
    from merzim.documents import UnreadablePaper
    from merzim.services.cases.rows import RecordCartogram, record_cartogram
    from merzim.services.inputs import FileInput, OpenFile, build

    call = CommandContext.of(ctx)
    published, path = day_or_today(call, on), call.given(file, "xlsx", "csv")
    try:
        with path.open("rb") as content, free_evidence_inputs(evidence or ()) as inputs:
            ground = " ".join(restricted.split())
            fields = {
                "case": case,
                "file": FileInput(content=OpenFile(path.name, content)),
                "on": published,
                "evidence": [item.model_copy(update={"restricted": ground}) for item in inputs],
            }
            result = record_cartogram(call.ctx, build(RecordCartogram, fields))
    except UnreadablePaper as refusal:
        if not call.json:
            raise
        call.answer({"errors": errors_of(call, refusal)})
        return BAD_INPUT
    lines = result.events[-1].payload["lines"] if result.events else ()
    tell(call, result, "cli.risks.cartogram_recorded", on=published, count=len(lines))
    return DONE


def compare(ctx: typer.Context, unit: Unit = "") -> int:
    from merzim.services.cases.risks import cartogram_lines
    from workflow.findings.of_risks import compared, latest

    call = CommandContext.of(ctx)
    cartogram = latest(cases_of(call, None, unit))
    findings = compared(cartogram_lines(call.app, unit_named(call.app, unit)), cartogram)
    if call.json:
        call.answer(
            {
                "on": cartogram.on if cartogram else None,
                "findings": [finding(call, difference) for difference in findings],
            }
        )
    elif findings:
        print_findings(call, findings)
    else:
        call.print(call.say("cli.risks.cartogram_equal"))
    return NOT_SO if findings else DONE


def list_remarks(ctx: typer.Context, case: CaseId) -> None:
    from workflow.cases.registers.exposure import remarks

    call = CommandContext.of(ctx)
    view = call.app.case_commands.view(case, today=call.moment.today)
    case_remarks = remarks(view.case).values()
    if call.json:
        call.answer({"remarks": [remark_json(view.case, remark) for remark in case_remarks]})
        return
    rows = [
        (
            remark.number,
            remark.on,
            remark.author,
            call.option("source", remark.source),
            remark.text,
            "" if remark.taken is None else call.say("cli.risks.yes" if remark.taken else "cli.risks.no"),
            remark.answer,
        )
        for remark in case_remarks
    ]
    if rows:
        call.table(("n", "on", "author", "source", "remark", "taken", "answer"), rows)
    else:
        call.print(call.say("cli.risks.no_remarks"))


def _show_alone(call: CommandContext, _: object, result: CommandResult) -> None:
    call.print(call.say("cli.assigned", case=result.case, number="1"))


def _list(call: CommandContext, _: object, result: AssignmentList) -> None:
    call.table(
        ("case", "id", "due", "state", "person", "what"),
        [
            (
                assignment.case,
                assignment.number,
                assignment.until,
                call.say(f"web.assignments.is.{assignment.state}"),
                assignment.person,
                assignment.text,
            )
            for assignment in result.assignments
        ],
    )


def _show(call: CommandContext, _: object, result: CommandResult) -> None:
    if result.events:
        call.print(call.say("cli.assigned", case=result.case, number=result.events[0].name))
