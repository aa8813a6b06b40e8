"""Days that move: where they are felt, and terms that were met as they were told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

import calendars
from calendars.kazakhstan import Kazakhstan, compiled
from calendars.records import (
    ActTitle,
    Entry,
    HolidayRule,
    Override,
    Records,
    ReligiousDay,
    shipped_records,
    with_records,
)
from calendars.terms import After
from tests.law import CALENDAR, NOW, analysis, case, library
from workflow.cases.case import Case, Event
from workflow.cases.registers.rows import MeasureTerm, as_data
from workflow.deadlines.deadline import Deadline, lateness
from workflow.deadlines.resolver import changed_days, deadline, deadlines, moved, reach
from workflow.law.files import read_act

SOURCE = 'act = "X1"\naddress = "https://adilet.zan.kz/rus/docs/X1"\n'
FRIDAY, SATURDAY = date(2026, 5, 8), date(2026, 5, 16)
TODAY = date(2026, 4, 20)
BEFORE = calendars.calendar()
EDITION = library().named("internal-analysis.2024-01-01")


def after(text: str) -> Kazakhstan:
    return compiled(with_records(shipped_records(), read_act("act.toml", (text + SOURCE).encode())))


AFTER = after(f"[[transfer]]\noff = {FRIDAY}\nwork = {SATURDAY}\n")


def planned_case(start: date, end: date | None = None) -> Case:
    planned = {"analysis_started": start} | ({"analysis_ended": end} if end else {})
    return Case(id="A", procedure=EDITION.id, edition=EDITION.edition, planned=planned)


def dues(of: Case, calendar: Kazakhstan) -> dict[str, date | None]:
    return {deadline.id: deadline.due for deadline in deadlines(of, EDITION, calendar, today=TODAY)}


def test_a_transfer_changes_its_two_days_and_is_felt_on_them_alone() -> None:
    """From working to off, and back; the same calendar moves nothing."""
    changes = changed_days(BEFORE, AFTER)

    assert [(change.on, change.before.working, change.after.working) for change in changes] == [
        (FRIDAY, True, False),
        (SATURDAY, False, True),
    ]
    assert changes[0].after.act == "X1"
    assert reach(BEFORE, AFTER) == ((FRIDAY, FRIDAY), (SATURDAY, SATURDAY))
    assert (changed_days(BEFORE, BEFORE), reach(BEFORE, BEFORE)) == ((), ())
    assert moved(planned_case(date(2026, 4, 13)), EDITION, BEFORE, BEFORE, today=TODAY) == ()


def test_a_religious_day_announced_is_felt_where_it_could_have_moved() -> None:
    """Calculated one day either way; final on the day after changes both days."""
    final = after('[[religious_day]]\ncode = "kurban_ait"\non = 2028-05-04\ncertainty = "announced_final"\n')
    spans = reach(BEFORE, final)

    assert [change.on for change in changed_days(BEFORE, final)] == [date(2028, 5, 4), date(2028, 5, 5)]
    assert spans[0][0] <= date(2028, 5, 4)
    assert max(last for _, last in spans) >= date(2028, 5, 6)


def test_a_moved_day_moves_the_dates_around_it_and_says_who_does_what() -> None:
    """A case that ends on 26 May; old and new date of each, with its obligation."""
    around = planned_case(date(2026, 4, 13), date(2026, 5, 26))
    moved_deadlines = moved(around, EDITION, BEFORE, AFTER, today=TODAY)
    old, new = dues(around, BEFORE), dues(around, AFTER)

    assert {move.id: (move.old, move.new) for move in moved_deadlines} == {
        name: (old[name], new[name]) for name in old if old[name] != new[name]
    }
    assert moved_deadlines
    assert all(move.obligation.id == move.id.partition(".")[0] for move in moved_deadlines)


@settings(max_examples=12)
@given(start=st.dates(date(2026, 1, 5), date(2026, 12, 20)))
def test_whatever_moves_lies_in_the_reach_of_the_change(start: date) -> None:
    """So that only cases whose span holds a day of it need to be looked at."""
    sample_case = planned_case(start)
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


START = date(2027, 5, 25)
ACT = ActTitle(kk="Құрбан айт туралы", ru="О дне Курбан айта", en="On the day of Kurban Ait")


def of_may(known_at: date, *, title: ActTitle | None = ACT) -> Kazakhstan:
    """Kurban Ait of 2027 on Monday 17 May, not on Sunday 16 May, as an act known on that day says."""
    source = {"act": "A2700000001", "address": "https://example.kz", "known_at": known_at, "title": title}
    kurban_ait = ReligiousDay(code="kurban_ait", on=date(2027, 5, 17), certainty="announced_final", **source)
    return with_entry(kurban_ait)


def with_entry(entry: Entry) -> Kazakhstan:
    return compiled(with_records(CALENDAR.records, Records((entry,))))


def announced(calendar: Kazakhstan, *, on: date | None, today: date, start: date = START) -> Deadline:
    """The announcement of an analysis planned to start on a day, at least ten working days before."""
    facts = {"start_announced": on} if on else {}
    sample_case = case(facts=facts, planned={"analysis_started": start})
    found = deadline(sample_case, analysis(), calendar, "start_announced", today=today)
    assert found is not None
    return found


def test_what_was_done_on_the_day_told_is_not_late_by_an_act_known_since() -> None:
    """Ten working days before 25 May are 11 May; with 17 May off 6 May, which the act of 8 May came after."""
    told = announced(CALENDAR, on=None, today=date(2027, 5, 7))
    done = announced(of_may(date(2027, 5, 8)), on=date(2027, 5, 11), today=date(2027, 5, 12))

    assert told.due == date(2027, 5, 11)
    assert (done.state, done.due, done.late_by) == ("done", date(2027, 5, 11), None)
    assert announced(of_may(date(2027, 5, 8)), on=date(2027, 5, 12), today=START).late_by == 1


def test_an_act_known_in_time_moves_the_day() -> None:
    """Known on 6 May, the last day it leaves, the announcement of 11 May is two working days late."""
    done = announced(of_may(date(2027, 5, 6)), on=date(2027, 5, 11), today=date(2027, 5, 12))

    assert (done.due, done.late_by) == (date(2027, 5, 6), 1)


def test_an_act_that_became_known_on_a_day_we_do_not_know_came_in_time() -> None:
    """Before Sunday 5 January 2025, worked for Friday the 3rd: ten working days are 18 December."""
    assert announced(CALENDAR, on=None, today=START, start=date(2025, 1, 5)).due == date(2024, 12, 18)


def test_what_is_not_done_is_overdue_after_the_day_told() -> None:
    calendar = of_may(date(2027, 5, 8))
    days = [date(2027, 5, 8), date(2027, 5, 11), date(2027, 5, 12)]
    overdue = [lateness(announced(calendar, on=None, today=day), today=day).overdue for day in days]

    assert overdue == [False, False, True]
    sample_case = case(planned={"analysis_started": START})
    changed = moved(sample_case, analysis(), CALENDAR, calendar, today=date(2027, 5, 9))
    assert "start_announced" not in {deadline.id for deadline in changed}


@pytest.mark.parametrize(("title", "code"), [(ACT, "told_before_act"), (None, "told_before")])
def test_the_explanation_names_both_days_and_the_act(title: ActTitle | None, code: str) -> None:
    calendar = of_may(date(2027, 5, 8), title=title)
    done = announced(calendar, on=date(2027, 5, 11), today=date(2027, 5, 12))

    (told,) = [element for element in done.explanation if element.code.startswith("told_before")]
    assert told.code == code
    days = [told.arguments[name] for name in ("told", "on", "known")]
    assert days == [date(2027, 5, 11), date(2027, 5, 6), date(2027, 5, 8)]
    assert told.arguments.get("act") == title
    assert (told.on, told.act) == (date(2027, 5, 11), "A2700000001" if title else None)


def test_a_saturday_made_a_working_day_too_late_shortens_no_term() -> None:
    """Approved on Wednesday 13 May 2026, published within three working days: by Monday 18 May; with Saturday
    the 16th worked by the 16th, which an act known on the 20th said too late."""
    source = {"act": "A2600000001", "address": "https://example.kz", "known_at": date(2026, 5, 20)}
    saturday = Override(on=date(2026, 5, 16), working=True, **source)
    facts = {"analysis_started": date(2026, 4, 13), "plan_approved": date(2026, 5, 13)}
    calendar, today = with_entry(saturday), date(2026, 5, 25)
    for on, late_by in ((date(2026, 5, 18), None), (date(2026, 5, 19), 1)):
        past = case(facts={**facts, "published": on})
        published = deadline(past, analysis(), calendar, "published", today=today)
        assert (published.due, published.late_by) == (date(2026, 5, 18), late_by)
    term = as_data(MeasureTerm(term=After(3), reading="after"))
    payload = {"risk": 1, "action": "Тәртіпті бекіту", "term": term}
    event = Event(case="1", seq=2, kind="measure_set", name="1", on=None, at=NOW, by="x", payload=payload)
    planned = replace(case(facts=facts), entries=(event,))
    measure = deadline(planned, analysis(), calendar, "measure.1", today=today)
    assert measure.due == date(2026, 5, 18)


def test_a_holiday_introduced_too_late_makes_nothing_late() -> None:
    """A holiday of 18 May, by a law known on the 12th: the announcement of 11 May was in time as told."""
    source = {"act": "Z2700000001", "address": "https://example.kz", "known_at": date(2027, 5, 12)}
    since = date(2027, 5, 18)
    holiday = HolidayRule(
        code="sea_day", change="introduced", days=("05-18",), standing="state", applies_from=since, **source
    )
    done = announced(with_entry(holiday), on=date(2027, 5, 11), today=date(2027, 5, 13))

    assert (done.due, done.late_by) == (date(2027, 5, 11), None)
