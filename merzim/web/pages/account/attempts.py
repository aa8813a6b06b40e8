"""Verifies passwords and second factors under rate limits, at log-in and within a session.

An attempt is counted before it is verified, and uncounted when it succeeds, so that simultaneous guesses cannot
exceed the limits.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from merzim.services.accounts import credentials
from merzim.services.accounts.credentials import BadPassword
from merzim.services.accounts.verbs import account_letters
from merzim.services.audit import record_refused_log_in
from merzim.services.context import RequestContext
from merzim.web.auth.dependencies import current_session
from merzim.web.auth.limits import (
    Reason,
    client_address,
    code_limit,
    find_device,
    log_in_limits,
    log_refusal,
    present_password_limit,
)
from merzim.web.http import WebContext
from workflow.org.access import Account, Credential, RateLimit
from workflow.refusal import Refusal

_MINUTE = timedelta(minutes=1)
FRESH_SESSION = timedelta(minutes=10)
"""Maximum age of a session that counts as confirmation for accounts without a password."""
log = logging.getLogger("merzim.web")


class NotProved(Exception):
    """Verification failed.

    Attributes:
        wait: None, or the time until the next attempt is accepted.
    """

    def __init__(self, wait: timedelta | None = None) -> None:
        super().__init__()
        self.wait = wait


def verify_log_in(ctx: WebContext, login: str, texts: Mapping[str, str]) -> Account:
    """Return the account of a login after verifying its password and, where it has one, its second factor; no
    session is begun.

    Raises:
        NotProved: verification failed, without saying which part; or there are too many attempts.
    """
    address = client_address(ctx.request)
    account = ctx.accounts.account(login)
    account_login = account.reader.login if account is not None else ""
    device = find_device(ctx, login)
    limits = log_in_limits(login, address, device)
    if reached := ctx.accounts.count_attempt(limits, now=ctx.now):
        record_refusal(ctx, address, "too_many_attempts", account_login)
        raise NotProved(reached)
    # Checked even after another failure, so that the time does not reveal what was wrong.
    password = texts.get("password", "")
    is_verified = credentials.verify_password(password, account.password if account else "")
    if account is None or not is_verified or account.disabled:
        reason: Reason = "wrong_password"
        if account is None:
            reason = "unknown_account"
        elif is_verified:
            reason = "account_closed"
        record_refusal(ctx, address, reason, account_login)
        raise NotProved
    if account.second_factor:
        try:
            check_code(ctx, account, texts.get("code", ""))
        except NotProved:
            # Too many codes get the answer of a wrong one, which does not say that the password was right.
            raise NotProved from None
    ctx.accounts.forget_attempt(limits)
    return account


def check_present_password(ctx: WebContext, password: str) -> Account:
    """Return the reader's account after verifying its current password, or, where a provider logs it in, that
    its session is fresh. Raises BadPassword.
    """
    address, login = client_address(ctx.request), ctx.reader.login
    account = ctx.accounts.account(login)
    session = current_session(ctx)
    limits = [present_password_limit(session.hash if session is not None else f"{login} {address}")]
    if reached := ctx.accounts.count_attempt(limits, now=ctx.now):
        record_refusal(ctx, address, "too_many_attempts", login)
        raise BadPassword("web.password.too_many", minutes=minutes(reached))
    if account is None or not _is_confirmed(ctx, account, password, session):
        record_refusal(ctx, address, "wrong_present_password", login)
        raise BadPassword("web.password.wrong")
    ctx.accounts.forget_attempt(limits)
    return account


def _is_confirmed(ctx: RequestContext, account: Account, password: str, session: Credential | None) -> bool:
    """Return whether a password is the account's; of a user of the OpenID provider, who has none, True.

    That user's session must be younger than FRESH_SESSION: an older one raises BadPassword.
    """
    if not account.linked:
        return credentials.verify_password(password, account.password)
    if session is None or session.created_at + FRESH_SESSION < ctx.now:
        raise BadPassword("web.password.log_in_again", minutes=FRESH_SESSION // _MINUTE)
    return True


def check_present_code(ctx: WebContext, account: Account, code: str) -> None:
    """Use up a code of the authenticator, or a recovery code. Raises BadPassword if it is not valid."""
    try:
        check_code(ctx, account, code)
    except NotProved as refusal:
        if refusal.wait is not None:
            raise BadPassword("web.totp.too_many", minutes=minutes(refusal.wait)) from None
        raise BadPassword("web.totp.present_wrong") from None


def record_refusal(ctx: RequestContext, address: str, reason: Reason, login: str) -> None:
    """Log a refused attempt and record it in the audit log; attempts over a limit are recorded once in ten
    minutes.

    Otherwise an attacker could fill the audit log.
    """
    log_refusal(address, reason, login)
    if reason in ("too_many_attempts", "too_many_codes"):
        limit = RateLimit(kind="audit", key=f"{login} {address}", attempts=1, period=10 * _MINUTE)
        if ctx.accounts.count_attempt([limit], now=ctx.now):
            return
    record_refused_log_in(ctx, reason, login)


def minutes(wait: timedelta) -> int:
    """Return a waiting time in whole minutes, rounded up."""
    return -(-wait // _MINUTE)


def check_code(ctx: WebContext, account: Account, code: str) -> None:
    """Use up a code of the account. Raises NotProved if not valid; after too many with the time to wait."""
    address, login = client_address(ctx.request), account.reader.login
    limits = [code_limit(login, find_device(ctx, login))]
    if reached := ctx.accounts.count_attempt(limits, now=ctx.now):
        record_refusal(ctx, address, "too_many_codes", login)
        raise NotProved(reached)
    if not use_code(ctx, account, code):
        record_refusal(ctx, address, "wrong_code", login)
        raise NotProved
    ctx.accounts.forget_attempt(limits)


def use_code(ctx: RequestContext, account: Account, typed_code: str) -> bool:
    """Use up a code of the account (its authenticator's, or a recovery code); return whether it was valid.

    Of a recovery code the holder is told by letter.
    """
    login = account.reader.login
    code = credentials.recovery_hash(typed_code, login)
    if code is not None:
        codes_left = max(ctx.accounts.recovery_codes(login).left - 1, 0)
        letters = account_letters(ctx, account, "recovery_code_used", {"left": codes_left})
        return ctx.accounts.take_recovery_code(login, code, at=ctx.moment, letters=letters)
    step = code_step(ctx, login, typed_code)
    return step is not None and ctx.accounts.take_step(login, step)


def code_step(ctx: RequestContext, login: str, typed_code: str) -> int | None:
    """Return the time step of an authenticator's code; None when it is invalid. Nothing is used up."""
    try:
        secret = ctx.accounts.factor_secret(login)
    except Refusal as trouble:
        # Nobody is let in for want of a key; the recovery codes still open.
        log.error("the second factor of an account cannot be read: %s", trouble)
        return None
    return credentials.totp_step(secret, typed_code, now=ctx.now) if secret else None
