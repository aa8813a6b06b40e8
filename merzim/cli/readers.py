"""The command `merzim reader add|remove|list`: people who may know of a confidential case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.mount import mount
from workflow.org.name_index import alphabetical

if TYPE_CHECKING:
    from merzim.services.cases.verbs import AddReader, RemoveReader

CaseId = Annotated[str, typer.Argument(metavar="CASE")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    verb = "merzim.services.cases.verbs:{}_reader"
    arguments = ("case", "person")
    add_group(
        app,
        "reader",
        add=mount(verb.format("add"), _changed, arguments=arguments),
        remove=mount(verb.format("remove"), _changed, arguments=arguments),
        list=listed,
    )


def _changed(call: CommandContext, command: AddReader | RemoveReader, _: object) -> None:
    _list(call, command.case)


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
