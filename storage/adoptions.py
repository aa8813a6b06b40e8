"""The acts an office adopted, in the order of its own chain. Its calendar is the shipped records and these."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from calendars.adopting import known_since
from calendars.entries import Records
from calendars.records import parse
from storage.engine import Record, reading, writing
from storage.office_chain import append, lines
from storage.tables import ACT

KIND = "calendar_changed"
_LAST = select(ACT.c.hash).where(ACT.c.kind == KIND).order_by(ACT.c.seq.desc()).limit(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Adoption:
    """One act the office adopted.

    Attributes:
        seq: its place in the chain, from 1.
        name: what its text is called (the name of the file).
        on: the local date of the adoption.
        at: its UTC moment; `by`: who adopted it.
        text: the TOML text, as given.
    """

    seq: int
    name: str
    on: date
    at: datetime
    by: str
    text: str
    hash: str = ""

    @property
    def entries(self) -> Records:
        """What it says. Raises RecordError where the text was altered past reading."""
        return parse(self.text, name=self.name)

    @property
    def records(self) -> Records:
        """The same, known to the office from the day of its adoption where it does not say since when."""
        return known_since(self.entries, self.on)


def adoptions(engine: Engine) -> tuple[Adoption, ...]:
    """All of them, in order."""
    return tuple(map(_adoption, lines(engine, KIND)))


def head(engine: Engine) -> str:
    """The hash of the last one; "" when there is none. What one asks to learn whether the calendar changed."""
    with reading(engine) as connection:
        return connection.execute(_LAST).scalar() or ""


def head_of(acts: Sequence[Adoption]) -> str:
    """The hash of the last of these; "" when there is none."""
    return acts[-1].hash if acts else ""


def adopt(
    engine: Engine, before: Sequence[Adoption], *, name: str, text: str, on: date, by: str, now: datetime
) -> bool:
    """Append an act behind the ones the writer knows. False when somebody else was faster: nothing is written,
    and the writer looks again.

    Args:
        before: every act the writer has read.
        on: the local date of the adoption; `now`: aware UTC.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    try:
        with writing(engine) as connection:
            if (connection.execute(_LAST).scalar() or "") != head_of(before):
                return False
            append(connection, kind=KIND, name=name, on=on, by=by, now=now, payload={"text": text})
    except IntegrityError:
        return False
    return True


def _adoption(record: Record) -> Adoption:
    return Adoption(
        seq=record.seq,
        name=record.name,
        on=record.on,
        at=record.at,
        by=record.by,
        text=_text(record.payload),
        hash=record.hash,
    )


def _text(payload: str) -> str:
    """The act's text. A payload altered past reading speaks for itself: reading the act then says so."""
    try:
        return str(json.loads(payload)["text"])
    except (ValueError, TypeError, KeyError):
        return payload
