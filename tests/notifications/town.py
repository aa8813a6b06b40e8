"""A small office with the real analysis of 2026, for tests of letters.

It starts on 13 April, so that the start is to be announced by 30 March.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from notifications.rules import Rules
from tests.law import CALENDAR, analysis, library
from tests.notifications.memory import MemoryOutbox
from workflow.board import rows
from workflow.case import Case, Fact
from workflow.chain import deadlines
from workflow.office import Office, Person, Unit

START = date(2026, 4, 13)
END = date(2026, 5, 26)
ANNOUNCE_BY = date(2026, 3, 30)
FIVE_BEFORE = date(2026, 3, 18)  # 21-23 March are Nauryz, 24 and 25 its substitutes
RULES = Rules(domain="letters.example.kz", public_address="https://merzim.example.kz")

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
OFFICER = Person(key="officer@example.kz", name="Кезекші", unit="body", email="officer@example.kz")


def office(*people: Person) -> Office:
    """A body with a staff unit, and these people (by default all four)."""
    known = people or (AIGUL, BOLAT, DANA, OFFICER)
    return Office(
        units={
            "body": Unit(id="body", name="Әкімдік"),
            "staff": Unit(id="staff", name="Аппарат", parent="body"),
        },
        people={person.key: person for person in known},
        officer=OFFICER.key if OFFICER in known else None,
    )


def case(
    number: int = 1, *, done: dict[str, date] | None = None, planned: dict[str, date] | None = None
) -> Case:
    """The case as its published schedule plans it; `done` are its facts."""
    edition = analysis()
    return Case(
        id=f"2026-{number:04}",
        procedure=edition.id,
        edition=edition.edition,
        unit="staff",
        object="Құрылыс басқармасы",
        planned=planned if planned is not None else {"analysis_started": START, "analysis_ended": END},
        facts={
            "schedule_approved": Fact(name="schedule_approved", on=date(2025, 6, 30)),
            **{name: Fact(name=name, on=on) for name, on in (done or {}).items()},
        },
    )


def outbox(*cases: Case, today: date, people: Office | None = None) -> MemoryOutbox:
    """An outbox in which these cases stand as they were written down on `today`."""
    known = cases or (case(),)
    edition = analysis()
    board = [
        row
        for one in known
        for row in rows(one, edition, deadlines(one, edition, CALENDAR, today=today), CALENDAR, today=today)
    ]
    return MemoryOutbox(board, known, people or office())


def noon(on: date) -> datetime:
    """12:00 of a day in Almaty, as UTC."""
    return datetime(on.year, on.month, on.day, 7, tzinfo=UTC)


__all__ = ["CALENDAR", "library"]
