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
from merzim.web.auth.limits import Reason, client_address, known_device, limit, log_refusal, network_limit
from merzim.web.http import WebContext
from workflow.org.access import Account, RateLimit
from workflow.refusal import Refusal

_MINUTE = timedelta(minutes=1)
FRESH_SESSION = timedelta(minutes=10)
"""Maximum age of a session that counts as confirmation for accounts without a password."""
_SENTENCES: Mapping[Reason, str] = {
    "wrong_code": "web.totp.present_wrong",
    "too_many_codes": "web.totp.too_many",
    "too_many_attempts": "web.password.too_many",
}
"""What forms of the account page say; of all other reasons that the password is wrong."""
log = logging.getLogger("merzim.web")


class NotProved(BadPassword):
    """Verification failed. The log-in page says the same of every reason.

    Attributes:
        login: the account it is recorded with, if it exists.
        wait: None, or the time until the next attempt is accepted.
        is_recorded: whether it is in the log and the audit log.
    """

    def __init__(self, reason: Reason, *, login: str = "", wait: timedelta | None = None) -> None:
        super().__init__(_SENTENCES.get(reason, "web.password.wrong"), minutes=minutes(wait))
        self.reason, self.login, self.wait, self.is_recorded = reason, login, wait, False


def minutes(wait: timedelta | None) -> int:
    """Return a waiting time in whole minutes, rounded up."""
    return -(-wait // _MINUTE) if wait else 0


@contextmanager
def counted(
    ctx: WebContext, limits: Sequence[RateLimit], login: str = "", *, too_many: Reason = "too_many_attempts"
) -> Iterator[None]:
    """Count an attempt before it is verified in the block, and uncount it when it succeeds.

    So simultaneous guesses cannot exceed the limits. NotProved is recorded, also that of the block.

    Raises:
        NotProved: there were too many attempts; with the time to wait.
    """
    try:
        if wait := ctx.accounts.count_attempt(limits, now=ctx.now):
            raise NotProved(too_many, wait=wait)
        yield
    except NotProved as failure:
        if not failure.is_recorded:
            _record_refusal(ctx, failure.reason, failure.login or login)
            failure.is_recorded = True
        raise
    ctx.accounts.forget_attempt(limits)


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


def verify_log_in(ctx: WebContext, login: str, texts: Mapping[str, str]) -> Account:
    """Return the account of a login after verifying its password and, where it has one, its second factor; no
    session is begun. Raises NotProved.
    """
    account = ctx.accounts.account(login)
    limits = [network_limit(ctx, "login", login), network_limit(ctx, "address")]
    if account is not None and (device := known_device(ctx, account)):
        limits = [limit("device", device)]
    with counted(ctx, limits, account.reader.login if account is not None else ""):
        # Checked even after another failure, so that the time does not reveal what was wrong.
        password = texts.get("password", "")
        is_verified = credentials.verify_password(password, account.password if account else "")
        if account is None:
            raise NotProved("unknown_account")
        if not is_verified or account.disabled:
            raise NotProved("account_closed" if is_verified else "wrong_password")
        if account.second_factor:
            check_code(ctx, account, texts.get("code", ""))
        return account


def check_present_password(ctx: WebContext, password: str) -> Account:
    """Return the reader's account after verifying its current password; of a user of the OpenID provider, who
    has none, after checking that the session is younger than FRESH_SESSION. Raises BadPassword.
    """
    login, session = ctx.reader.login, current_session(ctx)
    account = ctx.accounts.account(login)
    with counted(ctx, [limit("session", session.hash if session is not None else login)], login):
        if account is None or session is None:
            raise NotProved("wrong_present_password")
        if account.linked:
            if session.created_at + FRESH_SESSION < ctx.now:
                raise BadPassword("web.password.log_in_again", minutes=minutes(FRESH_SESSION))
        elif not credentials.verify_password(password, account.password):
            raise NotProved("wrong_present_password")
        return account


def check_code(ctx: WebContext, account: Account, code: str) -> None:
    """Use up a code of the account's second factor, or a recovery code. Raises NotProved if it is not valid."""
    login = account.reader.login
    key = known_device(ctx, account) or login
    with counted(ctx, [limit("code", key)], login, too_many="too_many_codes"):
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
