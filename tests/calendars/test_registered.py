"""Calendars of the workalendar registry by code: same arithmetic, no claim to be based on acts."""

from __future__ import annotations

from datetime import date

import pytest
from workalendar.core import Calendar as LibraryCalendar

import calendars
from calendars.calendar import Calendar
from calendars.counting import count
from calendars.entries import with_records
from calendars.kazakhstan import Kazakhstan
from calendars.records import parse, shipped_records
from calendars.registered import UnknownCalendar, by_code, codes, for_edition, kinds_of
from calendars.table import KINDS, WORKING, all_days
from calendars.terms import WorkingDays
from i18n import say
from tests.sweep import some

GERMANY = by_code("DE")


@pytest.mark.parametrize(
    ("on", "works"),
    [
        (date(2026, 5, 1), False),  # Tag der Arbeit, a Friday
        (date(2026, 4, 3), False),  # Karfreitag
        (date(2026, 4, 6), False),  # Ostermontag
        (date(2025, 10, 3), False),  # Tag der Deutschen Einheit, a Friday
        (date(2026, 12, 24), True),
        (date(2026, 12, 25), False),
        (date(2027, 3, 8), True),  # a day off in Kazakhstan alone
        (date(2026, 10, 3), False),  # a Saturday, and nothing moves to Monday
        (date(2026, 10, 5), True),
    ],
)
def test_german_days_are_germanys(on: date, works: bool) -> None:
    """As the federal law on holidays has them."""
    assert GERMANY.is_working(on) is works


def test_its_arithmetic_is_that_of_every_calendar() -> None:
    """From 23 December 2026: the 24th, the 28th, the 29th; back from there; both ends counted."""
    assert GERMANY.add(date(2026, 12, 23), 3) == date(2026, 12, 29)
    assert GERMANY.add(date(2026, 12, 29), -3) == date(2026, 12, 23)
    assert GERMANY.count(date(2026, 12, 23), date(2026, 12, 29)) == 4
    with pytest.raises(calendars.OutOfRange):
        GERMANY.add(date(2028, 12, 29), 1)
    assert GERMANY.table.confirmed == frozenset(range(2010, 2029)), "the years of the records"
    assert calendars.as_known(GERMANY, date(2020, 1, 1)) is GERMANY
    assert len(GERMANY.version) == len(calendars.calendar().version) == 16


def test_the_days_of_kazakhstan_are_the_same_by_the_class_and_by_the_records() -> None:
    """The class, asked about each day as any other would be, gives every working day on record."""
    by_class = [KINDS[kind] in WORKING for kind in kinds_of(Kazakhstan())]

    assert by_class == [calendars.is_working_day(day) for day in all_days()]
    assert by_code("KZ") is calendars.calendar()


def test_the_class_takes_an_offices_records_too() -> None:
    """One more transfer, as an office adopts it: a day off and a Saturday worked."""
    text = (
        "[[transfer]]\noff = 2026-12-31\nwork = 2026-12-26\nknown_at = 2026-12-21\n"
        'act = "G26G0000000"\naddress = "https://adilet.zan.kz/rus/docs/G26G0000000"\n'
    )
    adopted = Kazakhstan(with_records(shipped_records(), parse(text)))

    assert not adopted.is_working_day(date(2026, 12, 31))
    assert adopted.is_working_day(date(2026, 12, 26))
    assert Kazakhstan().is_working_day(date(2026, 12, 31))


class FourDays(LibraryCalendar):
    """A week of Monday to Thursday with one holiday, and one Friday worked."""

    FIXED_HOLIDAYS = ((6, 2, "Foundation day"),)

    def get_weekend_days(self) -> tuple[int, ...]:
        return 4, 5, 6

    def is_working_day(self, day: date, *extra: object) -> bool:
        return day == date(2026, 6, 5) or bool(super().is_working_day(day, *extra))


def test_any_class_becomes_a_calendar() -> None:
    """Its own weekend, its holiday on a Tuesday, its worked Friday: 1, 3, 4, 5 and 8 June 2026."""
    days = Calendar(library="OWN", days=kinds_of(FourDays()))
    kinds = [days.day(date(2026, 6, n)).kind for n in range(1, 9)]

    assert kinds == [
        "working",
        "holiday",
        "working",
        "working",
        "transferred_work",
        "weekend",
        "weekend",
        "working",
    ]
    assert days.add(date(2026, 5, 31), 5) == date(2026, 6, 8)


def test_every_registered_calendar_is_compiled_or_refused() -> None:
    """Those the library knows for part of the years only are refused whole: nothing is guessed."""
    named_codes, refused = {"DE", "FR", "US-CA", "KZ"}, set()
    sampled_codes = named_codes | {*some(dict.fromkeys(codes()), 40)}
    for code in sampled_codes:
        try:
            assert by_code(code).is_working(date(2026, 4, 15)) in (True, False)
        except UnknownCalendar:
            refused.add(code)

    assert sampled_codes <= {*codes()}
    assert named_codes.isdisjoint(refused)
    assert len(refused) < 5
    with pytest.raises(UnknownCalendar):
        by_code("XX")


def test_an_offices_own_days_lie_over_it() -> None:
    """A day off and a holiday worked; what is off anyway stays what it is, and so does its name."""
    office_calendar = GERMANY.with_office_days(
        off=[date(2026, 12, 24), date(2026, 12, 25)], working=[date(2026, 5, 1), date(2026, 5, 4)]
    )

    assert office_calendar.day(date(2026, 12, 24)).kind == "office_off"
    assert office_calendar.day(date(2026, 12, 25)).kind == "holiday"
    assert office_calendar.day(date(2026, 5, 1)).kind == "office_work"
    assert office_calendar.day(date(2026, 5, 4)).kind == "working"
    assert office_calendar.version != GERMANY.version
    assert office_calendar.add(date(2026, 12, 23), 1) == date(2026, 12, 28)


def test_an_edition_is_counted_by_its_own_calendar_and_the_offices_days() -> None:
    """Without one, or with the office's own, nothing changes: acts the office adopted go on counting."""
    ours = calendars.calendar().with_office_days(off=[date(2026, 12, 24)])

    assert for_edition("", ours) is ours
    assert for_edition("KZ", ours) is ours
    assert for_edition("DE", GERMANY) is GERMANY
    assert for_edition("KZ", GERMANY) == calendars.calendar()
    german = for_edition("DE", ours)
    assert (german.library, german.is_working(date(2026, 12, 24))) == ("DE", False)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("kk", "актілер бойынша емес, кітапхана ережелері бойынша"),
        ("ru", "по правилам библиотеки, а не по актам"),
        ("en", "by the library's rules, not by acts"),
    ],
)
def test_an_explanation_says_that_no_acts_stand_behind_the_days(language: str, sentence: str) -> None:
    """Once, whatever is counted; of Kazakhstan's days it says nothing of the kind."""

    def said(calendar: Calendar) -> list[str]:
        elements = count(WorkingDays(10), date(2026, 4, 13), calendar).elements
        return [say(element.code, element.arguments, language) for element in elements]

    assert sum(sentence in text for text in said(GERMANY)) == 1
    assert not any(sentence in text for text in said(calendars.calendar()))


def test_every_year_of_rules_is_as_sure_as_any_other() -> None:
    """No order on transfers is waited for, and no religious day is announced."""
    assert GERMANY.knowledge(date(2010, 1, 1), date(2028, 12, 31)) == "confirmed"
    assert GERMANY.variants(date(2010, 1, 1), date(2028, 12, 31)) == ()
