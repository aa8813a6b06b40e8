"""Commands `merzim positions ...`, `merzim cartogram ...`, `merzim remarks ...`: exposed positions, preventive
talks, the cartogram; public remarks on an analysis, and the answers.
"""

from __future__ import annotations

from typing import Annotated

import typer

from merzim.cli.answers import finding, print_findings
from merzim.cli.call import BAD_INPUT, DONE, NOT_SO, CommandContext
from merzim.cli.help import add_group
from merzim.cli.risk_answers import (
    cases_of,
    day_or_today,
    position_json,
    proofs,
    remark_json,
    row_command,
    tell,
    written,
)
from services.names import unit_named

CaseId = Annotated[str, typer.Argument(metavar="CASE")]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="cli.option.risk_on")]
Unit = Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")]
Proof = Annotated[
    list[str] | None,
    typer.Option("--evidence", metavar="[KIND=]FILE|URL[@DATE]", help="cli.option.free_evidence"),
]
Restricted = Annotated[str, typer.Option("--restricted", metavar="GROUND", help="cli.option.restricted")]


def add_to(app: typer.Typer) -> None:
    """Add the groups to the application."""
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


def list_positions(
    ctx: typer.Context,
    case: Annotated[str | None, typer.Argument(metavar="CASE")] = None,
    unit: Unit = "",
) -> None:
    from workflow.cases.registers.exposure import exposure

    call = CommandContext.of(ctx)
    known = [
        (one, position) for one in cases_of(call, case, unit) for position in exposure(one).positions.values()
    ]
    if call.json:
        call.answer({"positions": [position_json(one, position) for one, position in known]})
        return
    rows = [
        (one.id, at.number, at.title, at.holder, at.why, at.department, at.approved_on, len(at.talks) or None)
        for one, at in known
        if at.cleared_on is None
    ]
    if rows:
        call.table(("case", "n", "position", "holder", "why", "department", "approved", "talks"), rows)
    else:
        call.print(call.say("cli.risks.no_positions"))


def plan(ctx: typer.Context, unit: Unit = "") -> None:
    from workflow.cases.registers.exposure import exposure, spread

    call = CommandContext.of(ctx)
    positions = [at for one in cases_of(call, None, unit) for at in exposure(one).positions.values()]
    months = spread(positions, today=call.moment.today)
    if call.json:
        call.answer({"months": months})
        return
    if not months:
        call.print(call.say("cli.risks.everyone_told" if positions else "cli.risks.no_positions"))
    for month in months:
        said = {"year": month.year, "month": month.month, "count": len(month.holders)}
        call.print(call.say("cli.risks.plan_month", **said))
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
    from documents import UnreadablePaper
    from documents.sandbox.readers import read_cartogram
    from merzim.cli.papers import errors_of
    from services.cases.risks import case_rows

    call = CommandContext.of(ctx)
    published = day_or_today(call, on)
    try:
        lines = read_cartogram(call.given(file, "xlsx", "csv"))
    except UnreadablePaper as refusal:
        if not call.json:
            raise
        call.answer({"errors": errors_of(call, refusal)})
        return BAD_INPUT
    change = case_rows(call.app.desk).record_cartogram(
        case, lines, on=published, evidence=proofs(call, evidence, restricted=restricted), **written(call)
    )
    tell(call, change, "cli.risks.cartogram_recorded", on=published, count=len(lines))
    return DONE


def compare(ctx: typer.Context, unit: Unit = "") -> int:
    from services.cases.risks import cartogram_lines
    from workflow.findings.of_risks import compared, latest

    call = CommandContext.of(ctx)
    known = latest(cases_of(call, None, unit))
    found = compared(cartogram_lines(call.app, unit_named(call.app, unit)), known)
    if call.json:
        call.answer({"on": known.on if known else None, "findings": [finding(call, one) for one in found]})
    elif found:
        print_findings(call, found)
    else:
        call.print(call.say("cli.risks.cartogram_equal"))
    return NOT_SO if found else DONE


def list_remarks(ctx: typer.Context, case: CaseId) -> None:
    from workflow.cases.registers.exposure import remarks

    call = CommandContext.of(ctx)
    view = call.app.desk.view(case, today=call.moment.today)
    known = remarks(view.case).values()
    if call.json:
        call.answer({"remarks": [remark_json(view.case, one) for one in known]})
        return
    rows = [
        (
            one.number,
            one.on,
            one.author,
            call.option("source", one.source),
            one.text,
            "" if one.taken is None else call.say("cli.risks.yes" if one.taken else "cli.risks.no"),
            one.answer,
        )
        for one in known
    ]
    if rows:
        call.table(("n", "on", "author", "source", "remark", "taken", "answer"), rows)
    else:
        call.print(call.say("cli.risks.no_remarks"))
