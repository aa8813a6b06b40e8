"""Acts an office has adopted, from its chain; with the shipped records they make up its calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine

from calendars.adopting import with_known_since
from calendars.entries import Records
from calendars.records import parse
from storage.database.engine import Row_
from storage.org import chain as office_chain
from storage.org.chain import lines, text_of

KIND = "calendar_changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Adoption:
    """An act the office adopted.

    Attributes:
        seq: its place in the chain, from 1.
        name: name of its file.
        on: the local date of the adoption.
        at: UTC moment; `by`: who adopted it.
        text: the TOML text, unchanged.
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
        """Return its entries. Raises RecordError when the text was altered and is unreadable."""
        return parse(self.text, name=self.name)

    @property
    def records(self) -> Records:
        """Return its entries, known from the day of adoption where they have no date of their own."""
        return with_known_since(self.entries, self.on)


def adoptions(engine: Engine) -> tuple[Adoption, ...]:
    """Return all adopted acts, in order."""
    return tuple(map(_adoption, lines(engine, KIND)))


def head(engine: Engine) -> str:
    """Return the hash of the last adoption, "" for none, to find out whether the calendar has changed."""
    return office_chain.head(engine, KIND)


def head_of(acts: Sequence[Adoption]) -> str:
    """Return the hash of the last of these adoptions; "" for none."""
    return acts[-1].hash if acts else ""


def adopt(
    engine: Engine, before: Sequence[Adoption], *, name: str, text: str, on: date, by: str, now: datetime
) -> bool:
    """Append an act after the adoptions the writer has read; return False when somebody else was faster.

    Nothing is written then, and the writer must read again.

    Args:
        before: every act the writer has read.
        on: the local date of the adoption; `now`: aware UTC.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    return office_chain.follow(
        engine, head_of(before), (KIND,), kind=KIND, name=name, text=text, on=on, by=by, now=now
    )


def _adoption(record: Row_) -> Adoption:
    """Return the adoption of a chain row."""
    return Adoption(
        seq=record.seq,
        name=record.name,
        on=record.on,
        at=record.at,
        by=record.by,
        text=text_of(record.payload),
        hash=record.hash,
    )
