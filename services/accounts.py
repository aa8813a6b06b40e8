"""Accounts: made, invited, closed; tokens of the API. Secrets are shown once and never again."""

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

MOST_DAYS = 366
"""A token of the API lasts at most so many days."""


class NoSuchAccount(Refusal, LookupError):
    """There is no account of that name; `allowed` are those there are, the nearest first."""


class BadAccount(Refusal, ValueError):
    """An account that cannot be made as asked."""


def first(app: AppContext, *, now: datetime) -> str | None:
    """Return the address at which the first administrator chooses a name and a password.

    Every earlier one ends. None once an account has a password.
    """
    from services.credentials import hidden

    if app.accounts.any():
        app.accounts.end_first_invitations(now=now)
        return None
    address = _invite(app, "", now=now)
    app.accounts.end_first_invitations(but=hidden(address.rpartition("/")[2]), now=now)
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
    """Make an account; the address at which its holder chooses a password.

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
    named = name or (people[person].name if person else "")
    reader = Reader(login=login, access=access, person=person, name=named, unit=unit)
    app.accounts.save(reader, disabled=False, by=by, now=now, today=today)
    return _invite(app, login, now=now, by=by)


def invite(app: AppContext, login: str, *, now: datetime, by: str) -> str:
    """A new address at which the holder chooses a password. Raises NoSuchAccount."""
    return _invite(app, the(app, login).reader.login, now=now, by=by)


def switch(app: AppContext, login: str, *, disabled: bool, by: str, now: datetime, today: date) -> None:
    """Close an account, with all its sessions, or open it again. Raises NoSuchAccount."""
    app.accounts.save(the(app, login).reader, disabled=disabled, by=by, now=now, today=today)


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
    """What an account may do, and where. Raises NoSuchAccount."""
    account = the(app, login)
    reader = replace(account.reader, access=access or account.reader.access)
    if unit is not None:
        reader = replace(reader, unit=unit)
    app.accounts.save(reader, disabled=account.disabled, by=by, now=now, today=today)


def token(app: AppContext, login: str, *, name: str, write: bool, days: int, now: datetime, by: str) -> str:
    """A token of the API. Raises NoSuchAccount; BadAccount when it would last too long."""
    if not 1 <= days <= MOST_DAYS:
        raise BadAccount("cli.user.bad_days", days=days, most=MOST_DAYS)
    account = the(app, login)
    return _let_in(
        app,
        "token",
        account.reader.login,
        now=now,
        lasts=timedelta(days=days),
        name=name,
        scope="write" if write else "read",
        by=by,
    )


def the(app: AppContext, login: str) -> Account:
    """The account of that name. Raises NoSuchAccount."""
    account = app.accounts.account(login)
    if account is None:
        names = [one.reader.login for one in app.accounts.all()]
        raise NoSuchAccount("cli.user.unknown", login=login, allowed=closest_first(login, names)[:3])
    return account


def _invite(app: AppContext, login: str, *, now: datetime, by: str = "") -> str:
    from services.credentials import INVITATION_LASTS

    secret = _let_in(app, "invitation", login, now=now, lasts=INVITATION_LASTS, by=by)
    return f"{app.rules.public_address}/welcome/{secret}"


def _let_in(
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
    from services.credentials import hidden, new_secret

    secret = new_secret()
    app.accounts.let_in(
        Entry(
            hash=hidden(secret),
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
