"""Accounts: create, invite, change, close; API tokens. Secrets are shown once and are stored only as hashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from workflow.closest_matches import closest_first
from workflow.org.access import Access, Entry, EntryKind, Reader
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from services.app import AppContext
    from workflow.org.access import Account

MAX_TOKEN_DAYS = 366
"""Longest life of an API token."""


class NoSuchAccount(Refusal, LookupError):
    """There is no account of that name; `allowed` lists the closest existing names first."""


class BadAccount(Refusal, ValueError):
    """An account that cannot be created or changed with these values."""


def invite_first_administrator(app: AppContext, *, now: datetime) -> str | None:
    """Return the address at which the first administrator chooses a name and a password.

    Earlier invitations of this kind expire. Returns None once any account has a password.
    """
    from services.credentials import hash_secret

    if app.accounts.any():
        app.accounts.end_first_invitations(now=now)
        return None
    address = _invite(app, "", now=now)
    app.accounts.end_first_invitations(but=hash_secret(address.rpartition("/")[2]), now=now)
    return address


def add(
    app: AppContext,
    login: str,
    access: Access,
    *,
    person: str = "",
    name: str = "",
    unit: str = "",
    by: str,
    now: datetime,
    today: date,
) -> str:
    """Create an account; return the address at which its holder chooses a password.

    Args:
        person: key of the person of the people file it belongs to.
        unit: id of the unit whose cases (and those below) are seen; "" is the whole office.

    Raises:
        BadAccount: the name is taken or cannot be a name, or nobody has that key.
    """
    from services.credentials import BadPassword, check_login

    login = login.casefold()
    try:
        check_login(login)
    except BadPassword as refusal:
        raise BadAccount(refusal.code, **refusal.arguments) from None
    if app.accounts.account(login) is not None:
        raise BadAccount("web.login.taken", login=login)
    people = app.reads.office().people
    if person and person not in people:
        raise BadAccount("cli.user.no_person", person=person, allowed=closest_first(person, people)[:3])
    display_name = name or (people[person].name if person else "")
    reader = Reader(login=login, access=access, person=person, name=display_name, unit=unit)
    app.accounts.save(reader, disabled=False, by=by, now=now, today=today)
    return _invite(app, login, now=now, by=by)


def invite(app: AppContext, login: str, *, now: datetime, by: str) -> str:
    """Return a new address at which the holder chooses a password. Raises NoSuchAccount."""
    return _invite(app, get_account(app, login).reader.login, now=now, by=by)


def set_disabled(app: AppContext, login: str, *, disabled: bool, by: str, now: datetime, today: date) -> None:
    """Close an account and all its sessions, or reopen it. Raises NoSuchAccount."""
    app.accounts.save(get_account(app, login).reader, disabled=disabled, by=by, now=now, today=today)


def change(
    app: AppContext,
    login: str,
    *,
    access: Access | None,
    unit: str | None,
    by: str,
    now: datetime,
    today: date,
) -> None:
    """Change an account's access, its unit, or both; None leaves a value. Raises NoSuchAccount."""
    account = get_account(app, login)
    reader = replace(account.reader, access=access or account.reader.access)
    if unit is not None:
        reader = replace(reader, unit=unit)
    app.accounts.save(reader, disabled=account.disabled, by=by, now=now, today=today)


def create_token(
    app: AppContext, login: str, *, name: str, write: bool, days: int, now: datetime, by: str
) -> str:
    """Create an API token and return it. Raises NoSuchAccount; BadAccount if `days` is out of range."""
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise BadAccount("cli.user.bad_days", days=days, most=MAX_TOKEN_DAYS)
    account = get_account(app, login)
    return _store_secret(
        app,
        "token",
        account.reader.login,
        now=now,
        lasts=timedelta(days=days),
        name=name,
        scope="write" if write else "read",
        by=by,
    )


def get_account(app: AppContext, login: str) -> Account:
    """Return the account of that name. Raises NoSuchAccount."""
    account = app.accounts.account(login)
    if account is None:
        names = [account.reader.login for account in app.accounts.all()]
        raise NoSuchAccount("cli.user.unknown", login=login, allowed=closest_first(login, names)[:3])
    return account


def _invite(app: AppContext, login: str, *, now: datetime, by: str = "") -> str:
    from services.credentials import INVITATION_LASTS

    secret = _store_secret(app, "invitation", login, now=now, lasts=INVITATION_LASTS, by=by)
    return f"{app.rules.public_address}/welcome/{secret}"


def _store_secret(
    app: AppContext,
    kind: EntryKind,
    login: str,
    *,
    now: datetime,
    lasts: timedelta,
    name: str = "",
    scope: str = "",
    by: str = "",
) -> str:
    from services.credentials import hash_secret, new_secret

    secret = new_secret()
    app.accounts.let_in(
        Entry(
            hash=hash_secret(secret),
            kind=kind,
            login=login,
            name=name,
            scope=scope,
            created_at=now,
            seen_at=now,
            expires_at=now + lasts,
        ),
        by=by,
    )
    return secret
