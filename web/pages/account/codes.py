"""Verifies codes of second factors: of an authenticator, or a recovery code."""

from __future__ import annotations

import logging

from services import credentials
from services.context import RequestContext
from services.second_factors import account_letters
from workflow.org.access import Account
from workflow.refusal import Refusal

log = logging.getLogger("merzim.web")


def accepted(ctx: RequestContext, account: Account, typed: str) -> bool:
    """Return whether a code is valid for the account, and use it up: authenticator's or recovery code."""
    login = account.reader.login
    code = credentials.recovery_hash(typed, login)
    if code is not None:
        left = max(ctx.factors.codes(login).left - 1, 0)
        letters = account_letters(ctx, account, "recovery_code_used", {"left": left})
        return ctx.factors.take_code(login, code, now=ctx.now, today=ctx.today, letters=letters)
    step = try_code(ctx, login, typed)
    return step is not None and ctx.factors.take_step(login, step)


def try_code(ctx: RequestContext, login: str, typed: str) -> int | None:
    """Return the time step of an authenticator's code; None when it is invalid. Nothing is used up.

    Also called for unverified logins, so that the duration does not reveal that the password was right.
    """
    now = ctx.now
    try:
        secret = ctx.factors.secret(login)
    except Refusal as trouble:
        # Nobody is let in for want of a key; the recovery codes still open.
        log.error("the second factor of an account cannot be read: %s", trouble)
        return None
    return credentials.totp_step(secret, typed, now=now) if secret else None
