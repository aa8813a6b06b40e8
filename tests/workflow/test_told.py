"""A term met under the calendar as it was told is met: an act that comes after it makes nothing late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from calendars import compile_calendar
from calendars.kazakhstan import Kazakhstan
from calendars.records import ActTitle, Entry, HolidayRule, Override, ReligiousDay, with_records
from calendars.terms import WorkingDays
from tests.law import CALENDAR, NOW, analysis, case
from workflow.cases.case import Event
from workflow.cases.registers.measure_term import MeasureTerm, as_data
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.impact import moved
from workflow.deadlines.lateness import lateness
from workflow.deadlines.resolver import deadline

START = date(2027, 5, 25)
ACT = ActTitle(kk="Құрбан айт туралы", ru="О дне Курбан айта", en="On the day of Kurban Ait")


def of_may(known_at: date, *, title: ActTitle | None = ACT) -> Kazakhstan:
    """Kurban Ait of 2027 on Monday 17 May, not on Sunday 16 May, as an act known on that day says."""
    source = {"act": "A2700000001", "address": "https://example.kz", "known_at": known_at, "title": title}
    kurban_ait = ReligiousDay(code="kurban_ait", on=date(2027, 5, 17), certainty="announced_final", **source)
    return with_entry(kurban_ait)


def with_entry(entry: Entry) -> Kazakhstan:
    return compile_calendar(with_records(CALENDAR.records, [entry]))


def announced(calendar: Kazakhstan, *, on: date | None, today: date) -> Deadline:
    """The announcement of an analysis planned to start on 25 May 2027, at least ten working days before."""
    facts = {"start_announced": on} if on else {}
    sample_case = case(facts=facts, planned={"analysis_started": START})
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
    for on, late_by in ((date(2026, 5, 18), None), (date(2026, 5, 19), 1)):
        published = deadline(
            case(facts={**facts, "published": on}),
            analysis(),
            with_entry(saturday),
            "published",
            today=date(2026, 5, 25),
        )
        assert published is not None
        assert (published.due, published.late_by) == (date(2026, 5, 18), late_by)
    term = as_data(MeasureTerm(term=WorkingDays(3), reading="after"))
    payload = {"risk": 1, "action": "Тәртіпті бекіту", "term": term}
    event = Event(case="1", seq=2, kind="measure_set", name="1", on=None, at=NOW, by="x", payload=payload)
    planned = replace(case(facts=facts), entries=(event,))
    measure = deadline(planned, analysis(), with_entry(saturday), "measure.1", today=date(2026, 5, 25))
    assert measure is not None
    assert measure.due == date(2026, 5, 18)


def test_a_holiday_introduced_too_late_makes_nothing_late() -> None:
    """A holiday of 18 May, by a law known on the 12th: the announcement of 11 May was in time as told."""
    holiday = HolidayRule(
        code="day_of_the_sea",
        change="introduced",
        days=("05-18",),
        standing="state",
        applies_from=date(2027, 5, 18),
        act="Z2700000001",
        address="https://example.kz",
        known_at=date(2027, 5, 12),
    )
    done = announced(with_entry(holiday), on=date(2027, 5, 11), today=date(2027, 5, 13))

    assert (done.due, done.late_by) == (date(2027, 5, 11), None)
