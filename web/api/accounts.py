"""Administration: accounts with their sessions and tokens, channels, settings, the organisation's own rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from services.context import RequestContext
from services.inputs import Line
from services.verbs import Command
from web.api.account import WayIn, entry_answer
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
    """The access of an account. `person`: key, name or e-mail; `unit`: empty is the whole office."""

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
    """An account with its sessions and tokens. `invited`: no password has been chosen yet."""

    ways_in: list[WayIn]
    second_factor_removal: RemovalAnswer | None


class Invitation(BaseModel):
    """`address`: the page for choosing the password; given once."""

    login: str
    address: str


class TokenAnswer(BaseModel):
    """`token`: given once; under a repeated `Idempotency-Key` it is empty."""

    login: str
    token: str


class ChannelAnswer(BaseModel):
    """`settings`: as in config.toml, without secrets."""

    name: str
    settings: dict[str, str]


class TestLetterRequest(Command):
    email: Line = ""


class LetterSent(BaseModel):
    """The delivery state of a test letter, and the answer of the server."""

    state: str
    answer: str


class SettingAnswer(BaseModel):
    key: str
    value: str


class RulesAnswer(BaseModel):
    """A set of own rules in force, as it was adopted."""

    name: str
    on: date
    by: str
    text: str


@router.get("/accounts")
def accounts(ctx: Setting) -> list[AccountAnswer]:
    """List all accounts."""
    administration(ctx)
    return [AccountAnswer(**_account_fields(account)) for account in ctx.accounts.all()]


@router.post("/accounts", status_code=201)
def add(ctx: Setting, once: Writing, body: AccountMade) -> Invitation:
    """Make an account; the address for choosing its password is given once."""
    administration(ctx)

    def create() -> Invitation:
        login, address = account_commands.add(ctx, body.login, body.model_dump())
        return Invitation(login=login, address=address)

    return once(ctx, body, create, Invitation, secret="address")


@router.get("/accounts/{login}")
def account(ctx: Setting, login: Login) -> OneAccount:
    """Return an account with its sessions and tokens."""
    return _account_answer(ctx, login)


@router.post("/accounts/{login}")
def change(ctx: Setting, once: Writing, login: Login, body: AccountInput) -> OneAccount:
    """Change what an account may see and do."""

    def apply_change() -> OneAccount:
        account_commands.change(ctx, account_commands.get_account_or_404(ctx, login), body.model_dump())
        return _account_answer(ctx, login)

    return once(ctx, body, apply_change, OneAccount)


@router.post("/accounts/{login}/closing")
def close(ctx: Setting, once: Writing, login: Login) -> OneAccount:
    """Close an account: it can no longer be used to log in."""

    def close_account() -> OneAccount:
        account_commands.close(ctx, account_commands.get_account_or_404(ctx, login))
        return _account_answer(ctx, login)

    return once(ctx, None, close_account, OneAccount)


@router.post("/accounts/{login}/reopening")
def reopen(ctx: Setting, once: Writing, login: Login) -> OneAccount:
    """Reopen a closed account."""

    def reopen_account() -> OneAccount:
        account_commands.reopen(ctx, account_commands.get_account_or_404(ctx, login))
        return _account_answer(ctx, login)

    return once(ctx, None, reopen_account, OneAccount)


@router.post("/accounts/{login}/sessions/end")
def end(ctx: Setting, once: Writing, login: Login) -> OneAccount:
    """End all sessions, tokens, feeds and invitations of an account."""

    def end_all() -> OneAccount:
        account_commands.end(ctx, account_commands.get_account_or_404(ctx, login))
        return _account_answer(ctx, login)

    return once(ctx, None, end_all, OneAccount)


@router.post("/accounts/{login}/invitations", status_code=201)
def invite(ctx: Setting, once: Writing, login: Login) -> Invitation:
    """Make an address at which the holder chooses a new password; it is given once."""

    def make_invitation() -> Invitation:
        account = account_commands.get_account_or_404(ctx, login)
        return Invitation(login=account.reader.login, address=account_commands.invite(ctx, account))

    return once(ctx, None, make_invitation, Invitation, secret="address")


@router.post("/accounts/{login}/tokens", status_code=201)
def give_token(ctx: Setting, once: Writing, login: Login, body: TokenRequest) -> TokenAnswer:
    """Make an API token; it is given once."""

    def make_token() -> TokenAnswer:
        account = account_commands.get_account_or_404(ctx, login)
        token = account_commands.give_token(ctx, account, days=str(body.days), name=body.name, write=body.write)
        return TokenAnswer(login=account.reader.login, token=token)

    return once(ctx, body, make_token, TokenAnswer, secret="token")


@router.get("/channels")
def channels(ctx: Setting) -> list[ChannelAnswer]:
    """List the channels letters are sent through."""
    return [
        ChannelAnswer(name=channel.name, settings=dict(channel.settings))
        for channel in administration(ctx).channels()
    ]


@router.post("/channels/{channel}/letters")
def try_channel(
    ctx: Setting, once: Writing, channel: Named, body: TestLetterRequest, translator: RequestTranslator
) -> LetterSent:
    """Send the reader a test letter at once."""

    def send_test_letter() -> LetterSent:
        outcome = staff.try_channel(ctx, channel, body.email, translator.language)
        return LetterSent(state=outcome.state, answer=outcome.answer)

    return once(ctx, body, send_test_letter, LetterSent)


@router.post("/channels/{channel}/resending")
def resend_all(ctx: Setting, once: Writing, channel: Named) -> Resent:
    """Queue the letters again that a fault of the channel has held back."""
    return once(
        ctx,
        None,
        lambda: Resent(channel=channel, letters=commands.resend_all(ctx, channel)),
        Resent,
    )


@router.get("/settings")
def settings(ctx: Setting) -> list[SettingAnswer]:
    """List the settings in force without secrets; they are changed in config.toml."""
    return [SettingAnswer(key=key, value=value) for key, value in administration(ctx).settings()]


@router.get("/rules")
def rules(ctx: Setting) -> list[RulesAnswer]:
    """List the organisation's own rules in force; they are adopted by `merzim overlay`."""
    return [
        RulesAnswer(name=rules.name, on=rules.on, by=rules.by, text=rules.text)
        for rules in administration(ctx).rules()
    ]


def _account_answer(ctx: RequestContext, login: str) -> OneAccount:
    account, now = account_commands.get_account_or_404(ctx, login), ctx.now
    entries = ctx.accounts.entries(account.reader.login, now=now)
    removal = ctx.factors.removal(account.reader.login, now=now)
    return OneAccount(
        **_account_fields(account),
        ways_in=[entry_answer(entry) for entry in entries],
        second_factor_removal=RemovalAnswer.model_validate(removal, from_attributes=True) if removal else None,
    )


def _account_fields(account: Account) -> dict[str, Any]:
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
