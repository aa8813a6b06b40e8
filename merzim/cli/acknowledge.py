"""Commands that answer a reminder: `notices acknowledge`, `snooze`."""

from __future__ import annotations

from typing import Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import Command
from merzim.cli.parsing import day


def acknowledge(ctx: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY")]) -> None:
    from notifications.acknowledgement import acknowledge as say_read

    call = CommandContext.of(ctx)
    app, moment = call.app, call.moment
    notice = app.outbox.notice(key)
    done = say_read(app.outbox, app.desk, notice, key, by=call.by, now=moment.now, today=moment.today)
    if call.json:
        call.answer({"key": done.key, "acknowledged_at": done.acknowledged_at})
    else:
        call.print(call.say("cli.acknowledged", key=done.key, on=(done.acknowledged_at or moment.now).date()))


def snooze(
    ctx: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE")],
    obligation: Annotated[str, typer.Argument(metavar="OBLIGATION")],
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="cli.option.snooze_until")],
) -> None:
    from workflow.cases.commands.reminder_actions import put_off

    call = CommandContext.of(ctx)
    app, moment = call.app, call.moment
    change = put_off(
        app.desk,
        app.calendar,
        case,
        obligation,
        until=day(until, where="--until"),
        by=call.by,
        now=moment.now,
        today=moment.today,
    )
    on = change.case.put_off[obligation].until
    if call.json:
        call.answer({"case": case, "obligation": obligation, "until": on, "events": len(change.events)})
    else:
        call.print(call.say("cli.snoozed", until=on))


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application; `notices acknowledge` belongs to the `notices` command."""
    app.command("snooze", cls=Command, help="cli.help.snooze")(snooze)
