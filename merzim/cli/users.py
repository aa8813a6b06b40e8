"""The command `merzim user add|list|change|invite|close|open|token|end|remove-totp`: accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import Command, Group
from merzim.cli.parsing import BadArgument
from services.queries import unit_named

if TYPE_CHECKING:
    from workflow.org.access import Access

Login = Annotated[str, typer.Argument(metavar="LOGIN")]
Unit = Annotated[str | None, typer.Option("--unit", metavar="U", help="cli.option.user_unit")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(cls=Group, help="cli.help.user", rich_markup_mode=None)
    commands: dict[str, Callable[..., object]] = {
        "add": add,
        "list": listed,
        "change": change,
        "invite": invite,
        "close": close,
        "open": reopen,
        "token": token,
        "end": end,
        "remove-totp": remove_totp,
    }
    for name, command in commands.items():
        group.command(name, cls=Command, help=f"cli.help.user.{name.replace('-', '_')}")(command)
    app.add_typer(group, name="user")


def add(
    ctx: typer.Context,
    login: Login,
    access: Annotated[str, typer.Option("--access", metavar="ACCESS", help="cli.option.access")],
    person: Annotated[str, typer.Option("--person", metavar="KEY", help="cli.option.user_person")] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="cli.option.user_name")] = "",
    unit: Unit = None,
) -> None:
    from services import accounts as users

    call = CommandContext.of(ctx)
    link = users.add(
        call.app,
        login,
        _access(access),
        person=person,
        name=name,
        unit=unit_named(call.app, unit or ""),
        by=call.by,
        now=call.moment.now,
        today=call.moment.today,
    )
    _tell(call, login, "added", link=link)
    _warn(call, login)


def listed(ctx: typer.Context) -> None:
    call = CommandContext.of(ctx)
    accounts = call.app.accounts.all()
    if call.json:
        rows = [
            {
                "login": one.reader.login,
                "access": one.reader.access,
                "person": one.reader.person,
                "unit": one.reader.unit,
                "second_factor": one.second_factor,
                "invited": not one.password,
                "closed": one.disabled,
            }
            for one in accounts
        ]
        call.answer({"accounts": rows})
    elif accounts:
        table = [
            (
                one.reader.login,
                call.say(f"access.{one.reader.access}"),
                one.reader.name,
                one.reader.unit,
                call.say(f"cli.user.{_standing(one.password, one.disabled)}"),
            )
            for one in accounts
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
    from services import accounts as users

    call = CommandContext.of(ctx)
    users.change(
        call.app,
        login,
        access=_access(access) if access else None,
        unit=None if unit is None else unit_named(call.app, unit),
        by=call.by,
        now=call.moment.now,
        today=call.moment.today,
    )
    _tell(call, login, "changed")
    _warn(call, login)


def invite(ctx: typer.Context, login: Login) -> None:
    from services import accounts as users

    call = CommandContext.of(ctx)
    _tell(call, login, "invited_again", link=users.invite(call.app, login, now=call.moment.now, by=call.by))


def close(ctx: typer.Context, login: Login) -> None:
    _switch(CommandContext.of(ctx), login, disabled=True)


def reopen(ctx: typer.Context, login: Login) -> None:
    _switch(CommandContext.of(ctx), login, disabled=False)


def token(
    ctx: typer.Context,
    login: Login,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="cli.option.token_name")] = "",
    days: Annotated[int, typer.Option("--days", metavar="N", help="cli.option.token_days")] = 90,
    write: Annotated[bool, typer.Option("--write", help="cli.option.token_write")] = False,
) -> None:
    from services import accounts as users

    call = CommandContext.of(ctx)
    secret = users.create_token(
        call.app, login, name=name, write=write, days=days, now=call.moment.now, by=call.by
    )
    if call.json:
        call.answer({"login": login.casefold(), "token": secret})
    else:
        call.print(call.say("cli.user.token", login=login.casefold(), token=secret, days=days))


def end(ctx: typer.Context, login: Login) -> None:
    from services import accounts as users

    call = CommandContext.of(ctx)
    account = users.get_account(call.app, login)
    call.app.accounts.end(account.reader.login, now=call.moment.now, by=call.by)
    _tell(call, login, "ended")


def remove_totp(
    ctx: typer.Context,
    login: Login,
    ground: Annotated[str, typer.Option("--ground", metavar="TEXT", help="cli.option.ground")],
) -> None:
    from services import second_factors

    call = CommandContext.of(ctx)
    moment = call.moment
    second_factors.remove(call.app, login, ground=ground, by=call.by, now=moment.now, today=moment.today)
    _tell(call, login, "factor_removed")


def _switch(call: CommandContext, login: str, *, disabled: bool) -> None:
    """Close or reopen an account."""
    from services import accounts as users

    moment = call.moment
    users.set_disabled(call.app, login, disabled=disabled, by=call.by, now=moment.now, today=moment.today)
    _tell(call, login, "closed_now" if disabled else "opened")


def _access(text: str) -> Access:
    from workflow.org.access import ACCESSES

    if text not in ACCESSES:
        raise BadArgument("cli.user.bad_access", access=text, allowed=ACCESSES)
    return text


def _standing(password: str, disabled: bool) -> str:
    """Return the state of an account in words."""
    return "closed" if disabled else "active" if password else "invited"


def _warn(call: CommandContext, login: str) -> None:
    """Print a warning when an account without a unit sees no case."""
    from services import accounts as users
    from workflow.org.access import placed

    reader = users.get_account(call.app, login).reader
    if not call.json and placed(reader, call.app.reads.office()).nowhere:
        call.print(call.say("cli.user.no_unit", login=reader.login))


def _tell(call: CommandContext, login: str, code: str, **more: object) -> None:
    """Print a sentence about an account."""
    if call.json:
        call.answer({"login": login.casefold(), **more})
    else:
        call.print(call.say(f"cli.user.{code}", login=login.casefold(), **more))
