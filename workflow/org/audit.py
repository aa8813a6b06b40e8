"""The audit log as values: an entry, and what a list of entries is narrowed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Topic = Literal["login", "account", "people", "settings", "case", "register", "file"]
TOPICS: tuple[Topic, ...] = ("login", "account", "people", "settings", "case", "register", "file")
OF_CASES: frozenset[Topic] = frozenset({"case", "register", "file"})
"""Topics of entries that are seen by those who see the case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """What somebody did, or tried to do.

    Attributes:
        seq: its number in the chain, by which lists are paged.
        at: UTC.
        by: the account, or the person of a letter that was answered; "" where nobody had logged in.
        name: what it was done to: a login, a person, an obligation, a row of a register.
        way: `page`, `api`, `cli`, `bot` or `job`.
        address: of the client; "" where there was none, or it was erased.
        count: how many of the kind were done at once.
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
    count: int
    more: Mapping[str, object]
    hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFilter:
    """What a list of entries is narrowed to; what is empty narrows nothing.

    Attributes:
        names: the accounts and people who did it, and whom it was done to.
        topics: entries of these alone.
        case: a case or a row of a register.
        since, until: UTC; `until` is not included.
    """

    names: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    case: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditScope:
    """Which entries somebody sees.

    Attributes:
        office: entries about log-ins, accounts, people and settings.
        cases: entries about cases they see; `registers`: about registers that are kept in no case.
    """

    office: bool
    cases: bool
    registers: bool


EVERYTHING = AuditScope(office=True, cases=True, registers=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditPage:
    """Some entries; `more`: whether there are further ones in that direction."""

    entries: tuple[AuditEntry, ...] = field(default=())
    more: bool = False
