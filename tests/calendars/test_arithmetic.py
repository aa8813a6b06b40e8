"""Working days: their arithmetic, the days around the edges, and days by rule after the records."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

import calendars
from calendars import OutOfRange
from calendars.counting import count
from calendars.kazakhstan import Kazakhstan
from calendars.terms import After, Duration, Term
from i18n import LANGUAGES, say

CALENDAR = calendars.calendar()
DAY = timedelta(days=1)
ANY = st.dates(calendars.FIRST, calendars.LAST)
INNER = st.dates(date(2012, 1, 1), date(2026, 12, 31))
SOME = st.integers(1, 240)


def walked(calendar: Kazakhstan, day: date, n: int) -> date:
    """The same question answered by walking day by day."""
    step = DAY if n > 0 else -DAY
    for _ in range(abs(n)):
        day += step
        while not calendar.is_working_day(day):
            day += step
    return day


@given(INNER, st.integers(-300, 300))
def test_adding_is_walking(day: date, n: int) -> None:
    """The table gives what walking gives, from any day, forward and back."""
    assert calendars.add_working_days(day, n) == walked(calendars.calendar(), day, n)


@given(INNER, SOME)
def test_what_was_added_can_be_counted(day: date, n: int) -> None:
    """From the day after the start to the n-th working day lie n working days."""
    assert calendars.count_working_days(day + DAY, calendars.add_working_days(day, n)) == n
    assert calendars.count_working_days(calendars.add_working_days(day, -n), day - DAY) == n


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2026, 4, 3), date(2026, 4, 6), 1),  # from a Friday to Monday
        (date(2026, 4, 4), date(2026, 4, 6), 1),  # from a Saturday
        (date(2026, 4, 3), date(2026, 4, 5), 0),  # to a Sunday
        (date(2026, 4, 6), date(2026, 4, 6), 0),
        (date(2026, 4, 6), date(2026, 4, 3), -1),
    ],
)
def test_a_distance_does_not_count_the_day_it_begins_with(first: date, last: date, days: int) -> None:
    """And is negative backward."""
    assert calendars.calendar().distance(first, last) == days


@given(ANY, ANY, ANY)
def test_spans_side_by_side_count_together(one: date, two: date, three: date) -> None:
    """Counting a span is counting its parts; a reversed span has no days."""
    first, middle, last = sorted((one, two, three))
    whole_count = calendars.count_working_days(first, last)

    assert whole_count == calendars.count_working_days(first, middle) + (
        calendars.count_working_days(middle + DAY, last) if middle < last else 0
    )
    assert first == last or calendars.count_working_days(last, first) == 0


@given(INNER)
def test_the_neighbouring_working_days(day: date) -> None:
    """A working day is its own neighbour; a day off lies between its two."""
    before, after = CALENDAR.find_previous_working_day(day), CALENDAR.find_following_working_day(day)

    assert before <= day <= after
    assert (before == day == after) == CALENDAR.is_working_day(day)
    assert CALENDAR.count_working_days(before, after) == (1 if before == after else 2)


def test_an_office_may_have_days_of_its_own() -> None:
    """Its days off and working days override the calendar, which is unchanged."""
    office_calendar = CALENDAR.with_office_days(
        off={date(2026, 4, 13), date(2026, 4, 12)}, working={date(2026, 4, 11)}
    )

    assert [office_calendar.day(date(2026, 4, day)).kind for day in (11, 12, 13, 14)] == [
        "office_work",
        "weekend",
        "office_off",
        "working",
    ]
    assert CALENDAR.is_working_day(date(2026, 4, 13))
    assert office_calendar.version != CALENDAR.version
    assert office_calendar.with_office_days() == CALENDAR
    assert all(not variant.is_working_day(date(2026, 4, 13)) for variant in office_calendar.shifted)
    with pytest.raises(ValueError, match="both off and working: 2026-04-13"):
        CALENDAR.with_office_days(off={date(2026, 4, 13)}, working={date(2026, 4, 13)})


@pytest.mark.parametrize(
    ("day", "kind", "name", "act"),
    [
        ("2026-04-13", "working", None, None),
        ("2026-04-12", "weekend", None, None),
        ("2026-05-07", "holiday", "defenders_day", "Z010000267_"),
        ("2026-05-09", "holiday", "victory_day", "Z010000267_"),
        ("2026-05-11", "substitute", "victory_day", "Z010000267_"),
        ("2026-05-27", "religious", "kurban_ait", "K1500000414"),
        ("2026-01-07", "religious", "orthodox_christmas", "K1500000414"),
        ("2015-01-07", "religious", "orthodox_christmas", "K070000251_"),
        ("2024-05-08", "transferred_off", None, "G24G0000109"),
        ("2024-05-04", "transferred_work", None, "G24G0000109"),
        ("2020-05-11", "transferred_work", None, "P1900000820"),
        ("2022-10-25", "holiday", "republic_day", "Z2200000143"),
        ("2027-03-15", "holiday", "constitution_day", "Z010000267_"),
    ],
)
def test_a_day_says_what_it_is_and_by_which_act(day: str, kind: str, name: str | None, act: str | None) -> None:
    """Kind, holiday and act of a day."""
    calendar_day = calendars.calendar().day(date.fromisoformat(day))

    assert (calendar_day.kind, calendar_day.name, calendar_day.act) == (kind, name, act)


@pytest.mark.parametrize("day", [date(2009, 12, 31), date(2029, 1, 1), date.min, date.max])
def test_outside_the_records_nothing_is_answered(day: date) -> None:
    """Every question about a day outside names the day and the bounds."""
    inside = date(2026, 4, 13)
    for question in (
        lambda: calendars.is_working_day(day),
        lambda: calendars.add_working_days(day, 1),
        lambda: calendars.add_working_days(day, 0),
        lambda: calendars.add_working_days(day, -1),
        lambda: calendars.count_working_days(day, inside),
        lambda: calendars.count_working_days(inside, day),
        lambda: CALENDAR.day(day),
        lambda: CALENDAR.find_following_working_day(day),
        lambda: CALENDAR.find_previous_working_day(day),
        lambda: CALENDAR.knowledge(day, inside),
        lambda: CALENDAR.with_office_days(off={day}),
    ):
        with pytest.raises(OutOfRange, match="records, which reach from 2010-01-01 to 2028-12-31") as raised:
            question()

        assert raised.value.arguments == {"on": day, "first": CALENDAR.first, "last": CALENDAR.last}


def test_the_bounds_themselves_are_inside() -> None:
    """1 January 2010 and 31 December 2028 have answers."""
    assert not calendars.is_working_day(date(2010, 1, 1))
    assert not calendars.is_working_day(date(2028, 12, 31))
    assert calendars.calendar().find_previous_working_day(date(2010, 1, 5)) == date(2010, 1, 5)
    assert calendars.add_working_days(date(2010, 1, 6), -1) == date(2010, 1, 5)


def test_counting_over_the_edge_is_refused_with_the_first_day_outside() -> None:
    """A result outside the records is as unknown as a question outside."""
    last_worked = calendars.calendar().find_previous_working_day(date(2028, 12, 31))
    first_worked = calendars.calendar().find_following_working_day(date(2010, 1, 1))
    with pytest.raises(OutOfRange) as late:
        calendars.add_working_days(last_worked, 1)
    with pytest.raises(OutOfRange) as early:
        calendars.add_working_days(first_worked, -1)
    with pytest.raises(OutOfRange) as before:
        calendars.calendar().find_previous_working_day(date(2010, 1, 3))

    with pytest.raises(OutOfRange) as off:
        calendars.calendar().find_following_working_day(date(2028, 12, 31))

    assert late.value.arguments["on"] == off.value.arguments["on"] == date(2029, 1, 1)
    assert early.value.arguments["on"] == before.value.arguments["on"] == date(2009, 12, 31)
    assert calendars.add_working_days(date(2028, 12, 31), -1) == last_worked


@pytest.mark.parametrize(
    "wrong",
    [datetime(2026, 4, 13, tzinfo=UTC), datetime(2026, 4, 13, 9, 0, tzinfo=UTC), "2026-04-13", None, 20260413],
)
def test_only_a_date_is_a_date(wrong: object) -> None:
    """A datetime or a text where a date is asked is a TypeError, never a wrong result."""
    for question in (
        CALENDAR.is_working_day,
        CALENDAR.day,
        CALENDAR.find_following_working_day,
        CALENDAR.find_previous_working_day,
        lambda day: CALENDAR.add_working_days(day, 1),
        lambda day: CALENDAR.add_working_days(day, -1),
        lambda day: CALENDAR.count_working_days(day, date(2026, 4, 13)),
        lambda day: CALENDAR.count_working_days(date(2026, 4, 13), day),
    ):
        with pytest.raises(TypeError):
            question(wrong)


def test_the_refusal_can_travel_between_processes() -> None:
    """A pickled refusal comes out with its arguments."""
    refusal = OutOfRange(date(2030, 1, 1))

    assert pickle.loads(pickle.dumps(refusal)).arguments == refusal.arguments


FAR = calendars.calendar(last=calendars.REACH)


def d(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("day", "works", "kind"),
    [
        ("2028-12-29", True, "working"),
        ("2028-12-31", False, "weekend"),  # the last day of the records
        ("2029-01-01", False, "holiday"),  # the first day after them
        ("2029-01-03", True, "working"),
        ("2029-01-08", True, "working"),  # Christmas on a Sunday moves nowhere
        ("2029-04-24", False, "religious"),
        ("2029-12-17", False, "substitute"),  # 16 December 2029 is a Sunday
        ("2032-03-22", False, "holiday"),  # Nauryz and, by calculation, Kurban Ait
        ("2032-03-24", False, "substitute"),  # of Sunday 21 March
        ("2032-03-25", True, "working"),
        ("2038-12-31", True, "working"),  # a Friday, the last day of all
    ],
)
def test_after_the_records_days_follow_from_the_rules(day: str, works: bool, kind: str) -> None:
    """The law's holidays, their substitutes and the calculated Kurban Ait; written down by hand."""
    assert (FAR.is_working_day(d(day)), FAR.day(d(day)).kind) == (works, kind)


def test_the_records_speak_the_same_in_both_calendars() -> None:
    """Up to 31 December 2028 nothing differs; the shipped calendar ends there."""
    shipped = calendars.calendar()

    assert FAR.days(FAR.first, shipped.last) == shipped.days(shipped.first, shipped.last)
    assert (shipped.last, FAR.last) == (d("2028-12-31"), d("2038-12-31"))
    assert shipped.version != FAR.version


def test_a_year_by_rule_has_the_working_days_one_counts_by_hand() -> None:
    """2029: 261 weekdays less fourteen days off on weekdays; none of them confirmed."""
    assert FAR.count_working_days(d("2029-01-01"), d("2029-12-31")) == 261 - 14
    assert FAR.knowledge(d("2029-01-03"), d("2029-01-03")) == "provisional"
    assert FAR.provisional_years(d("2026-01-01"), d("2038-12-31")) == tuple(range(2027, 2039))


@pytest.mark.parametrize(
    ("term", "anchor", "due"),
    [
        (After(1), "2028-12-29", "2029-01-03"),
        (After(10), "2028-12-22", "2029-01-09"),
        (After(-1), "2029-01-03", "2028-12-29"),
        (Duration(6), "2028-12-22", "2028-12-29"),
        (After(3, "calendar days"), "2028-12-29", "2029-01-03"),  # 1 January is a day off, and so is the 2nd
        (After(3, "years"), "2026-04-13", "2029-04-13"),
        (After(3, "years"), "2027-03-15", "2030-03-18"),  # Constitution Day, a Friday
        (After(0, "calendar days"), "2038-12-31", "2038-12-31"),
    ],
)
def test_a_term_may_end_after_the_records(term: Term, anchor: str, due: str) -> None:
    """Over the edge of the records, forward and back, and three years on."""
    assert count(term, d(anchor), FAR).due == d(due)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_sentence_says_that_days_after_the_records_are_by_rule(language: str) -> None:
    """A term of 600 working days from December 2028 crosses three years and is mentioned once."""
    codes = [element.code for element in count(After(600), d("2028-12-22"), FAR).elements]
    (element,) = [
        element
        for element in count(After(10), d("2028-12-22"), FAR).elements
        if element.code == "beyond_records"
    ]

    assert (codes.count("provisional_year"), codes.count("beyond_records")) == (1, 1)
    assert "2028" in say(element.code, element.arguments, language)
    assert "beyond_records" not in [element.code for element in count(After(4), d("2028-12-22"), FAR).elements]


@pytest.mark.parametrize("day", ["2039-01-01", "2009-12-31"])
def test_beyond_its_end_it_answers_nothing_either(day: str) -> None:
    """The refusal names the bounds of the calendar that was asked."""
    for question in (
        FAR.is_working_day,
        FAR.day,
        FAR.find_following_working_day,
        lambda on: FAR.add_working_days(on, 0),
    ):
        with pytest.raises(calendars.OutOfRange, match="2010-01-01 to 2038-12-31") as raised:
            question(d(day))

        assert raised.value.arguments["last"] == d("2038-12-31")
    with pytest.raises(calendars.OutOfRange):
        count(After(1), d("2038-12-31"), FAR)


def test_kurban_ait_after_the_records_may_come_a_day_early_or_late() -> None:
    """24 April 2029, a Tuesday: Monday or Wednesday may be off."""
    (window,) = FAR.religious_windows(d("2029-04-01"), d("2029-04-30"))
    variants = FAR.shifted

    assert (window.day, window.earliest, window.latest) == (d("2029-04-24"), d("2029-04-23"), d("2029-04-25"))
    assert {variant.add_working_days(d("2029-04-20"), 1) for variant in variants} == {
        d("2029-04-23"),
        d("2029-04-24"),
    }
