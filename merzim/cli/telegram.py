"""Commands `merzim telegram link|links|unlink`: links between people and Telegram accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import Command, Group

PersonKey = Annotated[str, typer.Argument(metavar="PERSON")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    telegram = typer.Typer(cls=Group, help="cli.help.telegram")
    commands: dict[str, Callable[..., object]] = {"link": link, "links": links, "unlink": unlink}
    for name, command in commands.items():
        telegram.command(name, cls=Command, help=f"cli.help.telegram_{name}")(command)
    app.add_typer(telegram, name="telegram")


def link(ctx: typer.Context, person: PersonKey) -> None:
    from services.moments import almaty
    from services.telegram import offer

    call = CommandContext.of(ctx)
    made = offer(call.app, person, now=call.moment.now)
    until = made.until.astimezone(almaty())
    if call.json:
        call.answer(
            {"person": made.person.key, "code": made.code, "address": made.address, "until": made.until}
        )
        return
    call.print(call.say("telegram.offered", person=made.person.name, until=f"{until:%H:%M}"))
    call.print(f"  {made.code}")
    call.print(f"  {made.address}")


def links(ctx: typer.Context) -> None:
    from services.telegram import linked

    call = CommandContext.of(ctx)
    found = linked(call.app)
    if call.json:
        rows = [
            {
                "person": one.person,
                "name": person.name if person else None,
                "language": one.language,
                "linked_at": one.linked_at,
                "blocked_at": one.blocked_at,
            }
            for person, one in found
        ]
        call.answer({"links": rows})
        return
    if not found:
        call.print(call.say("telegram.nobody_linked"))
        return
    call.table(
        ("who", "language", "at", "state"),
        [
            (
                f"{person.name} ({one.person})" if person else one.person,
                one.language,
                one.linked_at.date(),
                call.say("telegram.blocked", since=one.blocked_at.date())
                if one.blocked_at
                else call.say("telegram.reached"),
            )
            for person, one in found
        ],
    )


def unlink(ctx: typer.Context, person: PersonKey) -> int:
    from services.telegram import unlink as forget

    call = CommandContext.of(ctx)
    known, was = forget(call.app, person, by=call.by, now=call.moment.now)
    if call.json:
        call.answer({"person": known.key, "unlinked": was})
    else:
        call.print(call.say("telegram.unlinked" if was else "telegram.not_linked", person=known.name))
    return DONE if was else NOT_SO
