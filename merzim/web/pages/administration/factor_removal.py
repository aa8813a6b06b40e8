"""Removal of another user's second factor: requested by one administrator, approved by another.

Possible only in a session, never by a token, since administrators can create tokens of each other's accounts.
The approver must have a second factor; otherwise the requester could take over the approver's account by a
reset link.
"""

from __future__ import annotations

from datetime import timedelta

from merzim.services.accounts.second_factors import account_letters
from merzim.services.accounts.verbs import BadAccount
from merzim.services.context import RequestContext, stamp
from merzim.web.ui.form_values import tidy
from workflow.org.access import Account, RemovalRequest, administrators

LASTS = timedelta(hours=72)
"""How long a request is valid."""
LONGEST_GROUND = 500


def request_removal(ctx: RequestContext, account: Account, ground: str) -> None:
    """Request the removal of an account's second factor, and notify its holder. Raises BadAccount."""
    now = ctx.now
    login, ground = account.reader.login, tidy(ground)[:LONGEST_GROUND]
    if not account.second_factor:
        raise BadAccount("web.factor.none", login=login)
    if not ground:
        raise BadAccount("web.factor.no_ground")
    if not approvers(ctx, login, requested_by=ctx.reader.login):
        raise BadAccount("web.factor.no_other")
    until = now + LASTS
    facts = {"by": ctx.reader.login, "until": until.isoformat()}
    letters = account_letters(ctx, account, "removal_requested", facts)
    if not ctx.factors.request_removal(login, ground, until=until, letters=letters, **stamp(ctx)):
        raise BadAccount("web.factor.requested_already", login=login)


def withdraw(ctx: RequestContext, account: Account) -> None:
    """Withdraw or reject a request. Raises BadAccount."""
    if not ctx.factors.withdraw_removal(account.reader.login, **stamp(ctx)):
        raise BadAccount("web.factor.no_request", login=account.reader.login)


def approve(ctx: RequestContext, account: Account) -> None:
    """Remove a second factor on another administrator's request, and notify its holder. Raises BadAccount."""
    now = ctx.now
    login = account.reader.login
    request = ctx.factors.removal(login, now=now)
    if request is None:
        raise BadAccount("web.factor.no_request", login=login)
    if code := obstacle(ctx, request):
        raise BadAccount(code)
    facts = {"by": request.by, "approved_by": ctx.reader.login}
    letters = account_letters(ctx, account, "removed", facts)
    if not ctx.factors.approve_removal(login, letters=letters, **stamp(ctx)):
        raise BadAccount("web.factor.no_request", login=login)


def obstacle(ctx: RequestContext, request: RemovalRequest) -> str:
    """Return the code of the reason why the reader may not approve a request; "" if they may."""
    if ctx.reader.login == request.by:
        return "web.factor.own_request"
    if ctx.reader.login == request.login:
        return "web.factor.own_account"
    own_account = ctx.accounts.account(ctx.reader.login)
    if own_account is None or not own_account.second_factor:
        return "web.factor.approver_without"
    return ""


def approvers(ctx: RequestContext, login: str, *, requested_by: str) -> list[str]:
    """Return the logins of administrators who may approve a request about an account."""
    all_administrators = administrators(ctx.accounts.all())
    return [approver for approver in all_administrators if approver not in (login, requested_by)]
