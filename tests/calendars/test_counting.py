"""Computation of terms: published schedules, the edge cases of every kind of term, targets, rights."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

import calendars
from calendars import OutOfRange
from calendars.counting import CountedTerm, as_right, count
from calendars.terms import (
    After,
    AtOnce,
    Before,
    Better,
    DayAfterPeriod,
    Duration,
    Embargo,
    InPeriod,
    OngoingDuty,
    PerPeriod,
    Quota,
    Target,
    Term,
    WithoutTerm,
    YearlyDate,
    months_later,
)
from tests.law import CALENDAR

WEEK, BACK = After(7, "calendar days"), After(-3, "calendar days")


def d(text: str) -> date:
    return date.fromisoformat(text)


def counted(term: Term, anchor: str | None) -> CountedTerm:
    return count(term, d(anchor) if anchor else None, calendars.calendar())


def codes(result: CountedTerm) -> list[str]:
    return [element.code for element in result.elements]


@pytest.mark.parametrize(
    ("anchor", "days", "due"),
    [
        ("2026-04-13", -10, "2026-03-30"),
        ("2026-04-13", -5, "2026-04-06"),
        ("2026-05-26", -10, "2026-05-12"),
        ("2026-05-26", -5, "2026-05-19"),
        ("2026-05-13", 3, "2026-05-18"),
        ("2026-05-12", -5, "2026-04-30"),
        ("2026-05-09", 1, "2026-05-12"),
        ("2026-05-09", -1, "2026-05-08"),
        ("2026-05-09", 0, "2026-05-09"),
    ],
)
def test_a_real_schedule_counts_as_it_was_published(anchor: str, days: int, due: str) -> None:
    """All five dates of a schedule of 2026 sit on the last legal day; an anchor may be a day off."""
    assert counted(After(days), anchor).due == d(due)


def test_the_two_readings_of_counting_back_lie_a_day_apart() -> None:
    """Five working days before 12 May 2026: the fifth day is 30 April, five clear days need 29 April."""
    term = counted(After(-5), "2026-05-12")

    assert (term.due, term.safe_by) == (d("2026-04-30"), d("2026-04-29"))


def test_the_days_counted_are_told_in_the_order_of_counting() -> None:
    """Ten days before 13 April 2026, backward, and the weekends passed over."""
    element, off = counted(After(-10), "2026-04-13").elements

    assert element.code == "working_days_before"
    assert element.arguments["count"] == 10
    assert [day.day for day in element.arguments["days"]] == [10, 9, 8, 7, 6, 3, 2, 1, 31, 30]
    assert off.arguments["days"] == tuple(
        d(day) for day in ("2026-04-04", "2026-04-05", "2026-04-11", "2026-04-12")
    )


def test_holidays_passed_over_are_told_apart_from_weekends() -> None:
    """From 29 April to 12 May 2026 lie three holidays and a substitute."""
    result = counted(After(5), "2026-04-30")

    assert codes(result) == ["working_days_after", "days_off", "holidays"]
    assert result.elements[2].arguments["days"] == tuple(
        d(day) for day in ("2026-05-01", "2026-05-07", "2026-05-09", "2026-05-11")
    )
    assert result.due == d("2026-05-12")


def test_a_worked_saturday_counts_and_is_told() -> None:
    """22 October 2022 was a Saturday and a working day by decree."""
    result = counted(After(2), "2022-10-20")

    assert result.due == d("2022-10-22")
    assert result.elements[-1].code == "worked_days_off"
    assert result.elements[-1].arguments["days"] == (d("2022-10-22"),)
    assert result.elements[-1].act == "P2200000796"


def test_more_days_than_fifteen_are_told_by_their_ends() -> None:
    """Thirty days are not listed one by one."""
    element = counted(After(30), "2026-04-13").elements[0]

    assert element.arguments == {"count": 30, "days": (), "first": d("2026-04-14"), "last": d("2026-05-29")}


def test_an_office_day_off_is_skipped_and_told() -> None:
    """The office rests on 10 April 2026 and works on Saturday the 11th."""
    office_calendar = calendars.calendar().with_office_days(off={d("2026-04-10")}, working={d("2026-04-11")})
    result = count(After(-1), d("2026-04-13"), office_calendar)

    assert result.due == d("2026-04-11")
    assert codes(result) == ["working_days_before", "days_off", "office_days_worked"]
    assert codes(count(After(-2), d("2026-04-13"), office_calendar)) == [
        "working_days_before",
        "days_off",
        "office_days_off",
        "office_days_worked",
    ]


@pytest.mark.parametrize(
    ("term", "anchor", "due", "safe_by", "told"),
    [
        # calendar days, weeks: 9 May 2026 a Saturday and a holiday, 11 May its substitute
        (WEEK, "2026-05-01", "2026-05-08", "2026-05-08", ["calendar_days_after"]),
        (WEEK, "2026-05-02", "2026-05-12", "2026-05-08", ["calendar_days_after", "rolled"]),
        (
            After(-3, "calendar days"),
            "2026-05-12",
            "2026-05-08",
            "2026-05-08",
            ["calendar_days_before", "rolled_back"],
        ),
        (After(3, "days"), "2026-04-13", "2026-04-16", "2026-04-16", ["unspecified_days"]),
        (After(2, "weeks"), "2026-04-13", "2026-04-27", "2026-04-27", ["weeks_after"]),
        # months: the last day of a shorter month, never chained
        (After(1, "months"), "2026-01-30", "2026-03-02", "2026-02-27", ["months_after", "rolled"]),
        (After(1, "months"), "2024-01-31", "2024-02-29", "2024-02-29", ["months_after"]),
        (After(2, "months"), "2026-01-31", "2026-03-31", "2026-03-31", ["months_after"]),
        (After(-1, "months"), "2026-03-31", "2026-02-27", "2026-02-27", ["months_before", "rolled_back"]),
        (After(12, "months"), "2025-12-16", "2026-12-17", "2026-12-15", ["months_after", "rolled"]),
        (After(1, "years"), "2024-02-29", "2025-02-28", "2025-02-28", ["years_after"]),
        # the fifth after a quarter: 5 July 2026 a Sunday, 6 July a holiday
        (DayAfterPeriod(5), "2026-06-30", "2026-07-07", "2026-07-03", ["day_after_period", "rolled"]),
        (DayAfterPeriod(5), "2026-09-30", "2026-10-05", "2026-10-05", ["day_after_period"]),
        (DayAfterPeriod(31), "2026-03-31", "2026-04-30", "2026-04-30", ["day_after_period"]),
        (DayAfterPeriod(5), "2025-12-31", "2026-01-05", "2026-01-05", ["day_after_period"]),
        # a yearly date on a Saturday: due on Monday, safe by Friday
        (YearlyDate(4, 15), "2023-01-01", "2023-04-17", "2023-04-14", ["yearly_date", "rolled"]),
        (YearlyDate(4, 15), "2026-12-31", "2026-04-15", "2026-04-15", ["yearly_date"]),
        (YearlyDate(2, 29, years=1), "2026-01-01", "2027-03-01", "2027-02-26", ["yearly_date", "rolled"]),
        # "to 15 April": the day itself counts, safe is the working day before it
        (YearlyDate(4, 15, day_in_doubt=True), "2026-01-01", "2026-04-15", "2026-04-14", ["yearly_date"]),
        (YearlyDate(4, 15, day_in_doubt=True), "2024-01-01", "2024-04-15", "2024-04-12", ["yearly_date"]),
        (
            YearlyDate(4, 15, day_in_doubt=True),
            "2023-01-01",
            "2023-04-17",
            "2023-04-14",
            ["yearly_date", "rolled"],
        ),
        # both ends of a duration count, and it may begin on a day off
        (Duration(30), "2026-04-13", "2026-05-28", "2026-05-28", ["duration"]),
        (Duration(1), "2026-04-13", "2026-04-13", "2026-04-13", ["duration"]),
        (Duration(1), "2026-04-11", "2026-04-13", "2026-04-13", ["duration"]),
        (PerPeriod(1, "quarter"), "2026-06-30", "2026-06-30", "2026-06-30", ["per_period"]),
        (Quota(Fraction(1, 20), "staff", "year"), "2026-12-31", "2026-12-31", "2026-12-31", ["quota"]),
        (InPeriod("2024-02"), None, "2024-02-29", "2024-02-29", ["in_month"]),
        (InPeriod("2026Q4"), None, "2026-12-31", "2026-12-31", ["in_quarter"]),
        (InPeriod("2026Q4"), "2026-01-01", "2026-12-31", "2026-12-31", ["in_quarter"]),
    ],
)
def test_each_kind_of_term_ends_where_the_law_says(
    term: Term, anchor: str | None, due: str, safe_by: str, told: list[str]
) -> None:
    """Due date, cautious date, and the codes of the explanation."""
    result = counted(term, anchor)
    other_codes = ("days_off", "holidays", "provisional_year")

    assert (result.due, result.safe_by) == (d(due), d(safe_by))
    assert [code for code in codes(result) if code not in other_codes] == told


@pytest.mark.parametrize(
    ("term", "code"), [(Before(), "before_anchor"), (AtOnce(), "at_once"), (WithoutTerm(), "without_term")]
)
@pytest.mark.parametrize("anchor", [None, "2026-04-13"])
def test_without_a_number_there_is_no_due_date(term: Term, code: str, anchor: str | None) -> None:
    """Such a term only says what it is."""
    result = counted(term, anchor)

    assert (result.due, codes(result)) == (None, [code])


@pytest.mark.parametrize(
    "term", [After(-10), After(3, "calendar days"), Duration(30), YearlyDate(4, 15), Embargo(1)]
)
def test_without_an_anchor_there_is_nothing_to_count(term: Term) -> None:
    """No anchor, no date and nothing to explain."""
    assert counted(term, None) == CountedTerm()


def test_an_embargo_opens_the_day_after_its_last_day() -> None:
    """A year from 1 June 2025 ends with 1 June 2026."""
    result = counted(Embargo(1), "2025-06-01")

    assert (result.due, result.opens) == (None, d("2026-06-02"))
    assert result.elements[0].arguments == {"years": 1, "until": d("2026-06-01")}


def test_an_embargo_that_ends_after_the_records_still_forbids() -> None:
    """Three years from 13 April 2026 end in 2029: no working day is asked for, so nothing is guessed."""
    result = counted(Embargo(3), "2026-04-13")

    assert (result.due, result.opens) == (None, d("2029-04-14"))
    assert codes(result) == ["embargo_until"]


def test_the_roll_names_its_article() -> None:
    """Forward Civil Code art. 175 applies; for backward terms there is none; a mere day stays."""
    forward, backward = counted(WEEK, "2026-05-02"), counted(BACK, "2026-05-12")

    assert count(WEEK, d("2026-05-02"), CALENDAR, rolls=False).due == d("2026-05-09")
    assert forward.elements[1].act == "civil-code-175"
    assert forward.elements[1].arguments == {"on": d("2026-05-09"), "to": d("2026-05-12")}
    assert backward.elements[1].act is None


def test_the_span_holds_the_days_whose_moving_moves_the_date() -> None:
    """From the day next to the anchor to the due date; none where no day was asked."""
    assert _span(counted(After(-10), "2026-04-13")) == (d("2026-03-30"), d("2026-04-12"))
    assert _span(counted(After(3), "2026-05-13")) == (d("2026-05-14"), d("2026-05-18"))
    assert _span(counted(WEEK, "2026-05-02")) == (d("2026-05-09"), d("2026-05-12"))
    assert _span(counted(InPeriod("2026Q4"), None)) == (None, None)


def _span(result: CountedTerm) -> tuple[date | None, date | None]:
    return result.first, result.last


def test_what_may_still_change_is_told() -> None:
    """A term across Kurban Ait 2027 names the year and the window."""
    result = counted(After(5), "2027-05-12")
    year, window = result.elements[-2:]

    assert (year.code, year.arguments) == ("provisional_year", {"year": 2027})
    assert window.arguments == {
        "name": "kurban_ait",
        "day": d("2027-05-16"),
        "earliest": d("2027-05-15"),
        "latest": d("2027-05-17"),
    }


@pytest.mark.parametrize(
    ("term", "anchor"),
    [
        (After(1), "2009-12-31"),
        (After(-1), "2009-12-31"),
        (After(10), "2028-12-25"),
        (After(-10), "2010-01-06"),
        (After(10, "calendar days"), "2028-12-25"),
        (After(10**9, "calendar days"), "2026-04-13"),
        (After(-(10**9), "calendar days"), "2026-04-13"),
        (After(10**6, "months"), "2026-04-13"),
        (After(1, "months"), "2029-01-01"),
        (InPeriod("2030Q4"), None),
        (Duration(30), "2028-12-25"),
    ],
)
def test_a_term_beyond_the_records_is_refused(term: Term, anchor: str | None) -> None:
    """Nothing is guessed beyond the horizon, by any kind of term."""
    with pytest.raises(OutOfRange):
        counted(term, anchor)


@pytest.mark.parametrize("term", [After(1), After(-1), After(1, "calendar days"), Duration(1), Embargo(1)])
def test_an_anchor_is_a_date(term: Term) -> None:
    """A datetime is refused by every kind of term."""
    with pytest.raises(TypeError):
        count(term, datetime(2026, 4, 13, tzinfo=UTC), calendars.calendar())


@pytest.mark.parametrize(("number", "listed"), [(15, 15), (16, 0)])
def test_fifteen_days_are_listed_and_sixteen_are_named_by_their_ends(number: int, listed: int) -> None:
    """The edge of what an explanation says day by day."""
    (element, *_) = count(After(number), date(2026, 4, 13), calendars.calendar()).elements
    days = element.arguments["days"]

    assert isinstance(days, tuple)
    assert len(days) == listed
    assert ("first" in element.arguments) == (not listed)


def test_a_term_that_goes_back_to_the_first_working_day_on_record_lists_it() -> None:
    """2 January 2010 is a Saturday, so Monday the 4th is off: the records begin with Tuesday the 5th, and there
    is no safer day before it."""
    result = counted(After(-1), "2010-01-06")

    assert (result.due, result.safe_by) == (d("2010-01-05"), d("2010-01-05"))
    assert result.elements[0].arguments["days"] == (d("2010-01-05"),)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("9998-12-31", 12, "9999-12-31"),
        ("9998-12-31", 13, None),
        ("0001-02-28", -1, "0001-01-28"),
        ("0001-02-28", -2, None),
    ],
)
def test_months_are_counted_as_far_as_there_are_dates(day: str, months: int, later: str | None) -> None:
    """From the year 1 to 9999; beyond is refused and no other year."""
    if later is None:
        with pytest.raises(OutOfRange):
            months_later(d(day), months)
    else:
        assert months_later(d(day), months) == d(later)


figures = st.decimals(min_value=0, max_value=1000, places=2)
DAYS = st.dates(min_value=date(2012, 1, 1), max_value=date(2024, 12, 31))
WITHIN = st.one_of(
    st.builds(After, st.integers(1, 200)),
    st.builds(After, st.integers(1, 400), st.just("calendar days")),
    st.builds(After, st.integers(1, 30), st.just("months")),
    st.builds(After, st.integers(1, 3), st.just("years")),
)


@given(low=figures, high=figures, measured=figures, better=st.sampled_from(["higher", "lower", "place"]))
def test_a_figure_in_the_range_meets_the_target_and_a_better_one_too(
    low: object, high: object, measured: object, better: Better
) -> None:
    """A value that meets a target still meets it when it improves."""
    first, last = sorted((Fraction(str(low)), Fraction(str(high))))
    value = Fraction(str(measured))
    figure_text = f"{min(low, high)}-{max(low, high)}"
    target = Target(((2026, figure_text),), better)

    worst = first if better == "higher" else last
    beyond = value - worst if better == "higher" else worst - value
    assert target.met(2026, value) == (beyond >= 0)
    assert target.met(2025, value)


@given(term=WITHIN, anchor=DAYS)
def test_a_right_closes_on_the_day_a_duty_would_be_due(term: After, anchor: date) -> None:
    """Counted alike; but there is no due date, and a moved day is felt all the same."""
    duty = count(term, anchor, CALENDAR)
    right = as_right(duty)

    assert (right.due, right.safe_by, right.closes) == (None, None, duty.due)
    assert (right.first, right.last) == (duty.first, duty.last)
    assert [element.code for element in right.elements][-1] == "window_closes"


@given(first=st.integers(2010, 2028), more=st.integers(0, 10))
def test_years_end_on_their_last_day(first: int, more: int) -> None:
    """31 December, whether it is worked or not; beyond the records nothing is computed."""
    term = InPeriod(f"{first}-{first + more}" if more else str(first))

    if first + more > 2028:
        with pytest.raises(OutOfRange):
            count(term, None, CALENDAR)
    else:
        assert count(term, None, CALENDAR).due == date(first + more, 12, 31)


def test_standing_duties_and_targets_have_no_day() -> None:
    """Neither due nor closing; a year without a figure says so."""
    target = Target(((2026, "62-65"),), "higher")

    for term, anchor, code in (
        (OngoingDuty(), None, "standing"),
        (target, date(2026, 12, 31), "target"),
        (target, date(2027, 12, 31), "target_none"),
    ):
        term_result = count(term, anchor, CALENDAR)
        assert (term_result.due, term_result.closes, [element.code for element in term_result.elements]) == (
            None,
            None,
            [code],
        )
