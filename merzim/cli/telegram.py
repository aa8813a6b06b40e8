"""Commands `merzim telegram link|links|unlink`: links between people and Telegram accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import add_group

PersonKey = Annotated[str, typer.Argument(metavar="PERSON")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    add_group(app, "telegram", link=link, links=links, unlink=unlink)


def link(ctx: typer.Context, person: PersonKey) -> None:
    from services.accounts.telegram import offer
    from services.moments import almaty

    call = CommandContext.of(ctx)
    offered = offer(call.ctx, person)
    if call.json:
        call.answer(offered.model_dump(mode="json"))
        return
    name, until = (
        call.app.reads.office().people[offered.person].name_in(call.language),
        offered.until.astimezone(almaty()),
    )
    call.print(call.say("telegram.offered", person=name, until=f"{until:%H:%M}"))
    call.print(f"  {offered.code}")
    call.print(f"  {offered.address}")


def links(ctx: typer.Context) -> None:
    from services.accounts.telegram import linked

    call = CommandContext.of(ctx)
    pairs = linked(call.app)
    if call.json:
        rows = [
            {
                "person": link.person,
                "name": person.name if person else None,
                "language": link.language,
                "linked_at": link.linked_at,
                "blocked_at": link.blocked_at,
            }
            for person, link in pairs
        ]
        call.answer({"links": rows})
        return
    if not pairs:
        call.print(call.say("telegram.nobody_linked"))
        return
    call.table(
        ("who", "language", "at", "state"),
        [
            (
                f"{person.name} ({link.person})" if person else link.person,
                link.language,
                link.linked_at.date(),
                call.say("telegram.blocked", since=link.blocked_at.date())
                if link.blocked_at
                else call.say("telegram.reached"),
            )
            for person, link in pairs
        ],
    )


def unlink(ctx: typer.Context, person: PersonKey) -> int:
    from services.names import person_named

    call = CommandContext.of(ctx)
    key = person_named(call.app, person, required=True)
    was = call.app.links.unlink(key, by=call.by, now=call.moment.now)
    if call.json:
        call.answer({"person": key, "unlinked": was})
    else:
        name = call.app.reads.office().people[key].name_in(call.language)
        call.print(call.say("telegram.unlinked" if was else "telegram.not_linked", person=name))
    return DONE if was else NOT_SO
