"""A small office on a real database with the real analysis of 2026, for notification tests.

It starts on 13 April, so that the start is to be announced by 30 March and the order signed by 6 April."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

from merzim.storage import office as office_store
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import open as open_database, writing
from merzim.storage.maintenance import schema
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.queries import SqlReads
from merzim.storage.tables.notices import NOTICE
from notifications import round as rounds
from notifications.channels import Channel, Outcomes, OutgoingMessage
from notifications.delivery import DeliveryReport, deliver
from notifications.dispatch import Dispatch
from notifications.notice import CalendarEntry, Letter, Notice, Outcome, message_id
from notifications.round import RoundReport
from notifications.rules import Rules
from tests.law import CALENDAR, library as shipped
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.law.library import Library
from workflow.moments import Moment
from workflow.org.office import Person, Unit

START = date(2026, 4, 13)
END = date(2026, 5, 26)
OPENED = date(2026, 2, 2)
ANNOUNCE_BY = date(2026, 3, 30)
FIVE_BEFORE = date(2026, 3, 18)  # 21-23 March are Nauryz, 24 and 25 its substitutes
PLANNED = {"analysis_started": START, "analysis_ended": END}
RULES = Rules(domain="letters.example.kz", public_address="https://merzim.example.kz")

UNITS = (Unit(id="body", name="Әкімдік"), Unit(id="staff", name="Аппарат", parent="body"))
AIGUL = Person(
    key="aigul@example.kz",
    name="Ахметова Айгүл",
    unit="staff",
    duties=("authorised_person",),
    email="aigul@example.kz",
)
BOLAT = Person(
    key="bolat@example.kz",
    name="Сериков Болат",
    unit="staff",
    duties=("head_of_unit",),
    email="bolat@example.kz",
    language="ru",
)
DANA = Person(
    key="dana@example.kz",
    name="Dana Omarova",
    unit="body",
    duties=("head",),
    email="dana@example.kz",
    language="en",
)
OFFICER = Person(
    key="officer@example.kz", name="Кезекші", unit="body", duties=("officer",), email="officer@example.kz"
)
PEOPLE = (AIGUL, BOLAT, DANA, OFFICER)
OPEN: list[Town] = []
"""What the fixture `_closed` closes after each module."""


CHECKS = ("start_text_checked", "discussion_text_checked", "publication_text_checked")
"""Duties without a number of days that the sample case has behind it: its letters are about terms."""


def noon(on: date) -> datetime:
    """12:00 of a day in Almaty, as UTC."""
    return datetime(on.year, on.month, on.day, 7, tzinfo=UTC)


def at_noon(on: date, *, by: str = "Айгүл") -> Moment:
    """Somebody at noon of a day."""
    return Moment(by=by, now=noon(on), today=on)


class Town:
    """An office at work: cases on the board, rounds and deliveries by day."""

    def __init__(
        self,
        folder: Path,
        *,
        people: Iterable[Person] = PEOPLE,
        rules: Rules = RULES,
        library: Library | None = None,
    ) -> None:
        self.engine = open_database(f"sqlite:///{(folder / 'town.sqlite').as_posix()}")
        schema.create_or_migrate(self.engine)
        office_store.save(self.engine, units=UNITS, people=people)
        self.outbox = SqlOutbox(self.engine)
        self.library = library or shipped()
        self.case_commands = CaseCommands(SqlLedger(self.engine), self.library, CALENDAR)
        self.rules = rules
        OPEN.append(self)

    def open(
        self,
        *,
        planned: Mapping[str, date] = PLANNED,
        responsible: Mapping[str, str] | None = None,
        on: date = OPENED,
    ) -> Case:
        opening = Opening(
            procedure="internal-analysis",
            unit="staff",
            object="Құрылыс басқармасы",
            planned=planned,
            facts={"schedule_approved": date(2026, 1, 15), **dict.fromkeys(CHECKS, date(2026, 1, 15))},
            responsible=responsible or {},
        )
        return self.case_commands.open(opening, at=at_noon(on))

    def dispatch(
        self, channels: Sequence[Channel], on: date, *, at: datetime | None = None, **other: Any
    ) -> Dispatch:
        """What a round or delivery on a day works with; `other` in place of the town's own."""
        moment = Moment(now=at or noon(on), today=on)
        own: dict[str, Any] = {"library": self.library, "rules": self.rules, "moment": moment}
        return Dispatch(outbox=self.outbox, calendar=CALENDAR, channels=channels, **(own | other))

    def round(self, channels: Sequence[Channel], on: date, *, at: datetime | None = None) -> RoundReport:
        return rounds.round(self.dispatch(channels, on, at=at))

    def apart(self, channels: Sequence[Channel], on: date, *, at: datetime | None = None) -> RoundReport:
        """A round whose items leave as letters of their own: for tests of how many letters are sent."""
        report = self.round(channels, on, at=at)
        with writing(self.engine) as connection:
            connection.execute(NOTICE.delete().where(NOTICE.c.kind == "letter"))
            connection.execute(NOTICE.update().values(bundle=""))
        return report

    def plan(self, channels: Sequence[Channel], on: date) -> RoundReport:
        return rounds.plan(self.dispatch(channels, on))

    def deliver(
        self, channels: Sequence[Channel], on: date, *, at: datetime | None = None, **how: Any
    ) -> DeliveryReport:
        return deliver(self.dispatch(channels, on, at=at), **how)

    def notices(self) -> Sequence[Notice]:
        return SqlReads(self.engine).notices_matching()

    def items(self) -> Sequence[Notice]:
        """The notices but the letters that carry others."""
        return [notice for notice in self.notices() if notice.kind != "letter"]

    def close(self) -> None:
        self.engine.dispose()


class Shelf(Channel):
    """A channel that stores letters and answers as configured, for tests of delivery without a server."""

    name: ClassVar = "shelf"
    _kept: list[OutgoingMessage]
    _answers: Iterator[Outcome | Exception]
    _repeatable: bool

    def __init__(self, *answers: Outcome | Exception, repeatable: bool = True) -> None:
        super().__init__()
        self._kept = []
        self._answers = itertools.chain(answers, itertools.repeat(Outcome(state="sent", answer="250 kept")))
        self._repeatable = repeatable

    @property
    def kept(self) -> list[OutgoingMessage]:
        return self._kept

    @property
    def repeatable(self) -> bool:
        return self._repeatable

    def address(self, person: Person) -> str | None:
        return person.email

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Outcomes:
        for parcel in batch:
            answer = next(self._answers)
            if isinstance(answer, Exception):
                raise answer
            if answer.state == "sent":
                self.kept.append(parcel)
            yield parcel.notice.key, answer


class OfficersShelf(Shelf):
    """Another channel, which reaches the officer alone."""

    name = "other"

    def address(self, person: Person) -> str | None:
        return person.email if person.key == OFFICER.key else None


def calendar_entry(**changed_fields: Any) -> CalendarEntry:
    """The announcement as an item of a calendar."""
    fields = {"uid": "a@x.kz", "sequence": 1, "on": ANNOUNCE_BY, "stamp": noon(FIVE_BEFORE), "summary": "x"}
    fields |= {"text": "y", "link": "", "status": "CONFIRMED", "language": "kk"}
    return CalendarEntry(**(fields | changed_fields))


def parcel(number: int = 1, *, address: str = "aigul@example.kz", name: str = AIGUL.name) -> OutgoingMessage:
    """A letter ready to go, without an office behind it."""
    key = f"2026-{number:04}:start_announced:2026-03-30:-5:{address}:email"
    of: dict[str, Any] = {"case": f"2026-{number:04}", "obligation": "start_announced", "due": ANNOUNCE_BY}
    of |= {
        "person": address,
        "address": address,
        "queued_at": noon(FIVE_BEFORE),
        "not_before": noon(FIVE_BEFORE),
    }
    of |= {"message_id": message_id(key, "letters.example.kz"), "step": "-5", "channel": "email"}
    said = {"text": "Құрметті әріптес!\n\nӘңгіме ұзақ болды.\n", "html": "<p>Құрметті әріптес!</p>"}
    new_letter = Letter(subject="Алдағы мерзімдер: хабарландыру – 30 наурыз", language="kk", **said)
    return OutgoingMessage(notice=Notice(key=key, language="kk", **of), letter=new_letter, name=name)
