"""The command `merzim remarks ...`: public remarks on an analysis, and the answers."""

from __future__ import annotations

from typing import Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.parsing import number as whole
from merzim.cli.risk_answers import day_or_today, remark_json, tell, written

CaseId = Annotated[str, typer.Argument(metavar="CASE")]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="cli.option.risk_on")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(app, "remarks", list=list_remarks, add=add, answer=answer)


def list_remarks(ctx: typer.Context, case: CaseId) -> None:
    from workflow.cases.registers.remarks import remarks

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
            call.say(f"risk.source.{one.source}"),
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


def add(
    ctx: typer.Context,
    case: CaseId,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="cli.option.remark_text")],
    author: Annotated[str, typer.Option("--from", metavar="WHO", help="cli.option.author")] = "",
    source: Annotated[
        str, typer.Option("--source", metavar="SOURCE", help="cli.option.remark_source")
    ] = "discussion",
    on: On = None,
) -> None:
    from services.risks import register_commands

    call = CommandContext.of(ctx)
    change = register_commands(call.app).remark(
        case, text=text, author=author, source=source, on=day_or_today(call, on), **written(call)
    )
    tell(call, change, "cli.risks.remark_added", number=change.events[-1].name if change.events else "")


def answer(
    ctx: typer.Context,
    case: CaseId,
    number: Annotated[str, typer.Argument(metavar="N")],
    taken: Annotated[bool, typer.Option("--taken", help="cli.option.taken")] = False,
    text: Annotated[str, typer.Option("--answer", metavar="TEXT", help="cli.option.answer_text")] = "",
    on: On = None,
) -> None:
    from services.risks import register_commands

    call = CommandContext.of(ctx)
    change = register_commands(call.app).answer_remark(
        case,
        whole(number, where="N", first=1, last=9999),
        taken=taken,
        answer=text,
        on=day_or_today(call, on),
        **written(call),
    )
    tell(call, change, "cli.risks.remark_answered", number=number)
