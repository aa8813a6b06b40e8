"""The acts that move days an office has adopted, from its chain; with the shipped records its calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine

from calendars.checks import with_known_since
from calendars.records import Records, parse
from merzim.storage.database.engine import writing
from merzim.storage.events import OFFICE, Draft, hold
from merzim.storage.org.chain import last, lines, record, text_of
from merzim.storage.rows import read_as

ACT = "calendar_changed"
ACTS: tuple[str, ...] = (ACT,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Adoption:
    """An act the office adopted.

    Attributes:
        name: name of the file.
        on: the local date of the event; `at`: its UTC moment; `by`: who did it.
        text: the TOML text, unchanged.
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
    """Return the acts the office adopted, in order."""
    return tuple(read_as(Adoption, line, text=text_of(line.payload)) for line in lines(engine, *ACTS))


def head_of(adoptions: Sequence[Adoption]) -> str:
    """Return the hash of the last of these adoptions; "" for none."""
    return adoptions[-1].hash if adoptions else ""


def adopt(
    engine: Engine,
    before: Sequence[Adoption],
    *,
    name: str,
    text: str,
    on: date,
    by: str,
    now: datetime,
) -> bool:
    """Append an adoption after those the writer has read; return False if another writer was faster.

    Nothing is written then, and the writer must read again.

    Args:
        before: every act the writer has read.
        on: the local date of the event; `now`: aware UTC.
    """
    with writing(engine) as connection:
        hold(connection, OFFICE)
        if (connection.execute(last(ACTS)).scalar() or "") != head_of(before):
            return False
        record(connection, Draft(kind=ACT, name=name, on=on, by=by, at=now, payload={"text": text}))
    return True
