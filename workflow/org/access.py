"""Decides who may see and do what, by one rule for lists and for single objects; accounts and the audit log as
values.

Access says what a user may do, the unit says where. A confidential case is visible only to its named readers
and to recipients of its letters, whatever their access. Any other case is visible in the user's units, and
elsewhere to recipients of its letters and those who must act in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from workflow.cases.case import Case
from workflow.org.office import Office

Access = Literal[
    "officer", "responsible", "head_of_unit", "first_head", "auditor", "administrator", "officer_administrator"
]
ACCESSES: tuple[Access, ...] = get_args(Access)
Need = Literal["read", "record", "assign", "manage", "settings", "audit", "self"]
"""The right a page or verb requires. read: cases, the board, the calendar; record: facts, plan dates, evidence,
risks, comments; assign: ask why, give assignments; manage: open, import, correct, cancel, exempt, reopen, adopt
acts; settings: people, units, accounts, channels; audit: the audit log, of log-ins and accounts with
`settings`, of visible cases with `read`; self: the user's own account.
"""

_MAY: Mapping[Access, frozenset[Need]] = {
    "officer": frozenset({"read", "record", "assign", "manage", "audit", "self"}),
    "responsible": frozenset({"read", "record", "self"}),
    "head_of_unit": frozenset({"read", "record", "assign", "self"}),
    "first_head": frozenset({"read", "record", "assign", "self"}),
    "auditor": frozenset({"read", "audit", "self"}),
    "administrator": frozenset({"settings", "audit", "self"}),
    # A service of one person, who does both.
    "officer_administrator": frozenset({"read", "record", "assign", "manage", "settings", "audit", "self"}),
}

ADMINISTRATORS: frozenset[Access] = frozenset(access for access in ACCESSES if "settings" in _MAY[access])
"""Accesses that enter people, units and accounts; none of them is given by a table or a directory."""

OF_ONE_UNIT: frozenset[Access] = frozenset({"responsible", "head_of_unit"})
"""Accesses limited to a unit: without a unit no case is visible."""
NOWHERE = "\x1f"
"""The root of a reader who sees no unit; it contains the unit separator, which no id does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """A user who has logged in.

    Attributes:
        login: the name of the account, stored in events as their author.
        person: key of the person it belongs to, "" if not in the list of people.
        unit: the unit whose cases, and those of all units below, are visible; "" is the whole office, but
            nothing for an access limited to a unit.
        whole: whether all units lie below that one; then cases without a unit are visible too.
    """

    login: str
    access: Access
    person: str = ""
    name: str = ""
    unit: str = ""
    whole: bool = False

    def may(self, need: Need) -> bool:
        """Return whether the access includes this right in any unit; `scope` says in which."""
        return need in _MAY[self.access]

    @property
    def root(self) -> str:
        """The topmost unit the reader sees: "" is the whole office, NOWHERE none of it.

        Pages show only units and people below it.
        """
        if self.whole:
            return ""
        return self.unit or (NOWHERE if self.access in OF_ONE_UNIT else "")

    @property
    def nowhere(self) -> bool:
        """Whether the access is limited to a unit but no unit is known: no case is visible."""
        return self.root == NOWHERE


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A user account: a reader with their means of authentication.

    Attributes:
        password: an argon2id hash; "" until the invitation is accepted.
        second_factor: whether log-in requires the code of an authenticator.
        linked: whether the OpenID provider authenticates its holder; it has no password here then.
    """

    reader: Reader
    password: str = ""
    second_factor: bool = False
    disabled: bool = False
    linked: bool = False

    @property
    def state(self) -> Literal["closed", "active", "invited"]:
        """Whether it can be used: `invited` until it has a password or the provider lets in."""
        return "closed" if self.disabled else "active" if self.password or self.linked else "invited"


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsidePerson:
    """A person authenticated by the OpenID provider.

    Attributes:
        subject: the provider's permanent id of the person.
        login, name, email: as the provider has them now; "" where it has none.
        access: the access of their groups by config.toml; None if no group has one.
    """

    subject: str
    login: str
    name: str = ""
    email: str = ""
    access: Access | None = None


def must_enrol(account: Account, required: Collection[Access]) -> bool:
    """Return whether an account lacks the second factor that its access is `required` to have."""
    return account.reader.access in required and not account.second_factor


CredentialKind = Literal["session", "invitation", "token", "feed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    """A rate limit: so many attempts in each period, which begins with the first of them. `kind`, `key`:
    identify the attempts counted together, e.g. those of one address. `period`: whole seconds.
    """

    kind: str
    key: str
    attempts: int
    period: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """The set of cases, documents and rows of registers a user may see.

    Attributes:
        unit: the topmost unit visible; "" is the whole office, None no case.
        names: for confidential cases: the names (person, account) under which the user may be a reader or
            recipient.
        person, access: of the user; "" for a person not in the list of people.
        opens_restricted: whether restricted documents may be opened in every visible case, even if not a named
            reader, and the confidential rows and fields of registers seen.
        acts_on: the local date by which cases of other units are visible where the user must act in them; None:
            only those of letters received.
    """

    unit: str | None
    names: tuple[str, ...]
    person: str = ""
    access: str = ""
    opens_restricted: bool = False
    acts_on: date | None = None

    def opens(self, case: Case) -> bool:
        """Return whether the restricted documents of a visible case may be shown and opened.

        Whom a case is about opens none by an officer's access alone.
        """
        by_access = self.opens_restricted and not (case.person and case.person in self.names)
        return by_access or not case.readers.isdisjoint(self.names)


def scope(reader: Reader) -> Scope:
    """Return what a reader may see; who may `manage` opens restricted documents in all cases."""
    names = tuple(filter(None, (reader.person, reader.login)))
    may_read = reader.may("read") and not reader.nowhere
    return Scope(
        unit=reader.root if may_read else None,
        names=names,
        person=reader.person,
        access=reader.access,
        opens_restricted=reader.may("manage"),
    )


def audit_scope(reader: Reader) -> frozenset[AuditPart]:
    """Return the entries of the audit log a reader may see; `scope` decides of which cases."""
    may_read = reader.may("read")
    sees = {"office": reader.may("settings"), "cases": may_read, "registers": may_read and not reader.root}
    return frozenset(part for part in EVERYTHING if sees[part])


def with_unit(reader: Reader, office: Office) -> Reader:
    """Return a reader limited to a unit with it (else their person's), and whether it is the whole office."""
    if reader.access not in OF_ONE_UNIT:
        return reader
    person = office.people.get(reader.person)
    unit = reader.unit or (person.unit if person else "")
    return replace(reader, unit=unit, whole=office.tops == (unit,))


def within(office: Office, unit: str, root: str | None) -> bool:
    """Return whether a unit is `root` or lies below it; everything lies in "", nothing in None or NOWHERE."""
    if root is None:
        return False
    return root in ("", unit) or root in office.above(unit)


Topic = Literal["login", "account", "people", "settings", "case", "register", "file"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
OF_CASES: frozenset[Topic] = frozenset({"case", "register", "file"})
"""Topics of entries that are visible to everybody who sees the case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """An action somebody took or attempted.

    Attributes:
        seq: its number in the order of writing, used for paging.
        at: UTC.
        by: the account, or the person who answered a letter; "" if nobody had logged in.
        name: the object of the action: a login, a person, an obligation, a row of a register.
        way: `page`, `api`, `cli`, `bot` or `job`.
        address: of the client; "" where there was none, or it was erased.
    """

    seq: int
    at: datetime
    by: str
    topic: str
    kind: str
    name: str
    case: str
    way: str
    address: str
    more: Mapping[str, object]
    hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFilter:
    """Filter for audit log entries; empty fields do not restrict.

    Attributes:
        names: accounts and people who acted or were acted on.
        case: a case or a row of a register.
        since, until: UTC; `until` is not included.
        without: registers whose rows' entries are left out.
    """

    names: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    case: str = ""
    since: datetime | None = None
    until: datetime | None = None
    without: tuple[str, ...] = ()


AuditPart = Literal["office", "cases", "registers"]
"""Entries of the audit log: of log-ins, accounts, people, settings; of cases; of registers outside cases."""
EVERYTHING: frozenset[AuditPart] = frozenset(get_args(AuditPart))
