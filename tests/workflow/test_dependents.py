"""Partial recomputation: unaffected deadlines are reused, after a fact and in new cases of one plan.

The rows must equal those of a full computation.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import calendars
from tests.law import library
from workflow.board.rows import Row, rows
from workflow.cases.case import Case, Event, EventKind, Fact, apply
from workflow.cases.commands.new_cases import NewCases
from workflow.cases.commands.opening import Opening, first_events
from workflow.cases.commands.recalculation import recomputed
from workflow.deadlines.resolver import deadlines
from workflow.law.procedure import Procedure
from workflow.machine import stage
from workflow.ports import CaseWrite

CALENDAR = calendars.calendar()
EDITIONS = {edition.edition: edition for edition in library().all()}
ANALYSIS = EDITIONS["internal-analysis.2024-01-01"]
NOW = datetime(2026, 9, 1, 5, 0, tzinfo=UTC)
TODAY = date(2026, 9, 1)


def in_full(case: Case, procedure: Procedure) -> tuple[str, dict[str, Row]]:
    """The stage and every row of a case."""
    chain = deadlines(case, procedure, CALENDAR, today=TODAY, bare=True)
    all_rows = rows(case, procedure, chain, CALENDAR, today=TODAY)
    return stage(procedure, case, chain), {row.obligation: row for row in all_rows}


def after(case: Case, kind: EventKind, name: str, on: date) -> tuple[CaseWrite | None, Case]:
    """What an event of a case makes of it."""
    procedure = EDITIONS[case.edition]
    event = Event(case=case.id, seq=case.seq + 1, kind=kind, name=name, on=on, at=NOW, by="Айгүл", payload={})
    changed_case = apply(case, event)
    _, stored = in_full(case, procedure)
    return recomputed((event,), changed_case, procedure, CALENDAR, stored, today=TODAY), changed_case


@st.composite
def recorded(draw: st.DrawFn) -> tuple[Case, EventKind, str, date]:
    """A case of any procedure, some of it done, planned, exempted or over, and one more event of it."""
    edition = draw(st.sampled_from([ANALYSIS.edition, *sorted(EDITIONS)]))
    procedure = EDITIONS[edition]
    start = draw(st.dates(date(2026, 2, 2), date(2026, 8, 31)))
    names = sorted(procedure.facts)
    # Half of them are such that others turn on.
    hot = {fact for obligation in procedure.answered_too for fact in (obligation.id, *obligation.also_by)}
    hot |= {*procedure.lapse_facts, *procedure.anchors}
    fact_names = st.sampled_from(names) | st.sampled_from(sorted(hot & procedure.facts.keys()) or names)
    days = st.integers(-60, 120).map(lambda n: start + timedelta(days=n))
    some = st.dictionaries(fact_names, days, max_size=8)
    facts = {name: Fact(name=name, on=on) for name, on in draw(some).items()}
    case = Case(
        id="A",
        procedure=procedure.id,
        edition=edition,
        digest=procedure.digest,
        planned={procedure.begins_with: start, **draw(some)},
        facts=facts,
        exempted=frozenset(draw(st.sets(st.sampled_from(names), max_size=1))),
        standing=draw(st.sampled_from(["active", "active", "active", "cancelled"])),
        opened_at=NOW,
    )
    _, present = in_full(case, procedure)
    periods = [name for name in present if name.partition(".")[0] in procedure.facts]
    name = draw(fact_names | st.sampled_from(sorted({*names, *periods})))
    kind: EventKind = draw(st.sampled_from(["corrected", "planned"] if name in facts else ["fact", "planned"]))
    return case, kind, name, draw(days)


PLANNED_ONLY = Case(
    id="A",
    procedure=ANALYSIS.id,
    edition=ANALYSIS.edition,
    digest=ANALYSIS.digest,
    planned={"analysis_started": date(2026, 2, 2), "start_announced": date(2026, 2, 2)},
    opened_at=NOW,
)
"""Its announcement falls away once the analysis has ended, and with it the check of its text."""


@settings(max_examples=150, deadline=None)
@given(recorded())
@example((PLANNED_ONLY, "fact", "analysis_ended", date(2026, 2, 2)))
def test_rows_after_a_fact_are_those_of_a_whole_computation(told: tuple[Case, EventKind, str, date]) -> None:
    """Whatever the fact is: what it can change is computed, what it cannot change is as it was."""
    case, kind, name, on = told
    assume(case.digest)
    case_write, changed_case = after(case, kind, name, on)
    whole_stage, becomes = in_full(changed_case, EDITIONS[case.edition])
    _, was = in_full(case, EDITIONS[case.edition])

    assert case_write is not None
    assert {row.obligation: row for row in case_write.rows} == becomes
    assert case_write.stage == whole_stage
    assert case_write.touched is not None
    differ = {name for name in was.keys() | becomes.keys() if was.get(name) != becomes.get(name)}
    assert differ <= case_write.touched


@st.composite
def schedule(draw: st.DrawFn) -> tuple[Procedure, list[Opening]]:
    """Openings of one procedure that plan the same facts, on days of which they share some."""
    procedure = EDITIONS[draw(st.sampled_from([ANALYSIS.edition, *sorted(EDITIONS)]))]
    names = sorted(draw(st.sets(st.sampled_from(sorted(procedure.facts)), max_size=5)))
    names = [procedure.begins_with, *(name for name in names if name != procedure.begins_with)]
    start = draw(st.dates(date(2026, 2, 2), date(2026, 10, 30)))
    days = st.integers(0, 3).map(lambda n: start + timedelta(days=19 * n))
    exempted = dict.fromkeys(draw(st.sets(st.sampled_from(names), max_size=1)), "ground")
    return procedure, [
        Opening(
            procedure=procedure.id,
            unit=f"Unit {number}",
            planned={name: draw(days) for name in names},
            responsible={names[-1]: "Айгүл"},
            exempted=exempted,
        )
        for number in range(4)
    ]


@settings(max_examples=100, deadline=None)
@given(schedule())
def test_rows_of_new_cases_are_those_of_a_whole_computation(openings: tuple[Procedure, list[Opening]]) -> None:
    """What rests on the same plan dates is computed once, and stands in the rows of every case."""
    procedure, plans = openings
    new = NewCases(library(), CALENDAR, today=TODAY)
    for number, opening in enumerate(plans):
        written = new.write(first_events(f"2026-{number}", opening, procedure, "", by="Айгүл", now=NOW))

        assert (written.stage, {row.obligation: row for row in written.rows}) == in_full(
            written.case, procedure
        )


def test_an_announcement_is_computed_alone() -> None:
    """Only whether its text was checked depends on it: two rows of more than forty are computed."""
    planned = {"analysis_started": date(2026, 4, 13)}
    case = Case(
        id="A",
        procedure=ANALYSIS.id,
        edition=ANALYSIS.edition,
        digest=ANALYSIS.digest,
        planned=planned,
        opened_at=NOW,
    )
    case_write, _ = after(case, "fact", "start_announced", date(2026, 3, 30))

    assert case_write is not None
    assert case_write.touched == {"start_announced", "start_text_checked"}
    assert len(case_write.rows) > 40


@pytest.mark.parametrize("change", ["digest", "calendar", "nothing stored"])
def test_rows_by_another_law_are_computed_as_a_whole(change: str) -> None:
    """What is stored tells nothing then."""
    case = Case(id="A", procedure=ANALYSIS.id, edition=ANALYSIS.edition, digest=ANALYSIS.digest, opened_at=NOW)
    _, stored = in_full(case, ANALYSIS)
    if change == "calendar":
        stored = {name: row._replace(version="older") for name, row in stored.items()}
    given_rows = {} if change == "nothing stored" else stored
    other = replace(case, digest="other") if change == "digest" else case

    assert recomputed((), other, ANALYSIS, CALENDAR, given_rows, today=TODAY) is None
    assert recomputed((), case, ANALYSIS, CALENDAR, in_full(case, ANALYSIS)[1], today=TODAY) is not None
