"""Verifies passwords and second factors under rate limits, at log-in and within a session."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from merzim.services.accounts import credentials
from merzim.services.accounts.credentials import BadPassword
from merzim.services.accounts.verbs import account_letters
from merzim.services.audit import record_refused_log_in
from merzim.services.context import RequestContext
from merzim.web.auth.dependencies import current_session
from merzim.web.auth.limits import Reason, client_address, find_device, limit, log_in_limits, log_refusal
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
        reason: None where it is recorded already; `login`: the account it is recorded with, if it exists.
        wait: None, or the time until the next attempt is accepted.
    """

    def __init__(self, reason: Reason | None = None, *, login: str = "", wait: timedelta | None = None) -> None:
        super().__init__()
        self.reason, self.login, self.wait = reason, login, wait


@contextmanager
def counted(
    ctx: WebContext, limits: Sequence[RateLimit], login: str = "", *, too_many: Reason = "too_many_attempts"
) -> Iterator[None]:
    """Count an attempt before it is verified in the block, and uncount it when it succeeds.

    So simultaneous guesses cannot exceed the limits. What the block raises as NotProved is recorded.

    Raises:
        NotProved: there were too many attempts; with the time to wait.
    """
    if wait := ctx.accounts.count_attempt(limits, now=ctx.now):
        _record_refusal(ctx, too_many, login)
        raise NotProved(wait=wait)
    try:
        yield
    except NotProved as failure:
        if failure.reason is not None:
            _record_refusal(ctx, failure.reason, failure.login or login)
        raise
    ctx.accounts.forget_attempt(limits)


def verify_log_in(ctx: WebContext, login: str, texts: Mapping[str, str]) -> Account:
    """Return the account of a login after verifying its password and, where it has one, its second factor; no
    session is begun.

    Raises:
        NotProved: verification failed, without saying which part; or there are too many attempts.
    """
    account = ctx.accounts.account(login)
    limits = log_in_limits(login, client_address(ctx.request), find_device(ctx, login))
    with counted(ctx, limits, account.reader.login if account is not None else ""):
        # Checked even after another failure, so that the time does not reveal what was wrong.
        password = texts.get("password", "")
        is_verified = credentials.verify_password(password, account.password if account else "")
        if account is None:
            raise NotProved("unknown_account")
        if not is_verified or account.disabled:
            raise NotProved("account_closed" if is_verified else "wrong_password")
        if account.second_factor:
            try:
                check_code(ctx, account, texts.get("code", ""))
            except NotProved:
                # Too many codes get the answer of a wrong one, which does not say that the password was right.
                raise NotProved from None
        return account


def check_present_password(ctx: WebContext, password: str) -> Account:
    """Return the reader's account after verifying its current password, or, where a provider logs it in, that
    its session is fresh. Raises BadPassword.
    """
    login, session = ctx.reader.login, current_session(ctx)
    account = ctx.accounts.account(login)
    key = session.hash if session is not None else f"{login} {client_address(ctx.request)}"
    with (
        _in_words("web.password.wrong", "web.password.too_many"),
        counted(ctx, [limit("session", key)], login),
    ):
        if account is None or not _is_confirmed(ctx, account, password, session):
            raise NotProved("wrong_present_password")
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
    with _in_words("web.totp.present_wrong", "web.totp.too_many"):
        check_code(ctx, account, code)


@contextmanager
def _in_words(wrong: str, too_many: str) -> Iterator[None]:
    """Raise BadPassword with one of these codes in place of NotProved."""
    try:
        yield
    except NotProved as failure:
        if failure.wait is None:
            raise BadPassword(wrong) from None
        raise BadPassword(too_many, minutes=minutes(failure.wait)) from None


def _record_refusal(ctx: WebContext, reason: Reason, login: str) -> None:
    """Log a refused attempt and record it in the audit log; attempts over a limit are recorded once in ten
    minutes.

    Otherwise an attacker could fill the audit log.
    """
    address = client_address(ctx.request)
    log_refusal(address, reason, login)
    if reason in ("too_many_attempts", "too_many_codes"):
        once = limit("audit", f"{login} {address}")
        if ctx.accounts.count_attempt([once], now=ctx.now):
            return
    record_refused_log_in(ctx, reason, login)


def minutes(wait: timedelta) -> int:
    """Return a waiting time in whole minutes, rounded up."""
    return -(-wait // _MINUTE)


def check_code(ctx: WebContext, account: Account, code: str) -> None:
    """Use up a code of the account. Raises NotProved if not valid; after too many with the time to wait."""
    login = account.reader.login
    device = find_device(ctx, login)
    limits = [limit("code", f"account {login}" if device is None else f"device {device.hash}")]
    with counted(ctx, limits, login, too_many="too_many_codes"):
        if not _use_code(ctx, account, code):
            raise NotProved("wrong_code")


def _use_code(ctx: RequestContext, account: Account, typed_code: str) -> bool:
    """Use up a code of the account (its authenticator's, or a recovery code); return whether it was valid.

    Of a recovery code the holder is told by letter.
    """
    accounts, login = ctx.accounts, account.reader.login
    code = credentials.recovery_hash(typed_code, login)
    if code is not None:
        codes_left = max(accounts.recovery_codes(login).left - 1, 0)
        letters = account_letters(ctx, account, "recovery_code_used", {"left": codes_left})
        return accounts.take_recovery_code(login, code, at=ctx.moment, letters=letters)
    try:
        secret = accounts.factor_secret(login)
    except Refusal as trouble:
        # Nobody is let in for want of a key; the recovery codes still open.
        log.error("the second factor of an account cannot be read: %s", trouble)
        return False
    step = credentials.totp_step(secret, typed_code, now=ctx.now) if secret else None
    return step is not None and accounts.take_step(login, step)
