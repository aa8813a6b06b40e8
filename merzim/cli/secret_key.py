"""The command `merzim secret-key new|rotate`: the encryption key of second factors."""

from __future__ import annotations

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import add_group


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(app, "secret-key", new=new, rotate=rotate)


def new(ctx: typer.Context) -> None:
    from storage.accounts.encryption import new_key

    call, key = CommandContext.of(ctx), new_key()
    if call.json:
        call.answer({"key": key})
    else:
        call.print(key)


def rotate(ctx: typer.Context) -> int:
    call = CommandContext.of(ctx)
    found = call.app.factors.encrypt(by=call.by, now=call.moment.now, all_keys=True)
    if call.json:
        call.answer({"encrypted": found.done, "unchanged": found.same, "unreadable": list(found.unreadable)})
    else:
        call.print(call.say("cli.secret_key.rotated", count=found.done, same=found.same))
    if found.unreadable:
        call.note(call.say("cli.secret_key.unreadable", logins=found.unreadable))
    return NOT_SO if found.unreadable else DONE
