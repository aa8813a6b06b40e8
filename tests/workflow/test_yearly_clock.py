"""A year of organisations: when the next analysis starts, what is gathered and uploaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from calendars.terms import Embargo
from tests.law import CALENDAR, analysis, case, library
from workflow.cases.case import Case, Evidence, Fact
from workflow.deadlines.resolver import deadlines
from workflow.org.office import Office, Unit
from workflow.reports.consolidated import ExaminedCase, awaited_uploads, consolidated
from workflow.reports.yearly_clock import Analysis, Turn, turn


def clock(*analyses: Analysis, today: date = date(2026, 11, 21)) -> Turn:
    return turn("unit", analyses, embargo=Embargo(1), calendar=CALENDAR, today=today)


def ended(on: date) -> Analysis:
    return Analysis(case="2026-0001", started=on.replace(day=1), ended=on)


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
    assert clock(ended(last), today=today).state == state


def test_without_any_on_record_this_year_is_asked_for() -> None:
    """Nothing says that one was done before; an external one alone is no reason to be late: counted from
    the end of the closed window."""
    assert (clock().due, clock().state) == (date(2026, 12, 31), "waiting")
    outside = Analysis(case="2026-0002", external=date(2026, 3, 31))

    assert clock(outside).due == date(2027, 12, 31)


def test_an_external_analysis_closes_the_window_for_a_year_and_the_term_is_counted_anew() -> None:
    """Ended on 31 March 2026: closed until 31 March 2027; the day 31 December 2026 moves to the end of 2027."""
    outside = Analysis(case="2026-0002", external=date(2026, 3, 31))
    turn = clock(ended(date(2025, 5, 26)), outside)

    assert (turn.closed_until, turn.due, turn.postponed) == (date(2027, 3, 31), date(2027, 12, 31), True)
    assert turn.state == "closed"
    assert clock(ended(date(2025, 5, 26)), outside, today=date(2027, 3, 31)).state == "closed"
    assert clock(ended(date(2025, 5, 26)), outside, today=date(2027, 4, 1)).state == "waiting"


def test_a_window_that_opens_within_the_year_leaves_the_year_its_analysis() -> None:
    """Closed until 15 September 2026: there is time until 31 December, and nothing moves."""
    outside = Analysis(case="2026-0002", external=date(2025, 9, 15))
    turn = clock(ended(date(2025, 5, 26)), outside)

    assert (turn.closed_until, turn.due, turn.postponed) == (date(2026, 9, 15), date(2026, 12, 31), False)


def test_a_start_inside_the_closed_window_is_named() -> None:
    """The day after the external one and its last closed day are inside; the day after that is not."""
    outside = Analysis(case="2026-0002", external=date(2026, 3, 31))

    def closed(starts: date) -> bool:
        return clock(outside, Analysis(case="2026-0003", starts=starts)).next_closed

    days = (date(2026, 4, 1), date(2027, 3, 31), date(2027, 4, 1))
    assert [closed(day) for day in days] == [True, True, False]


def test_one_that_runs_or_is_planned_is_said_with_its_day() -> None:
    """What runs goes before what is planned; what is ahead has not ended."""
    runs = Analysis(case="2026-0003", started=date(2026, 11, 2))
    planned = Analysis(case="2026-0004", starts=date(2026, 12, 1))

    assert (clock(planned).state, clock(planned).next_on) == ("planned", date(2026, 12, 1))
    assert (clock(planned, runs).state, clock(planned, runs).next_case) == ("running", "2026-0003")
    assert clock(ended(date(2026, 12, 20))).last is None


TODAY = date(2026, 7, 20)
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
    return of, analysis(), tuple(deadlines(of, analysis(), CALENDAR, today=TODAY))


def year_with(recorded: datetime, *, uploaded: datetime | None) -> ExaminedCase:
    """The year's case: a proved fact of its second quarter recorded at one moment, its upload at another."""
    facts = {"year_begun": Fact(name="year_begun", on=date(2026, 1, 1))}
    proof = (Evidence(kind=PROVED.evidence[0], reference="b" * 64),)
    facts[PROVED.id] = Fact(name=PROVED.id, on=date(2026, 6, 15), at=recorded, evidence=proof)
    if uploaded:
        key = "evidence_uploaded.2026Q2"
        facts[key] = Fact(name=key, on=uploaded.date(), at=uploaded, evidence=(PLATFORM,))
    of = Case(id="2026-0002", procedure=YEAR.id, edition=YEAR.edition, facts=facts)
    return of, YEAR, tuple(deadlines(of, YEAR, CALENDAR, today=TODAY))


def waiting(*examined: ExaminedCase) -> dict[str, list[str]]:
    return {
        pending.upload.id: [document.fact for document in pending.ready]
        for pending in awaited_uploads(examined)
    }


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
        cases.append((of, tuple(deadlines(of, YEAR, CALENDAR, today=TODAY))))
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
    cases = [(of, tuple(deadlines(of, analysis(), CALENDAR, today=TODAY)))]
    office = Office(units={})

    this, next_year = (consolidated(office, [""], cases, "note_signed", year=year) for year in (2026, 2027))
    assert [(line.on, line.late_by) for line in this.lines] == [(date(2026, 6, 9), None)]
    assert next_year.lines[0].case == ""
    assert (this.silent, next_year.silent) == ((), ("",))
