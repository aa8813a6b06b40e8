"""The command `merzim user add|list|change|invite|close|open|token|end|unlink|remove-totp`: accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.parsing import BadArgument
from services.queries import unit_named

if TYPE_CHECKING:
    from services.accounts import AccountCommand, AccountDetails
    from services.verbs import Verb
    from workflow.org.access import Access

Login = Annotated[str, typer.Argument(metavar="LOGIN")]
Unit = Annotated[str | None, typer.Option("--unit", metavar="U", help="cli.option.user_unit")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    own = {"change": change, "invite": invite, "close": close, "open": reopen, "token": token}
    add_group(app, "user", add=add, list=list_accounts, **own, end=end, unlink=unlink, remove_totp=remove_totp)


def add(
    ctx: typer.Context,
    login: Login,
    access: Annotated[str, typer.Option("--access", metavar="ACCESS", help="cli.option.access")],
    person: Annotated[str, typer.Option("--person", metavar="KEY", help="cli.option.user_person")] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="cli.option.user_name")] = "",
    unit: Unit = None,
) -> None:
    from services import accounts
    from services.inputs import build

    call = CommandContext.of(ctx)
    fields = {"login": login, "access": _access(access), "person": person, "name": name}
    command = build(accounts.AccountAccess, {**fields, "unit": unit_named(call.app, unit or "")})
    _tell(call, login, "added", link=accounts.add(call.ctx, command).address)
    _warn(call, login)


def list_accounts(ctx: typer.Context) -> None:
    from services.accounts import summary

    call = CommandContext.of(ctx)
    listed = [summary(account) for account in call.app.accounts.all()]
    if call.json:
        call.answer({"accounts": [row.model_dump() | {"closed": row.disabled} for row in listed]})
    elif listed:
        table = [
            (
                row.login,
                call.say(f"access.{row.access}"),
                row.name,
                row.unit,
                call.say(f"cli.user.{'closed' if row.disabled else 'invited' if row.invited else 'active'}"),
            )
            for row in listed
        ]
        call.table(("login", "access", "name", "unit", "state"), table)
    else:
        call.print(call.say("cli.user.none"))


def change(
    ctx: typer.Context,
    login: Login,
    access: Annotated[str, typer.Option("--access", metavar="ACCESS", help="cli.option.access")] = "",
    unit: Unit = None,
) -> None:
    from services import accounts
    from services.inputs import build

    call = CommandContext.of(ctx)
    reader = accounts.get_account(call.ctx, login).reader
    fields = {
        "login": login,
        "access": _access(access) if access else reader.access,
        "person": reader.person,
        "name": reader.name,
        "unit": reader.unit if unit is None else unit_named(call.app, unit),
    }
    accounts.change(call.ctx, build(accounts.AccountAccess, fields))
    _tell(call, login, "changed")
    _warn(call, login)


def invite(ctx: typer.Context, login: Login) -> None:
    from services import accounts

    call = CommandContext.of(ctx)
    invitation = accounts.invite(call.ctx, accounts.AccountCommand(login=login))
    _tell(call, login, "invited_again", link=invitation.address)


def close(ctx: typer.Context, login: Login) -> None:
    from services import accounts

    _run(ctx, login, accounts.close, "closed_now")


def reopen(ctx: typer.Context, login: Login) -> None:
    from services import accounts

    _run(ctx, login, accounts.reopen, "opened")


def token(
    ctx: typer.Context,
    login: Login,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="cli.option.token_name")] = "",
    days: Annotated[int, typer.Option("--days", metavar="N", help="cli.option.token_days")] = 90,
    write: Annotated[bool, typer.Option("--write", help="cli.option.token_write")] = False,
) -> None:
    from services import accounts
    from services.inputs import build

    call = CommandContext.of(ctx)
    fields = {"login": login, "name": name, "days": days, "write": write}
    answer = accounts.give_token(call.ctx, build(accounts.TokenRequest, fields))
    if call.json:
        call.answer(answer.model_dump())
    else:
        call.print(call.say("cli.user.token", **answer.model_dump(), days=days))


def end(ctx: typer.Context, login: Login) -> None:
    from services import accounts

    _run(ctx, login, accounts.end, "ended")


def unlink(ctx: typer.Context, login: Login) -> None:
    from services import accounts

    _run(ctx, login, accounts.unlink, "unlinked")


def remove_totp(
    ctx: typer.Context,
    login: Login,
    ground: Annotated[str, typer.Option("--ground", metavar="TEXT", help="cli.option.ground")],
) -> None:
    from services import second_factors

    call = CommandContext.of(ctx)
    second_factors.remove(call.ctx, login, ground=ground)
    _tell(call, login, "factor_removed")


def _run(ctx: typer.Context, login: str, verb: Verb[AccountCommand, AccountDetails], code: str) -> None:
    """Run a command on one account, and say that it is done."""
    from services.accounts import AccountCommand

    call = CommandContext.of(ctx)
    verb(call.ctx, AccountCommand(login=login))
    _tell(call, login, code)


def _access(text: str) -> Access:
    from workflow.org.access import ACCESSES

    if text not in ACCESSES:
        raise BadArgument("cli.user.bad_access", access=text, allowed=ACCESSES)
    return text


def _warn(call: CommandContext, login: str) -> None:
    """Print a warning when an account without a unit sees no case."""
    from services.accounts import get_account
    from workflow.org.access import placed

    reader = get_account(call.ctx, login).reader
    if not call.json and placed(reader, call.app.reads.office()).nowhere:
        call.print(call.say("cli.user.no_unit", login=reader.login))


def _tell(call: CommandContext, login: str, code: str, **more: object) -> None:
    """Print a sentence about an account."""
    if call.json:
        call.answer({"login": login.casefold(), **more})
    else:
        call.print(call.say(f"cli.user.{code}", login=login.casefold(), **more))
