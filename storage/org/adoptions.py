"""The acts an office adopted, in the order of its own chain. Its calendar is the shipped records and these."""

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
        return with_known_since(self.entries, self.on)


def adoptions(engine: Engine) -> tuple[Adoption, ...]:
    """All of them, in order."""
    return tuple(map(_adoption, lines(engine, KIND)))


def head(engine: Engine) -> str:
    """The hash of the last one; "" when there is none. What one asks to learn whether the calendar changed."""
    return office_chain.head(engine, KIND)


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
    return office_chain.follow(
        engine, head_of(before), (KIND,), kind=KIND, name=name, text=text, on=on, by=by, now=now
    )


def _adoption(record: Row_) -> Adoption:
    return Adoption(
        seq=record.seq,
        name=record.name,
        on=record.on,
        at=record.at,
        by=record.by,
        text=text_of(record.payload),
        hash=record.hash,
    )
