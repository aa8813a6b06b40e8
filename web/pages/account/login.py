"""The pages of the entrance: log in and out, take up an invitation, one's own account.

A second factor stands behind every one of these ways: an invitation changes a password and lets nobody past it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services import credentials
from services.administration import Administration, TelegramOffer
from services.context import RequestContext
from services.credentials import BadPassword, hash_secret
from web.auth import demonstration
from web.auth.dependencies import (
    Anybody,
    Enrolling,
    Own,
    OwnByPerson,
    begin_session,
    current_session,
    end_session,
)
from web.auth.devices import device_hashes
from web.pages.account import attempts
from web.pages.account.attempts import NotProved
from web.pages.account.digest_choice import own_choice
from web.pages.cases import commands
from web.ui.render import page
from workflow.org.access import ACCESSES, Account, Entry, Reader, must_enrol
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
Secret = Annotated[str, Path(min_length=20, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]
LONGEST_FIELD = 64 * 1024
MAX_FIELDS = 80
_LOGIN = 80
OWN_SAID = ("password", "totp", "recovery", "kept", "ended", "ended_one", "revoked", "unlinked", "digest")


@router.get("/login")
def ask(request: Request, ctx: Anybody, next: str = "/", said: str = "") -> Response:
    """The log-in page. `next` is where the reader wanted to go; `said` what was done before."""
    return login_page(request, ctx, onward=inside(next), chosen=said == "password")


@router.post("/login")
async def log_in(request: Request, ctx: Anybody) -> Response:
    """Name, password and, where one is set, the code of the second factor; one answer to all that is wrong."""
    async with request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=LONGEST_FIELD) as form:
        return await run_in_threadpool(_log_in, request, ctx, field_texts(form))


@router.post("/logout")
def log_out(request: Request, ctx: Enrolling) -> Response:
    """End this session."""
    now = ctx.now
    response = RedirectResponse("/login", status_code=303)
    end_session(ctx.accounts, request, response, now=now)
    return response


@router.post("/login/demonstration")
async def look(request: Request, ctx: Anybody) -> Response:
    """On a demonstration day, on this machine: in as one of the accounts, without a password."""
    if not demonstration.is_passwordless_request(request, allowed=ctx.passwordless):
        raise HTTPException(404)
    async with request.form(max_files=0, max_fields=5, max_part_size=LONGEST_FIELD) as form:
        texts = field_texts(form)
    account = ctx.accounts.account(texts.get("login", "")[:_LOGIN])
    if account is None or account.disabled or account.second_factor:
        raise HTTPException(404)
    return _in(request, ctx, account, texts, scope=demonstration.SCOPE)


@router.get("/welcome/{secret}")
def invited(request: Request, ctx: Anybody, secret: Secret) -> Response:
    """Where an invitation leads: a name (for the first administrator) and a password are chosen."""
    return _welcome(request, ctx, secret, status=200)


@router.post("/welcome/{secret}")
async def accept(request: Request, ctx: Anybody, secret: Secret) -> Response:
    """Take up an invitation."""
    async with request.form(max_files=0, max_fields=10, max_part_size=LONGEST_FIELD) as form:
        return await run_in_threadpool(_accept, request, ctx, secret, field_texts(form))


@router.get("/account")
def own(request: Request, ctx: Own, said: str = "") -> Response:
    """One's own account: password, second factor, sessions."""
    return own_page(request, ctx, said=said if said in OWN_SAID else "")


@router.post("/account/password")
async def change_password(request: Request, ctx: OwnByPerson) -> Response:
    """Another password; every session ends, and this browser gets a new one."""
    async with request.form(max_files=0, max_fields=10, max_part_size=LONGEST_FIELD) as form:
        return await run_in_threadpool(_change_password, request, ctx, field_texts(form))


@router.post("/account/sessions/end")
async def end_sessions(request: Request, ctx: Own) -> Response:
    """End the session or known device that was chosen; without a choice all but those of this browser."""
    async with request.form(max_files=0, max_fields=5, max_part_size=LONGEST_FIELD) as form:
        return await run_in_threadpool(_end_sessions, request, ctx, field_texts(form).get("hash", ""))


def login_page(
    request: Request,
    ctx: RequestContext,
    *,
    onward: str,
    kept: Mapping[str, str] | None = None,
    files: bool = False,
    wrong: bool = False,
    wait: timedelta | None = None,
    login: str = "",
    status: int = 200,
    chosen: bool = False,
) -> Response:
    """The page that asks who somebody is.

    Args:
        kept: what was typed into a form when the session ended.
        wait: after how long the next attempt is looked at, where they came too often.
        chosen: whether a new password was just chosen, which does not let in by itself.
    """
    shown = demonstration.is_passwordless_request(request, allowed=ctx.passwordless)
    today = ctx.today
    response = page(
        request,
        ctx,
        "login.html",
        today=today,
        status=status,
        place=f"/login?{urlencode({'next': onward})}",
        onward=onward,
        kept=json.dumps(kept, ensure_ascii=False) if kept else "",
        files=files,
        wrong=wrong,
        minutes=attempts.minutes(wait) if wait else 0,
        login=login,
        chosen=chosen,
        demonstrators=_demonstrators(ctx) if shown else [],
        nobody=not ctx.accounts.any(),
    )
    if wait:
        response.headers["retry-after"] = str(int(wait.total_seconds()))
    return response


def _demonstrators(ctx: RequestContext) -> list[Reader]:
    """Whom one may look as: those who work with cases first, in the order of the accesses; nobody who has a
    second factor."""
    readers = [one.reader for one in ctx.accounts.all() if not one.disabled and not one.second_factor]
    return sorted(readers, key=lambda one: (ACCESSES.index(one.access), one.login))


def inside(address: str) -> str:
    """An address of ours to go on to; "/" for anything else."""
    if not address.startswith("/") or address.startswith(("//", "/\\")) or len(address) > 2000:
        return "/"
    parts = urlsplit(address)
    unsafe = parts.scheme or parts.netloc or any(ord(letter) < 32 for letter in address)
    return "/" if unsafe else address


def _log_in(request: Request, ctx: RequestContext, texts: Mapping[str, str]) -> Response:
    login = texts.get("login", "").strip()[:_LOGIN].casefold()
    try:
        account = attempts.log_in(request, ctx, login, texts)
    except NotProved as refusal:
        return login_page(
            request,
            ctx,
            onward=inside(texts.get("next", "/")),
            kept=_kept(texts),
            wrong=True,
            wait=refusal.wait,
            login=login,
            status=401 if refusal.wait is None else 429,
        )
    recovered = account.second_factor and credentials.recovery_hash(texts.get("code", ""), login) is not None
    return _in(request, ctx, account, texts, recovered=recovered)


def _in(
    request: Request,
    ctx: RequestContext,
    account: Account,
    texts: Mapping[str, str],
    *,
    scope: str = "",
    recovered: bool = False,
) -> Response:
    """Let an account in. `recovered`: by a recovery code, of which there is one less now."""
    now, today = ctx.now, ctx.today
    onward, kept = inside(texts.get("next", "/")), _kept(texts)
    if must_enrol(account, ctx.totp_required):
        onward, kept = "/account/totp", {}
    elif recovered and not kept:
        onward = "/account?said=recovery"
    elif onward == "/":
        onward = first_page(account.reader)
    response: Response = RedirectResponse(onward, status_code=303)
    if kept:
        fields = list(kept.items())
        response = page(request, ctx, "again.html", today=today, onward=onward, fields=fields)
    begin_session(ctx.accounts, account.reader.login, request, response, now=now, scope=scope)
    return response


def first_page(reader: Reader) -> str:
    """Where a reader's day begins: at the desk for whoever does the work, at the overview for others."""
    if not reader.may("read"):
        return "/administration"
    return "/desk" if reader.access in ("officer", "responsible") else "/"


def _invitation(ctx: RequestContext, secret: str) -> Entry:
    """Return the invitation of that secret; 404 when it does not hold.

    The first administrator's names no account, and holds only until an account has a password.
    """
    now = ctx.now
    entry = ctx.accounts.entry("invitation", hash_secret(secret), now=now)
    if entry is None or (not entry.login and ctx.accounts.any()):
        raise HTTPException(404, "web.problem.no_invitation")
    return entry


def _welcome(
    request: Request,
    ctx: RequestContext,
    secret: str,
    *,
    status: int,
    refusal: BadPassword | None = None,
    login: str = "",
) -> Response:
    today = ctx.today
    entry = _invitation(ctx, secret)
    return page(
        request,
        ctx,
        "welcome.html",
        today=today,
        status=status,
        secret=secret,
        fixed=entry.login,
        login=entry.login or login,
        refusal=refusal,
        least=credentials.MIN_PASSWORD_LENGTH,
    )


def _accept(request: Request, ctx: RequestContext, secret: str, texts: Mapping[str, str]) -> Response:
    now, today = ctx.now, ctx.today
    entry = _invitation(ctx, secret)
    login = entry.login or texts.get("login", "").strip().casefold()
    try:
        credentials.check_login(login)
        credentials.check_new_password(texts.get("password", ""), texts.get("again", ""), login)
        if not entry.login and ctx.accounts.account(login) is not None:
            raise BadPassword("web.login.taken", login=login)
    except BadPassword as refusal:
        return _welcome(request, ctx, secret, status=422, refusal=refusal, login=login)
    if not ctx.accounts.take(entry.hash, now=now):
        raise HTTPException(404, "web.problem.no_invitation")
    if not entry.login:
        first = Reader(login=login, access="administrator")
        ctx.accounts.save(first, disabled=False, by=login, now=now, today=today)
    password = credentials.hash_password(texts["password"])
    ctx.accounts.set_password(login, password, by=login, now=now, today=today)
    account = ctx.accounts.account(login)
    assert account is not None
    if account.second_factor:
        # The link proves one factor and no more: whoever holds it still has to give a code.
        return RedirectResponse("/login?said=password", status_code=303)
    return _in(request, ctx, account, {})


def own_page(
    request: Request,
    ctx: RequestContext,
    *,
    said: str = "",
    refusal: Refusal | None = None,
    status: int = 200,
    feed: str = "",
    telegram: TelegramOffer | None = None,
) -> Response:
    """One's own account. `feed`: the address of a feed just made; `telegram`: a code just given."""
    now, today = ctx.now, ctx.today
    account = ctx.accounts.account(ctx.reader.login)
    assert account is not None
    here = current_session(request, ctx.accounts, now=now)
    return page(
        request,
        ctx,
        "account.html",
        today=today,
        status=status,
        account=account,
        codes=ctx.factors.codes(ctx.reader.login) if account.second_factor else None,
        removal=ctx.factors.removal(ctx.reader.login, now=now),
        required=ctx.reader.access in ctx.totp_required,
        recovery_codes=credentials.RECOVERY_CODES,
        entries=ctx.accounts.entries(ctx.reader.login, now=now),
        present={here.hash if here else "", *device_hashes(request)},
        refusal=refusal,
        said=said,
        least=credentials.MIN_PASSWORD_LENGTH,
        feed=feed,
        may_feed=True,
        telegram=telegram,
        telegram_picture=credentials.totp_picture(telegram.address) if telegram else "",
        linked=Administration(ctx.app).linked(ctx.reader.person) if ctx.reader.person else None,
        choosing=own_choice(ctx),
    )


def _change_password(request: Request, ctx: RequestContext, texts: Mapping[str, str]) -> Response:
    now, today = ctx.now, ctx.today
    login = ctx.reader.login
    try:
        attempts.check_present_password(request, ctx, texts.get("old", ""))
        credentials.check_new_password(texts.get("password", ""), texts.get("again", ""), login)
    except BadPassword as refusal:
        return own_page(request, ctx, refusal=refusal, status=422)
    ctx.accounts.set_password(
        login, credentials.hash_password(texts["password"]), by=login, now=now, today=today
    )
    return begin_again(request, ctx, "password")


def _end_sessions(request: Request, ctx: RequestContext, hash: str) -> Response:
    now = ctx.now
    if hash:
        commands.end_session(ctx, hash)
        return RedirectResponse("/account?said=ended_one", status_code=303)
    here = current_session(request, ctx.accounts, now=now)
    commands.end_sessions(ctx, but={here.hash if here else "", *device_hashes(request)})
    return RedirectResponse("/account?said=ended", status_code=303)


def begin_again(request: Request, ctx: RequestContext, said: str) -> Response:
    """A new session for this browser: all others have ended."""
    now = ctx.now
    response = RedirectResponse(f"/account?said={said}", status_code=303)
    begin_session(ctx.accounts, ctx.reader.login, request, response, now=now)
    return response


def _kept(texts: Mapping[str, str]) -> dict[str, str]:
    """The fields of the form that was interrupted, as the log-in page carried them."""
    try:
        kept = json.loads(texts.get("kept", "") or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in kept.items()} if isinstance(kept, dict) else {}


def field_texts(form: FormData) -> dict[str, str]:
    """Return the fields of a form that are no files."""
    return {key: value for key, value in form.multi_items() if isinstance(value, str)}
