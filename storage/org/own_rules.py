"""Own rules an office has adopted or withdrawn, from its chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Engine

from storage.database.engine import Row_
from storage.org import chain as office_chain
from storage.org.chain import lines, text_of

Kind = Literal["overlay_adopted", "overlay_withdrawn"]
ADOPTED: Kind = "overlay_adopted"
WITHDRAWN: Kind = "overlay_withdrawn"
KINDS = (ADOPTED, WITHDRAWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Adoption or withdrawal of rules.

    Attributes:
        name: name of the file.
        on: the local date of the step; `at`: its UTC moment; `by`: the account.
        text: the TOML text as adopted (for a withdrawal, the text withdrawn).
    """

    kind: str
    name: str
    on: date
    at: datetime
    by: str
    text: str
    hash: str = ""


def steps(engine: Engine) -> tuple[Step, ...]:
    """Return all adoptions and withdrawals, in order."""
    return tuple(map(_step, lines(engine, *KINDS)))


def standing(taken: Sequence[Step]) -> tuple[Step, ...]:
    """Return the rules in force: the last adoption of each file that was not withdrawn later."""
    last: dict[str, Step] = {}
    for step in taken:
        last.pop(step.name, None)
        if step.kind == ADOPTED:
            last[step.name] = step
    return tuple(last.values())


def head(engine: Engine) -> str:
    """Return the hash of the last step; "" for none."""
    return office_chain.head(engine, *KINDS)


def head_of(taken: Sequence[Step]) -> str:
    """Return the hash of the last of these steps; "" for none."""
    return taken[-1].hash if taken else ""


def take(
    engine: Engine,
    before: Sequence[Step],
    *,
    kind: Kind,
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
        before: every step the writer has read.
        on: the local date; `now`: aware UTC.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    return office_chain.follow(
        engine, head_of(before), KINDS, kind=kind, name=name, text=text, on=on, by=by, now=now
    )


def _step(record: Row_) -> Step:
    """Return the step of a chain row."""
    return Step(
        kind=record.kind,
        name=record.name,
        on=record.on,
        at=record.at,
        by=record.by,
        text=text_of(record.payload),
        hash=record.hash,
    )
