"""Kazakhstan changes: changed days, how far their effect reaches, moved due dates."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calendars
from calendars.kazakhstan import Kazakhstan
from calendars.records import parse, shipped_records, with_records
from tests.law import library
from workflow.cases.case import Case
from workflow.deadlines.impact import changed_days, moved, reach
from workflow.deadlines.resolver import deadlines

SOURCE = 'act = "X1"\naddress = "https://adilet.zan.kz/rus/docs/X1"\n'
FRIDAY, SATURDAY = date(2026, 5, 8), date(2026, 5, 16)
TODAY = date(2026, 4, 20)
BEFORE = calendars.calendar()
EDITION = library().named("internal-analysis.2024-01-01")


def after(text: str) -> Kazakhstan:
    return calendars.compile_calendar(with_records(shipped_records(), parse(text + SOURCE)))


AFTER = after(f"[[transfer]]\noff = {FRIDAY}\nwork = {SATURDAY}\n")


def case(start: date, end: date | None = None) -> Case:
    planned = {"analysis_started": start} | ({"analysis_ended": end} if end else {})
    return Case(id="A", procedure=EDITION.id, edition=EDITION.edition, planned=planned)


def dues(of: Case, calendar: Kazakhstan) -> dict[str, date | None]:
    return {deadline.id: deadline.due for deadline in deadlines(of, EDITION, calendar, today=TODAY)}


def test_a_transfer_changes_its_two_days_and_is_felt_on_them_alone() -> None:
    """From working to off, and back."""
    changes = changed_days(BEFORE, AFTER)

    assert [(change.on, change.before.working, change.after.working) for change in changes] == [
        (FRIDAY, True, False),
        (SATURDAY, False, True),
    ]
    assert changes[0].after.act == "X1"
    assert reach(BEFORE, AFTER) == ((FRIDAY, FRIDAY), (SATURDAY, SATURDAY))


def test_the_same_calendar_moves_nothing() -> None:
    """Nothing to look at, nothing to tell."""
    assert changed_days(BEFORE, BEFORE) == ()
    assert reach(BEFORE, BEFORE) == ()
    assert moved(case(date(2026, 4, 13)), EDITION, BEFORE, BEFORE, today=TODAY) == ()


def test_a_religious_day_announced_is_felt_where_it_could_have_moved() -> None:
    """Calculated one day either way; final on the day after changes both days."""
    final = after('[[religious_day]]\ncode = "kurban_ait"\non = 2028-05-04\ncertainty = "announced_final"\n')
    spans = reach(BEFORE, final)

    assert [change.on for change in changed_days(BEFORE, final)] == [date(2028, 5, 4), date(2028, 5, 5)]
    assert spans[0][0] <= date(2028, 5, 4)
    assert spans[-1][1] >= date(2028, 5, 6)
    assert all(first > last + timedelta(days=1) for (_, last), (first, _) in pairwise(spans)), (
        "one span of each"
    )


def test_a_moved_day_moves_the_dates_around_it_and_says_who_does_what() -> None:
    """A case that ends on 26 May; old and new date of each, with its obligation."""
    around = case(date(2026, 4, 13), date(2026, 5, 26))
    moved_deadlines = moved(around, EDITION, BEFORE, AFTER, today=TODAY)
    old, new = dues(around, BEFORE), dues(around, AFTER)

    assert {move.id: (move.old, move.new) for move in moved_deadlines} == {
        name: (old[name], new[name]) for name in old if old[name] != new[name]
    }
    assert moved_deadlines
    assert all(move.obligation.id == move.id.partition(".")[0] for move in moved_deadlines)


@pytest.mark.parametrize("start", [date(2026, 9, 14), date(2026, 6, 29)])
def test_a_case_elsewhere_does_not_move(start: date) -> None:
    """No day of its spans is touched."""
    assert moved(case(start), EDITION, BEFORE, AFTER, today=TODAY) == ()


@settings(max_examples=12)
@given(start=st.dates(date(2026, 1, 5), date(2026, 12, 20)))
def test_whatever_moves_lies_in_the_reach_of_the_change(start: date) -> None:
    """So that only cases whose span holds a day of it need to be looked at."""
    sample_case = case(start)
    spans = {
        item.id: (item.span_first, item.span_last)
        for calendar in (BEFORE, AFTER)
        for item in deadlines(sample_case, EDITION, calendar, today=TODAY)
    }
    firsts = [first for first, _ in spans.values() if first]
    lasts = [last for _, last in spans.values() if last]
    touched = any(min(firsts) <= last and max(lasts) >= first for first, last in reach(BEFORE, AFTER))

    assert touched or not moved(sample_case, EDITION, BEFORE, AFTER, today=TODAY)


def test_a_year_that_becomes_confirmed_is_felt_on_each_of_its_days() -> None:
    """No day changes, but every term of the year becomes firm."""
    confirmed = after("[[confirmed_year]]\nyear = 2028\n")

    assert changed_days(BEFORE, confirmed) == ()
    assert reach(BEFORE, confirmed) == ((date(2028, 1, 1), date(2028, 12, 31)),)
