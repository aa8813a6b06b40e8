"""Geometry of the timeline."""

from __future__ import annotations

from datetime import date, timedelta

import calendars
from merzim.web.ui.timeline import Timeline, build_timeline
from tests.law import library
from workflow.cases.case import Case, Fact
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines

TODAY = date(2026, 4, 6)
SOON = date(2026, 4, 15)


def drawn(*, today: date = TODAY, planned: dict[str, date] | None = None) -> Timeline:
    """The real schedule of 2026, drawn."""
    timeline = build_timeline(chain(planned), calendar=calendars.calendar(), today=today, soon=SOON)
    assert timeline is not None
    return timeline


def chain(
    planned: dict[str, date] | None = None, facts: dict[str, date] | None = None, *, today: date = TODAY
) -> tuple[Deadline, ...]:
    case = Case(
        facts={name: Fact(name=name, on=on) for name, on in (facts or {}).items()},
        id="x",
        procedure="internal-analysis",
        edition="internal-analysis.2024-01-01",
        planned=planned or {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)},
    )
    procedure = library().named(case.edition)
    return deadlines(case, procedure, calendars.calendar(), today=today)


def test_the_shaded_days_are_exactly_the_days_off_while_days_are_wide() -> None:
    """In the months of the analysis every day off is shaded and no working day is; of a whole life holidays."""
    analysis = [
        deadline for deadline in chain() if deadline.obligation.stage not in ("monitoring", "following")
    ]
    wide, life = (
        build_timeline(deadlines, calendar=calendars.calendar(), today=TODAY, soon=SOON)
        for deadlines in (analysis, chain())
    )
    shaded = {
        off.first + timedelta(days=n) for off in wide.offs for n in range((off.last - off.first).days + 1)
    }
    days = [wide.first + timedelta(days=n) for n in range((wide.last - wide.first).days + 1)]

    assert shaded == {on for on in days if not calendars.is_working_day(on)}
    assert life.offs
    assert all(off.holiday for off in life.offs)
    assert not life.has_weekends


def test_the_analysis_stays_in_the_picture_during_the_monitoring() -> None:
    """In November the announcement of March stands beside the report due next."""
    today = date(2026, 11, 2)
    facts = {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)}
    facts["note_signed"] = date(2026, 6, 9)
    deadlines_then = chain(facts=facts, today=today)
    picture = build_timeline(
        deadlines_then, calendar=calendars.calendar(), today=today, soon=date(2026, 11, 11)
    )

    rows = {line.id.partition(".")[0]: line for line in picture.lines}
    assert rows["quarter_reported"].id == "quarter_reported.2026Q2"
    assert picture.first <= date(2026, 3, 30) < today <= picture.last
    assert "start_announced" in rows


def test_each_period_of_a_row_has_its_own_look_and_the_date_is_of_the_mark_it_stands_by() -> None:
    """The second quarter is overdue in November; the third was reported, and that of April lies ahead. A plan
    that was fulfilled is not drawn: its date is not shown either.
    """
    today = date(2026, 11, 2)
    facts = {"analysis_started": date(2026, 4, 14), "analysis_ended": date(2026, 5, 26)}
    facts |= {"note_signed": date(2026, 6, 9), "quarter_reported.2026Q3": date(2026, 10, 5)}
    picture = build_timeline(
        chain(facts=facts, today=today), calendar=calendars.calendar(), today=today, soon=date(2026, 11, 11)
    )

    started = next(line for line in picture.lines if line.id == "analysis_started")
    assert started.shown == date(2026, 4, 14)
    row = next(line for line in picture.lines if line.id.startswith("quarter_reported"))
    looks = [(mark.on, mark.look) for mark in row.marks if mark.kind == "due"]
    assert row.look == "overdue"
    assert looks == [
        (date(2026, 7, 7), "overdue"),
        (date(2026, 10, 5), "done"),
        (date(2027, 1, 5), "open"),
        (date(2027, 4, 5), "not_due_yet"),
    ]
    assert (row.shown, row.shown_look) == (date(2027, 4, 5), "not_due_yet")
