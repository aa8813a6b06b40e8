"""The command `merzim remarks ...`: public remarks on an analysis, and the answers."""

from __future__ import annotations

from typing import Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.risk_answers import remark_json, row_command

CaseId = Annotated[str, typer.Argument(metavar="CASE")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    answer = row_command("answer_remark", "number:N")
    add_group(app, "remarks", list=list_remarks, add=row_command("add_remark"), answer=answer)


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
