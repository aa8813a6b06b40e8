"""The office's own chain: what it adopted and whom it let in; hashed and bound as a case's events are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, Select, literal, select
from sqlalchemy.exc import IntegrityError

from storage.chain import canonical, line, link
from storage.database.engine import Record, reading, writing
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


def lines(engine: Engine, *kinds: str) -> tuple[Record, ...]:
    """The lines of these kinds, in order."""
    with reading(engine) as connection:
        return tuple(connection.execute(IN_ORDER.where(ACT.c.kind.in_(kinds))))


def head(engine: Engine, *kinds: str) -> str:
    """The hash of the last line of these kinds; "" when there is none. What one asks to learn whether anything
    changed."""
    with reading(engine) as connection:
        return connection.execute(_last(kinds)).scalar() or ""


def follow(
    engine: Engine,
    before: str,
    kinds: tuple[str, ...],
    *,
    kind: str,
    name: str,
    text: str,
    on: date,
    by: str,
    now: datetime,
) -> bool:
    """Append a text behind the lines the writer knows. False when somebody else was faster: nothing is written,
    and the writer looks again.

    Args:
        before: the hash of the last line of `kinds` the writer has read, "" for none.
        on: the local date it speaks of; `now`: aware UTC.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    try:
        with writing(engine) as connection:
            if (connection.execute(_last(kinds)).scalar() or "") != before:
                return False
            append(connection, kind=kind, name=name, on=on, by=by, now=now, payload={"text": text})
    except IntegrityError:
        return False
    return True


def text_of(payload: str) -> str:
    """The text a line carries. A payload altered past reading speaks for itself: reading it then says so."""
    try:
        return str(json.loads(payload)["text"])
    except (ValueError, TypeError, KeyError):
        return payload


def _last(kinds: tuple[str, ...]) -> Select[str]:
    return select(ACT.c.hash).where(ACT.c.kind.in_(kinds)).order_by(ACT.c.seq.desc()).limit(1)


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
