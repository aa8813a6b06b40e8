"""Commands `merzim positions ...` and `merzim cartogram ...`: exposed positions, preventive talks, the
cartogram.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from merzim.cli.answers import finding, print_findings
from merzim.cli.call import BAD_INPUT, DONE, NOT_SO, CommandContext
from merzim.cli.help import add_group
from merzim.cli.parsing import optional_day
from merzim.cli.risk_answers import cases_of, day_or_today, parse_number, position_json, proofs, tell, written
from services.queries import unit_named

CaseId = Annotated[str, typer.Argument(metavar="CASE")]
Number = Annotated[str, typer.Argument(metavar="N")]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="cli.option.risk_on")]
Unit = Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")]
Proof = Annotated[
    list[str] | None,
    typer.Option("--evidence", metavar="[KIND=]FILE|URL[@DATE]", help="cli.option.free_evidence"),
]
Restricted = Annotated[str, typer.Option("--restricted", metavar="GROUND", help="cli.option.restricted")]
Holder = Annotated[str, typer.Option("--holder", metavar="WHO", help="cli.option.holder")]


def add_to(app: typer.Typer) -> None:
    """Add both groups to the application."""
    add_group(app, "positions", list=list_positions, add=add, clear=clear, talk=talk, plan=plan)
    add_group(app, "cartogram", record=record, compare=compare)


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


def add(
    ctx: typer.Context,
    case: CaseId,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="cli.option.position_title")],
    holder: Holder = "",
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="cli.option.position_why")] = "",
    department: Annotated[
        str, typer.Option("--department", metavar="TEXT", help="cli.option.risk_department")
    ] = "",
    district: Annotated[str, typer.Option("--district", metavar="TEXT", help="cli.option.risk_district")] = "",
    approved: Annotated[
        str | None, typer.Option("--approved", metavar="DATE", help="cli.option.approved")
    ] = None,
    number: Annotated[str | None, typer.Option("--number", metavar="N", help="cli.option.risk_number")] = None,
    on: On = None,
) -> None:
    from services.risks import register_commands
    from workflow.cases.commands.registers import ExposedPosition

    call = CommandContext.of(ctx)
    told = ExposedPosition(
        number=None if number is None else parse_number(number, "--number"),
        title=title,
        holder=holder,
        why=why,
        department=department,
        district=district,
        approved_on=optional_day(approved, where="--approved"),
    )
    change = register_commands(call.app).expose(case, told, on=day_or_today(call, on), **written(call))
    tell(call, change, "cli.risks.position_added", number=change.events[-1].name if change.events else number)


def clear(ctx: typer.Context, case: CaseId, number: Number, on: On = None) -> None:
    from services.risks import register_commands

    call = CommandContext.of(ctx)
    change = register_commands(call.app).clear(
        case, parse_number(number), on=day_or_today(call, on), **written(call)
    )
    tell(call, change, "cli.risks.position_cleared", number=number)


def talk(
    ctx: typer.Context,
    case: CaseId,
    number: Number,
    on: On = None,
    holder: Holder = "",
    topic: Annotated[str, typer.Option("--topic", metavar="TEXT", help="cli.option.topic")] = "",
    evidence: Proof = None,
    restricted: Restricted = "",
) -> None:
    from services.risks import register_commands

    call = CommandContext.of(ctx)
    change = register_commands(call.app).talk(
        case,
        parse_number(number),
        on=day_or_today(call, on),
        holder=holder,
        topic=topic,
        evidence=proofs(call, evidence, restricted=restricted),
        **written(call),
    )
    tell(call, change, "cli.risks.talked", number=number)


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
    from services.risks import register_commands

    call = CommandContext.of(ctx)
    published = day_or_today(call, on)
    try:
        lines = read_cartogram(Path(file))
    except UnreadablePaper as refusal:
        if not call.json:
            raise
        call.answer({"errors": errors_of(call, refusal)})
        return BAD_INPUT
    change = register_commands(call.app).record_cartogram(
        case, lines, on=published, evidence=proofs(call, evidence, restricted=restricted), **written(call)
    )
    tell(call, change, "cli.risks.cartogram_recorded", on=published, count=len(lines))
    return DONE


def compare(ctx: typer.Context, unit: Unit = "") -> int:
    from services.risks import cartogram_lines
    from workflow.findings.cartogram import compared, latest

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
