"""The command `merzim reader add|remove|list`: people who may know of a confidential case."""

from __future__ import annotations

from typing import Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from workflow.org.name_index import alphabetical

CaseId = Annotated[str, typer.Argument(metavar="CASE")]
Person = Annotated[str, typer.Argument(metavar="PERSON")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(app, "reader", add=add, remove=remove, list=listed)


def add(ctx: typer.Context, case: CaseId, person: Person) -> None:
    call = CommandContext.of(ctx)
    moment = call.moment
    call.app.case_commands.name_reader(case, person, by=call.by, now=moment.now, today=moment.today)
    _list(call, case)


def remove(
    ctx: typer.Context,
    case: CaseId,
    person: Person,
    ground: Annotated[str, typer.Option("--ground", metavar="TEXT", help="cli.option.ground")],
) -> None:
    call = CommandContext.of(ctx)
    moment = call.moment
    call.app.case_commands.remove_reader(
        case, person, ground=ground, by=call.by, now=moment.now, today=moment.today
    )
    _list(call, case)


def listed(ctx: typer.Context, case: CaseId) -> None:
    _list(CommandContext.of(ctx), case)


def _list(call: CommandContext, case: str) -> None:
    current_case = call.app.case_commands.view(case, today=call.moment.today).case
    if call.json:
        call.answer(
            {"case": case, "confidential": current_case.confidential, "readers": sorted(current_case.readers)}
        )
        return
    code = "listed" if current_case.readers else "nobody" if current_case.confidential else "open"
    call.print(
        call.say(f"cli.reader.{code}", case=case, names=tuple(sorted(current_case.readers, key=alphabetical)))
    )
