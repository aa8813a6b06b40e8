"""Office hours and days, also of a unit: when its people are written to; and retry intervals of delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from merzim.documents.people import ReadPeople, merge_people
from merzim.storage import office as office_store
from notifications.notice import Notice, NoticeKind
from notifications.rules import OfficeTimes, Rules, back_off, is_given_up, opening
from tests.law import CALENDAR
from tests.notifications.sample_office import (
    AIGUL,
    ANNOUNCE_BY,
    BOLAT,
    DANA,
    FIVE_BEFORE,
    OFFICER,
    PEOPLE,
    RULES,
    UNITS,
    Shelf,
    Town,
    at_noon,
)
from workflow.cases.case import Case
from workflow.org.office import Office, Unit, time_of
from workflow.org.office_time import NOTHING_OWN, OfficeTime, unit_calendar


def at(text: str) -> datetime:
    """A moment of Almaty (UTC+5 since March 2024) as UTC."""
    return (datetime.fromisoformat(text) - timedelta(hours=5)).replace(tzinfo=UTC)


@pytest.mark.parametrize("moment", ["2026-04-06T09:00", "2026-04-06T12:00", "2026-04-06T17:59"])
def test_inside_office_hours_letters_leave_at_once(moment: str) -> None:
    """From nine to six of a working day; nine counts."""
    assert opening(at(moment), CALENDAR, RULES.office_hours) == at(moment)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-04-06T08:59", "2026-04-06T09:00"),
        ("2026-04-06T18:00", "2026-04-07T09:00"),
        ("2026-04-10T18:00", "2026-04-13T09:00"),
        ("2026-04-11T12:00", "2026-04-13T09:00"),
        ("2026-03-20T20:00", "2026-03-26T09:00"),
    ],
)
def test_outside_office_hours_they_wait_for_the_next_opening(moment: str, opens: str) -> None:
    """Six is too late; weekends and Nauryz are passed over."""
    assert opening(at(moment), CALENDAR, RULES.office_hours) == at(opens)


def test_beyond_the_records_nobody_waits() -> None:
    """Beyond the calendar records letters are sent at once instead of waiting for ever."""
    moment = datetime(2029, 1, 6, 20, tzinfo=UTC)

    assert opening(moment, CALENDAR, RULES.office_hours) == moment


def test_an_office_may_have_hours_of_its_own() -> None:
    """office_hours comes from config.toml."""
    early = (time(7), time(8))

    assert opening(at("2026-04-06T09:00"), CALENDAR, early) == at("2026-04-07T07:00")


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 240)])
def test_each_attempt_waits_longer(attempts: int, minutes: int) -> None:
    """1, 5, 15, 60 and 240 minutes."""
    assert back_off(attempts) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("attempts", "hours", "given_up"), [(30, 119, False), (30, 120, True), (5, 500, False), (6, 120, True)]
)
def test_a_letter_is_given_up_after_five_days_of_attempts(attempts: int, hours: int, given_up: bool) -> None:
    """One that was first tried late still gets its first attempts."""
    assert is_given_up(attempts, timedelta(hours=hours)) == given_up


SIX_DAYS = OfficeTime(week=(1, 2, 3, 4, 5, 6))
FRIDAY, SATURDAY, MONDAY = date(2026, 4, 10), date(2026, 4, 11), date(2026, 4, 13)
WEDNESDAY = FIVE_BEFORE


def office(**times: OfficeTime) -> Office:
    """The town's office, these units having times of their own."""
    units = {unit.id: replace(unit, time=times.get(unit.id, NOTHING_OWN)) for unit in UNITS}
    return Office(units=units, people={person.key: person for person in PEOPLE})


def opens(office: Office, moment: str, *, person: str = AIGUL.key, due: date | None = None) -> datetime:
    """When a letter of that moment may leave for somebody of the staff."""
    return OfficeTimes(office, CALENDAR, RULES).opening(person, at(moment), due=due)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-04-10T18:30", "2026-04-11T09:00"),  # the evening before: the country waits until Monday
        ("2026-04-11T10:00", "2026-04-11T10:00"),
        ("2026-04-11T18:00", "2026-04-13T09:00"),
        ("2026-03-21T10:00", "2026-03-26T09:00"),  # a Saturday, but Nauryz
    ],
)
def test_a_unit_that_works_on_saturdays_hears_on_them(moment: str, expected: str) -> None:
    """Unless the Saturday is a holiday; the units beside it wait for Monday."""
    town = office(staff=SIX_DAYS)

    assert opens(town, moment) == at(expected)
    assert opens(town, moment, person=DANA.key) >= at("2026-03-26T09:00")
    assert not CALENDAR.is_working_day(at(moment).date()) or at(moment).hour >= 13


def test_what_is_said_nearest_holds() -> None:
    """Hours from above, the week of its own; a day off above is a day of work where the unit says so."""
    above = OfficeTime(hours=(time(8), time(17)), off=(FRIDAY, MONDAY))
    own_time = OfficeTime(week=(2, 3, 4, 5, 6), working=(FRIDAY,))
    joined_time = time_of(office(body=above, staff=own_time), "staff")
    days = unit_calendar(CALENDAR, joined_time)

    assert joined_time.hours == (time(8), time(17))
    assert days.is_working_day(FRIDAY)
    assert days.is_working_day(SATURDAY)
    assert not days.is_working_day(MONDAY)
    assert not days.is_working_day(date(2026, 4, 20))  # any Monday
    assert time_of(office(body=above), "staff") == above
    assert time_of(office(body=above), "elsewhere") == NOTHING_OWN


def test_nothing_waits_beyond_the_day_it_speaks_of() -> None:
    """Due on Friday, the unit's day off: on Friday it can be read in time, on Monday it is late."""
    town = office(staff=OfficeTime(off=(FRIDAY,)))

    assert opens(town, "2026-04-10T10:00", due=FRIDAY) == at("2026-04-10T10:00")
    assert opens(town, "2026-04-09T19:00", due=FRIDAY) == at("2026-04-10T09:00")
    assert opens(town, "2026-04-10T10:00", due=date(2026, 4, 9)) == at("2026-04-13T09:00")
    assert opens(town, "2026-04-10T10:00", due=date(2026, 4, 15)) == at("2026-04-13T09:00")


@pytest.mark.parametrize(
    ("kind", "leaves"),
    [
        ("reminder", "2026-04-10T10:00"),
        ("letter", "2026-04-10T10:00"),
        ("moved", "2026-04-13T09:00"),
        ("account", "2026-04-10T10:00"),
    ],
)
def test_tried_again_a_reminder_does_not_wait_beyond_its_day(kind: NoticeKind, leaves: str) -> None:
    """Friday is the unit's day off: a moved date is told on Monday; one's own account waits for nothing."""
    friday = at("2026-04-10T10:00")
    notice = Notice(
        key="k",
        kind=kind,
        person=AIGUL.key,
        due=FRIDAY,
        queued_at=friday,
        not_before=friday,
        **dict.fromkeys(("case", "obligation", "step", "channel", "address", "language"), ""),
    )
    times = OfficeTimes(office(staff=OfficeTime(off=(FRIDAY,))), CALENDAR, RULES)

    assert times.leaving(notice, friday) == at(leaves)


def staff_unit() -> Unit:
    return next(unit for unit in UNITS if unit.id == "staff")


@pytest.fixture
def staff_off(town: Town) -> Town:
    """The office, its staff unit closed on the day of the first step."""
    own_time = OfficeTime(off=(WEDNESDAY,), hours=(time(8), time(17)))
    office_store.save(town.engine, units=[replace(staff_unit(), time=own_time)])
    return town


def test_a_step_on_a_day_off_is_heard_the_morning_after_and_tells_what_is_true_then(staff_off: Town) -> None:
    """Five working days before is the staff's day off: on Thursday at eight, with four days left."""
    town, shelf = staff_off, Shelf()
    town.open()
    town.round([shelf], WEDNESDAY)
    town.deliver([shelf], WEDNESDAY)
    (notice,) = town.items()

    assert (notice.step, notice.state) == ("-5", "queued")
    assert notice.not_before == at("2026-03-19T08:00")
    assert notice.due == date(2026, 3, 30)
    town.open()
    town.round([shelf], date(2026, 3, 19), at=at("2026-03-19T08:00"))
    town.deliver([shelf], date(2026, 3, 19), at=at("2026-03-19T08:00"))
    assert [notice.state for notice in town.notices()] == ["sent"] * 3, (
        "one letter, with what came that morning"
    )
    assert "4 жұмыс күні" in shelf.kept[0].letter.text


@pytest.mark.parametrize("cases", [1, 2])
def test_what_is_due_on_the_units_day_off_is_told_that_morning(town: Town, cases: int) -> None:
    """Monday 30 March is a day off of the staff alone: on Tuesday the announcement would be late. Alone, and in
    a letter with another."""
    office_store.save(town.engine, units=[replace(staff_unit(), time=OfficeTime(off=(ANNOUNCE_BY,)))])
    for _ in range(cases):
        town.open()
    shelf = Shelf()
    town.round([shelf], ANNOUNCE_BY, at=at("2026-03-30T09:00"))
    town.deliver([shelf], ANNOUNCE_BY, at=at("2026-03-30T09:00"))

    assert [parcel.notice.person for parcel in shelf.kept].count(AIGUL.key) == 1


def test_the_letter_of_a_day_leaves_when_the_office_of_its_reader_opens(town: Town) -> None:
    """The staff's at eight, also the head's with nothing of his own; the others' at nine."""
    own_time = OfficeTime(hours=(time(8), time(17)))
    office_store.save(town.engine, units=[replace(staff_unit(), time=own_time)])
    for _ in range(2):
        town.open(planned={"analysis_started": date(2026, 4, 20)})
    town.round([Shelf()], date(2026, 4, 6), at=at("2026-04-06T06:00"))
    leaves = {notice.person: notice.not_before for notice in town.notices() if notice.kind == "letter"}

    eight, nine = at("2026-04-06T08:00"), at("2026-04-06T09:00")
    assert leaves == {AIGUL.key: eight, BOLAT.key: eight, DANA.key: nine, OFFICER.key: nine}


def test_what_a_standstill_kept_waits_for_the_office_to_open(town: Town, case: Case) -> None:
    """The process is back in the evening: nothing is sent then, and no attempt is counted."""
    shelf = Shelf()
    town.round([shelf], FIVE_BEFORE)
    report = town.deliver([shelf], FIVE_BEFORE, at=at("2026-03-18T21:00"))
    (notice,) = (notice for notice in town.notices() if notice.kind == "letter")

    assert not report.counts
    assert (notice.state, notice.attempts) == ("queued", 0)
    assert notice.not_before == at("2026-03-19T09:00")
    town.deliver([shelf], date(2026, 3, 19))
    assert {(notice.state, notice.attempts) for notice in town.notices()} == {("sent", 1)}


def test_the_letter_of_the_week_comes_on_the_days_of_the_reader(town: Town) -> None:
    """The head of a unit that works from Tuesday reads it on Tuesday, the officer of another on Monday."""
    week = OfficeTime(week=(2, 3, 4, 5, 6))
    office_store.save(town.engine, units=[replace(staff_unit(), time=week)])
    town.rules = Rules(domain=RULES.domain, officer=OFFICER.key)
    people: dict[date, set[str]] = {}
    for day in (MONDAY, MONDAY + timedelta(days=1)):
        town.round([Shelf()], day)
        people[day] = {
            notice.person for notice in town.notices() if notice.kind == "letter" and notice.due == day
        }

    assert OFFICER.key in people[MONDAY]
    assert BOLAT.key not in people[MONDAY]
    assert BOLAT.key in people[MONDAY + timedelta(days=1)]


def test_a_time_is_an_event_of_the_office_and_a_table_without_it_leaves_it(town: Town) -> None:
    """Kept with the unit by the page, by a table of people; taken back by the page."""
    stamp = at_noon(FRIDAY)
    unit = replace(UNITS[1], time=SIX_DAYS)
    office_store.save(town.engine, units=[unit], at=stamp)
    table = merge_people(ReadPeople(UNITS, ()), office_store.office(town.engine))
    office_store.save(town.engine, units=table.units, at=stamp)
    stored_unit = office_store.office(town.engine).units["staff"]

    assert stored_unit.time == SIX_DAYS
    office_store.keep(town.engine, replace(stored_unit, time=NOTHING_OWN), was=stored_unit, at=at_noon(MONDAY))
    assert office_store.office(town.engine).units["staff"].time == NOTHING_OWN
