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

from merzim.services.accounts import identities
from merzim.services.context import RequestContext
from merzim.services.oidc import CALLBACK, LogInAttempt, NotIdentified, ProviderSilent
from merzim.web.auth.dependencies import Anybody
from merzim.web.auth.limits import network_limit
from merzim.web.http import WebContext, drop_cookie, keep_cookie
from merzim.web.pages.account.attempts import NotProved, check_code, counted
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
    return _with_cookie(response, asdict(attempt) | {"next": onward})


@router.get(CALLBACK)
def finish(ctx: Anybody, state: str = "", code: str = "", error: str = "", iss: str = "") -> Response:
    """Handle the browser's return from the provider: log the user in, or request the second factor first."""
    if ctx.app.provider is None:
        raise HTTPException(404)
    values = _cookie_values(ctx)
    if not values.get("state") or not compare_digest(values["state"].encode(), state.encode()):
        return _without_cookie(login_page(ctx, onward="/", refusal="web.login.provider_again", status=400))
    onward = local_address(values.get("next", "/"))
    attempt = LogInAttempt(**{name: values.get(name, "") for name in ("state", "nonce", "verifier")})
    try:
        with counted(ctx, [network_limit(ctx, "address")]):
            account = _identified(ctx, attempt, code, error, iss)
    except NotProved as failure:
        if failure.wait is not None:
            return _without_cookie(login_page(ctx, onward=onward, failure=failure))
        is_known = failure.reason != "not_identified"
        refusal = f"web.login.provider_{'no_account' if is_known else 'refused'}"
        return _without_cookie(login_page(ctx, onward=onward, refusal=refusal, status=401))
    except ProviderSilent as silence:
        return _without_cookie(login_page(ctx, onward=onward, refusal=silence.code, status=503))
    if not account.second_factor:
        return _without_cookie(enter_account(ctx, account, {"next": onward}))
    sealed = identities.seal_login(ctx, account.reader.login)
    return _with_cookie(_code_page(ctx), {"sealed": sealed, "next": onward})


def _identified(ctx: WebContext, attempt: LogInAttempt, code: str, error: str, issuer: str) -> Account:
    """Return the account of whom a code of the provider identifies. Raises NotProved, ProviderSilent."""
    if error or not code:
        log.info("the provider lets nobody in: %s", error[:200])
        raise NotProved("not_identified")
    try:
        account = identities.account_by_provider(ctx, attempt, code, issuer=issuer)
    except NotIdentified as trouble:
        log.warning("the provider's answer proves nothing: %s", trouble)
        raise NotProved("not_identified") from None
    if account is None:
        raise NotProved("no_access")
    if account.disabled:
        raise NotProved("account_closed", login=account.reader.login)
    return account


@router.post("/login/oidc/code")
def enter_code(ctx: Anybody, texts: Fields) -> Response:
    """Log in a user the provider has identified, after verifying their second factor."""
    values = _cookie_values(ctx)
    account = _account_of_code(ctx, values.get("sealed", ""))
    if account is None:
        return _without_cookie(login_page(ctx, onward="/", refusal="web.login.provider_again", status=400))
    code = texts.get("code", "")
    try:
        check_code(ctx, account, code)
    except NotProved:
        return _code_page(ctx, wrong=True)
    return _without_cookie(enter_account(ctx, account, {"next": values.get("next", "/"), "code": code}))


def _account_of_code(ctx: RequestContext, sealed: str) -> Account | None:
    """Return the account whose code is awaited, by the sealed login of the cookie; None if it may not enter."""
    login = identities.open_seal(ctx, sealed)
    account = ctx.accounts.account(login) if login else None
    if account is None or account.disabled or not account.linked:
        return None
    return account


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


def _with_cookie(response: Response, values: dict[str, str]) -> Response:
    text = urlsafe_b64encode(json.dumps(values).encode()).decode()
    keep_cookie(response, COOKIE, text, lasts=COOKIE_LIFETIME)
    return response


def _without_cookie(response: Response) -> Response:
    drop_cookie(response, COOKIE)
    return response
