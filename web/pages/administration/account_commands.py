"""Commands on accounts for forms and the API: create, change, close, issue access.

A secret is returned once and stored only as a hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from fastapi import HTTPException

from services.context import RequestContext, stamp
from services.credentials import INVITATION_LASTS, BadPassword, check_login, hash_secret, new_secret
from web.pages.administration.common import administration, recorded_office
from web.pages.administration.staff_forms import BadStaff, tidy
from workflow.org.access import ACCESSES, Account, Entry, EntryKind, Reader

MOST_DAYS = 366
"""How long a token may hold."""


def get_account_or_404(ctx: RequestContext, login: str) -> Account:
    """Return the account of a login; 404 when there is none."""
    administration(ctx)
    known = ctx.accounts.account(login)
    if known is None:
        raise HTTPException(404, "web.problem.no_account")
    return known


def add(ctx: RequestContext, login: str, typed: Mapping[str, str]) -> tuple[str, str]:
    """Create an account; return its login and the address for choosing its password. Raises Refusal."""
    login = login.strip().casefold()
    check_login(login)
    if ctx.accounts.account(login) is not None:
        raise BadPassword("web.login.taken", login=login)
    ctx.accounts.save(_reader(ctx, login, typed), disabled=False, **stamp(ctx))
    return login, _invited(ctx, login)


def change(ctx: RequestContext, known: Account, typed: Mapping[str, str]) -> None:
    """Change the access and the person of an account. Raises BadStaff."""
    _may_lose(ctx, known, typed.get("access", ""))
    ctx.accounts.save(_reader(ctx, known.reader.login, typed), disabled=known.disabled, **stamp(ctx))


def close(ctx: RequestContext, known: Account) -> None:
    """Close an account, so that nobody can log in. Raises BadStaff."""
    _may_lose(ctx, known, "")
    ctx.accounts.save(known.reader, disabled=True, **stamp(ctx))


def reopen(ctx: RequestContext, known: Account) -> None:
    """Reopen a closed account."""
    ctx.accounts.save(known.reader, disabled=False, **stamp(ctx))


def end(ctx: RequestContext, known: Account) -> None:
    """End all sessions, tokens, feeds and invitations of an account."""
    now = ctx.now
    ctx.accounts.end(known.reader.login, now=now, by=ctx.reader.login)


def invite(ctx: RequestContext, known: Account) -> str:
    """Return an address for choosing a new password. Raises BadStaff: the account is closed."""
    if known.disabled:
        raise BadStaff("web.staff.account_closed", login=known.reader.login)
    return _invited(ctx, known.reader.login)


def give_token(ctx: RequestContext, known: Account, *, days: str, name: str, write: bool) -> str:
    """Create an API token and return it. Raises BadStaff for an invalid number of days."""
    text = days.strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not 1 <= number <= MOST_DAYS:
        raise BadStaff("cli.user.bad_days", days=tidy(text)[:20] or "0", most=MOST_DAYS)
    may = "write" if write else "read"
    login = known.reader.login
    return _let_in(ctx, "token", login, timedelta(days=number), name=tidy(name)[:80], may=may)


def _reader(ctx: RequestContext, login: str, typed: Mapping[str, str]) -> Reader:
    """Return the reader described by a form. Raises BadStaff."""
    office = recorded_office(ctx)
    access, unit, person = typed.get("access", ""), typed.get("unit", ""), typed.get("person", "").strip()
    if access not in ACCESSES:
        raise BadStaff("web.staff.access_unknown", access=tidy(access))
    if unit and unit not in office.units:
        raise BadStaff("web.staff.unit_unknown", unit=tidy(unit))
    if person and person not in office.people:
        wanted = person.casefold()
        found = [one.key for one in office.people.values() if wanted in (one.name.casefold(), one.email)]
        if len(found) != 1:
            raise BadStaff("web.staff.person_unknown", person=tidy(person))
        person = found[0]
    name = tidy(typed.get("name", ""))[:200] or (office.people[person].name if person else "")
    return Reader(login=login, access=access, person=person, name=name, unit=unit)


def _may_lose(ctx: RequestContext, known: Account, access: str) -> None:
    """Refuse a change by which administrators lock out themselves or the last administrator."""
    if known.reader.access != "administrator" or access == "administrator":
        return
    if known.reader.login == ctx.reader.login:
        raise BadStaff("web.staff.not_oneself")
    left = [
        one
        for one in ctx.accounts.all()
        if one.reader.access == "administrator" and not one.disabled and one.reader.login != known.reader.login
    ]
    if not left:
        raise BadStaff("web.staff.last_administrator", login=known.reader.login)


def _invited(ctx: RequestContext, login: str) -> str:
    """Create an invitation and return its address."""
    secret = _let_in(ctx, "invitation", login, INVITATION_LASTS)
    return f"{administration(ctx).address}/welcome/{secret}"


def _let_in(
    ctx: RequestContext, kind: EntryKind, login: str, lasts: timedelta, *, name: str = "", may: str = ""
) -> str:
    """Store a new secret of an account and return it."""
    now = ctx.now
    secret = new_secret()
    made = Entry(
        hash=hash_secret(secret),
        kind=kind,
        login=login,
        name=name,
        scope=may,
        created_at=now,
        seen_at=now,
        expires_at=now + lasts,
    )
    ctx.accounts.let_in(made, by=ctx.reader.login)
    return secret
