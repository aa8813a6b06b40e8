"""Who may see and do what: one rule for lists and for single objects.

Access says what somebody may do; the unit says where. A confidential case is seen by those alone who were
named to know of it or told of it, whatever their access.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from workflow.case import Case
from workflow.office import Office

Access = Literal["officer", "responsible", "head_of_unit", "first_head", "auditor", "administrator"]
ACCESSES: tuple[Access, ...] = (
    "officer",
    "responsible",
    "head_of_unit",
    "first_head",
    "auditor",
    "administrator",
)
Need = Literal["read", "record", "manage", "settings", "self"]
"""What a page asks of its reader.

read: cases, the board, the calendar; record: facts, plan dates, evidence, risks; manage: open, import, correct,
cancel, exempt, reopen, adopt acts; settings: people, units, accounts, channels; self: one's own account.
"""
NEEDS: tuple[Need, ...] = ("read", "record", "manage", "settings", "self")

_MAY: Mapping[Access, frozenset[Need]] = {
    "officer": frozenset({"read", "record", "manage", "self"}),
    "responsible": frozenset({"read", "record", "self"}),
    "head_of_unit": frozenset({"read", "record", "self"}),
    "first_head": frozenset({"read", "record", "self"}),
    "auditor": frozenset({"read", "self"}),
    "administrator": frozenset({"settings", "self"}),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Somebody who has logged in.

    Attributes:
        login: the name of the account; events are written by it.
        person: the key of the person it belongs to, "" when it is nobody of the people file.
        unit: the unit whose cases (and those of all units below) are seen; "" is the whole office.
    """

    login: str
    access: Access
    person: str = ""
    name: str = ""
    unit: str = ""

    def may(self, need: Need) -> bool:
        """Whether the access allows it at all; where, the scope says."""
        return need in _MAY[self.access]


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Somebody who may log in: a reader, and how they prove who they are.

    Attributes:
        password: an argon2id hash; "" before the invitation is taken up.
        totp: the shared secret of the second factor in base32; "" without one.
        totp_step: the last step of 30 seconds a code was taken for; none is taken twice.
    """

    reader: Reader
    password: str = ""
    totp: str = ""
    totp_step: int = 0
    disabled: bool = False


EntryKind = Literal["session", "invitation", "token", "feed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A way in that is no password. Its secret is known to the holder alone; here stands the SHA-256 of it.

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
class Answered:
    """A request under a key of its sender. `answer`: JSON, None while it is done or when it never ended."""

    digest: str
    answer: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which cases somebody sees.

    Attributes:
        unit: the root of the units seen; "" is the whole office, None sees no case.
        names: for confidential cases: as whom the reader may have been named or told (person, account).
    """

    unit: str | None
    names: tuple[str, ...]


def scope(reader: Reader) -> Scope:
    """Where a reader's eyes end."""
    names = tuple(filter(None, (reader.person, reader.login)))
    return Scope(unit=reader.unit if reader.may("read") else None, names=names)


def opens_restricted(reader: Reader, case: Case) -> bool:
    """Whether a reader may open a document few may see: the officer, in whose reach the case lies, and those
    who were named to know of the case. Others see that there is one, and on what ground it is kept from them.
    """
    return reader.access == "officer" or not case.readers.isdisjoint(scope(reader).names)


def within(office: Office, unit: str, root: str | None) -> bool:
    """Whether a unit is `root` or lies below it; everything lies in "", nothing in None."""
    if root is None:
        return False
    return root in ("", unit) or root in office.above(unit)
