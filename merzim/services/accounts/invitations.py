"""Accounts for many people of the office at once, and their letters of invitation.

An invitation's link has 256 random bits and is stored as SHA-256; in letters waiting in the outbox it is
encrypted with a key stored outside the database. Where a directory or an OpenID provider authenticates people,
the letter leads to the log-in page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from merzim.services.accounts.credentials import BadPassword, check_login
from merzim.services.accounts.verbs import MAX_NAME, new_link
from merzim.services.context import RequestContext
from merzim.services.inputs import Key, OptionalUnit
from merzim.services.names import person_named, unit_named
from merzim.services.verbs import Ask, Command, verb
from merzim.storage.accounts.accounts import INVITED, Invited
from notifications.channels import Channel
from notifications.dispatch import Dispatch
from notifications.event_notices import account_notices
from notifications.letters.events import owner_of_link
from notifications.notice import Notice
from workflow.org.access import ADMINISTRATORS, Access, Account, Reader
from workflow.org.office import Office, Person
from workflow.refusal import Refusal

MAX_PEOPLE = 5000
INVITATION_CHANNELS = ("email", "folder")
"""Those that reach people of whom the office knows only an address."""
Way = Literal["password", "oidc"]
GivenAccess = Literal["", "officer", "responsible", "head_of_unit", "first_head", "auditor"]
"""Accesses that can be given to many; administrators are created one by one."""
_BY_DUTY: tuple[tuple[str, Access], ...] = (
    ("officer", "officer"),
    ("authorised_person", "officer"),
    ("head", "first_head"),
    ("head_of_unit", "head_of_unit"),
)

OF_THE_OFFICE: frozenset[Access] = frozenset({"officer", "first_head", "auditor"})
"""Accesses to all cases of the office, not of one unit alone."""


class InvitePeople(Command):
    """Create accounts for people of the office and send each an invitation. Without `people`: everybody of the
    unit and below without an account; without a unit: of the whole office.
    """

    unit: OptionalUnit = ""
    people: list[Key] = Field(default_factory=list, max_length=MAX_PEOPLE)
    access: Annotated[GivenAccess, Field(description="Empty: by the duties each has.")] = ""
    preview: Annotated[bool, Field(description="Only answer what would change; nothing is written.")] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class InvitedPerson:
    """A person who is invited, or is not. `way`: how they will log in; `obstacle`: why they are not invited:
    no_email, login_taken, login_form, has_account; "" if they are.
    """

    person: Person
    reader: Reader
    way: Way
    obstacle: str

    @property
    def whole_office(self) -> bool:
        """Whether the access is to all cases of the office."""
        return self.reader.access in OF_THE_OFFICE


@dataclass(frozen=True, slots=True)
class InvitedPeople:
    """Everybody an invitation was asked for, those not invited first."""

    people: Sequence[InvitedPerson]

    @property
    def invited(self) -> int:
        """The number of those who are invited, or would be."""
        return sum(not row.obstacle for row in self.people)


@dataclass(frozen=True, kw_only=True, slots=True)
class SentInvitation:
    """An account whose holder was invited by letter. `state`: queued, sent, undelivered, expired, accepted or
    closed; `until`: expiry of its link, None where none is valid; `letter`: the last one.
    """

    reader: Reader
    name: str
    unit: str
    state: str
    until: datetime | None
    letter: Notice

    @property
    def waits(self) -> bool:
        """Whether it can still be accepted, or sent again."""
        return self.state not in ("accepted", "closed")


class ResendInvitations(Command):
    """Send invitations again: to these logins, or to everybody who has not accepted."""

    logins: list[Key] = Field(default_factory=list, max_length=MAX_PEOPLE)


@verb("settings")
def invite_people(ctx: RequestContext, command: InvitePeople) -> InvitedPeople:
    """Create accounts for people of the office and queue a letter of invitation to each, or only preview it."""
    office = ctx.app.reads.office().written_down
    readers = [
        Reader(
            login=(person.email or "").strip().casefold(),
            access=command.access or access_by_duties(person),
            person=person.key,
            name=person.name[:MAX_NAME],
        )
        for person in _chosen(ctx, office, command)
    ]
    return _invite(ctx, office, readers, new=True, preview=command.preview)


@verb("settings")
def resend_invitations(ctx: RequestContext, command: ResendInvitations) -> InvitedPeople:
    """Send a new invitation to people who have not accepted theirs, but for those who left the office; the
    earlier link becomes invalid.
    """
    waiting = {invitation.reader.login for invitation in _sent(ctx) if invitation.waits}
    unknown = [login for login in command.logins if login.casefold() not in waiting]
    if unknown:
        raise Refusal("web.invitations.not_waiting", login=unknown[0])
    chosen = {login.casefold() for login in command.logins} or waiting
    office = ctx.app.reads.office().written_down
    readers = [account.reader for account in ctx.accounts.all() if account.reader.login in chosen]
    present = [reader for reader in readers if reader.person in office.people]
    return _invite(ctx, office, present, new=False)


@verb("settings", writes=False)
def list_invitations(ctx: RequestContext, command: Ask) -> list[SentInvitation]:
    """Return the invitations by letter, those not accepted first; links handed over otherwise are not among
    them.
    """
    return _sent(ctx)


def _login_way(ctx: RequestContext, access: str) -> Way:
    """Return how who is invited will log in: by a password, unless the OpenID provider matches e-mails. An
    administrator's account is never linked by an e-mail.
    """
    settings = ctx.app.settings
    if access not in ADMINISTRATORS and settings.oidc.issuer and settings.oidc.match_email:
        return "oidc"
    return "password"


def _chosen(ctx: RequestContext, office: Office, command: InvitePeople) -> list[Person]:
    """Return the people a command names; where it names none, those of its unit and below who have no account.
    Raises Refusal: an unknown person or unit, or a name of several people.
    """
    if command.people:
        keys = dict.fromkeys(person_named(office, name) for name in command.people)
        return [office.people[key] for key in keys]
    unit = unit_named(ctx.app, command.unit)
    within = set(office.below(unit)) if unit else None
    holders = {account.reader.person for account in ctx.accounts.all()}
    return [
        person
        for person in office.by_name
        if person.key not in holders and (within is None or person.unit in within)
    ]


def access_by_duties(person: Person) -> Access:
    """Return the access a person's duties give, the first of _BY_DUTY; `responsible` where none gives one."""
    return next((access for duty, access in _BY_DUTY if duty in person.duties), "responsible")


def _invite(
    ctx: RequestContext, office: Office, readers: Sequence[Reader], *, new: bool, preview: bool = False
) -> InvitedPeople:
    """Create accounts and queue the letters, or only preview; return everybody, with what was in the way.
    `readers`: whom to invite; without an e-mail their login is empty. `new`: whether their accounts are
    created; else each has one and gets another link.
    """
    dispatch = replace(ctx.app.dispatch(ctx.moment), channels=_channels(ctx))
    accounts = ctx.accounts.all() if new else []
    taken_logins = {account.reader.login for account in accounts}
    holders = {account.reader.person for account in accounts if account.reader.person}
    rows, invited = list[InvitedPerson](), list[Invited]()
    for reader in readers:
        person = office.people[reader.person]
        obstacle = _obstacle(person, reader.login, taken_logins, holders)
        row = InvitedPerson(person=person, reader=reader, way=_login_way(ctx, reader.access), obstacle=obstacle)
        rows.append(row)
        if obstacle:
            continue
        taken_logins.add(reader.login)
        holders.add(person.key)
        if not preview:
            invited.append(_with_letters(ctx, row, dispatch))
    if invited:
        logins = ctx.accounts.invite(invited, new=new, at=ctx.moment)
        rows = [
            row if row.obstacle or row.reader.login in logins else replace(row, obstacle="login_taken")
            for row in rows
        ]
    return InvitedPeople(sorted(rows, key=lambda row: (row.obstacle == "", row.person.name)))


def _obstacle(person: Person, login: str, taken_logins: set[str], holders: set[str]) -> str:
    """Return the reason why a person gets no account; "" if they do."""
    if person.key in holders:
        return "has_account"
    if not person.email:
        return "no_email"
    if login in taken_logins:
        return "login_taken"
    try:
        check_login(login)
    except BadPassword:
        return "login_form"
    return ""


def _with_letters(ctx: RequestContext, row: InvitedPerson, dispatch: Dispatch) -> Invited:
    """Return somebody who is invited with their one-time link, none where they log in without a password, and
    the letters, which contain the link encrypted.
    """
    person, login, entry, link = row.person, row.reader.login, None, {"link": ""}
    if row.way == "password":
        secret, entry = new_link(ctx, login)
        sealed = ctx.app.cipher.encrypt(secret, owner_of_link(login))
        link = {"link": sealed, "until": entry.expires_at.isoformat()}
    letters = account_notices(
        person,
        dispatch,
        login=login,
        event=INVITED,
        facts={"way": row.way, "office": ctx.app.settings.office.name_in(person.language), **link},
        mark=f"-{entry.hash[:8]}" if entry else "",
    )
    return Invited(reader=row.reader, entry=entry, letters=letters)


def _channels(ctx: RequestContext) -> list[Channel]:
    """Return the channels in use that carry invitations. Raises Refusal if there is none."""
    channels = [channel for name, channel in ctx.app.channels.items() if name in INVITATION_CHANNELS]
    if not channels:
        raise Refusal("web.invitations.no_channel")
    return channels


def _sent(ctx: RequestContext) -> list[SentInvitation]:
    """Return the last letter of invitation to each holder of an account, by name; accepted or closed last."""
    accounts = {account.reader.login: account for account in ctx.accounts.all() if account.reader.person}
    letters = ctx.accounts.invitation_letters({account.reader.person for account in accounts.values()})
    expiries = ctx.accounts.invitation_expiries(letters, now=ctx.now)
    people = ctx.app.reads.office().written_down.people
    invitations = []
    for login, letter in letters.items():
        if (account := accounts.get(login)) is None:
            continue
        reader, until = account.reader, expiries.get(login)
        holder = people.get(reader.person, reader)
        invitations.append(
            SentInvitation(
                reader=reader,
                name=holder.name,
                unit=holder.unit,
                state=_state(account, letter, until),
                until=until,
                letter=letter,
            )
        )
    return sorted(invitations, key=lambda sent: (not sent.waits, sent.name, sent.reader.login))


def _state(account: Account, letter: Notice, until: datetime | None) -> str:
    """Return the state of an invitation. `until`: end of its link, None where it is over."""
    if account.state != "invited":
        return "closed" if account.disabled else "accepted"
    if letter.state in ("failed", "unknown"):
        return "undelivered"
    if letter.about["way"] == "password" and until is None:
        return "expired"
    return "sent" if letter.state == "sent" else "queued"
