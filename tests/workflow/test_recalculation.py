"""Recalculation of a case when days move: same rows as a full rebuild, unaffected rows skipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calendars
from calendars.kazakhstan import Kazakhstan
from calendars.records import parse, shipped_records, with_records
from tests.law import library
from workflow.board.rows import Row, rows
from workflow.cases.case import Case, Fact, Snooze
from workflow.cases.commands.recalculation import RecalculatedCase, recounted
from workflow.deadlines.impact import moved, reach
from workflow.deadlines.resolver import deadlines
from workflow.law.procedure import Procedure

SOURCE = 'act = "X1"\naddress = "https://adilet.zan.kz/rus/docs/X1"\n'
BEFORE = calendars.calendar()
EDITIONS = {edition.edition: edition for edition in library().all()}
ANALYSIS = EDITIONS["internal-analysis.2024-01-01"]


def act(text: str) -> Kazakhstan:
    return calendars.compile_calendar(with_records(shipped_records(), parse(text + SOURCE)))


TRANSFER = act("[[transfer]]\noff = 2026-05-08\nwork = 2026-05-16\n")
CERTAIN = act("[[confirmed_year]]\nyear = 2027\n")
FINAL = act('[[religious_day]]\ncode = "kurban_ait"\non = 2028-05-04\ncertainty = "announced_final"\n')


def in_full(case: Case, procedure: Procedure, calendar: Kazakhstan, today: date) -> dict[str, Row]:
    """Every row of the case by a calendar, whichever calendar it was before."""
    chain = deadlines(case, procedure, calendar, today=today, bare=True)
    new_rows = rows(case, procedure, chain, calendar, today=today)
    return {row.obligation: row._replace(version="") for row in new_rows}


def anew(case: Case, procedure: Procedure, after: Kazakhstan, today: date) -> RecalculatedCase:
    return recounted(case, procedure, BEFORE, after, reach=reach(BEFORE, after), today=today)


def case_of(edition: str, start: date, done_days: dict[str, date] | None = None, **options: object) -> Case:
    procedure = EDITIONS[edition]
    facts = {name: Fact(name=name, on=on) for name, on in (done_days or {}).items()}
    planned = {procedure.begins_with: start}
    return Case(id="A", procedure=procedure.id, edition=edition, planned=planned, facts=facts, **options)  # type: ignore[arg-type]


@st.composite
def looked_at(draw: st.DrawFn) -> tuple[Case, date]:
    """A case of any procedure, some of it done, and a day somebody looks at it."""
    edition = draw(st.sampled_from([ANALYSIS.edition, *sorted(EDITIONS)]))
    start = draw(st.dates(date(2026, 2, 2), date(2026, 8, 31)))
    names = [name for name, fact in EDITIONS[edition].facts.items() if not fact.recurs]
    days = st.integers(-60, 90).map(lambda n: start + timedelta(days=n))
    done_days = draw(st.dictionaries(st.sampled_from(names), days, max_size=6)) if names else {}
    return case_of(edition, start, done_days), start + timedelta(days=draw(st.integers(-40, 90)))


@st.composite
def calendars_after(draw: st.DrawFn) -> Kazakhstan:
    """The days of another order: one more day off, one more day of work, or what an act makes certain."""
    if draw(st.booleans()):
        return draw(st.sampled_from([TRANSFER, CERTAIN, FINAL]))
    days = st.dates(date(2026, 3, 2), date(2026, 9, 30))
    off, work = draw(days), draw(days)
    return BEFORE.with_office_days(off=[off], working=[work] if work != off else [])


@settings(max_examples=120)
@given(looked=looked_at(), after=calendars_after())
def test_what_is_not_touched_comes_out_as_it_was(looked: tuple[Case, date], after: Kazakhstan) -> None:
    """And the rows are those a rebuild would write: all of them, by the calendar after."""
    case, today = looked
    procedure = EDITIONS[case.edition]
    recount = anew(case, procedure, after, today)
    was, becomes = in_full(case, procedure, BEFORE, today), in_full(case, procedure, after, today)
    differ = {name for name in was.keys() | becomes.keys() if was.get(name) != becomes.get(name)}

    assert {row.obligation: row._replace(version="") for row in recount.written.rows} == becomes
    assert recount.written.touched is None or differ <= recount.written.touched
    assert recount.moved == moved(case, procedure, BEFORE, after, today=today)
    assert {move.id for move in recount.moved} <= differ


def test_a_question_moves_with_the_day_on_which_it_would_be_asked() -> None:
    """No term of the act: asked on 8 May, a working day; the transfer makes it a day off, so the next one."""
    edition, on = "procurement-analysis.2025-09-18", date(2026, 5, 8)
    after = EDITIONS[edition].decisions["offence_signs"].after
    recount = anew(case_of(edition, on, dict.fromkeys(after, on)), EDITIONS[edition], TRANSFER, on)

    assert after
    assert recount.written.touched is not None
    assert "offence_signs" in recount.written.touched


def test_a_case_far_from_the_day_has_nothing_to_be_looked_at() -> None:
    """So that a moved day costs as much as it moves."""
    recount = anew(case_of(ANALYSIS.edition, date(2027, 2, 15)), ANALYSIS, TRANSFER, date(2026, 4, 20))

    assert recount.written.touched == frozenset()
    assert recount.moved == ()


def test_a_rung_that_moves_is_looked_at_though_its_date_stays() -> None:
    """The day off lies between a reminder and its due date, and in no term: the reminder comes earlier."""
    case, today = case_of(ANALYSIS.edition, date(2026, 4, 13)), date(2026, 3, 2)
    was = in_full(case, ANALYSIS, BEFORE, today)
    name, row = next(
        (name, row)
        for name, row in was.items()
        if row.due and row.next_rung_on and row.next_rung_on < row.due and row.span_first in (None, row.due)
    )
    assert row.due is not None
    off = BEFORE.find_previous_working_day(row.due - timedelta(days=1))
    after = BEFORE.with_office_days(off=[off])
    recount = anew(case, ANALYSIS, after, today)
    becomes = in_full(case, ANALYSIS, after, today)[name]

    assert recount.written.touched is not None
    assert name in recount.written.touched
    assert becomes.due == row.due
    assert becomes.next_rung_on != row.next_rung_on


@pytest.mark.parametrize("n", [0, 1])
def test_what_somebody_put_off_is_looked_at(n: int) -> None:
    """The day they chose counts by working days too."""
    case = case_of(ANALYSIS.edition, date(2026, 4, 13))
    due = in_full(case, ANALYSIS, BEFORE, date(2026, 3, 2))["order_signed"].due
    assert due is not None
    later = {"order_signed": Snooze(until=BEFORE.add_working_days(due, -2), due=due)} if n else {}
    recount = anew(replace(case, snoozed=later), ANALYSIS, CERTAIN, date(2026, 3, 2))

    assert recount.written.touched is not None
    assert ("order_signed" in recount.written.touched) is bool(n)
