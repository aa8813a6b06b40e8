"""The office's own chain: what it adopted and whom it let in; hashed and bound as a case's events are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, literal, select

from storage.chain import canonical, line, link
from storage.engine import Record, reading
from storage.tables import ACT

OFFICE = "office"
"""What the chain is called where cases have their ids."""
IN_ORDER = select(literal(OFFICE).label("case"), *ACT.c).order_by(ACT.c.seq)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hand:
    """Who changes something, and when. `now`: aware UTC; `today`: the local date."""

    by: str
    now: datetime
    today: date


def lines(engine: Engine, kind: str) -> tuple[Record, ...]:
    """The lines of one kind, in order."""
    with reading(engine) as connection:
        return tuple(connection.execute(IN_ORDER.where(ACT.c.kind == kind)))


def append(
    connection: Connection,
    *,
    kind: str,
    name: str,
    on: date | None,
    by: str,
    now: datetime,
    payload: Mapping[str, object],
) -> None:
    """One more line, in the caller's own transaction.

    Args:
        on: the local date it speaks of; `now`: aware UTC.
    """
    last = connection.execute(select(ACT.c.seq, ACT.c.hash).order_by(ACT.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, "")
    text = canonical(payload)
    said = line(case=OFFICE, seq=seq, kind=kind, name=name, on=on, at=now, by=by, payload=text)
    connection.execute(
        ACT.insert(),
        {
            "seq": seq,
            "kind": kind,
            "name": name,
            "on": on,
            "at": now,
            "by": by,
            "payload": text,
            "previous": previous,
            "hash": link(previous, said),
        },
    )


def said(connection: Connection, hand: Hand, kind: str, name: str, payload: Mapping[str, object]) -> None:
    """One more line, said by a hand on its own day; in the caller's own transaction."""
    append(connection, kind=kind, name=name, on=hand.today, by=hand.by, now=hand.now, payload=payload)
