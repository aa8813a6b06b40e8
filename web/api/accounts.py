"""Administration: accounts with their sessions and tokens, channels, the organisation's own rules."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from services.accounts import invitations
from services.accounts import verbs as accounts
from services.administration import office as administration
from services.inputs import Line
from services.outgoing import sending
from services.upkeep import operations
from services.verbs import Command
from web.api import mount
from web.api.answers import api_router
from web.api.mount import Writing
from web.auth.dependencies import Setting
from web.ui.render import RequestTranslator

router = api_router("/api/v1/administration", tags=["administration"])
Named = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]


class TestLetterRequest(Command):
    email: Line = ""


class LetterSent(BaseModel):
    """The delivery state of a test letter, and the server's answer."""

    state: str
    answer: str


@router.get("/accounts")
def list_accounts(ctx: Setting) -> list[accounts.AccountSummary]:
    """List all accounts."""
    return [accounts.summary(account) for account in ctx.accounts.all()]


@router.get("/accounts/{login}")
def get_account(ctx: Setting, login: accounts.Login) -> accounts.AccountDetails:
    """Return an account with its sessions and tokens."""
    return accounts.details(ctx, login)


mount.post(router, "/accounts", accounts.add, name="add_account", status=201)
mount.post(router, "/invitations", invitations.invite_people, status=201)
mount.post(router, "/invitations/resending", invitations.resend_invitations)


@router.get("/invitations")
def list_invitations(ctx: Setting) -> invitations.InvitationList:
    """List the invitations that were sent, and who has accepted."""
    return invitations.list_invitations(ctx, invitations.AskInvitations())


mount.post(router, "/accounts/{login}", accounts.change, name="change_account")
mount.post(router, "/accounts/{login}/closing", accounts.close, name="close_account")
mount.post(router, "/accounts/{login}/reopening", accounts.reopen, name="reopen_account")
mount.post(router, "/accounts/{login}/sessions/end", accounts.end, name="end_account_sessions")
mount.post(router, "/accounts/{login}/unlink", accounts.unlink, name="unlink_account")
mount.post(router, "/accounts/{login}/invitations", accounts.invite, name="invite_account", status=201)
mount.post(router, "/accounts/{login}/tokens", accounts.give_token, status=201)


@router.get("/channels")
def list_channels(ctx: Setting) -> list[administration.ChannelInUse]:
    """List the channels letters are sent through."""
    return list(administration.channels(ctx.app))


@router.post("/channels/{channel}/letters")
def try_channel(
    ctx: Setting, once: Writing, channel: Named, body: TestLetterRequest, translator: RequestTranslator
) -> LetterSent:
    """Send the reader a test letter at once."""

    def send_test_letter() -> LetterSent:
        outcome = administration.send_test_letter(ctx, channel, body.email, translator.language)
        return LetterSent(state=outcome.state, answer=outcome.answer)

    return once(ctx, body, send_test_letter, LetterSent)


mount.post(router, "/channels/{channel}/resending", sending.resend_channel_letters)


@router.get("/operations")
def get_operations(ctx: Setting, translator: RequestTranslator) -> operations.OperationsView:
    """Return the state of the installation: checks, periodic tasks, queued and failed letters."""
    return operations.get_operations(ctx, operations.AskOperations(language=translator.language))


mount.post(router, "/operations/letters/{letter}/resending", operations.resend_failed_letter)


@router.get("/rules")
def list_rules(ctx: Setting) -> list[administration.RulesInForce]:
    """List the organisation's own rules in force; they are adopted by `merzim overlay`."""
    return list(administration.own_rules(ctx.app))
