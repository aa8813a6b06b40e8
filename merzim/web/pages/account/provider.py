"""Log-in by the organisation's OpenID provider: the redirects, and the account's second factor afterwards.

It begins with a link instead of a form, because the Content-Security-Policy limits form targets to this site.
The data the browser must return is in a cookie of its own, for ten minutes.
"""

from __future__ import annotations

import json
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from datetime import timedelta
from secrets import compare_digest

from fastapi import APIRouter, HTTPException
from starlette.responses import RedirectResponse, Response

from merzim.services.accounts import credentials, identities
from merzim.services.context import RequestContext
from merzim.services.oidc import CALLBACK, LogInAttempt, NotIdentified, ProviderSilent
from merzim.web.auth.dependencies import Anybody
from merzim.web.auth.limits import Reason, address_limit, client_address
from merzim.web.http import WebContext, drop_cookie, keep_cookie
from merzim.web.pages.account import attempts
from merzim.web.pages.account.attempts import NotProved
from merzim.web.pages.account.login import enter_account, local_address, login_page
from merzim.web.ui.form_values import Fields
from merzim.web.ui.render import page
from workflow.org.access import Account

COOKIE = "__Host-merzim-oidc"
COOKIE_LIFETIME = timedelta(minutes=10)
MAX_NEXT = 1000
router = APIRouter(include_in_schema=False)
log = logging.getLogger("merzim.login")


@router.get("/login/oidc")
def begin(ctx: Anybody, next: str = "/") -> Response:
    """Redirect the browser to the provider. `next`: the page the reader wanted."""
    provider = ctx.app.provider
    if provider is None:
        raise HTTPException(404)
    onward = local_address(next[:MAX_NEXT])
    try:
        address, attempt = provider.begin(now=ctx.now)
    except ProviderSilent as silence:
        return login_page(ctx, onward=onward, refusal=silence.code, status=503)
    response = RedirectResponse(address, status_code=303)
    _set_cookie_values(response, asdict(attempt) | {"next": onward})
    return response


@router.get(CALLBACK)
def finish(ctx: Anybody, state: str = "", code: str = "", error: str = "", iss: str = "") -> Response:
    """Handle the browser's return from the provider: log the user in, or request the second factor first."""
    if ctx.app.provider is None:
        raise HTTPException(404)
    cookie_values = _cookie_values(ctx)
    if not cookie_values.get("state") or not compare_digest(cookie_values["state"].encode(), state.encode()):
        return _refused(ctx, "web.login.provider_again", status=400)
    onward, address = local_address(cookie_values.get("next", "/")), client_address(ctx.request)
    limits = [address_limit(address)]
    if reached := ctx.accounts.count_attempt(limits, now=ctx.now):
        attempts.record_refusal(ctx, address, "too_many_attempts", "")
        response = login_page(ctx, onward=onward, wait=reached, status=429)
        return _drop_cookie_values(response)
    if error or not code:
        log.info("the provider lets nobody in: %s", error[:200])
        return _refused(ctx, "web.login.provider_refused", onward=onward, reason="not_identified")
    attempt = LogInAttempt(**{name: cookie_values.get(name, "") for name in ("state", "nonce", "verifier")})
    try:
        account = identities.account_by_provider(ctx, attempt, code, issuer=iss)
    except ProviderSilent as silence:
        return _refused(ctx, silence.code, onward=onward, status=503)
    except NotIdentified as trouble:
        log.warning("the provider's answer proves nothing: %s", trouble)
        return _refused(ctx, "web.login.provider_refused", onward=onward, reason="not_identified")
    if account is None or account.disabled:
        login = account.reader.login if account is not None else ""
        reason: Reason = "account_closed" if account is not None else "no_access"
        return _refused(ctx, "web.login.provider_no_account", onward=onward, reason=reason, login=login)
    ctx.accounts.forget_attempt(limits)
    if not account.second_factor:
        return _drop_cookie_values(enter_account(ctx, account, {"next": onward}))
    response = _code_page(ctx)
    _set_cookie_values(response, {"sealed": identities.seal_login(ctx, account.reader.login), "next": onward})
    return response


@router.post("/login/oidc/code")
def check_code(ctx: Anybody, texts: Fields) -> Response:
    """Log in a user the provider has identified, after verifying their second factor."""
    cookie_values = _cookie_values(ctx)
    account = _account_of_code(ctx, cookie_values.get("sealed", ""))
    if account is None:
        return _refused(ctx, "web.login.provider_again", status=400)
    code = texts.get("code", "")
    try:
        attempts.check_code(ctx, account, code)
    except NotProved:
        return _code_page(ctx, wrong=True)
    recovered = credentials.recovery_hash(code, account.reader.login) is not None
    onward = local_address(cookie_values.get("next", "/"))
    return _drop_cookie_values(enter_account(ctx, account, {"next": onward}, recovered=recovered))


def _account_of_code(ctx: RequestContext, sealed: str) -> Account | None:
    """Return the account whose code is awaited, by the sealed login of the cookie; None if it may not enter."""
    login = identities.open_seal(ctx, sealed)
    account = ctx.accounts.account(login) if login else None
    if account is None or account.disabled or not account.linked:
        return None
    return account


def _refused(
    ctx: WebContext,
    refusal: str,
    *,
    onward: str = "/",
    status: int = 401,
    reason: Reason | None = None,
    login: str = "",
) -> Response:
    """Return the log-in page with a refusal, drop this log-in's cookie, and record the `reason`, if any."""
    if reason is not None:
        attempts.record_refusal(ctx, client_address(ctx.request), reason, login)
    return _drop_cookie_values(login_page(ctx, onward=onward, refusal=refusal, status=status))


def _code_page(ctx: WebContext, *, wrong: bool = False) -> Response:
    """Return the page that asks for the second factor; `wrong`: after a code that was not accepted."""
    return page(ctx, "login_code.html", status=401 if wrong else 200, wrong=wrong)


def _cookie_values(ctx: WebContext) -> dict[str, str]:
    """Return the data in the cookie; {} if it is not one of ours."""
    try:
        values = json.loads(urlsafe_b64decode(ctx.request.cookies.get(COOKIE, "").encode("ascii")))
    except ValueError:
        return {}
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        return {}
    return values


def _set_cookie_values(response: Response, values: dict[str, str]) -> None:
    text = urlsafe_b64encode(json.dumps(values).encode()).decode()
    keep_cookie(response, COOKIE, text, lasts=COOKIE_LIFETIME)


def _drop_cookie_values(response: Response) -> Response:
    drop_cookie(response, COOKIE)
    return response
