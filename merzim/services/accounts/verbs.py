"""Accounts: open, invite, change, close; sessions, tokens. Secrets are shown once and stored only as hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from merzim.services.accounts.credentials import BadPassword, check_login, hash_secret, new_secret
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.inputs import Line, OptionalPerson, OptionalUnit
from merzim.services.names import person_named
from merzim.services.verbs import Ask, Command, NotFound, verb
from merzim.storage.accounts.accounts import Invited, SqlAccounts
from merzim.storage.tables.accounts import Credential as Credential
from notifications.event_notices import account_notices
from notifications.notice import Notice
from workflow.moments import Moment
from workflow.org.access import ACCESSES, ADMINISTRATORS, Access, Account, CredentialKind, Reader
from workflow.refusal import Refusal, closest_first

MAX_TOKEN_DAYS = 366
"""Longest life of an API token."""
MAX_NAME = 200
Login = Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00]*$")]


class NoSuchAccount(NotFound):
    """There is no account with that name; `allowed` lists the closest existing names first."""

    not_found = "web.problem.no_account"


class AccountCommand(Command):
    """A command to one account."""

    login: Login


class AccountAccess(AccountCommand):
    """The access of an account. `person`: key, name or e-mail; `name`: if empty, the person's; `unit`: its id,
    empty is the whole office, but for an access to one unit that of the person.
    """

    access: Access
    person: OptionalPerson = ""
    name: Line = ""
    unit: OptionalUnit = ""


class TokenRequest(AccountCommand):
    """An API token that is valid for some days; `write`: whether it may also make changes."""

    name: Line = Field(default="", description="What the token is for.", examples=["board of the ministry"])
    days: Annotated[
        int,
        Field(ge=1, le=MAX_TOKEN_DAYS, description="For how many days, by default 90.", examples=[90]),
    ] = 90
    write: Annotated[bool, Field(description="Allow writing as well.")] = False


class WayIn(BaseModel):
    """A valid session, token, feed or invitation. `id` is used to revoke it; its secret is not
    stored.
    """

    id: str
    kind: str
    name: str
    scope: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class AccountSummary(BaseModel):
    """An account as shown in lists. `invited`: no password has been chosen yet; `linked`: the OpenID
    provider authenticates its holder in place of a password.
    """

    login: str
    access: str
    name: str
    person: str
    unit: str
    disabled: bool
    invited: bool
    second_factor: bool
    linked: bool


class AccountDetails(AccountSummary):
    """An account with its valid sessions, tokens, feeds and invitations."""

    ways_in: list[WayIn]


class Invitation(BaseModel):
    """An invitation. `address`: the page for choosing the password; shown only once."""

    login: str
    address: str


class Token(BaseModel):
    """A new API token. `token`: returned only once; empty when the request is repeated with its
    `Idempotency-Key`.
    """

    login: str
    token: str


def get_account(ctx: RequestContext, login: str) -> Account:
    """Return the account of that name. Raises NoSuchAccount."""
    account = ctx.accounts.account(login)
    if account is None:
        names = [account.reader.login for account in ctx.accounts.all()]
        raise NoSuchAccount("cli.user.unknown", login=login, allowed=closest_first(login, names)[:3])
    return account


def summary(account: Account) -> AccountSummary:
    fields = asdict(account.reader) | asdict(account)
    return AccountSummary.model_validate(fields | {"invited": not (account.password or account.linked)})


@verb("settings", writes=False)
def list_accounts(ctx: RequestContext, command: Ask) -> list[AccountSummary]:
    """List all accounts."""
    return [summary(account) for account in ctx.accounts.all()]


@verb("settings", writes=False)
def show_account(ctx: RequestContext, command: AccountCommand) -> AccountDetails:
    """Return an account with its valid sessions, tokens, feeds and invitations."""
    return details(ctx, command.login)


def details(ctx: RequestContext, login: str) -> AccountDetails:
    """Return an account with what it is used by. Raises NoSuchAccount."""
    account = get_account(ctx, login)
    entries = ctx.accounts.entries(account.reader.login, now=ctx.now)
    ways_in = [WayIn.model_validate(entry.model_dump() | {"id": entry.hash}) for entry in entries]
    return AccountDetails(**summary(account).model_dump(), ways_in=ways_in)


def invite_first_administrator(app: AppContext, *, at: Moment) -> str | None:
    """Create the address at which the first administrator chooses a name and a password; None if any account
    has a password. Earlier addresses of this kind end in either case.
    """
    if app.accounts.any_with_password():
        app.accounts.end_first_invitations(now=at.now)
        return None
    lasts = timedelta(hours=app.settings.web.invitation_hours)
    secret = issue_secret(app.accounts, "invitation", "", lasts, at=at)
    app.accounts.end_first_invitations(but=hash_secret(secret), now=at.now)
    return f"{app.rules.public_address}/welcome/{secret}"


def demonstrators(app: AppContext) -> list[Reader]:
    """Return the open accounts without a second factor, which a demonstration day offers: users who work with
    cases first.
    """
    readers = [
        account.reader for account in app.accounts.all() if not account.disabled and not account.second_factor
    ]
    return sorted(readers, key=lambda reader: (ACCESSES.index(reader.access), reader.login))


@verb("settings", secret="address")
def add(ctx: RequestContext, command: AccountAccess) -> Invitation:
    """Create an account; the address for choosing its password is returned only once."""
    login = command.login.strip().casefold()
    check_login(login)
    return _invite(ctx, _reader(ctx, login, command), new=True)


@verb("settings")
def change(ctx: RequestContext, command: AccountAccess) -> AccountDetails:
    """Give an account this access, person, name and unit in place of its own; what is left empty is cleared."""
    account = get_account(ctx, command.login)
    _require_administrator_left(ctx, account, command.access)
    reader = _reader(ctx, account.reader.login, command)
    ctx.accounts.save(reader, disabled=account.disabled, at=ctx.moment)
    return details(ctx, command.login)


@verb("settings")
def close(ctx: RequestContext, command: AccountCommand) -> AccountDetails:
    """Close an account: its sessions, tokens and feeds end, and it can no longer be used to log in. An
    administrator's own account and that of the last one are refused to all but operators (command line).
    """
    account = get_account(ctx, command.login)
    _require_administrator_left(ctx, account, "")
    ctx.accounts.save(account.reader, disabled=True, at=ctx.moment)
    return details(ctx, command.login)


@verb("settings")
def reopen(ctx: RequestContext, command: AccountCommand) -> AccountDetails:
    """Reopen a closed account."""
    ctx.accounts.save(get_account(ctx, command.login).reader, disabled=False, at=ctx.moment)
    return details(ctx, command.login)


@verb("settings")
def end(ctx: RequestContext, command: AccountCommand) -> AccountDetails:
    """End all sessions, tokens, feeds and invitations of an account."""
    ctx.accounts.end(get_account(ctx, command.login).reader.login, at=ctx.moment)
    return details(ctx, command.login)


@verb("settings", secret="address")
def invite(ctx: RequestContext, command: AccountCommand) -> Invitation:
    """Create an address at which the holder chooses a new password; it is returned only once, and ends earlier
    ones.
    """
    account = get_account(ctx, command.login)
    if account.disabled:
        raise Refusal("web.staff.account_closed", login=account.reader.login)
    if account.linked:
        raise Refusal("web.staff.account_linked", login=account.reader.login)
    return _invite(ctx, account.reader, new=False)


@verb("settings")
def unlink(ctx: RequestContext, command: AccountCommand) -> AccountDetails:
    """Unlink an account from the OpenID provider that authenticates its holder; sessions and tokens end.

    At the next log-in it is linked again by the e-mail of its person, or an invitation lets the holder choose a
    password.
    """
    login = get_account(ctx, command.login).reader.login
    if not ctx.accounts.unlink(login, at=ctx.moment):
        raise Refusal("web.staff.account_not_linked", login=login)
    return details(ctx, login)


@verb("settings", secret="token")
def give_token(ctx: RequestContext, command: TokenRequest) -> Token:
    """Create an API token; it is returned only once."""
    login = get_account(ctx, command.login).reader.login
    token = issue_secret(
        ctx.accounts,
        "token",
        login,
        timedelta(days=command.days),
        at=ctx.moment,
        name=" ".join(command.name.split())[:80],
        scope="write" if command.write else "read",
    )
    return Token(login=login, token=token)


def issue_secret(
    accounts: SqlAccounts,
    kind: CredentialKind,
    login: str,
    lifetime: timedelta,
    *,
    at: Moment,
    name: str = "",
    scope: str = "",
) -> str:
    """Store a new session, token, feed or invitation of an account; return its secret. `at`: names the issuer;
    the account itself where it names nobody.
    """
    secret, entry = new_credential(kind, login, lifetime, now=at.now)
    entry.name, entry.scope = name, scope
    accounts.store_entry(entry, by=at.by)
    return secret


def new_credential(
    kind: CredentialKind, login: str, lifetime: timedelta, *, now: datetime
) -> tuple[str, Credential]:
    """Return a new secret and its credential, not stored yet."""
    secret, until = new_secret(), now + lifetime
    hashed = hash_secret(secret)
    return secret, Credential(
        hash=hashed, kind=kind, login=login, created_at=now, seen_at=now, expires_at=until
    )


def new_link(ctx: RequestContext, login: str) -> tuple[str, Credential]:
    """Return the secret of a new link to choose a password by, and its credential, not stored yet."""
    lasts = timedelta(hours=ctx.app.settings.web.invitation_hours)
    return new_credential("invitation", login, lasts, now=ctx.now)


def _invite(ctx: RequestContext, reader: Reader, *, new: bool) -> Invitation:
    """Give an account its link; make the account if it is `new`. Raises BadPassword if there is one already."""
    secret, entry = new_link(ctx, reader.login)
    invited = Invited(reader=reader, entry=entry)
    # The insertion decides who of several administrators creates it.
    if not ctx.accounts.invite([invited], new=new, at=ctx.moment):
        raise BadPassword("web.login.taken", login=reader.login)
    return Invitation(login=reader.login, address=f"{ctx.app.rules.public_address}/welcome/{secret}")


def _reader(ctx: RequestContext, login: str, command: AccountAccess) -> Reader:
    """Return the reader a command describes. Raises Refusal for an unknown unit or person."""
    office = ctx.app.reads.office().written_down
    unit, person = command.unit, person_named(office, command.person.strip())
    if unit and unit not in office.units:
        raise Refusal("web.staff.unit_unknown", unit=unit)
    name = " ".join(command.name.split())[:MAX_NAME] or (office.people[person].name if person else "")
    return Reader(login=login, access=command.access, person=person, name=name, unit=unit)


def _require_administrator_left(ctx: RequestContext, account: Account, access: str) -> None:
    """Raise Refusal if an administrator would lock out themselves or the last administrator; an operator may.
    `access`: what the account is to have from now on; "" for none.
    """
    if ctx.operator or account.reader.access not in ADMINISTRATORS or access in ADMINISTRATORS:
        return
    login = account.reader.login
    if login == ctx.reader.login:
        raise Refusal("web.staff.not_oneself")
    other_accounts = (
        other for other in ctx.accounts.all() if other.reader.login != login and not other.disabled
    )
    if not any(other.reader.access in ADMINISTRATORS for other in other_accounts):
        raise Refusal("web.staff.last_administrator", login=login)


Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Ending(Command):
    """What to end. `id`: a session; without it all of them but those of `keep`."""

    id: Hash | None = None
    keep: list[Hash] = Field(default_factory=list, max_length=100)


class SessionsEnded(BaseModel):
    """The number of sessions or feeds that were ended."""

    ended: int


@verb("self")
def end_sessions(ctx: RequestContext, command: Ending) -> SessionsEnded:
    """End all sessions of the reader, or one of them; tokens and feeds stay."""
    login = ctx.reader.login
    hashes = [entry.hash for entry in ctx.accounts.entries(login, now=ctx.now) if entry.kind == "session"]
    ended = [hash for hash in hashes if hash == command.id or (command.id is None and hash not in command.keep)]
    for hash in ended:
        ctx.accounts.end(login, hash, at=ctx.moment)
    return SessionsEnded(ended=len(ended))


def account_letters(
    ctx: RequestContext, account: Account, event: str, facts: Mapping[str, object]
) -> Sequence[Notice]:
    """Return the letters that tell an account's holder of an event (`removed`), not queued yet; none if the
    account belongs to nobody in the office.
    """
    person = ctx.app.outbox.office().people.get(account.reader.person)
    if person is None:
        return ()
    dispatch = ctx.app.dispatch(ctx.moment)
    return account_notices(person, dispatch, login=account.reader.login, event=event, facts=facts)


MAX_GROUND = 500
"""Letters of a ground that are stored."""


def remove_second_factor(ctx: RequestContext, login: str, *, ground: str) -> None:
    """Remove another account's second factor, and notify its holder by letter. Raises NoSuchAccount: there is
    no account with that name; Refusal: it has no second factor, it is the reader's own, or no ground is given.
    """
    account = get_account(ctx, login)
    login, ground = account.reader.login, " ".join(ground.split())[:MAX_GROUND]
    if not account.second_factor:
        raise Refusal("web.factor.none", login=login)
    if login == ctx.reader.login:
        raise Refusal("web.factor.own_account")
    if not ground:
        raise Refusal("web.factor.no_ground")
    letters = account_letters(ctx, account, "removed", {"by": ctx.reader.login})
    ctx.accounts.remove_factor(login, at=ctx.moment, details={"ground": ground}, letters=letters)
