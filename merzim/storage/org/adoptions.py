"""What an office has adopted or withdrawn, from its chain: acts that move days, and its own rules.

With the shipped records the acts make up the office's calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Engine

from calendars.adopting import with_known_since
from calendars.entries import Records
from calendars.records import parse
from merzim.storage.org import chain
from merzim.storage.org.chain import text_of

Kind = Literal["calendar_changed", "overlay_adopted", "overlay_withdrawn"]
ACT: Kind = "calendar_changed"
ADOPTED: Kind = "overlay_adopted"
WITHDRAWN: Kind = "overlay_withdrawn"
ACTS: tuple[str, ...] = (ACT,)
RULES: tuple[str, ...] = (ADOPTED, WITHDRAWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Adoption:
    """An act or own rules the office adopted, or own rules it withdrew.

    Attributes:
        name: name of the file.
        on: the local date of the event; `at`: its UTC moment; `by`: who did it.
        text: the TOML text, unchanged (for a withdrawal, the text withdrawn).
    """

    kind: str
    name: str
    on: date
    at: datetime
    by: str
    text: str
    hash: str = ""

    @property
    def entries(self) -> Records:
        """Return the entries of an act. Raises RecordError when the text was altered and is unreadable."""
        return parse(self.text, name=self.name)

    @property
    def records(self) -> Records:
        """Return its entries, known from the day of adoption where they have no date of their own."""
        return with_known_since(self.entries, self.on)


def adopted_acts(engine: Engine) -> tuple[Adoption, ...]:
    """Return all adopted acts, in order."""
    return _adoptions(engine, ACTS)


def rule_changes(engine: Engine) -> tuple[Adoption, ...]:
    """Return all adoptions and withdrawals of own rules, in order."""
    return _adoptions(engine, RULES)


def rules_in_force(changes: Sequence[Adoption]) -> tuple[Adoption, ...]:
    """Return the rules in force: the last adoption of each file that was not withdrawn later."""
    last: dict[str, Adoption] = {}
    for change in changes:
        last.pop(change.name, None)
        if change.kind == ADOPTED:
            last[change.name] = change
    return tuple(last.values())


def head_of(adoptions: Sequence[Adoption]) -> str:
    """Return the hash of the last of these adoptions; "" for none."""
    return adoptions[-1].hash if adoptions else ""


def adopt(
    engine: Engine,
    before: Sequence[Adoption],
    *,
    kind: Kind = ACT,
    name: str,
    text: str,
    on: date,
    by: str,
    now: datetime,
) -> bool:
    """Append an adoption or withdrawal after those the writer has read; return False if another writer was
    faster.

    Nothing is written then, and the writer must read again.

    Args:
        before: every act, or every change of own rules, the writer has read.
        on: the local date of the event; `now`: aware UTC.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    kinds = ACTS if kind == ACT else RULES
    return chain.follow(engine, head_of(before), kinds, kind=kind, name=name, text=text, on=on, by=by, now=now)


def _adoptions(engine: Engine, kinds: tuple[str, ...]) -> tuple[Adoption, ...]:
    return tuple(
        Adoption(
            kind=line.kind,
            name=line.name,
            on=line.on,
            at=line.at,
            by=line.by,
            text=text_of(line.payload),
            hash=line.hash,
        )
        for line in chain.lines(engine, *kinds)
    )
