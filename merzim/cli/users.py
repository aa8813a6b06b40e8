"""The command `merzim user`: single accounts, and accounts for many people with their invitations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.mount import mount
from merzim.cli.parsing import BadArgument
from merzim.services.names import unit_named

if TYPE_CHECKING:
    from merzim.services.accounts.invitations import InvitationList, InvitedPeople
    from workflow.org.access import Access

Login = Annotated[str, typer.Argument(metavar="LOGIN")]
Unit = Annotated[str | None, typer.Option("--unit", metavar="U", help="cli.option.user_unit")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(
        app,
        "user",
        add=add,
        list=list_accounts,
        change=change,
        invite=mount(
            "merzim.services.accounts.verbs:invite",
            lambda call, _, result: _tell(call, result.login, "invited_again", link=result.address),
            arguments=("login",),
            json=lambda result: {"login": result.login, "link": result.address},
        ),
        invite_people=mount(
            "merzim.services.accounts.invitations:invite_people",
            _show_invited,
            arguments=(),
            options={"people": "person", "login_rule": "login"},
        ),
        invite_again=mount(
            "merzim.services.accounts.invitations:resend_invitations",
            _show_invited,
            arguments=(),
            options={"logins": "login"},
        ),
        invitations=mount(
            "merzim.services.accounts.invitations:list_invitations", _show_invitations, arguments=()
        ),
        close=_on_account("close", "closed_now"),
        open=_on_account("reopen", "opened"),
        token=token,
        end=_on_account("end", "ended"),
        unlink=_on_account("unlink", "unlinked"),
        remove_totp=remove_totp,
    )


def _on_account(verb: str, code: str) -> Callable[..., object]:
    """Return a command on one account that prints the sentence of `code` when done."""
    return mount(
        f"merzim.services.accounts.verbs:{verb}",
        lambda call, _, result: _tell(call, result.login, code),
        arguments=("login",),
        json=lambda result: {"login": result.login},
    )


def add(
    ctx: typer.Context,
    login: Login,
    access: Annotated[str, typer.Option("--access", metavar="ACCESS", help="cli.option.access")],
    person: Annotated[str, typer.Option("--person", metavar="KEY", help="cli.option.user_person")] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="cli.option.user_name")] = "",
    unit: Unit = None,
) -> None:
    from merzim.services.accounts import verbs as accounts
    from merzim.services.inputs import build

    call = CommandContext.of(ctx)
    fields = {"login": login, "access": _access(access), "person": person, "name": name}
    command = build(accounts.AccountAccess, {**fields, "unit": unit_named(call.app, unit or "")})
    _tell(call, login, "added", link=accounts.add(call.ctx, command).address)
    _warn(call, login)


def list_accounts(ctx: typer.Context) -> None:
    from merzim.services.accounts.verbs import summary

    call = CommandContext.of(ctx)
    account_summaries = [summary(account) for account in call.app.accounts.all()]
    if call.json:
        call.answer({"accounts": [row.model_dump() | {"closed": row.disabled} for row in account_summaries]})
    elif account_summaries:
        table = [
            (
                row.login,
                call.say(f"access.{row.access}"),
                row.name,
                row.unit,
                call.say(f"cli.user.{'closed' if row.disabled else 'invited' if row.invited else 'active'}"),
            )
            for row in account_summaries
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
    from merzim.services.accounts import verbs as accounts
    from merzim.services.inputs import build

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


def token(
    ctx: typer.Context,
    login: Login,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="cli.option.token_name")] = "",
    days: Annotated[int, typer.Option("--days", metavar="N", help="cli.option.token_days")] = 90,
    write: Annotated[bool, typer.Option("--write", help="cli.option.token_write")] = False,
) -> None:
    from merzim.services.accounts import verbs as accounts
    from merzim.services.inputs import build

    call = CommandContext.of(ctx)
    fields = {"login": login, "name": name, "days": days, "write": write}
    answer = accounts.give_token(call.ctx, build(accounts.TokenRequest, fields))
    if call.json:
        call.answer(answer.model_dump())
    else:
        call.print(call.say("cli.user.token", **answer.model_dump(), days=days))


def remove_totp(
    ctx: typer.Context,
    login: Login,
    ground: Annotated[str, typer.Option("--ground", metavar="TEXT", help="cli.option.ground")],
) -> None:
    from merzim.services.accounts import second_factors

    call = CommandContext.of(ctx)
    second_factors.remove(call.ctx, login, ground=ground)
    _tell(call, login, "factor_removed")


def _show_invited(call: CommandContext, _: object, result: InvitedPeople) -> None:
    """Print who gets an account, and who does not, with the reason."""
    rows = [
        (
            person.login,
            person.name,
            call.name(person.unit),
            call.say(f"access.{person.access}"),
            call.say(f"web.invitations.{person.obstacle or 'way_' + person.way}"),
        )
        for person in result.people
    ]
    if rows or call.lists:
        call.table(("login", "name", "unit", "access", "state"), rows)
    code = "preview" if result.preview else "done"
    call.print(call.say(f"web.invitations.{code}", count=result.invited))


def _show_invitations(call: CommandContext, _: object, result: InvitationList) -> None:
    """Print the invitations that were sent."""
    rows = [
        (
            invitation.login,
            invitation.name,
            call.name(invitation.unit),
            call.say(f"access.{invitation.access}"),
            call.say(f"web.invitations.state_{invitation.state}"),
        )
        for invitation in result.invitations
    ]
    if rows or call.lists:
        call.table(("login", "name", "unit", "access", "state"), rows)
    else:
        call.print(call.say("web.invitations.none"))


def _access(text: str) -> Access:
    from workflow.org.access import ACCESSES

    if text not in ACCESSES:
        raise BadArgument("cli.user.bad_access", access=text, allowed=ACCESSES)
    return text


def _warn(call: CommandContext, login: str) -> None:
    """Print a warning when an account without a unit sees no case."""
    from merzim.services.accounts.verbs import get_account
    from workflow.org.access import placed

    reader = get_account(call.ctx, login).reader
    if not call.json and placed(reader, call.app.reads.office()).nowhere:
        call.print(call.say("cli.user.no_unit", login=reader.login))


def _tell(call: CommandContext, login: str, code: str, **details: object) -> None:
    """Print a sentence about an account."""
    if call.json:
        call.answer({"login": login.casefold(), **details})
    else:
        hours = call.app.settings.web.invitation_hours
        call.print(call.say(f"cli.user.{code}", login=login.casefold(), hours=hours, **details))
