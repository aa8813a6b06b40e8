"""Calendar beyond the published records: ten more years by the rules alone, all of them provisional."""

from __future__ import annotations

from datetime import date

import pytest

import calendars
from calendars.counting import count
from calendars.terms import CalendarDays, Duration, Term, WorkingDays, Years
from i18n import LANGUAGES, say

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
        (WorkingDays(1), "2028-12-29", "2029-01-03"),
        (WorkingDays(10), "2028-12-22", "2029-01-09"),
        (WorkingDays(-1), "2029-01-03", "2028-12-29"),
        (Duration(6), "2028-12-22", "2028-12-29"),
        (CalendarDays(3), "2028-12-29", "2029-01-03"),  # 1 January is a day off, and so is the 2nd
        (Years(3), "2026-04-13", "2029-04-13"),
        (Years(3), "2027-03-15", "2030-03-18"),  # Constitution Day, a Friday
        (CalendarDays(0), "2038-12-31", "2038-12-31"),
    ],
)
def test_a_term_may_end_after_the_records(term: Term, anchor: str, due: str) -> None:
    """Over the edge of the records, forward and back, and three years on."""
    assert count(term, d(anchor), FAR).due == d(due)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_sentence_says_that_days_after_the_records_are_by_rule(language: str) -> None:
    """A term of 600 working days from December 2028 crosses three years and is mentioned once."""
    codes = [element.code for element in count(WorkingDays(600), d("2028-12-22"), FAR).elements]
    (element,) = [
        element
        for element in count(WorkingDays(10), d("2028-12-22"), FAR).elements
        if element.code == "beyond_records"
    ]

    assert (codes.count("provisional_year"), codes.count("beyond_records")) == (1, 1)
    assert "2028" in say(element.code, element.arguments, language)
    assert "beyond_records" not in [
        element.code for element in count(WorkingDays(4), d("2028-12-22"), FAR).elements
    ]


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
        count(WorkingDays(1), d("2038-12-31"), FAR)


def test_kurban_ait_after_the_records_may_come_a_day_early_or_late() -> None:
    """24 April 2029, a Tuesday: Monday or Wednesday may be off."""
    (window,) = FAR.religious_windows(d("2029-04-01"), d("2029-04-30"))
    variants = FAR.shifted

    assert (window.day, window.earliest, window.latest) == (d("2029-04-24"), d("2029-04-23"), d("2029-04-25"))
    assert {variant.add_working_days(d("2029-04-20"), 1) for variant in variants} == {
        d("2029-04-23"),
        d("2029-04-24"),
    }
