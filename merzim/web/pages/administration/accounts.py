"""Administration pages for accounts and invitations. New links and tokens are shown once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from merzim.services.accounts import verbs as accounts
from merzim.services.accounts.invitations import (
    InvitedPeople,
    InvitePeople,
    ResendInvitations,
    invite_people,
    list_invitations,
    resend_invitations,
)
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.names import unit_name
from merzim.services.people.staff import recorded_office
from merzim.services.verbs import Ask, Verb
from merzim.web.auth.dependencies import Setting, SettingInSession
from merzim.web.http import WebContext
from merzim.web.pages.administration.people import page_address
from merzim.web.ui.command_forms import FormField, command_fields, read_command
from merzim.web.ui.form_values import Fields, RejectedForm, shown_again
from merzim.web.ui.preferences import redirect
from merzim.web.ui.render import Translator, page
from workflow.org.access import ACCESSES, Account, Reader, with_unit
from workflow.org.office import Office
from workflow.refusal import Refusal

INVITED_ACCESSES = ("officer", "responsible", "head_of_unit", "first_head", "auditor")
MOST_LISTED = 150
"""Number of people a preview lists with checkboxes; more are invited all together."""


def account_unit(translator: Translator, office: Office, reader: Reader) -> str:
    """Return in words whose cases an account shows."""
    reader = with_unit(reader, office)
    if reader.unit:
        return translator.name(unit_name(office, reader.unit).name)
    return translator.say("web.unit.no_case" if reader.nowhere else "web.unit.all")


def invitation_values(
    ctx: RequestContext,
    typed_texts: Mapping[str, str],
    *,
    preview: InvitedPeople | None = None,
    invited: InvitedPeople | None = None,
) -> dict[str, Any]:
    """Return what the page says of invitations: the form, its preview, what was sent."""
    office = recorded_office(ctx)
    sent = list_invitations(ctx, Ask())
    return {
        "inviting": command_fields(ctx, InvitePeople, typed_texts, office=office),
        "invited_accesses": INVITED_ACCESSES,
        "preview": preview,
        "rows": preview.people[:MOST_LISTED] if preview else [],
        "chooses": preview is not None and len(preview.people) <= MOST_LISTED,
        "done": invited,
        "sent": sent,
        "waiting": sum(invitation.waits for invitation in sent),
    }


router = APIRouter(include_in_schema=False)
Login = Annotated[str, Query(max_length=80)]
Word = Annotated[str, Query(max_length=500)]


@router.get("/administration/accounts")
def show_accounts(ctx: Setting, unit: Word = "", access: Word = "", preview: bool = False) -> Response:
    """Show the accounts, the form for a new one, and the accounts of many people with their preview."""
    typed = {"unit": unit, "access": access}
    if not preview:
        return _accounts_page(ctx, invitations=invitation_values(ctx, typed))
    try:
        seen = invite_people(
            ctx, read_command(ctx, InvitePeople, typed, office=recorded_office(ctx), preview=True)
        )
    except Refusal as refusal:
        return _accounts_page(ctx, tried=RejectedForm(form="invite", refusal=refusal, answers=typed))
    return _accounts_page(ctx, invitations=invitation_values(ctx, typed, preview=seen))


@router.get("/administration/account")
def account(ctx: Setting, login: Login = "") -> Response:
    """Show an account with its sessions and tokens."""
    return _account_page(ctx, accounts.get_account(ctx, login))


def _accounts_page(
    ctx: WebContext,
    *,
    tried: RejectedForm | None = None,
    invitation: accounts.Invitation | None = None,
    invitations: Mapping[str, Any] | None = None,
) -> Response:
    """Return the page; a refused form is that of a new account, or `invite`."""
    office, typed = recorded_office(ctx), tried.answers if tried else {}
    invites = tried is not None and tried.form == "invite"
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
        new=_access_fields(ctx, {"access": "responsible"} if invites else {"access": "responsible", **typed}),
        tried=tried,
        invitation=invitation,
        invitation_hours=ctx.app.settings.web.invitation_hours,
        **(invitations or invitation_values(ctx, typed if invites else {})),
    )


def _account_page(
    ctx: WebContext,
    account: Account | None = None,
    *,
    tried: RejectedForm | None = None,
    link: str = "",
    token: str = "",
) -> Response:
    """Return the page of one account; `link` and `token`: just made, to be shown once."""
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
        office=office,
        accesses=ACCESSES,
        change=_access_fields(ctx, typed if "access" in typed else asdict(reader)),
        token_form=command_fields(
            ctx, accounts.TokenRequest, typed if "days" in typed else {"login": reader.login}
        ),
        no_unit=with_unit(account.reader, office).nowhere,
        entries=ctx.accounts.entries(account.reader.login, now=ctx.now),
        longest_ground=accounts.MAX_GROUND,
        tried=tried,
        link=link,
        token=token,
        most_days=accounts.MAX_TOKEN_DAYS,
    )


def _access_fields(ctx: RequestContext, values: Mapping[str, Any]) -> Mapping[str, FormField]:
    """Return the fields of the form that makes or changes an account."""
    office = recorded_office(ctx)
    return command_fields(ctx, accounts.AccountAccess, values, office=office, typed=("person",))


_PLAIN: Mapping[str, tuple[Verb[accounts.AccountCommand, accounts.AccountDetails], str]] = {
    "close": (accounts.close, "closed"),
    "reopen": (accounts.reopen, "reopened"),
    "end": (accounts.end, "ended"),
    "unlink": (accounts.unlink, "unlinked"),
}


@router.post("/administration/accounts/invitations")
@shown_again(_accounts_page, "invite")
def invite(ctx: Setting, answers: Fields) -> Response:
    """Create the accounts and send the invitations; or send invitations again."""
    match answers.get("do", ""):
        case "invite":
            invited = invite_people(ctx, read_command(ctx, InvitePeople, answers, office=recorded_office(ctx)))
        case "resend":
            invited = resend_invitations(ctx, build(ResendInvitations, {"logins": answers.getlist("login")}))
        case _:
            raise HTTPException(422)
    return _accounts_page(ctx, invitations=invitation_values(ctx, answers, invited=invited))


@router.post("/administration/accounts")
@shown_again(_accounts_page, "new")
def add(ctx: Setting, answers: Fields) -> Response:
    """Create an account; the address for choosing its password is shown once."""
    asked = read_command(ctx, accounts.AccountAccess, answers, office=recorded_office(ctx))
    invitation = accounts.add(ctx, asked)
    return _accounts_page(ctx, invitation=invitation)


@router.post("/administration/account")
@shown_again(_account_page, lambda answers: answers.get("do", ""))
def change(ctx: Setting, answers: Fields) -> Response:
    """Do what the form says (`do`): change an account, invite its holder again, close, reopen or unlink it, end
    its sessions, tokens and feeds, or give a token.
    """
    account = accounts.get_account(ctx, answers.get("login", "")[:80])
    login, do = account.reader.login, answers.get("do", "")
    command = accounts.AccountCommand(login=login)
    message = "changed"
    match do:
        case "change":
            office = recorded_office(ctx)
            accounts.change(ctx, read_command(ctx, accounts.AccountAccess, answers, office=office, login=login))
        case "close" | "reopen" | "end" | "unlink":
            run, message = _PLAIN[do]
            run(ctx, command)
        case "token":
            asked = read_command(ctx, accounts.TokenRequest, answers, login=login)
            return _account_page(ctx, account, token=accounts.give_token(ctx, asked).token)
        case "invite":
            return _account_page(ctx, account, link=accounts.invite(ctx, command).address)
        case _:
            raise HTTPException(422)
    return redirect(ctx, "/administration/account", login=login, said=message)


@router.post("/administration/account/second-factor")
@shown_again(_account_page)
def remove_second_factor(ctx: SettingInSession, answers: Fields) -> Response:
    """Remove another user's second factor; in a session alone, never by a token."""
    login = accounts.get_account(ctx, answers.get("login", "")[:80]).reader.login
    accounts.remove_second_factor(ctx, login, ground=answers.get("ground", ""))
    return redirect(ctx, "/administration/account", login=login, said="factor_removed")
