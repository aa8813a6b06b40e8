"""The command `merzim risks ...`: risk registers of one case or all. Their documents are in `risk_papers`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli import risk_papers
from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.risk_answers import cases_of, measure_json, risk_json, row_command

if TYPE_CHECKING:
    from workflow.cases.case import Case
    from workflow.cases.registers.risk_lists import ListedRisk

NOT_REVIEWED = "none"


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
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
    from services.cases.rows import register_of
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
    dues = {one.id: _dues(call, one) for one in cases}
    if export is not None:
        risk_papers.write_list(call, lines, dues, export)
    if call.json:
        call.answer({"risks": [_line_json(call, line, dues[line.case.id]) for line in lines]})
    elif export is None:
        _print(call, lines, dues)


def _dues(call: CommandContext, case: Case) -> Mapping[int, date]:
    """Return the next due date of each measure: the earliest open one, else the last."""
    from services.cases.risks import next_due_dates

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
        stands = call.option("outcome", line.outcome or "none") if one else ""
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
