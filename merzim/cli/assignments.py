"""The commands `merzim assignment`: `give`, `give-alone`, `list`, `answer`, `refuse`, `extend`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.mount import mount

if TYPE_CHECKING:
    from services.cases.assignments import AssignmentList
    from services.results import CommandResult


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    verbs, numbered = "services.cases.assignments:{}_assignment", ("case", "number:N")
    add_group(
        app,
        "assignment",
        give=mount(verbs.format("give"), _show, arguments=("case", "person", "text")),
        give_alone=mount("services.cases.assignments:give_alone", _show_alone, arguments=("person", "text")),
        list=mount("services.cases.assignments:list_assignments", _list, arguments=()),
        answer=mount(verbs.format("answer"), _show, arguments=numbered, options={"text": "remark"}),
        refuse=mount(verbs.format("refuse"), _show, arguments=numbered),
        extend=mount(verbs.format("extend"), _show, arguments=numbered),
    )


def _show_alone(call: CommandContext, _: object, result: CommandResult) -> None:
    call.print(call.say("cli.assigned", case=result.case, number="1"))


def _list(call: CommandContext, _: object, result: AssignmentList) -> None:
    call.table(
        ("case", "id", "due", "state", "person", "what"),
        [
            (one.case, one.number, one.until, call.say(f"web.assignments.is.{one.state}"), one.person, one.text)
            for one in result.assignments
        ],
    )


def _show(call: CommandContext, _: object, result: CommandResult) -> None:
    if result.events:
        call.print(call.say("cli.assigned", case=result.case, number=result.events[0].name))
