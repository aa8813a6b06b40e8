"""Entries of the audit log, and filters for lists of them, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

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
        topics: only entries of these.
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
    """The audit log entries a user may see.

    Attributes:
        sees_office: entries about log-ins, accounts, people and settings.
        sees_cases: entries about cases visible to them; `sees_registers`: about registers outside cases.
    """

    sees_office: bool
    sees_cases: bool
    sees_registers: bool


EVERYTHING = AuditScope(sees_office=True, sees_cases=True, sees_registers=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditPage:
    """A page of entries; `more`: whether further ones exist in that direction."""

    entries: tuple[AuditEntry, ...] = field(default=())
    more: bool = False
