"""Pages for log-in and log-out, by password, invitation or the organisation's OpenID provider.

A second factor is always required: an invitation changes a password but does not bypass it. Log-in by the
provider begins with a link instead of a form, because the Content-Security-Policy limits form targets to this
site; what the browser must bring back is in its session, a signed cookie, for ten minutes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, HTTPException, Path
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from starlette.responses import RedirectResponse, Response

from merzim.services.accounts import credentials, identities
from merzim.services.accounts.credentials import BadPassword, hash_secret
from merzim.services.accounts.verbs import Credential, demonstrators
from merzim.services.context import RequestContext
from merzim.services.oidc import CALLBACK, NotIdentified, ProviderSilent
from merzim.web.auth import attempts, dependencies
from merzim.web.auth.dependencies import Anybody, Enrolling, begin_session, end_session
from merzim.web.http import WebContext
from merzim.web.ui.form_values import Fields
from merzim.web.ui.render import page
from workflow.org.access import Account, Reader, must_enrol

router = APIRouter(include_in_schema=False)
Secret = Annotated[str, Path(min_length=20, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]
_LOGIN = 80
CODE_INTERVAL = timedelta(minutes=5)
"""Time in which the second factor must be entered after the provider's identification."""
MAX_NEXT = 1000
_RETURNING = CapacityLimiter(40)
"""The most returns the provider is asked about at once: each counts as an attempt of its network, which has 50
(LIMITS), until the provider answers.
"""
log = logging.getLogger("merzim.login")


async def _log_out_address(ctx: Anybody, said: str = "") -> str:
    """Return the address that ends the session at the provider, too, after a log-out here; "" for none."""
    provider = ctx.app.provider
    return await provider.log_out_address(now=ctx.now) if provider is not None and said == "out" else ""


@router.get("/login")
def show_log_in(ctx: Anybody, log_out: Annotated[str, Depends(_log_out_address)], next: str = "/") -> Response:
    """Show the log-in page. `next`: the page the reader wanted."""
    return login_page(ctx, onward=local_address(next), log_out=log_out)


@router.post("/login")
def log_in(ctx: Anybody, texts: Fields) -> Response:
    """Log in by name, password and second factor; every failure gets the same answer."""
    login = texts.get("login", "").strip()[:_LOGIN].casefold()
    try:
        account = attempts.verify_log_in(ctx, login, texts)
    except attempts.NotProved as failure:
        onward, form_values = local_address(texts.get("next", "/")), _form_values(texts)
        return login_page(ctx, onward=onward, form_values=form_values, failure=failure, login=login)
    return enter_account(ctx, account, texts)


@router.post("/logout")
def log_out(ctx: Enrolling) -> Response:
    """End the session; users of the OpenID provider are then offered to end theirs with it, too."""
    account = ctx.accounts.account(ctx.reader.login)
    outside = account is not None and account.linked and ctx.app.settings.oidc.log_out
    response = RedirectResponse("/login?said=out" if outside else "/login", status_code=303)
    end_session(ctx, response)
    return response


@router.post("/login/demonstration")
def log_in_for_demonstration(ctx: Anybody, texts: Fields) -> Response:
    """Log in without a password as the chosen account, on a demonstration day on this machine."""
    if not dependencies.is_passwordless_request(ctx):
        raise HTTPException(404)
    account = ctx.accounts.account(texts.get("login", "")[:_LOGIN])
    if account is None or account.disabled or account.second_factor:
        raise HTTPException(404)
    return enter_account(ctx, account, texts, scope=dependencies.SCOPE)


@router.get("/welcome/{secret}")
def show_invitation(ctx: Anybody, secret: Secret) -> Response:
    """Show the page of an invitation: choose a password, and a login for the first administrator."""
    return _welcome(ctx, secret)


@router.post("/welcome/{secret}")
def accept_invitation(ctx: Anybody, secret: Secret, texts: Fields) -> Response:
    """Set the password an invited person chose, and log them in; who has a second factor logs in with it.

    The first administrator's invitation makes the account. All other sessions and tokens end.
    """
    entry = _invitation(ctx, secret)
    login = entry.login or texts.get("login", "").strip().casefold()
    try:
        credentials.check_login(login)
        credentials.check_new_password(texts.get("password", ""), texts.get("again", ""), login)
        if not entry.login and ctx.accounts.account(login) is not None:
            raise BadPassword("web.login.taken", login=login)
    except BadPassword as refusal:
        return _welcome(ctx, secret, refusal=refusal, login=login)
    if not ctx.accounts.use_invitation(entry.hash, now=ctx.now):
        raise HTTPException(404, "web.problem.no_invitation")
    at = replace(ctx.moment, by=login)
    if not entry.login:
        first = Reader(login=login, access="administrator")
        ctx.accounts.save(first, disabled=False, at=at)
    ctx.accounts.set_password(login, credentials.hash_password(texts["password"]), at=at)
    account = ctx.accounts.account(login)
    assert account is not None
    if account.second_factor:
        # The link proves only one factor: its holder must still enter a code.
        return RedirectResponse("/login?said=password", status_code=303)
    return enter_account(ctx, account, {})


def login_page(
    ctx: WebContext,
    *,
    onward: str,
    form_values: Mapping[str, str] | None = None,
    files: bool = False,
    failure: attempts.NotProved | None = None,
    refusal: str = "",
    login: str = "",
    log_out: str = "",
    status: int = 200,
) -> Response:
    """Return the log-in page; after one log-out it leads to the other, at the OpenID provider (`log_out`).

    Args:
        form_values: fields of a form interrupted by the end of the session; its `files` must be chosen again.
        failure: of the last attempt, which gives the status; refusal: code of why the provider's log-in failed.
    """
    is_shown, provider = dependencies.is_passwordless_request(ctx), ctx.app.provider
    # Too many codes get the answer of a wrong one, which does not say that the password was right.
    wait = failure.wait if failure is not None and failure.reason == "too_many_attempts" else None
    if failure is not None:
        status = 401 if wait is None else 429
    response = page(
        ctx,
        "login.html",
        status=status,
        place=f"/login?{urlencode({'next': onward})}",
        onward=onward,
        planner=ctx.app.settings.web.public_planner,
        form_values=json.dumps(form_values, ensure_ascii=False) if form_values else "",
        files=files,
        wrong=failure is not None,
        minutes=attempts.minutes(wait),
        refusal=refusal,
        labels=provider.labels if provider else None,
        log_out=log_out,
        login=login,
        demonstrators=demonstrators(ctx.app) if is_shown else [],
        nobody=not ctx.accounts.any_with_password(),
    )
    if wait:
        response.headers["retry-after"] = str(int(wait.total_seconds()))
    return response


def local_address(address: str) -> str:
    """Return the address to continue to if it is one of this site; "/" otherwise."""
    if not address.startswith("/") or address.startswith(("//", "/\\")) or len(address) > 2000:
        return "/"
    parts = urlsplit(address)
    unsafe = parts.scheme or parts.netloc or any(ord(letter) < 32 for letter in address)
    return "/" if unsafe else address


def enter_account(ctx: WebContext, account: Account, texts: Mapping[str, str], *, scope: str = "") -> Response:
    """Begin a session, and return what continues: to the second factor if one is required and missing, else
    where the reader was going (`onward`), with the fields of the interrupted form. The use of a recovery code
    is told.
    """
    login, code = account.reader.login, texts.get("code", "")
    recovered = account.second_factor and credentials.recovery_hash(code, login) is not None
    onward, form_values = local_address(texts.get("next", "/")), _form_values(texts)
    if must_enrol(account, ctx.app.settings.web.totp_required):
        onward, form_values = "/account/totp", {}
    elif recovered and not form_values:
        onward = "/account?said=recovery"
    elif onward == "/":
        onward = first_page(account.reader)
    response: Response = RedirectResponse(onward, status_code=303)
    if form_values:
        response = page(ctx, "again.html", onward=onward, kept=list(form_values.items()))
    begin_session(ctx, login, response, scope=scope)
    if account.password and not scope:
        attempts.remember_device(ctx, response, account)
    return response


def first_page(reader: Reader) -> str:
    """Return the start page of a reader: the desk for those who work with cases, the administration for those
    who see none, else the overview.
    """
    if not reader.may("read"):
        return "/administration"
    return "/desk" if reader.may("manage") or reader.access == "responsible" else "/"


def _invitation(ctx: RequestContext, secret: str) -> Credential:
    """Return the invitation with that secret; 404 when it is invalid: that of the first administrator, which
    has no account, once an account has a password.
    """
    entry = ctx.accounts.entry("invitation", hash_secret(secret), now=ctx.now)
    if entry is None or (not entry.login and ctx.accounts.any_with_password()):
        raise HTTPException(404, "web.problem.no_invitation")
    return entry


def _welcome(ctx: WebContext, secret: str, *, refusal: BadPassword | None = None, login: str = "") -> Response:
    """Return the page of an invitation; `login`: as typed by the first administrator. Raises 404."""
    entry = _invitation(ctx, secret)
    return page(
        ctx,
        "welcome.html",
        secret=secret,
        fixed=entry.login,
        login=entry.login or login,
        refusal=refusal,
        least=credentials.MIN_PASSWORD_LENGTH,
    )


def _form_values(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of an interrupted form, as submitted with the log-in page; {} for none."""
    try:
        form_values = json.loads(texts.get("kept") or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in form_values.items()} if isinstance(form_values, dict) else {}


@router.get("/login/oidc")
async def begin(ctx: Anybody, next: str = "/") -> Response:
    """Redirect the browser to the provider. `next`: the page the reader wanted."""
    provider = ctx.app.provider
    if provider is None:
        raise HTTPException(404)
    onward = local_address(next[:MAX_NEXT])
    try:
        response = await provider.begin(ctx.request, now=ctx.now)
    except ProviderSilent as silence:
        return await run_in_threadpool(login_page, ctx, onward=onward, refusal=silence.code, status=503)
    ctx.request.session["next"] = onward
    return response


@router.get(CALLBACK)
async def finish(ctx: Anybody, code: str = "", error: str = "", iss: str = "") -> Response:
    """Handle the browser's return from the provider: log the user in, or request the second factor first."""
    if ctx.app.provider is None:
        raise HTTPException(404)
    begun, session = await ctx.app.provider.begun(ctx.request), ctx.request.session
    if begun is None:
        return await run_in_threadpool(_again, ctx)
    onward = local_address(session["next"])
    show = partial(login_page, ctx, onward=onward)
    session.clear()
    try:
        limits = [attempts.network_limit(ctx, "address")]
        async with _RETURNING, contextmanager_in_threadpool(attempts.counted(ctx, limits)):
            account = await _identified(ctx, begun, code, error, iss)
    except attempts.NotProved as failure:
        if failure.wait is not None:
            return await run_in_threadpool(show, failure=failure)
        is_known = failure.reason != "not_identified"
        refusal = f"web.login.provider_{'no_account' if is_known else 'refused'}"
        return await run_in_threadpool(show, refusal=refusal, status=401)
    except ProviderSilent as silence:
        return await run_in_threadpool(show, refusal=silence.code, status=503)
    if not account.second_factor:
        return await run_in_threadpool(enter_account, ctx, account, {"next": onward})
    until = (ctx.now + CODE_INTERVAL).timestamp()
    session.update(login=account.reader.login, until=until, next=onward)
    return await run_in_threadpool(_code_page, ctx)


async def _identified(ctx: WebContext, begun: Mapping[str, str], code: str, error: str, issuer: str) -> Account:
    """Return the account of whom a code of the provider identifies. Raises NotProved, ProviderSilent."""
    provider = ctx.app.provider
    assert provider is not None
    if error or not code:
        log.info("the provider lets nobody in: %s", error[:200])
        raise attempts.NotProved("not_identified")
    try:
        person = await provider.identify(begun, code, issuer=issuer, now=ctx.now)
    except NotIdentified as trouble:
        log.warning("the provider's answer proves nothing: %s", trouble)
        raise attempts.NotProved("not_identified") from None
    account = await run_in_threadpool(identities.account_of, ctx, person)
    if account is None:
        raise attempts.NotProved("no_access")
    if account.disabled:
        raise attempts.NotProved("account_closed", login=account.reader.login)
    return account


@router.post("/login/oidc/code")
def enter_code(ctx: Anybody, texts: Fields) -> Response:
    """Log in a user the provider has identified, after verifying their second factor."""
    if ctx.app.provider is None:
        raise HTTPException(404)
    session = ctx.request.session
    is_awaited = ctx.now.timestamp() < session.get("until", 0)
    account = ctx.accounts.account(session["login"]) if is_awaited else None
    if account is None or account.disabled or not account.linked:
        return _again(ctx)
    code = texts.get("code", "")
    try:
        attempts.check_code(ctx, account, code)
    except attempts.NotProved:
        return _code_page(ctx, wrong=True)
    onward = session["next"]
    session.clear()
    return enter_account(ctx, account, {"next": onward, "code": code})


def _again(ctx: WebContext) -> Response:
    """Return the log-in page to a browser that began no log-in by the provider, or too long ago."""
    return login_page(ctx, onward="/", refusal="web.login.provider_again", status=400)


def _code_page(ctx: WebContext, *, wrong: bool = False) -> Response:
    """Return the page that asks for the second factor; `wrong`: after a code that was not accepted."""
    return page(ctx, "login_code.html", status=401 if wrong else 200, wrong=wrong)
