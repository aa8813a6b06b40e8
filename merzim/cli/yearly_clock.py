"""The command `merzim yearly-clock`: how often an internal analysis is required."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import Command
from merzim.cli.parsing import BadArgument
from merzim.cli.printing import paragraph
from services.names import unit_named

if TYPE_CHECKING:
    from services.yearly.clock import UnitTurn


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("yearly-clock", cls=Command, help="cli.help.yearly_clock")(yearly_clock)


def yearly_clock(
    ctx: typer.Context,
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")] = "",
    reading: Annotated[str, typer.Option("--reading", metavar="READING", help="cli.option.once_in")] = "",
) -> int:
    from services.yearly.clock import turns
    from workflow.law.overlay import SWITCHES

    call = CommandContext.of(ctx)
    if reading and reading not in SWITCHES["once_in"]:
        raise BadArgument("cli.unknown_reading", reading=reading, allowed=SWITCHES["once_in"])
    office = call.app.reads.office()
    found = turns(call.app, unit_named(call.app, unit), once_in=reading, today=call.moment.today)
    names = {one.id: one.name for one in office.units.values()}
    if call.json:
        call.answer({"today": call.moment.today, "organisations": [_as_answer(one, names) for one in found]})
    else:
        _print(call, found, names)
    return NOT_SO if any(one.turn.state == "overdue" for one in found) else DONE


def _print(call: CommandContext, found: tuple[UnitTurn, ...], names: dict[str, str]) -> None:
    rows = [
        (
            names.get(one.turn.unit, one.turn.unit),
            one.turn.last,
            one.turn.closed_until,
            one.turn.due,
            one.turn.next_on,
            call.say(f"yearly_clock.{one.turn.state}"),
            call.say(f"yearly_clock.reading.{one.turn.once_in}"),
        )
        for one in found
    ]
    call.table(("unit", "last_ended", "closed_until", "due", "next_start", "state", "reading"), rows)
    call.print()
    for one in found:
        if one.turn.next_closed:
            said = {"unit": names.get(one.turn.unit, one.turn.unit), "on": one.turn.next_on}
            call.print(paragraph(call.say("yearly_clock.next_closed", until=one.turn.closed_until, **said)))
        if one.rules is not None:
            reading = call.say(f"reading.once_in.{one.turn.once_in}", act=one.rules.act.short)
            call.print(paragraph(f"{names.get(one.turn.unit, one.turn.unit)}: {reading}"))
    if any(one.turn.postponed for one in found):
        call.print(paragraph(call.say("yearly_clock.postponed")))
    call.print(paragraph(call.say("yearly_clock.practice")))


def _as_answer(one: UnitTurn, names: dict[str, str]) -> dict[str, object]:
    """Return the clock of one unit as JSON."""
    turn = one.turn
    return {
        "unit": turn.unit,
        "name": names.get(turn.unit, turn.unit),
        "state": turn.state,
        "reading": turn.once_in,
        "reading_by": one.rules.file if one.rules else None,
        "last_ended": turn.last,
        "last_case": turn.last_case or None,
        "external_ended": turn.external,
        "closed_until": turn.closed_until,
        "due": turn.due,
        "postponed": turn.postponed,
        "next_on": turn.next_on,
        "next_case": turn.next_case or None,
        "next_in_closed_window": turn.next_closed,
        "basis": "practice",
    }
