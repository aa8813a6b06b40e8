"""Administration pages for accounts and invitations. New links and tokens are shown once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated, Any, get_args

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from merzim.services.accounts import invitations, verbs as accounts
from merzim.services.accounts.invitations import InvitedPeople, InvitePeople
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.names import unit_name
from merzim.services.people.staff import recorded_office
from merzim.services.verbs import Ask, Verb
from merzim.web.auth.dependencies import Setting, SettingInSession
from merzim.web.http import WebContext, redirect
from merzim.web.pages.administration.people import page_address
from merzim.web.ui.command_forms import FormField, command_fields, read_command
from merzim.web.ui.form_values import Fields, RejectedForm, shown_again, typed_into
from merzim.web.ui.render import Translator, page
from workflow.org.access import ACCESSES, Account, Reader, with_unit
from workflow.org.office import Office
from workflow.refusal import Refusal

INVITED_ACCESSES = get_args(invitations.GivenAccess)[1:]
CHANGES: Mapping[str, tuple[Verb[Any, Any], str]] = {
    "change": (accounts.change, "changed"),
    "close": (accounts.close, "closed"),
    "reopen": (accounts.reopen, "reopened"),
    "end": (accounts.end, "ended"),
    "unlink": (accounts.unlink, "unlinked"),
    "invite": (accounts.invite, ""),
    "token": (accounts.give_token, ""),
}
"""What a form does to an account: `do`, verb, message afterwards; none where the result is shown once."""
MOST_LISTED = 150
"""Number of people a preview lists with checkboxes; more are invited all together."""


def account_unit(translator: Translator, office: Office, reader: Reader) -> str:
    """Return in words whose cases an account shows."""
    reader = with_unit(reader, office)
    if reader.unit:
        return translator.name(unit_name(office, reader.unit).name)
    return translator.say("web.unit.no_case" if reader.nowhere else "web.unit.all")


router = APIRouter(include_in_schema=False)
Login = Annotated[str, Query(max_length=80)]
Word = Annotated[str, Query(max_length=500)]


@router.get("/administration/accounts")
def show_accounts(ctx: Setting, unit: Word = "", access: Word = "", preview: bool = False) -> Response:
    """Show the accounts, the form for a new one, and the accounts of many people with their preview."""
    answers = {"unit": unit, "access": access}
    asked = RejectedForm(form="invite", refusal=None, answers=answers)
    if not preview:
        return _accounts_page(ctx, tried=asked)
    try:
        command = read_command(ctx, InvitePeople, answers, office=recorded_office(ctx), preview=True)
        return _accounts_page(ctx, tried=asked, preview=invitations.invite_people(ctx, command))
    except Refusal as refusal:
        return _accounts_page(ctx, tried=replace(asked, refusal=refusal))


@router.get("/administration/account")
def account(ctx: Setting, login: Login = "") -> Response:
    return _account_page(ctx, accounts.get_account(ctx, login))


def _accounts_page(
    ctx: WebContext,
    *,
    tried: RejectedForm | None = None,
    invitation: accounts.Invitation | None = None,
    preview: InvitedPeople | None = None,
    invited: InvitedPeople | None = None,
) -> Response:
    """Return the page of accounts.

    Args:
        tried: the form of a new account as refused, or `invite` as it was filled in.
        invitation: of the account just made; preview: who would be invited; invited: who is.
    """
    office = recorded_office(ctx)
    return page(
        ctx,
        "accounts.html",
        place="/administration/accounts",
        accounts=ctx.accounts.all(),
        invited=invitation and accounts.get_account(ctx, invitation.login).reader,
        placed=with_unit,
        account_unit=account_unit,
        office=office,
        accesses=ACCESSES,
        new=_access_fields(ctx, {"access": "responsible", **typed_into(tried, "new")}),
        tried=tried,
        invitation=invitation,
        invitation_hours=ctx.app.settings.web.invitation_hours,
        inviting=command_fields(ctx, InvitePeople, typed_into(tried, "invite"), office=office),
        invited_accesses=INVITED_ACCESSES,
        preview=preview,
        most=MOST_LISTED,
        done=invited,
        sent=invitations.list_invitations(ctx, Ask()),
    )


def _account_page(
    ctx: WebContext,
    account: Account | None = None,
    *,
    tried: RejectedForm | None = None,
    address: str = "",
    token: str = "",
) -> Response:
    """Return the page of one account; `address` and `token`: just made, to be shown once."""
    typed = tried.answers if tried else {}
    account = account or accounts.get_account(ctx, typed.get("login", "")[:80])
    office, reader = recorded_office(ctx), account.reader
    return page(
        ctx,
        "one_account.html",
        place=page_address("/administration/account", login=account.reader.login),
        account=account,
        own=account.reader.login == ctx.reader.login,
        invitation_hours=ctx.app.settings.web.invitation_hours,
        accesses=ACCESSES,
        change=_access_fields(ctx, typed if "access" in typed else asdict(reader)),
        token_form=command_fields(
            ctx, accounts.TokenRequest, typed if "days" in typed else {"login": reader.login}
        ),
        no_unit=with_unit(account.reader, office).nowhere,
        entries=ctx.accounts.entries(account.reader.login, now=ctx.now),
        longest_ground=accounts.MAX_GROUND,
        tried=tried,
        address=address,
        token=token,
        most_days=accounts.MAX_TOKEN_DAYS,
    )


def _access_fields(ctx: RequestContext, values: Mapping[str, Any]) -> Mapping[str, FormField]:
    """Return the fields of the form that makes or changes an account."""
    office = recorded_office(ctx)
    return command_fields(ctx, accounts.AccountAccess, values, office=office)


@router.post("/administration/accounts/invitations")
@shown_again(_accounts_page, "invite")
def invite(ctx: Setting, answers: Fields) -> Response:
    """Create the accounts and send the invitations; or send invitations again."""
    match answers.get("do", ""):
        case "invite":
            invited = invitations.invite_people(
                ctx, read_command(ctx, InvitePeople, answers, office=recorded_office(ctx))
            )
        case "resend":
            invited = invitations.resend_invitations(
                ctx, build(invitations.ResendInvitations, {"logins": answers.getlist("login")})
            )
        case _:
            raise HTTPException(422)
    asked = RejectedForm(form="invite", refusal=None, answers=answers)
    return _accounts_page(ctx, tried=asked, invited=invited)


@router.post("/administration/accounts")
@shown_again(_accounts_page, "new")
def add(ctx: Setting, answers: Fields) -> Response:
    """Create an account; the address for choosing its password is shown once."""
    asked = read_command(ctx, accounts.AccountAccess, answers, office=recorded_office(ctx))
    return _accounts_page(ctx, invitation=accounts.add(ctx, asked))


@router.post("/administration/account")
@shown_again(_account_page, lambda answers: answers.get("do", ""))
def change(ctx: Setting, answers: Fields) -> Response:
    """Do what the form says (`do`, one of CHANGES) to an account; what is shown once is on its page."""
    account, do = accounts.get_account(ctx, answers.get("login", "")[:80]), answers.get("do", "")
    if do not in CHANGES:
        raise HTTPException(422)
    login, (verb, message) = account.reader.login, CHANGES[do]
    result = verb(ctx, read_command(ctx, verb.command, answers, office=recorded_office(ctx), login=login))
    if verb.secret:
        return _account_page(ctx, account, **{verb.secret: getattr(result, verb.secret)})
    return redirect(ctx, "/administration/account", login=login, said=message)


@router.post("/administration/account/second-factor")
@shown_again(_account_page)
def remove_second_factor(ctx: SettingInSession, answers: Fields) -> Response:
    """Remove another user's second factor; in a session alone, never by a token."""
    login = accounts.get_account(ctx, answers.get("login", "")[:80]).reader.login
    accounts.remove_second_factor(ctx, login, ground=answers.get("ground", ""))
    return redirect(ctx, "/administration/account", login=login, said="factor_removed")
