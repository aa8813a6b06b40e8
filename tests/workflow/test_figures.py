"""Figures of a year: rates, drift and slack; when the next analysis starts; what is gathered and uploaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

import calendars
from calendars.terms import Embargo
from tests.law import CALENDAR, analysis, case, library
from workflow.board.figures import (
    Outcome,
    Outcomes,
    PlanStep,
    StageSpan,
    approved_plan,
    critical_step,
    most_drifted,
    pace_by_stage,
    performance_by,
    plan_steps,
)
from workflow.cases.case import Case, Event, EventKind, Evidence, Fact
from workflow.deadlines.deadline import Row
from workflow.deadlines.resolver import deadlines
from workflow.org.office import Office, Unit
from workflow.yearly import ENDED, EXTERNAL, STARTED, ExaminedCase, Turn, awaited_uploads, consolidated, turn

MARCH = date(2026, 3, 1)


def ended(outcome: Outcome, number: int = 1, late_by: int = 0, unit: str = "hr") -> Outcomes:
    return Outcomes(unit, "publication", "internal-analysis.2016-10-19", MARCH, outcome, late_by, number)


@pytest.mark.parametrize(
    ("on_time", "due", "rate"),
    [
        (38, 56, 68),  # 67.86
        (1, 8, 13),  # 12.5
        (1, 3, 33),
        (2, 3, 67),
        (197, 200, 99),  # 98.5
        (249, 250, 99),  # 99.6
        (199, 200, 99),  # 99.5
        (9999, 10_000, 99),
        (3, 3, 100),
        (0, 7, 0),
        (1, 400, 0),
    ],
)
def test_the_rate_is_rounded_half_up_and_a_hundred_only_where_nothing_was_late(
    on_time: int, due: int, rate: int
) -> None:
    """Of all that came due: with one of 250 overdue still, 99.6 percent is said as 99, not as 100."""
    outcomes = [ended("on_time", on_time), ended("open", due - on_time)]
    figures = performance_by(outcomes, lambda outcome: outcome.unit)["hr"]
    assert (figures.due, figures.on_time, figures.unmet, figures.rate) == (due, on_time, due - on_time, rate)


def test_the_median_is_of_what_was_done_late_and_of_each_as_often_as_it_came() -> None:
    """Late by 1, 1, 1 and 9 days: 1; by 1 and 4: 2.5. What is overdue still has no delay yet."""
    outcomes = [
        ended("late", 3, 1),
        ended("late", 1, 9),
        ended("open", 5),
        ended("late", 1, 1, "law"),
        ended("late", 1, 4, "law"),
    ]
    by_unit = performance_by(outcomes, lambda outcome: outcome.unit)
    assert (by_unit["hr"].median_late, by_unit["law"].median_late) == (1, 2.5)
    assert performance_by([ended("on_time")], lambda _: None)[None].median_late is None


def test_the_pace_of_a_stage_is_beside_what_its_terms_gave() -> None:
    """Two stages alike took 4 of 6 days, one 9 of 6."""
    spans = [
        StageSpan("hr", "note", "x", date(2026, 3, 2), date(2026, 3, 8), date(2026, 3, 6), 2),
        StageSpan("law", "note", "x", date(2026, 3, 2), date(2026, 3, 8), date(2026, 3, 11), 1),
    ]
    pace = pace_by_stage(spans, lambda first, on: (on - first).days)
    assert pace["note"] == (4, 6)


TODAY = date(2026, 4, 6)
OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)


def chain(*entries: tuple[EventKind, str, date | None]) -> list[Event]:
    return [
        Event(case="1", seq=seq, kind=kind, name=name, on=on, at=OPENED, by="a")
        for seq, (kind, name, on) in enumerate(entries, 1)
    ]


def row(
    obligation: str, *, due: date | None = None, planned: date | None = None, done_on: date | None = None
) -> Row:
    state = "done" if done_on else "open"
    return Row(
        *("1", obligation, "analysis", "hr", due, due, planned, done_on, None, "happened", "confirmed", "firm"),
        *(state, "obligatory", None, None, None, None, None, "1"),  # type: ignore[arg-type]
    )


def days(first: date, last: date) -> int:
    calendar = calendars.calendar()
    return (
        calendar.count_working_days(first, last) - 1
        if first <= last
        else 1 - calendar.count_working_days(last, first)
    )


def steps(rows: Sequence[Row], approved: dict[str, date]) -> dict[str, PlanStep]:
    return {step.row.obligation: step for step in plan_steps(rows, approved, days, today=TODAY)}


def test_the_approved_plan_is_as_it_stood_when_the_schedule_was_approved() -> None:
    """What was planned again before is the new day, what was planned after is no part of it, the old day is."""
    events = chain(
        ("planned", "analysis_started", date(2026, 4, 10)),
        ("planned", "analysis_started", date(2026, 4, 13)),
        ("fact", "order_signed", date(2026, 3, 2)),
        ("fact", "schedule_approved", date(2026, 3, 2)),
        ("planned", "analysis_started", date(2026, 4, 20)),
        ("planned", "analysis_ended", date(2026, 5, 25)),
    )
    assert approved_plan(events) == {"analysis_started": date(2026, 4, 13)}
    assert approved_plan(events[:3]) == approved_plan([]) == {}


def test_an_approval_withdrawn_approves_nothing_and_one_recorded_anew_what_stands_then() -> None:
    """The withdrawal of the approval, then of a plan date; then it is approved again."""
    events = chain(
        ("planned", "analysis_started", date(2026, 4, 13)),
        ("planned", "analysis_ended", date(2026, 5, 25)),
        ("fact", "schedule_approved", date(2026, 3, 2)),
        ("withdrawn", "schedule_approved", None),
        ("withdrawn", "plan.analysis_ended", None),
    )
    for withdrawal, line in ((3, 3), (4, 2)):
        events[withdrawal] = replace(events[withdrawal], payload={"lines": [line]})
    assert approved_plan(events[:4]) == {}
    second_approval = Event(case="1", seq=6, kind="fact", name="schedule_approved", on=TODAY, at=OPENED, by="a")
    assert approved_plan([*events, second_approval]) == {"analysis_started": date(2026, 4, 13)}


def test_drift_is_from_the_approved_day_to_the_day_done_else_planned() -> None:
    """Friday 10 to Monday 13 April is one day later, Monday 13 to Friday 10 one earlier; over May's holidays
    30 April to 12 May is 5: 4, 5, 6, 8 and 12 May. What was done is compared by the day it was done on."""
    steps_by_name = steps(
        [
            row("a", planned=date(2026, 4, 13)),
            row("b", planned=date(2026, 4, 10)),
            row("c", planned=date(2026, 4, 30), done_on=date(2026, 5, 12)),
            row("d", planned=date(2026, 4, 30)),
            row("e", planned=date(2026, 4, 30)),
        ],
        {"a": date(2026, 4, 10), "b": date(2026, 4, 13), "c": date(2026, 4, 30), "d": date(2026, 4, 30)},
    )
    assert [steps_by_name[name].drift for name in "abcde"] == [1, -1, 5, 0, None]
    drifted = most_drifted(steps_by_name.values())
    assert drifted.row.obligation == "c"
    assert most_drifted([steps_by_name["e"]]) is None


def test_slack_is_from_the_plan_to_the_due_date_and_the_least_of_it_is_critical() -> None:
    """On the due date none, a day after it less than none; what is done, or has no due date, has none."""
    steps_by_name = steps(
        [
            row("before", planned=date(2026, 4, 10), due=date(2026, 4, 14)),
            row("on", planned=date(2026, 4, 14), due=date(2026, 4, 14)),
            row("after", planned=date(2026, 4, 15), due=date(2026, 4, 14)),
            row("done", planned=date(2026, 4, 10), due=date(2026, 4, 14), done_on=date(2026, 4, 3)),
            row("free", planned=date(2026, 4, 10)),
            row("measure.1", planned=date(2026, 4, 10), due=date(2026, 4, 14)),
            row("unplanned", due=date(2026, 4, 14)),
            row("stale", planned=date(2026, 4, 1), due=date(2026, 4, 2))._replace(
                waiting_for="on", counts_until=date(2026, 4, 3)
            ),
        ],
        {},
    )
    slack = {"before": 2, "on": 0, "after": -1, "done": None, "free": None, "stale": None}
    assert {name: step.slack for name, step in steps_by_name.items()} == slack
    critical = critical_step(steps_by_name.values())
    assert critical.row.obligation == "after"
    assert critical_step([steps_by_name["done"], steps_by_name["free"]]) is None


def clock(*analyses: Case, today: date = date(2026, 11, 21)) -> Turn:
    return turn("unit", analyses, embargo=Embargo(1), calendar=CALENDAR, today=today)


def of_days(case_id: str, starts: date | None = None, **days: date) -> Case:
    """An analysis by the days of its facts, and the one it is planned to start on."""
    return replace(case(facts=days), id=case_id, planned={STARTED: starts} if starts else {})


def ended_on(on: date) -> Case:
    return of_days("2026-0001", **{STARTED: on.replace(day=1), ENDED: on})


@pytest.mark.parametrize(
    ("last", "today", "state"),
    [
        (date(2025, 12, 31), date(2026, 12, 31), "waiting"),
        (date(2025, 12, 31), date(2027, 1, 1), "overdue"),
        (date(2026, 1, 1), date(2027, 1, 1), "waiting"),
    ],
)
def test_a_calendar_year_is_over_with_its_last_day(last: date, today: date, state: str) -> None:
    """One that ended on 31 December serves that year, and the next year has until its own last day."""
    assert clock(ended_on(last), today=today).state == state


def test_without_any_on_record_this_year_is_asked_for() -> None:
    """Nothing says that one was done before; an external one alone is no reason to be late: counted from
    the end of the closed window."""
    assert (clock().due, clock().state) == (date(2026, 12, 31), "waiting")
    outside = of_days("2026-0002", **{EXTERNAL: date(2026, 3, 31)})

    assert clock(outside).due == date(2027, 12, 31)


def test_an_external_analysis_closes_the_window_for_a_year_and_the_term_is_counted_anew() -> None:
    """Ended on 31 March 2026: closed until 31 March 2027; the day 31 December 2026 moves to the end of 2027."""
    outside = of_days("2026-0002", **{EXTERNAL: date(2026, 3, 31)})
    turn = clock(ended_on(date(2025, 5, 26)), outside)

    assert (turn.closed_until, turn.due, turn.postponed) == (date(2027, 3, 31), date(2027, 12, 31), True)
    assert turn.state == "closed"
    assert clock(ended_on(date(2025, 5, 26)), outside, today=date(2027, 3, 31)).state == "closed"
    assert clock(ended_on(date(2025, 5, 26)), outside, today=date(2027, 4, 1)).state == "waiting"


def test_a_window_that_opens_within_the_year_leaves_the_year_its_analysis() -> None:
    """Closed until 15 September 2026: there is time until 31 December, and nothing moves."""
    outside = of_days("2026-0002", **{EXTERNAL: date(2025, 9, 15)})
    turn = clock(ended_on(date(2025, 5, 26)), outside)

    assert (turn.closed_until, turn.due, turn.postponed) == (date(2026, 9, 15), date(2026, 12, 31), False)


def test_a_start_inside_the_closed_window_is_named() -> None:
    """The day after the external one and its last closed day are inside; the day after that is not."""
    outside = of_days("2026-0002", **{EXTERNAL: date(2026, 3, 31)})

    def closed(starts: date) -> bool:
        return clock(outside, of_days("2026-0003", starts=starts)).next_closed

    days = (date(2026, 4, 1), date(2027, 3, 31), date(2027, 4, 1))
    assert [closed(day) for day in days] == [True, True, False]


def test_one_that_runs_or_is_planned_is_said_with_its_day() -> None:
    """What runs goes before what is planned; what is ahead has not ended."""
    runs = of_days("2026-0003", **{STARTED: date(2026, 11, 2)})
    planned = of_days("2026-0004", starts=date(2026, 12, 1))

    assert (clock(planned).state, clock(planned).next_on) == ("planned", date(2026, 12, 1))
    assert (clock(planned, runs).state, clock(planned, runs).next_case) == ("running", "2026-0003")
    assert clock(ended_on(date(2026, 12, 20))).last is None


IN_JULY = date(2026, 7, 20)
YEAR = library().named("tbn4-year.2024-01-01")
PROVED = YEAR.by_id["schedule_approved"]
ORDER = Evidence(kind="document:order", reference="a" * 64, name="приказ.pdf")
PLATFORM = Evidence(kind="link:platform", reference="https://platform.example/1")


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 7, tzinfo=UTC)


def analysed(*evidence: Evidence, recorded: datetime | None) -> ExaminedCase:
    """An analysis ordered on 6 April, recorded at that moment with these documents; the start has none."""
    order = Fact(name="order_signed", on=date(2026, 4, 6), at=recorded, evidence=evidence)
    started = Fact(name="analysis_started", on=date(2026, 4, 13), at=recorded)
    of = replace(case(), facts={"order_signed": order, "analysis_started": started})
    return of, analysis(), tuple(deadlines(of, analysis(), CALENDAR, today=IN_JULY))


def year_with(recorded: datetime, *, uploaded: datetime | None) -> ExaminedCase:
    """The year's case: a proved fact of its second quarter recorded at one moment, its upload at another."""
    facts = {"year_begun": Fact(name="year_begun", on=date(2026, 1, 1))}
    proof = (Evidence(kind=PROVED.evidence[0], reference="b" * 64),)
    facts[PROVED.id] = Fact(name=PROVED.id, on=date(2026, 6, 15), at=recorded, evidence=proof)
    if uploaded:
        key = "evidence_uploaded.2026Q2"
        facts[key] = Fact(name=key, on=uploaded.date(), at=uploaded, evidence=(PLATFORM,))
    of = Case(id="2026-0002", procedure=YEAR.id, edition=YEAR.edition, facts=facts)
    return of, YEAR, tuple(deadlines(of, YEAR, CALENDAR, today=IN_JULY))


def waiting(*examined: ExaminedCase) -> dict[str, list[str]]:
    return {upload.id: [document.fact for document in ready] for _, upload, ready in awaited_uploads(examined)}


def test_what_is_proved_whole_waits_for_the_upload_of_its_own_case() -> None:
    """The order with its document; without it, and a start that asks for none and has none, nothing waits."""
    assert waiting(analysed(ORDER, recorded=at(4, 6))) == {"uploaded": ["order_signed"]}
    assert waiting(analysed(recorded=at(4, 6))) == {}
    assert waiting(analysed(PLATFORM, recorded=at(4, 6))) == {}


def test_what_was_recorded_after_the_last_upload_of_its_quarter_waits_for_another() -> None:
    """Uploaded on 6 July: what was recorded by then has gone with it, what was recorded on the 10th has not."""
    upload = "evidence_uploaded.2026Q2"

    assert waiting(year_with(at(7, 10), uploaded=None))[upload] == [PROVED.id]
    assert upload not in waiting(year_with(at(7, 1), uploaded=at(7, 6)))
    assert waiting(year_with(at(7, 10), uploaded=at(7, 6)))[upload] == [PROVED.id]


def test_the_numbers_of_an_organisation_are_added_and_who_is_silent_is_named() -> None:
    """A case belongs to the nearest organisation above its unit; one of a unit nobody asks about to none."""
    office = Office(
        units={
            unit.id: unit
            for unit in (
                Unit(id="a", name="А", kind="central"),
                Unit(id="b", name="Б", kind="central"),
                Unit(id="a1", name="А1", parent="a"),
                Unit(id="c", name="В", kind="central"),
            )
        }
    )
    quarters = ("2026Q1", "2026Q2", "2026Q2#2")
    found = {"year_begun": Fact(name="year_begun", on=date(2026, 1, 1))}
    for name in quarters:
        key = f"evidence_uploaded.{name}"
        found[key] = Fact(name=key, on=date(2026, 7, 6), values={"files": Decimal(2)})
    cases = []
    for unit in ("a1", "c"):
        of = Case(id=f"of-{unit}", procedure=YEAR.id, edition=YEAR.edition, unit=unit, facts=found)
        cases.append((of, tuple(deadlines(of, YEAR, CALENDAR, today=IN_JULY))))
    form = consolidated(office, ["a", "b"], cases, "evidence_uploaded", year=2026)
    measured = consolidated(office, ["a", "b"], cases, "evidence_uploaded", year=2026, additive=False)

    done = [(line.unit, line.obligation, line.values) for line in form.lines if line.on]
    assert done == [
        ("a", "evidence_uploaded.2026Q1", {"files": Decimal(2)}),
        ("a", "evidence_uploaded.2026Q2", {"files": Decimal(4)}),
    ]
    assert (form.sums, measured.sums) == ({"files": Decimal(6)}, {})
    assert form.silent == ("a", "b"), "the third quarter of the one has begun, the other has no case"
    assert [line.case for line in form.lines if line.unit == "b"] == [""]


def test_a_term_without_a_period_is_reported_in_the_year_it_was_done_or_due() -> None:
    """Signed in June 2026: not in the form of 2027."""
    of = case(facts={"analysis_ended": date(2026, 5, 26), "note_signed": date(2026, 6, 9)})
    cases = [(of, tuple(deadlines(of, analysis(), CALENDAR, today=IN_JULY)))]
    office = Office(units={})

    this, next_year = (consolidated(office, [""], cases, "note_signed", year=year) for year in (2026, 2027))
    assert [(line.on, line.late_by) for line in this.lines] == [(date(2026, 6, 9), None)]
    assert next_year.lines[0].case == ""
    assert (this.silent, next_year.silent) == ((), ("",))
    # A case that names no unit is of the organisation at the top, of several the one above the others.
    above = Unit(id="a", name="A", kind="central_body")
    both = Office(units={"a": above, "b": Unit(id="b", name="B", kind="committee", parent="a")})
    assert consolidated(both, ["a", "b"], cases, "note_signed", year=2026).silent == ("b",)
