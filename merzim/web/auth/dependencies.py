"""FastAPI dependencies that identify the reader of a request by session cookie or API token and check access.

Every route declares the access it needs by its dependency; a test checks every route of the router for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial, wraps
from typing import Annotated, Any, ParamSpec
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import Depends, HTTPException, Request
from pydantic_core import to_json
from starlette.responses import Response

from merzim.documents.child import WAIT
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.accounts.credentials import hash_secret
from merzim.services.accounts.verbs import Credential, issue_secret
from merzim.services.context import RequestContext, reader_of
from merzim.web.auth.middleware import SAFE_METHODS, is_local
from merzim.web.http import WebContext, drop_cookie, keep_cookie, preferences
from workflow.org.access import Account, Need, must_enrol

SCOPE = "demonstration"
"""The scope of a session that was opened without a password, on a demonstration day."""


def is_passwordless_request(ctx: WebContext) -> bool:
    """Return whether a request may log in without a password: a browser's here, on a demonstration day. Not by
    HTTP/1.0, which no browser speaks but proxies without forwarding headers do (nginx by default).
    """
    version = ctx.request.scope.get("http_version", "1.1")
    return ctx.passwordless and is_local(ctx.request) and version not in ("0.9", "1.0")


COOKIE = "__Host-merzim"
_TOUCH_INTERVAL = timedelta(minutes=5)


class NotLoggedIn(Exception):
    """The request has no valid session or token: the answer is the log-in page."""


class SecondFactorMissing(Exception):
    """The reader's access requires a second factor, the account has none: the answer is the page to set it."""


def begin_session(ctx: WebContext, login: str, response: Response, *, scope: str = "") -> None:
    """Open a session, set its cookie, and end the session the browser had before, of any account. `scope`:
    SCOPE for one without a password.
    """
    cookie, accounts, at = ctx.request.cookies.get(COOKIE, ""), ctx.accounts, replace(ctx.moment, by="")
    former = accounts.entry("session", hash_secret(cookie), now=at.now) if cookie else None
    if former is not None:
        accounts.end(former.login, former.hash, at=at)
    browser = ctx.request.headers.get("user-agent", "")[:200]
    lifetime = timedelta(hours=ctx.app.settings.web.session_hours)
    secret = issue_secret(accounts, "session", login, lifetime, at=at, name=browser, scope=scope)
    keep_cookie(response, COOKIE, secret, lasts=lifetime)


def end_session(ctx: WebContext, response: Response) -> None:
    """End the session of a request, if it has one, and drop its cookie."""
    entry = current_session(ctx)
    if entry is not None:
        ctx.accounts.end(entry.login, entry.hash, at=replace(ctx.moment, by=entry.login))
    drop_cookie(response, COOKIE)


def current_session(ctx: WebContext) -> Credential | None:
    """Return the session of a request; None when it has expired or was idle too long by present settings."""
    secret, limits, now = ctx.request.cookies.get(COOKIE, ""), ctx.app.settings.web, ctx.now
    entry = ctx.accounts.entry("session", hash_secret(secret), now=now) if secret else None
    if entry is None or entry.created_at + timedelta(hours=limits.session_hours) <= now:
        return None
    return entry if entry.seen_at + timedelta(minutes=limits.session_idle_minutes) > now else None


def identify(ctx: WebContext) -> tuple[Account, Credential] | None:
    """Return the account of a request and its session or token, noted as used; None without a valid one, and of
    a disabled account.
    """
    now = ctx.now
    header = ctx.request.headers.get("authorization", "")
    if header[:7].lower() == "bearer ":
        entry = ctx.accounts.entry("token", hash_secret(header[7:].strip()), now=now)
    else:
        entry = current_session(ctx)
    if entry is None:
        return None
    if entry.scope == SCOPE and not is_passwordless_request(ctx):
        # A session opened without a password is valid only while that is allowed, and only from this machine.
        return None
    account = ctx.accounts.account(entry.login)
    if account is None or account.disabled:
        return None
    if entry.seen_at + _TOUCH_INTERVAL < now:
        ctx.accounts.mark_used(entry.hash, now=now)
    return account, entry


async def base_context(request: Request) -> WebContext:
    """Return the request context without a reader; asynchronous, as pages may keep all threads busy."""
    return plain_context(request)


def plain_context(request: Request) -> WebContext:
    """Return the context of a request without a reader, in the language of its pages."""
    present: RequestContext = request.app.state.context(language=preferences(request).language)
    return WebContext(**vars(present), request=request)


def needs(
    need: Need, *, only_reads: bool = False, before_enrolment: bool = False, session_only: bool = False
) -> Callable[[Request], WebContext]:
    """Return a dependency that returns the request context limited to what its reader may see. `only_reads`:
    whether the route reads even by POST, so that a read-only token may send it; `before_enrolment`: whether an
    account without its required second factor may use it; `session_only`: whether it takes no token. Raises
    NotLoggedIn, SecondFactorMissing, or HTTPException 403: the reader's access does not allow the route in any
    unit (to manage a case: in its unit), or the token does not.
    """

    def resolve_context(request: Request) -> WebContext:
        ctx = plain_context(request)
        # The session ends with this function: nothing is held while the handler waits for a thread.
        with ctx.app.one_session():
            identity = identify(ctx)
            if identity is None:
                raise NotLoggedIn
            account, entry = identity
            if not before_enrolment and must_enrol(account, ctx.app.settings.web.totp_required):
                raise SecondFactorMissing
            reader = reader_of(ctx, account)
            ctx.request.state.reader = reader  # also of a refusal, whose page leads back to what they may see
            may_write = only_reads or entry.kind != "token" or entry.scope == "write"
            if not reader.may(need) or not (may_write or ctx.request.method in SAFE_METHODS):
                raise HTTPException(403, "web.problem.not_yours")
            if session_only and entry.kind != "session":
                raise HTTPException(403, "web.problem.by_person")
            reader_ctx = ctx.read_by(reader)
            if need == "manage" and (case := ctx.request.path_params.get("case")):
                # Who was told of a case of another unit sees it and does their part; its officer manages it.
                head = reader_ctx.reads.heads([case]).get(case)
                if head is not None and not reader_ctx.reads.in_reach(head):
                    raise HTTPException(403, "web.problem.not_yours")
            return reader_ctx

    # What the test of all routes reads.
    resolve_context.need = need  # type: ignore[attr-defined]
    resolve_context.only_reads = only_reads  # type: ignore[attr-defined]
    return resolve_context


Anybody = Annotated[WebContext, Depends(base_context)]
Reading = Annotated[WebContext, Depends(needs("read"))]
Recording = Annotated[WebContext, Depends(needs("record"))]
Assigning = Annotated[WebContext, Depends(needs("assign"))]
Managing = Annotated[WebContext, Depends(needs("manage"))]
Setting = Annotated[WebContext, Depends(needs("settings"))]
Auditing = Annotated[WebContext, Depends(needs("audit"))]
Own = Annotated[WebContext, Depends(needs("self"))]
OwnInSession = Annotated[WebContext, Depends(needs("self", session_only=True))]
SettingInSession = Annotated[WebContext, Depends(needs("settings", session_only=True))]
"""Never by a token: passwords, factors and ways in, changed by the account itself or by an administrator."""
Enrolling = Annotated[WebContext, Depends(needs("self", session_only=True, before_enrolment=True))]
"""The reader's account without its required second factor: may only set one, or log out."""
Asking = Annotated[WebContext, Depends(needs("read", only_reads=True))]
"""A query by POST, which a read-only token may send too."""


READING_THREADS = 8
"""The most requests that read files at the same time."""
MAX_READING_PER_ACCOUNT = 3
"""Maximum number of these requests of one account, so that nobody occupies all threads
(`merzim.documents.child.AT_ONCE`).
"""
_reading = CapacityLimiter(READING_THREADS)
_reading_of = WeakValueDictionary[str, CapacityLimiter]()
"""Login -> what limits its requests that read files, while there are any."""

P = ParamSpec("P")


def waits_for_others(handler: Callable[P, Response]) -> Callable[P, Awaitable[Response]]:
    """Decorate a handler that waits for a server of others: in a thread of its own, so that no page waits."""

    @wraps(handler)
    async def run_apart(*args: P.args, **kwargs: P.kwargs) -> Response:
        return await to_thread.run_sync(partial(handler, *args, **kwargs), limiter=CapacityLimiter(1))

    return run_apart


def reads_files(handler: Callable[P, object]) -> Callable[P, Awaitable[Response]]:
    """Decorate a handler that reads files and takes the context as `ctx`, so that pages do not wait for it: it
    runs, and makes its answer JSON, in one of READING_THREADS threads. Raises UnreadablePaper
    (`paper_readers_busy`) where none is free within WAIT seconds, or the account reads too many files.
    """

    def respond(*args: P.args, **kwargs: P.kwargs) -> Response:
        answer = handler(*args, **kwargs)
        if isinstance(answer, Response):
            return answer
        return Response(to_json(answer), media_type="application/json")

    @wraps(handler)
    async def run_apart(*args: P.args, **kwargs: P.kwargs) -> Response:
        ctx: Any = kwargs["ctx"]
        of_account = _reading_of.setdefault(ctx.reader.login, CapacityLimiter(MAX_READING_PER_ACCOUNT))
        async with AsyncExitStack() as turn:
            try:
                with fail_after(WAIT):
                    await turn.enter_async_context(of_account)
                    await turn.enter_async_context(_reading)
            except TimeoutError:
                raise UnreadablePaper("paper_readers_busy") from None
            return await to_thread.run_sync(partial(respond, *args, **kwargs), limiter=CapacityLimiter(1))

    return run_apart
