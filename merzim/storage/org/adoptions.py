"""The acts that move days an office has adopted, from its chain; with the shipped records its calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine

from calendars.checks import with_known_since
from calendars.records import Records
from merzim.storage.database.engine import writing
from merzim.storage.events import OFFICE, hold
from merzim.storage.org.chain import last, lines, office_event, record, text_of
from merzim.storage.rows import read_as
from workflow.law.files import read_act
from workflow.moments import Moment

CALENDAR_CHANGED = "calendar_changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Adoption:
    """A calendar act the office adopted.

    Attributes:
        name: name of the file.
        on: the local date of the event; `at`: its UTC moment; `by`: who did it.
        text: the TOML text, unchanged.
    """

    name: str
    on: date
    at: datetime
    by: str
    text: str
    hash: str = ""

    @property
    def entries(self) -> Records:
        """Return the entries of an act. Raises Refusal when the text was altered and is unreadable."""
        return read_act(self.name, self.text.encode())

    @property
    def records(self) -> Records:
        """Return its entries, known from the day of adoption where they have no date of their own."""
        return with_known_since(self.entries, self.on)


def adopted_calendar_acts(engine: Engine) -> tuple[Adoption, ...]:
    """Return the calendar acts the office adopted, in order."""
    acts = lines(engine, CALENDAR_CHANGED)
    return tuple(read_as(Adoption, act, text=text_of(act.payload)) for act in acts)


def head_of(adoptions: Sequence[Adoption]) -> str:
    """Return the hash of the last of these adoptions; "" for none."""
    return adoptions[-1].hash if adoptions else ""


def adopt(
    engine: Engine,
    before: Sequence[Adoption],
    *,
    name: str,
    text: str,
    at: Moment,
) -> bool:
    """Record that the office adopts a calendar act; return False, with nothing written, if `before` is not all.

    Another writer was faster then, and the acts must be read again.

    Args:
        before: every calendar act the writer has read.
        text: of the act, as TOML.
    """
    with writing(engine) as session:
        hold(session, OFFICE)
        if (session.execute(last((CALENDAR_CHANGED,))).scalar() or "") != head_of(before):
            return False
        record(session, office_event(at, CALENDAR_CHANGED, name, {"text": text}))
    return True
