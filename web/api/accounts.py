"""Administration: accounts and their ways in, channels, settings, own rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from services.context import RequestContext
from services.inputs import Line
from services.verbs import Command
from web.api.account import WayIn, way_in
from web.api.answers import PROBLEMS, RequestTranslator
from web.api.idempotency import Writing
from web.api.notices import Resent
from web.auth.dependencies import Setting
from web.pages.administration import account_commands
from web.pages.administration import staff_commands as staff
from web.pages.administration.common import administration
from web.pages.cases import commands
from workflow.org.access import Access, Account

router = APIRouter(prefix="/api/v1/administration", tags=["administration"], responses=PROBLEMS)
Login = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[^\x00/]+$")]
Named = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]


class AccountInput(Command):
    """What an account may see and do. `person`: key, name or e-mail; `unit`: empty is the whole office."""

    access: Access
    person: Line = ""
    name: Line = ""
    unit: Line = ""


class AccountMade(AccountInput):
    login: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]+$")]


class TokenRequest(Command):
    days: Annotated[int, Field(ge=1, le=account_commands.MOST_DAYS)]
    name: Line = ""
    write: bool = False


class AccountAnswer(BaseModel):
    login: str
    access: str
    name: str
    person: str
    unit: str
    disabled: bool
    invited: bool
    second_factor: bool


class RemovalAnswer(BaseModel):
    """A request to remove a second factor; another administrator approves it in a session, never by a token."""

    by: str
    ground: str
    at: datetime
    until: datetime


class OneAccount(AccountAnswer):
    """`invited`: no password has been chosen yet."""

    ways_in: list[WayIn]
    second_factor_removal: RemovalAnswer | None


class Invitation(BaseModel):
    """`address`: where the password is chosen; told once."""

    login: str
    address: str


class TokenAnswer(BaseModel):
    """`token`: told once; under a repeated `Idempotency-Key` it is empty."""

    login: str
    token: str


class ChannelAnswer(BaseModel):
    """`settings`: as config.toml has them, secrets left out."""

    name: str
    settings: dict[str, str]


class TestLetterRequest(Command):
    email: Line = ""


class LetterSent(BaseModel):
    """What became of a test letter, and what the server said."""

    state: str
    answer: str


class SettingAnswer(BaseModel):
    key: str
    value: str


class RulesAnswer(BaseModel):
    """Own rules that stand, as they were adopted."""

    name: str
    on: date
    by: str
    text: str


@router.get("/accounts")
def accounts(ctx: Setting) -> list[AccountAnswer]:
    """Who may log in."""
    administration(ctx)
    return [AccountAnswer(**_told(one)) for one in ctx.accounts.all()]


@router.post("/accounts", status_code=201)
def add(ctx: Setting, once: Writing, body: AccountMade) -> Invitation:
    """Make an account; the address at which its password is chosen is told once."""
    administration(ctx)

    def made() -> Invitation:
        login, address = account_commands.add(ctx, body.login, body.model_dump())
        return Invitation(login=login, address=address)

    return once(ctx, body, made, Invitation, secret="address")


@router.get("/accounts/{login}")
def account(ctx: Setting, login: Login) -> OneAccount:
    """One account, and its ways in."""
    return _one(ctx, login)


@router.post("/accounts/{login}")
def change(ctx: Setting, once: Writing, login: Login, body: AccountInput) -> OneAccount:
    """Change what an account may see and do."""

    def changed() -> OneAccount:
        account_commands.change(ctx, account_commands.get_account_or_404(ctx, login), body.model_dump())
        return _one(ctx, login)

    return once(ctx, body, changed, OneAccount)


@router.post("/accounts/{login}/closing")
def close(ctx: Setting, once: Writing, login: Login) -> OneAccount:
    """Close an account: nobody logs in by it any more."""

    def closed() -> OneAccount:
        account_commands.close(ctx, account_commands.get_account_or_404(ctx, login))
        return _one(ctx, login)

    return once(ctx, None, closed, OneAccount)


@router.post("/accounts/{login}/reopening")
def reopen(ctx: Setting, once: Writing, login: Login) -> OneAccount:
    """Open a closed account again."""

    def reopened() -> OneAccount:
        account_commands.reopen(ctx, account_commands.get_account_or_404(ctx, login))
        return _one(ctx, login)

    return once(ctx, None, reopened, OneAccount)


@router.post("/accounts/{login}/sessions/end")
def end(ctx: Setting, once: Writing, login: Login) -> OneAccount:
    """End every way in of an account: sessions, tokens, feeds, invitations."""

    def ended() -> OneAccount:
        account_commands.end(ctx, account_commands.get_account_or_404(ctx, login))
        return _one(ctx, login)

    return once(ctx, None, ended, OneAccount)


@router.post("/accounts/{login}/invitations", status_code=201)
def invite(ctx: Setting, once: Writing, login: Login) -> Invitation:
    """An address at which the holder chooses a password anew; told once."""

    def invited() -> Invitation:
        known = account_commands.get_account_or_404(ctx, login)
        return Invitation(login=known.reader.login, address=account_commands.invite(ctx, known))

    return once(ctx, None, invited, Invitation, secret="address")


@router.post("/accounts/{login}/tokens", status_code=201)
def give_token(ctx: Setting, once: Writing, login: Login, body: TokenRequest) -> TokenAnswer:
    """A token for programs; told once."""

    def given() -> TokenAnswer:
        known = account_commands.get_account_or_404(ctx, login)
        token = account_commands.give_token(ctx, known, days=str(body.days), name=body.name, write=body.write)
        return TokenAnswer(login=known.reader.login, token=token)

    return once(ctx, body, given, TokenAnswer, secret="token")


@router.get("/channels")
def channels(ctx: Setting) -> list[ChannelAnswer]:
    """Through what letters go."""
    return [ChannelAnswer(name=one.name, settings=dict(one.settings)) for one in administration(ctx).channels()]


@router.post("/channels/{channel}/letters")
def try_channel(
    ctx: Setting, once: Writing, channel: Named, body: TestLetterRequest, translator: RequestTranslator
) -> LetterSent:
    """Send oneself a test letter at once."""

    def sent() -> LetterSent:
        outcome = staff.try_channel(ctx, channel, body.email, translator.language)
        return LetterSent(state=outcome.state, answer=outcome.answer)

    return once(ctx, body, sent, LetterSent)


@router.post("/channels/{channel}/resending")
def resend_all(ctx: Setting, once: Writing, channel: Named) -> Resent:
    """Queue again what a fault of the channel has kept from leaving, once it is mended."""
    return once(
        ctx,
        None,
        lambda: Resent(channel=channel, letters=commands.resend_all(ctx, channel)),
        Resent,
    )


@router.get("/settings")
def settings(ctx: Setting) -> list[SettingAnswer]:
    """config.toml as it holds, secrets left out; it is changed there."""
    return [SettingAnswer(key=key, value=value) for key, value in administration(ctx).settings()]


@router.get("/rules")
def rules(ctx: Setting) -> list[RulesAnswer]:
    """The organisation's own rules that stand; they are adopted by `merzim overlay`."""
    return [
        RulesAnswer(name=one.name, on=one.on, by=one.by, text=one.text) for one in administration(ctx).rules()
    ]


def _one(ctx: RequestContext, login: str) -> OneAccount:
    known, now = account_commands.get_account_or_404(ctx, login), ctx.now
    ways = ctx.accounts.entries(known.reader.login, now=now)
    removal = ctx.factors.removal(known.reader.login, now=now)
    return OneAccount(
        **_told(known),
        ways_in=[way_in(one) for one in ways],
        second_factor_removal=RemovalAnswer.model_validate(removal, from_attributes=True) if removal else None,
    )


def _told(account: Account) -> dict[str, Any]:
    reader = account.reader
    return {
        "login": reader.login,
        "access": reader.access,
        "name": reader.name,
        "person": reader.person,
        "unit": reader.unit,
        "disabled": account.disabled,
        "invited": not account.password,
        "second_factor": account.second_factor,
    }
