"""Administration: accounts, how they are let in and kept out. Secrets are shown once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from web.administering import LONGEST_FIELD, onward, show, texts, the, the_office
from web.credentials import INVITATION_LASTS, BadPassword, check_login, hidden, new_secret
from web.entrance import Setting
from web.house import House, hand
from web.office import units_in_order
from web.staff_forms import BadStaff, tidy
from workflow.access import ACCESSES, Account, Entry, EntryKind, Reader
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False, prefix="/administration")
Login = Annotated[str, Query(max_length=80)]
MOST_DAYS = 366
SHOWN = 300


@router.get("/accounts")
def accounts(request: Request, home: Setting) -> Response:
    """Who may log in, and the form for a new account."""
    return _accounts_page(request, home)


@router.post("/accounts")
async def add(request: Request, home: Setting) -> Response:
    """Make an account; the address at which its password is chosen is shown once."""
    async with request.form(max_files=0, max_fields=20, max_part_size=LONGEST_FIELD) as form:
        return await run_in_threadpool(_add, request, home, texts(form))


@router.get("/account")
def account(request: Request, home: Setting, login: Login = "") -> Response:
    """One account, and its ways in."""
    return _account_page(request, home, _known(home, login))


@router.post("/account")
async def change(request: Request, home: Setting) -> Response:
    """Change an account, invite its holder again, close it, open it, end its sessions, give it a token."""
    async with request.form(max_files=0, max_fields=20, max_part_size=LONGEST_FIELD) as form:
        return await run_in_threadpool(_change, request, home, texts(form))


def _known(home: House, login: str) -> Account:
    the(home)
    known = home.accounts.account(login)
    if known is None:
        raise HTTPException(404, "web.problem.no_account")
    return known


def _accounts_page(
    request: Request,
    home: House,
    *,
    typed: Mapping[str, str] | None = None,
    refusal: Refusal | None = None,
    made: tuple[str, str] | None = None,
) -> Response:
    the(home)
    office = the_office(home)
    return show(
        request,
        home,
        "accounts.html",
        status=200 if refusal is None else 422,
        accounts=home.accounts.all(),
        office=office,
        accesses=ACCESSES,
        units=units_in_order(office, used=()),
        people=sorted(office.people.values(), key=lambda one: one.name)[:SHOWN],
        form=typed or {},
        refusal=refusal,
        made=made,
    )


def _account_page(
    request: Request,
    home: House,
    known: Account,
    *,
    refusal: Refusal | None = None,
    link: str = "",
    token: str = "",
) -> Response:
    office = the_office(home)
    now, _ = home.clock()
    return show(
        request,
        home,
        "one_account.html",
        status=200 if refusal is None else 422,
        account=known,
        own=known.reader.login == home.reader.login,
        office=office,
        accesses=ACCESSES,
        units=units_in_order(office, used=()),
        people=sorted(office.people.values(), key=lambda one: one.name)[:SHOWN],
        entries=home.accounts.entries(known.reader.login, now=now),
        refusal=refusal,
        link=link,
        token=token,
        most_days=MOST_DAYS,
    )


def _add(request: Request, home: House, typed: Mapping[str, str]) -> Response:
    login = typed.get("login", "").strip().casefold()
    try:
        check_login(login)
        if home.accounts.account(login) is not None:
            raise BadPassword("web.login.taken", login=login)
        reader = _reader(home, login, typed)
        home.accounts.save(reader, disabled=False, **hand(home))
    except Refusal as refusal:
        return _accounts_page(request, home, typed=typed, refusal=refusal)
    return _accounts_page(request, home, made=(login, _invite(home, login)))


def _reader(home: House, login: str, typed: Mapping[str, str]) -> Reader:
    """What a form says of an account. Raises BadStaff."""
    office = the_office(home)
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


def _change(request: Request, home: House, typed: Mapping[str, str]) -> Response:
    known = _known(home, typed.get("login", "")[:80])
    login, do = known.reader.login, typed.get("do", "")
    now, _ = home.clock()
    here = "/administration/account"
    try:
        if do == "change":
            _may_lose(home, known, typed.get("access", ""))
            home.accounts.save(_reader(home, login, typed), disabled=known.disabled, **hand(home))
            return onward(request, here, login=login, said="changed")
        if do == "close":
            _may_lose(home, known, "")
            home.accounts.save(known.reader, disabled=True, **hand(home))
            return onward(request, here, login=login, said="closed")
        if do == "reopen":
            home.accounts.save(known.reader, disabled=False, **hand(home))
            return onward(request, here, login=login, said="reopened")
        if do == "end":
            home.accounts.end(login, now=now, by=home.reader.login)
            return onward(request, here, login=login, said="ended")
        if do == "token":
            return _account_page(request, home, known, token=_token(home, known, typed))
        if do == "invite" and not known.disabled:
            return _account_page(request, home, known, link=_invite(home, login))
    except Refusal as refusal:
        return _account_page(request, home, known, refusal=refusal)
    raise HTTPException(422)


def _may_lose(home: House, known: Account, access: str) -> None:
    """An administrator does not lock themselves out, nor the office out of its settings."""
    if known.reader.access != "administrator" or access == "administrator":
        return
    if known.reader.login == home.reader.login:
        raise BadStaff("web.staff.not_oneself")
    left = [
        one
        for one in home.accounts.all()
        if one.reader.access == "administrator" and not one.disabled and one.reader.login != known.reader.login
    ]
    if not left:
        raise BadStaff("web.staff.last_administrator", login=known.reader.login)


def _invite(home: House, login: str) -> str:
    secret = _let_in(home, "invitation", login, INVITATION_LASTS)
    return f"{the(home).address}/welcome/{secret}"


def _token(home: House, known: Account, typed: Mapping[str, str]) -> str:
    text = typed.get("days", "").strip()
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not 1 <= days <= MOST_DAYS:
        raise BadStaff("cli.user.bad_days", days=tidy(text)[:20] or "0", most=MOST_DAYS)
    may = "write" if typed.get("write") else "read"
    name = tidy(typed.get("name", ""))[:80]
    return _let_in(home, "token", known.reader.login, timedelta(days=days), name=name, may=may)


def _let_in(
    home: House, kind: EntryKind, login: str, lasts: timedelta, *, name: str = "", may: str = ""
) -> str:
    now, _ = home.clock()
    secret = new_secret()
    made = Entry(
        hash=hidden(secret),
        kind=kind,
        login=login,
        name=name,
        scope=may,
        created_at=now,
        seen_at=now,
        expires_at=now + lasts,
    )
    home.accounts.let_in(made, by=home.reader.login)
    return secret
