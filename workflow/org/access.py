"""Who may see and do what: one rule for lists and for single objects.

Access says what somebody may do; the unit says where. A confidential case is seen by those alone who were
named to know of it or told of it, whatever their access. Any other case is seen in the reader's units, and
elsewhere by those a letter told of it and those who must act in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from workflow.cases.case import Case
from workflow.org.audit import AuditScope
from workflow.org.office import Office

Access = Literal["officer", "responsible", "head_of_unit", "first_head", "auditor", "administrator"]
ACCESSES: tuple[Access, ...] = (
    "officer",
    "responsible",
    "head_of_unit",
    "first_head",
    "auditor",
    "administrator",
)
Need = Literal["read", "record", "assign", "manage", "settings", "audit", "self"]
"""What a page asks of its reader.

read: cases, the board, the calendar; record: facts, plan dates, evidence, risks, comments; assign: ask why,
give assignments; manage: open, import, correct, cancel, exempt, reopen, adopt acts; settings: people, units,
accounts, channels;
audit: the audit log, of log-ins and accounts with `settings`, of the cases they see with `read`;
self: one's own account.
"""
NEEDS: tuple[Need, ...] = ("read", "record", "assign", "manage", "settings", "audit", "self")

_MAY: Mapping[Access, frozenset[Need]] = {
    "officer": frozenset({"read", "record", "assign", "manage", "audit", "self"}),
    "responsible": frozenset({"read", "record", "self"}),
    "head_of_unit": frozenset({"read", "record", "assign", "self"}),
    "first_head": frozenset({"read", "record", "assign", "self"}),
    "auditor": frozenset({"read", "audit", "self"}),
    "administrator": frozenset({"settings", "audit", "self"}),
}

OF_ONE_UNIT: frozenset[Access] = frozenset({"responsible", "head_of_unit"})
"""Accesses that never reach the whole office: without a unit they see no case."""
NOWHERE = "\x1f"
"""The root of a reader who sees no unit: the id of none, for the unit separator stands in no id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Somebody who has logged in.

    Attributes:
        login: the name of the account; events are written by it.
        person: the key of the person it belongs to, "" when it is nobody of the people file.
        unit: the unit whose cases (and those of all units below) are seen; "" is the whole office, and nothing
            for an access of one unit.
        whole: whether all units lie below that one: then cases that name no unit are seen, too.
    """

    login: str
    access: Access
    person: str = ""
    name: str = ""
    unit: str = ""
    whole: bool = False

    def may(self, need: Need) -> bool:
        """Whether the access allows it at all; where, the scope says."""
        return need in _MAY[self.access]

    @property
    def root(self) -> str:
        """The unit at which the reader's view begins: "" is the whole office, NOWHERE none of it.

        What a page offers or names (units, people) is narrowed by it, as cases are by the scope.
        """
        if self.whole:
            return ""
        return self.unit or (NOWHERE if self.access in OF_ONE_UNIT else "")

    @property
    def nowhere(self) -> bool:
        """Whether the access is one of a unit, and there is none: no case is seen."""
        return self.root == NOWHERE


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Somebody who may log in: a reader, and how they prove who they are.

    Attributes:
        password: an argon2id hash; "" before the invitation is taken up.
        second_factor: whether a code of an authenticator is asked for at log-in.
        providers: the outside directories that identify its holder; then it has no password here.
    """

    reader: Reader
    password: str = ""
    second_factor: bool = False
    disabled: bool = False
    providers: tuple[Provider, ...] = ()

    @property
    def asks_password(self) -> bool:
        """Whether its holder has a password to confirm a change by: ours, or the directory's."""
        return not self.providers or "ldap" in self.providers


Provider = Literal["ldap", "oidc"]
"""Who identifies people besides our own passwords: the directory of config.toml, or its OpenID provider."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """The account of a person of an outside directory.

    Attributes:
        subject: the directory's permanent id of the person (objectGUID, entryUUID, `sub`), never a name.
        by_group: whether the account was opened for a group of the directory, which decides its access.
    """

    login: str
    provider: Provider
    subject: str
    by_group: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsidePerson:
    """Somebody an outside directory has identified.

    Attributes:
        subject: the directory's permanent id of the person.
        login, name, email: as the directory has them today; "" where it says nothing.
        access: the access of their groups by config.toml; None where no group of theirs has one.
    """

    provider: Provider
    subject: str
    login: str
    name: str = ""
    email: str = ""
    access: Access | None = None


def must_enrol(account: Account, required: Collection[Access]) -> bool:
    """Return whether an account lacks the second factor its access requires.

    Args:
        required: the accesses that require one (`web.totp_required`).
    """
    return account.reader.access in required and not account.second_factor


def administrators(accounts: Iterable[Account]) -> list[str]:
    """Return the logins of the administrators who can log in."""
    return [
        one.reader.login
        for one in accounts
        if one.reader.access == "administrator" and one.password and not one.disabled
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveryCodes:
    """The one-time codes an account may log in with instead of its authenticator's.

    Attributes:
        left: how many are unused.
        made_at: UTC; None where none were made.
        used_at: when the last one was used (UTC); None where none was.
    """

    left: int = 0
    made_at: datetime | None = None
    used_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RemovalRequest:
    """An administrator's request to remove an account's second factor, which another one approves.

    Attributes:
        by: login of the administrator who asks.
        at, until: UTC moments; from `until` on it holds no more.
    """

    login: str
    by: str
    ground: str
    at: datetime
    until: datetime


EntryKind = Literal["session", "invitation", "token", "feed", "device"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A way in that is no password. Its secret is known to the holder alone; here stands the SHA-256 of it.

    A `device` is none by itself: a browser its account has logged in from, whose attempts are counted apart.

    Attributes:
        scope: of a token: `read` or `write`; of a feed: the unit, or "" for the person's own.
        seen_at, expires_at: UTC moments.
    """

    hash: str
    kind: EntryKind
    login: str
    name: str = ""
    scope: str = ""
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    """How often something may be tried: `burst` times at once, then once each `period`.

    Attributes:
        kind, key: whose attempts are counted together, e.g. those of one address.
        period: whole seconds.
    """

    kind: str
    key: str
    burst: int
    period: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitReached:
    """A limit that allows no attempt now. `wait`: after how long it allows one again."""

    kind: str
    wait: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredAnswer:
    """A request under a key of its sender. `answer`: JSON, None while it is done or when it never ended."""

    digest: str
    answer: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which cases and documents somebody sees.

    Attributes:
        unit: the root of the units seen; "" is the whole office, None sees no case.
        names: for confidential cases: as whom the reader may have been named or told (person, account).
        restricted: whether restricted documents are opened in every case seen, named in it or not.
        acts_on: the local date on which cases of other units are seen too where the reader must act in them;
            None: where a letter told them of it alone.
    """

    unit: str | None
    names: tuple[str, ...]
    restricted: bool = False
    acts_on: date | None = None

    def opens(self, case: Case) -> bool:
        """Whether the restricted documents of a case that is seen may be opened, or as much as named."""
        return self.restricted or not case.readers.isdisjoint(self.names)


def scope(reader: Reader) -> Scope:
    """Return the cases and documents a reader sees.

    Restricted documents are for the officer in whose reach the case lies, and for those named to know of it.
    """
    names = tuple(filter(None, (reader.person, reader.login)))
    seen = reader.may("read") and not reader.nowhere
    return Scope(unit=reader.root if seen else None, names=names, restricted=reader.access == "officer")


def audit_scope(reader: Reader) -> AuditScope:
    """Return the entries of the audit log a reader sees; which cases, `scope` says."""
    return AuditScope(
        office=reader.may("settings"),
        cases=reader.may("read"),
        registers=reader.may("read") and not reader.root,
    )


def placed(reader: Reader, office: Office) -> Reader:
    """Return the reader with the unit they see: their person's, where the account of one unit names none."""
    if reader.access not in OF_ONE_UNIT:
        return reader
    person = office.people.get(reader.person)
    unit = reader.unit or (person.unit if person else "")
    return replace(reader, unit=unit, whole=office.tops == (unit,))


def within(office: Office, unit: str, root: str | None) -> bool:
    """Whether a unit is `root` or lies below it; everything lies in "", nothing in None or NOWHERE."""
    if root is None:
        return False
    return root in ("", unit) or root in office.above(unit)
