"""One's own account: who one is, leave, how one is reminded, calendar feeds, Telegram, sessions.

What proves who one is (password, second factor) is changed in a session alone, never by a token.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from services.inputs import Day, Key
from services.verbs import Command
from web.api.answers import PROBLEMS, RequestTranslator
from web.api.idempotency import Writing
from web.auth.dependencies import Own, Recording
from web.pages.account.digest_choice import be_reminded, own_choice
from web.pages.administration.common import administration
from web.pages.administration.feeds import give_own, revoke
from web.pages.cases import commands
from workflow.org.access import Entry

router = APIRouter(prefix="/api/v1/account", tags=["account"], responses=PROBLEMS)
Digest = Literal["single", "daily", "weekly"]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class WayIn(BaseModel):
    """A session, token or feed that holds. `id`: by which it is revoked; its secret is kept nowhere."""

    id: str
    kind: str
    name: str
    scope: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class AccountAnswer(BaseModel):
    """Whose token this is. `person`: their key, empty when nobody's of the people file. `recovery_codes_left`:
    null without a second factor."""

    login: str
    access: str
    name: str
    person: str
    unit: str
    digest: str | None
    language: str | None
    second_factor: bool
    recovery_codes_left: int | None
    ways_in: list[WayIn]


class DigestChoice(Command):
    digest: Digest
    language: Literal["kk", "ru", "en"]


class Away(Command):
    """Days of leave, both included; none of them is no leave. `deputy`: key of who stands in."""

    first: Day | None = None
    last: Day | None = None
    deputy: Key | None = None


class DigestChosen(BaseModel):
    digest: str
    language: str


class LeaveAnswer(BaseModel):
    first: date | None
    last: date | None
    deputy: str | None


class FeedMade(BaseModel):
    """`address`: told once; under a repeated `Idempotency-Key` it is empty."""

    address: str


class FeedRevoked(Command):
    id: Hash


class Ending(Command):
    """`id`: of the session or known device to end; without it every one."""

    id: Hash | None = None


class SessionsEnded(BaseModel):
    """How many ways in have ended."""

    ended: int


class TelegramCode(BaseModel):
    """A one-time code for one's Telegram account; `address` opens the bot and brings it."""

    code: str
    address: str
    until: datetime


class TelegramUnlinked(BaseModel):
    linked: bool


@router.get("")
def me(ctx: Own) -> AccountAnswer:
    """Who the token speaks for, and by what that account is let in."""
    now = ctx.now
    reader, choosing = ctx.reader, own_choice(ctx)
    account = ctx.accounts.account(reader.login)
    second_factor = account is not None and account.second_factor
    return AccountAnswer(
        login=reader.login,
        access=reader.access,
        name=reader.name,
        person=reader.person,
        unit=reader.unit,
        digest=(choosing.digest or "single") if choosing else None,
        language=choosing.language if choosing else None,
        second_factor=second_factor,
        recovery_codes_left=ctx.factors.codes(reader.login).left if second_factor else None,
        ways_in=[way_in(one) for one in ctx.accounts.entries(reader.login, now=now)],
    )


@router.post("/digest")
def remind(ctx: Own, once: Writing, body: DigestChoice) -> DigestChosen:
    """How often one's letters come, and in which language."""

    def chosen() -> DigestChosen:
        be_reminded(ctx, body.digest, body.language)
        return DigestChosen(digest=body.digest, language=body.language)

    return once(ctx, body, chosen, DigestChosen)


@router.post("/leave")
def leave(ctx: Recording, once: Writing, body: Away) -> LeaveAnswer:
    """Say when one is away and who stands in."""

    def said() -> LeaveAnswer:
        first, last = body.first or body.last, body.last or body.first
        commands.go_away(ctx, (first, last) if first and last else None, body.deputy)
        return LeaveAnswer(first=first, last=last, deputy=body.deputy)

    return once(ctx, body, said, LeaveAnswer)


@router.post("/feeds", status_code=201)
def make_feed(ctx: Own, once: Writing, translator: RequestTranslator) -> FeedMade:
    """Make a calendar feed of what waits for oneself; its address is told once."""
    administration(ctx)
    return once(
        ctx, None, lambda: FeedMade(address=give_own(ctx, translator.language)), FeedMade, secret="address"
    )


@router.post("/feeds/revocation")
def revoke_feed(ctx: Own, once: Writing, body: FeedRevoked) -> SessionsEnded:
    """Take a feed of one's own back."""
    return once(ctx, body, lambda: SessionsEnded(ended=revoke(ctx, ctx.reader.login, body.id)), SessionsEnded)


@router.post("/telegram", status_code=201)
def telegram_code(ctx: Own, once: Writing) -> TelegramCode:
    """A one-time code that links one's Telegram account; told once."""
    if not ctx.reader.person:
        raise HTTPException(404, "web.problem.no_person")

    def offered() -> TelegramCode:
        now = ctx.now
        return TelegramCode.model_validate(
            administration(ctx).telegram(ctx.reader.person, now=now), from_attributes=True
        )

    return once(ctx, None, offered, TelegramCode, secret="code")


@router.post("/telegram/unlinking")
def unlink(ctx: Own, once: Writing) -> TelegramUnlinked:
    """Forget one's Telegram account."""
    if not ctx.reader.person:
        raise HTTPException(404, "web.problem.no_person")

    def forgotten() -> TelegramUnlinked:
        now = ctx.now
        administration(ctx).unlink(ctx.reader.person, by=ctx.reader.login, now=now)
        return TelegramUnlinked(linked=False)

    return once(ctx, None, forgotten, TelegramUnlinked)


@router.post("/sessions/end")
def end_sessions(ctx: Own, once: Writing, body: Ending | None = None) -> SessionsEnded:
    """End every session of one's own and forget every known device, or one of them; tokens and feeds stay."""

    def done() -> SessionsEnded:
        if body is not None and body.id is not None:
            return SessionsEnded(ended=commands.end_session(ctx, body.id))
        return SessionsEnded(ended=commands.end_sessions(ctx))

    return once(ctx, body, done, SessionsEnded)


def way_in(entry: Entry) -> WayIn:
    """A way in without its secret."""
    return WayIn(
        id=entry.hash,
        kind=entry.kind,
        name=entry.name,
        scope=entry.scope,
        created_at=entry.created_at,
        seen_at=entry.seen_at,
        expires_at=entry.expires_at,
    )
