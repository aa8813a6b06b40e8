"""From a request to a reader: the session's cookie or a token of the API, and what the page asks of them.

Every route names its need by the dependency it asks for; the tests walk the router and find one that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from starlette.responses import Response

from services.context import Accounts, RequestContext
from services.credentials import hidden, new_secret
from web.auth.demonstration import SCOPE, offered
from web.auth.devices import remember
from workflow.org.access import OF_ONE_UNIT, Account, Entry, Need, Reader, must_enrol, placed

COOKIE = "__Host-merzim"
LASTS = timedelta(hours=12)
IDLE = timedelta(hours=2)
_TOUCH = timedelta(minutes=5)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class NotLoggedIn(Exception):
    """Nobody is known by this request: the log-in page stands in the way."""


class SecondFactorMissing(Exception):
    """The reader's access requires a second factor and the account has none: setting one stands in the way."""


def begin(
    accounts: Accounts, login: str, request: Request, response: Response, *, now: datetime, scope: str = ""
) -> None:
    """Open a session, give its secret to the browser, and end the one it had, whosever that was.

    After a log-in with a password the browser is known to the account from then on.

    Args:
        scope: SCOPE where it was opened without a password.
    """
    cookie = request.cookies.get(COOKIE, "")
    former = accounts.entry("session", hidden(cookie), now=now) if cookie else None
    if former is not None:
        accounts.end(former.login, former.hash, now=now)
    secret = new_secret()
    entry = Entry(
        hash=hidden(secret),
        kind="session",
        login=login,
        name=request.headers.get("user-agent", "")[:200],
        scope=scope,
        created_at=now,
        seen_at=now,
        expires_at=now + LASTS,
    )
    accounts.let_in(entry)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    if scope != SCOPE:
        remember(accounts, request, response, login, now=now)


def leave(accounts: Accounts, request: Request, response: Response, *, now: datetime) -> None:
    """End the session of this request."""
    entry = session(request, accounts, now=now)
    if entry is not None:
        accounts.end(entry.login, entry.hash, now=now)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def session(request: Request, accounts: Accounts, *, now: datetime) -> Entry | None:
    """The session of a request, while it holds and was used within the last two hours."""
    secret = request.cookies.get(COOKIE, "")
    entry = accounts.entry("session", hidden(secret), now=now) if secret else None
    return entry if entry is not None and entry.seen_at + IDLE > now else None


def known(request: Request, ctx: RequestContext) -> tuple[Account, Entry] | None:
    """Whose request it is; None when it is nobody's."""
    now = ctx.now
    header = request.headers.get("authorization", "")
    if header[:7].lower() == "bearer ":
        entry = ctx.accounts.entry("token", hidden(header[7:].strip()), now=now)
    else:
        entry = session(request, ctx.accounts, now=now)
    if entry is None:
        return None
    if entry.scope == SCOPE and not offered(request, allowed=ctx.passwordless):
        # Opened without a password on a demonstration day; on any other, or from elsewhere, it opens nothing.
        return None
    account = ctx.accounts.account(entry.login)
    if account is None or account.disabled:
        return None
    if entry.seen_at + _TOUCH < now:
        ctx.accounts.seen(entry.hash, now=now)
    return account, entry


async def base_context(request: Request) -> RequestContext:
    """The house as everybody finds it, before anybody is known. For the pages of the entrance.

    Asynchronous, so that no thread is waited for: those that make pages may all be busy.
    """
    return _house(request)


def _house(request: Request) -> RequestContext:
    base: RequestContext = request.app.state.ctx
    return replace(base)


def needs(
    need: Need, *, asking: bool = False, enrolling: bool = False, by_person: bool = False
) -> Callable[[Request], RequestContext]:
    """A dependency: the house as the reader of this request may see it.

    Args:
        asking: whether nothing is written whatever the method: questions too long for an address.
        by_person: whether only a session will do, never a token: what proves who somebody is.
        enrolling: whether it is open to an account that lacks the second factor its access requires.

    Raises:
        NotLoggedIn: the request is nobody's.
        SecondFactorMissing: the access requires a second factor, the account has none, and more is asked for
            than to set one.
        HTTPException: 403, the reader's access does not allow it anywhere, or a token does not.
    """

    def enter(request: Request) -> RequestContext:
        ctx = _house(request)
        found = known(request, ctx)
        if found is None:
            raise NotLoggedIn
        account, entry = found
        if not enrolling and must_enrol(account, ctx.totp_required):
            raise SecondFactorMissing
        reader = reader_of(ctx, account)
        only_read = entry.kind == "token" and entry.scope != "write"
        if not reader.may(need) or (only_read and not asking and request.method not in _SAFE):
            raise HTTPException(403, "web.problem.not_yours")
        if by_person and entry.kind != "session":
            raise HTTPException(403, "web.problem.by_person")
        request.state.reader = reader
        return _seen_by(ctx, reader)

    enter.need = need  # type: ignore[attr-defined]
    enter.asking = asking  # type: ignore[attr-defined]
    return enter


def reader_of(ctx: RequestContext, account: Account) -> Reader:
    """Return the reader an account is, as the office stands now."""
    reader = account.reader
    return placed(reader, ctx.reads.office()) if reader.access in OF_ONE_UNIT else reader


def _seen_by(ctx: RequestContext, reader: Reader) -> RequestContext:
    return ctx.read_by(reader)


def need_of(dependency: Callable[..., Any]) -> Need | None:
    """What a dependency made by `needs` asks for."""
    found: Need | None = getattr(dependency, "need", None)
    return found


def asks(dependency: Callable[..., Any]) -> bool:
    """Whether a dependency made by `needs` stands before a question."""
    return bool(getattr(dependency, "asking", False))


Anybody = Annotated[RequestContext, Depends(base_context)]
Reading = Annotated[RequestContext, Depends(needs("read"))]
Recording = Annotated[RequestContext, Depends(needs("record"))]
Managing = Annotated[RequestContext, Depends(needs("manage"))]
Setting = Annotated[RequestContext, Depends(needs("settings"))]
Own = Annotated[RequestContext, Depends(needs("self"))]
OwnByPerson = Annotated[RequestContext, Depends(needs("self", by_person=True))]
SettingByPerson = Annotated[RequestContext, Depends(needs("settings", by_person=True))]
"""Only in a session: what proves who somebody is, changed by themselves or by an administrator."""
Enrolling = Annotated[RequestContext, Depends(needs("self", by_person=True, enrolling=True))]
"""One's own account before it has the second factor its access requires: to set one, and to leave."""
Asking = Annotated[RequestContext, Depends(needs("read", asking=True))]
AskingOwn = Annotated[RequestContext, Depends(needs("self", asking=True))]
AskingToManage = Annotated[RequestContext, Depends(needs("manage", asking=True))]
AskingToSet = Annotated[RequestContext, Depends(needs("settings", asking=True))]
"""Questions by POST: a token that only reads may ask them too."""
