"""Attempts to get in: passwords, second factors and links are verified under rate limits; browsers known by a
cookie have limits of their own.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address
from secrets import token_urlsafe
from typing import Literal

from fastapi import HTTPException, Request
from starlette.responses import Response

from merzim.services.accounts import credentials
from merzim.services.accounts.credentials import BadPassword
from merzim.services.accounts.verbs import account_letters
from merzim.services.audit import record_refused_log_in
from merzim.services.context import RequestContext
from merzim.web.auth.dependencies import current_session
from merzim.web.http import WebContext, keep_cookie
from workflow.org.access import Account, RateLimit
from workflow.refusal import Refusal

Reason = Literal[
    "unknown_account",
    "wrong_password",
    "account_closed",
    "no_access",
    "not_identified",
    "wrong_code",
    "wrong_present_password",
    "too_many_attempts",
    "too_many_codes",
]
"""The reason of a refused attempt in the log; docs/administration/accounts.md lists them."""
UNKNOWN = "-"
LIMITS = {
    "login": (10, 15),  # wrong passwords for a name at an address
    "device": (10, 5),  # the same from a known device
    "session": (10, 15),  # confirming the present password
    "address": (50, 15),  # log-ins that fail for any name
    "code": (10, 60),  # of a second factor, after the right password
    "audit": (1, 10),  # entries of an attempt over a limit
    "link": (30, 15),  # opened and never issued here
    "plan": (300, 15),  # dates computed without a log-in
}
"""Attempts in a period of minutes."""
log = logging.getLogger("merzim.login")


def limit(kind: str, key: str) -> RateLimit:
    """Return a limit of LIMITS. `key`: what its attempts are counted by."""
    attempts, minutes = LIMITS[kind]
    return RateLimit(kind=kind, key=key, attempts=attempts, period=timedelta(minutes=minutes))


def network_limit(ctx: WebContext, kind: str, login: str = "") -> RateLimit:
    """Return a limit of the network a request comes from, of one name there: nobody is locked out from afar."""
    return limit(kind, f"{login} {network_of(client_address(ctx.request))}")


def network_of(address: str) -> str:
    """Return the network an address is counted by: IPv4 itself, the /64 of IPv6; any other text unchanged."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Network((int(parsed), 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def log_refusal(address: str, reason: Reason, login: str = "") -> None:
    """Log a refused log-in as fail2ban reads it (docs/operations/fail2ban-filter.conf). `login`: the account,
    if it exists; unknown names may be passwords, and are not logged.
    """
    log.warning("log-in refused: address=%s reason=%s account=%s", address or UNKNOWN, reason, login or UNKNOWN)


def client_address(request: Request) -> str:
    """Return the address a request comes from, behind a trusted proxy that of its client; "" for none."""
    return request.client.host if request.client else ""


def count_request(ctx: WebContext, kind: Literal["link", "plan"]) -> None:
    """Count a link that was not issued here, or dates computed without a log-in. Raises HTTPException 429 after
    too many from one network.
    """
    if ctx.accounts.count_attempt([network_limit(ctx, kind)], now=ctx.now):
        raise HTTPException(429, f"web.problem.too_many_{kind}s")


DEVICE_LIFETIME = timedelta(days=180)


def known_device(ctx: WebContext, account: Account) -> str:
    """Return the mark of a browser the account logged in from with its present password; "" for any other."""
    mark = ctx.request.cookies.get(_device_cookie(account), "")
    expected = _device_mark(ctx, account, mark.partition(".")[0])
    return mark if hmac.compare_digest(mark.encode(), expected.encode()) else ""


def remember_device(ctx: WebContext, response: Response, account: Account) -> None:
    """Mark the browser, by a cookie, as a known device of the account: a right password gets in from it while
    others guess at its address. The mark opens nothing, and nothing is stored.
    """
    mark = _device_mark(ctx, account, token_urlsafe(16))
    keep_cookie(response, _device_cookie(account), mark, lasts=DEVICE_LIFETIME)


def _device_cookie(account: Account) -> str:
    """Return the name of the cookie: several people may log in at one browser."""
    return f"__Host-merzim-device-{sha256(account.reader.login.encode()).hexdigest()[:12]}"


def _device_mark(ctx: WebContext, account: Account, number: str) -> str:
    """Return a random number with the office's seal of it, which a new password breaks."""
    content = f"device {account.reader.login} {account.password} {number}"
    return f"{number}.{hmac.new(ctx.app.rules.link_key.encode(), content.encode(), sha256).hexdigest()}"


_MINUTE = timedelta(minutes=1)
FRESH_SESSION = timedelta(minutes=10)
"""Maximum age of a session that counts as confirmation for accounts without a password."""
_SENTENCES: Mapping[Reason, str] = {
    "wrong_code": "web.totp.present_wrong",
    "too_many_codes": "web.totp.too_many",
    "too_many_attempts": "web.password.too_many",
}
"""What forms of the account page say; of all other reasons that the password is wrong."""


class NotProved(BadPassword):
    """Verification failed; the log-in page says the same of every reason. `login`: the account it is recorded
    with, if it exists; `wait`: the time until the next attempt, or None; `is_recorded`: in the log and the
    audit log.
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
    """Count an attempt before it is verified in the block, so that simultaneous guesses stay within the limits,
    and uncount it when it succeeds, or is refused for another reason. Raises NotProved, which is recorded: too
    many attempts, with the time to wait.
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
    except Refusal:
        ctx.accounts.forget_attempt(limits)  # nothing was guessed
        raise
    ctx.accounts.forget_attempt(limits)


def _record_refusal(ctx: WebContext, reason: Reason, login: str) -> None:
    """Log a refused attempt and record it in the audit log, over a limit once in ten minutes, lest it be
    filled.
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
    """Use up a code of the account, its authenticator's or a recovery code, of which a letter notifies
    the holder; return whether it was valid.
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
        logging.getLogger("merzim.web").error("the second factor of an account cannot be read: %s", trouble)
        return False
    step = credentials.totp_step(secret, typed_code, now=ctx.now) if secret else None
    return step is not None and accounts.take_step(login, step)
