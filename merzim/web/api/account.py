"""The reader's own account: leave, digest, calendar feeds, Telegram, sessions.

Password and second factor are changed in a browser session only, never by a token.
"""

from __future__ import annotations

from fastapi import HTTPException
from pydantic import BaseModel

from merzim.services.accounts import verbs
from merzim.services.accounts.telegram import TelegramCode, offer
from merzim.services.accounts.verbs import Ending, SessionsEnded, WayIn, ways_in
from merzim.services.cases import comments
from merzim.services.people.feeds import FeedMade, give_own, revoke_feed
from merzim.services.people.own_choices import own_person, set_digest, set_leave
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.api.mount import Writing
from merzim.web.auth.dependencies import Own
from merzim.web.ui.render import RequestTranslator
from notifications.letter_links import choice_of

router = api_router("/api/v1/account", tags=["account"])
mount.post(router, "/inbox/query", comments.list_inbox, tags=["account"])
mount.post(router, "/inbox/read", comments.read_inbox, tags=["account"])


class AccountAnswer(BaseModel):
    """The account of the token. `person`: the key of its person, or empty. `recovery_codes_left`: null without
    a second factor.
    """

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


class TelegramUnlinked(BaseModel):
    linked: bool


@router.get("")
def get_own_account(ctx: Own) -> AccountAnswer:
    """Return the account of the token, with its sessions, tokens and feeds."""
    reader, choosing = ctx.reader, own_person(ctx)
    account = ctx.accounts.account(reader.login)
    second_factor = account is not None and account.second_factor
    return AccountAnswer(
        login=reader.login,
        access=reader.access,
        name=reader.name,
        person=reader.person,
        unit=reader.unit,
        digest=choice_of(choosing) if choosing else None,
        language=choosing.language if choosing else None,
        second_factor=second_factor,
        recovery_codes_left=ctx.factors.codes(reader.login).left if second_factor else None,
        ways_in=ways_in(ctx, reader.login),
    )


mount.post(router, "/digest", set_digest)
mount.post(router, "/leave", set_leave)


@router.post("/feeds", status_code=201)
def make_feed(ctx: Own, once: Writing, translator: RequestTranslator) -> FeedMade:
    """Create a calendar feed of the reader's own deadlines; its address is returned only once."""
    return once(
        ctx, None, lambda: FeedMade(address=give_own(ctx, translator.language)), FeedMade, secret="address"
    )


mount.post(router, "/feeds/revocation", revoke_feed)


@router.post("/telegram", status_code=201)
def make_telegram_code(ctx: Own, once: Writing) -> TelegramCode:
    """Create a one-time code for linking the reader's Telegram account; it is returned only once."""
    if not ctx.reader.person:
        raise HTTPException(404, "web.problem.no_person")

    return once(ctx, None, lambda: offer(ctx, ctx.reader.person), TelegramCode, secret="code")


@router.post("/telegram/unlinking")
def unlink_telegram(ctx: Own, once: Writing) -> TelegramUnlinked:
    """Unlink the reader's Telegram account."""
    if not ctx.reader.person:
        raise HTTPException(404, "web.problem.no_person")

    def write_unlinked() -> TelegramUnlinked:
        ctx.app.links.unlink(ctx.reader.person, by=ctx.reader.login, now=ctx.now)
        return TelegramUnlinked(linked=False)

    return once(ctx, None, write_unlinked, TelegramUnlinked)


@router.post("/sessions/end")
def end_sessions(ctx: Own, once: Writing, body: Ending | None = None) -> SessionsEnded:
    """End all sessions and known devices of the reader, or one of them; tokens and feeds stay."""

    return once(ctx, body, lambda: verbs.end_sessions(ctx, body or Ending()), SessionsEnded)
