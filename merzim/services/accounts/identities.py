"""Links people of the OpenID provider to accounts, and gives them the access of their groups.

A person is identified by the provider's permanent id. Names and e-mails can be reassigned, so an e-mail is
used only once, at the first log-in, to find the account made for the person.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from merzim.services.context import RequestContext
from merzim.storage.tables.accounts import IdentityRow
from workflow.org.access import ADMINISTRATORS, Account, OutsidePerson, Reader

MAX_LOGIN = 80
AUTHOR = "directory:oidc"
"""The author recorded for the provider's decisions; it contains a colon, which no login does."""
log = logging.getLogger("merzim.login")


def account_of(ctx: RequestContext, person: OutsidePerson) -> Account | None:
    """Return the account of whom the OpenID provider identified, closed or not; None without access.

    At the first log-in it is the account made for their person, else a new one if a group gives access. An
    account created because of a group gets the access that the groups give now; where none gives any, it loses
    its sessions and tokens.
    """
    identity = ctx.accounts.identity(person.subject)
    if identity is None:
        identity = _link_by_email(ctx, person) if ctx.app.settings.oidc.match_email else None
        identity = identity or _open_account(ctx, person)
    account = ctx.accounts.account(identity.login) if identity is not None else None
    if identity is None or account is None or not identity.by_group:
        return account
    return _with_access_of_groups(ctx, account, person)


def _with_access_of_groups(ctx: RequestContext, account: Account, person: OutsidePerson) -> Account | None:
    """Return an account with the access its holder's groups give now; None if they give none. All its
    sessions and tokens end where the access changes or ends.
    """
    login, at = account.reader.login, replace(ctx.moment, by=AUTHOR)
    if person.access is None:
        ctx.accounts.end(login, at=at)
        return None
    if person.access != account.reader.access:
        reader = replace(account.reader, access=person.access)
        # A session stores no access, yet sessions opened under another access are ended.
        ctx.accounts.end(login, at=at)
        ctx.accounts.save(reader, disabled=account.disabled, at=at)
    return ctx.accounts.account(login)


def _link_by_email(ctx: RequestContext, person: OutsidePerson) -> IdentityRow | None:
    """Link the only account whose person has that e-mail, never an administrator's; return the link, None where
    there is no such account, several, or one linked to another person of the provider.
    """
    key = _person_of(ctx, person.email)
    if not key:
        return None
    accounts = [account for account in ctx.accounts.all() if account.reader.person == key]
    accounts = [account for account in accounts if account.reader.access not in ADMINISTRATORS]
    if len(accounts) != 1 or accounts[0].linked:
        return None
    return _link(ctx, person, accounts[0].reader.login, by_group=False)


def _open_account(ctx: RequestContext, person: OutsidePerson) -> IdentityRow | None:
    """Create an account with the access a group gives, and link it; return the link, None without such a group.
    Of two log-ins of one person at once the later one's account is closed, and the link is that of the earlier.
    """
    if person.access is None:
        return None
    key, login = _person_of(ctx, person.email), _free_login(ctx, person)
    if key and any(row.reader.person == key and row.linked for row in ctx.accounts.all()):
        # The e-mail was used by another person before: another id is another person.
        log.warning("%s: the person of this e-mail is linked to another id of the provider", login)
        key = ""
    reader = Reader(login=login, access=person.access, person=key, name=person.name[:200])
    author_stamp = replace(ctx.moment, by=AUTHOR)
    ctx.accounts.save(reader, disabled=False, at=author_stamp)
    identity = _link(ctx, person, login, by_group=True)
    if identity is None or identity.login != login:
        ctx.accounts.save(reader, disabled=True, at=author_stamp)
    return identity


def _link(ctx: RequestContext, person: OutsidePerson, login: str, *, by_group: bool) -> IdentityRow | None:
    """Link an account to a person of the provider; return their link, an earlier one if there is one."""
    identity = IdentityRow(login=login, subject=person.subject, by_group=by_group)
    ctx.accounts.link(identity, at=replace(ctx.moment, by=AUTHOR))
    return ctx.accounts.identity(person.subject)


def _person_of(ctx: RequestContext, email: str) -> str:
    """Return the key of the only person with that e-mail, or key; "" if there is none, or several."""
    address = email.casefold()
    people = ctx.app.reads.office().written_down.people.values()
    keys = [
        person.key
        for person in people
        if address and address in (person.key.casefold(), (person.email or "").casefold())
    ]
    return keys[0] if len(keys) == 1 else ""


def _free_login(ctx: RequestContext, person: OutsidePerson) -> str:
    """Return a login for a new account: the person's at the provider, numbered where it is taken."""
    name = person.login if len(person.login) > 1 else f"oidc-{person.subject}"
    letters = (letter if letter.isalnum() or letter in "_.@+-" else "-" for letter in name.casefold())
    login = "".join(letters)[: MAX_LOGIN - 8]
    free, number = login, 2
    while ctx.accounts.account(free) is not None:
        free, number = f"{login}.{number}", number + 1
    return free
