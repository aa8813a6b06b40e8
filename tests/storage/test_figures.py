"""What became of deadlines that came due, counted by the database, on both.

A permit is decided within 10 working days of its receipt, reported within 30 calendar days; the visit lasts 3
working days at most. Received on Monday 12 January 2026: visited by Wednesday 14 January, decided by Monday
26 January, reported by Wednesday 11 February.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

import calendars
from storage.cases.ledger import SqlLedger
from storage.org import store as office_store
from storage.queries import SqlReads
from tests.permits import PERMIT, permit
from workflow.board.figures import Outcomes
from workflow.cases.commands.desk import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.law.library import Library
from workflow.org.access import Scope
from workflow.org.office import Unit

RECEIVED, TODAY = date(2026, 1, 12), date(2026, 2, 20)
STAMP = {"by": "officer", "now": datetime(2026, 2, 20, 5, tzinfo=UTC), "today": TODAY}
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
YEAR = date(2026, 1, 1), date(2026, 12, 31)
Figures = Counter[tuple[str, date, str, int]]
"""(unit, month, outcome, working days late) -> number."""


def counted(outcomes: list[Outcomes]) -> Figures:
    found: Figures = Counter()
    for one in outcomes:
        found[one.unit, one.month, one.outcome, one.late_by] += one.number
    return found


@pytest.fixture
def desk(engine: Engine) -> CaseCommands:
    """Nobody visited. Of hr decided on the day and a day late, not reported; of law two days late, reported."""
    office_store.save(engine, units=[Unit(id="hr", name="HR"), Unit(id="law", name="Заң")])
    desk = CaseCommands(SqlLedger(engine), Library([permit(PERMIT)]), calendars.calendar())
    for unit, decided in (("hr", 26), ("hr", 27), ("law", 28)):
        case = desk.open(Opening(procedure="permit", unit=unit), **STAMP)
        desk.record(case.id, "received", on=RECEIVED, **STAMP)
        desk.record(case.id, "decided", on=date(2026, 1, decided), **STAMP)
    desk.record("2026-0003", "reported", on=date(2026, 2, 11), **STAMP)
    return desk


@pytest.mark.usefixtures("desk")
def test_outcomes_are_counted_by_the_month_they_were_due_in(engine: Engine) -> None:
    """On the day is in time; what is not due until December is left out; a day before it nothing is overdue."""
    reads = SqlReads(engine)
    outcomes, _ = reads.outcomes(*YEAR, TODAY)
    expected = {
        ("hr", JANUARY, "on_time", 0): 1,
        ("hr", JANUARY, "late", 1): 1,
        ("law", JANUARY, "late", 2): 1,
        ("hr", JANUARY, "open", 0): 2,
        ("law", JANUARY, "open", 0): 1,
        ("hr", FEBRUARY, "open", 0): 2,
        ("law", FEBRUARY, "on_time", 0): 1,
    }
    assert counted([*outcomes]) == expected
    on_the_day, _ = reads.outcomes(*YEAR, date(2026, 2, 11))
    assert ("hr", FEBRUARY, "open", 0) not in counted([*on_the_day])
    the_day_after, _ = reads.outcomes(*YEAR, date(2026, 2, 12))
    assert counted([*the_day_after])["hr", FEBRUARY, "open", 0] == 2
    january, _ = reads.outcomes(JANUARY, date(2026, 1, 26), TODAY)
    assert {one.month for one in january} == {JANUARY}
    assert reads.outcomes(JANUARY, date(2026, 1, 13), TODAY) == ([], [])


def test_a_cancelled_case_counts_no_more_and_others_see_their_own_alone(
    engine: Engine, desk: CaseCommands
) -> None:
    """Of law nobody of hr learns; of what was cancelled nobody hears."""
    reads = SqlReads(engine)
    own, _ = reads.seen_by(Scope(unit="hr", names=("somebody",))).outcomes(*YEAR, TODAY)
    assert {one.unit for one in own} == {one.unit for one in reads.outcomes(*YEAR, TODAY, "hr")[0]} == {"hr"}
    desk.cancel("2026-0003", ground="Дубликат", **STAMP)
    assert {one.unit for one in reads.outcomes(*YEAR, TODAY)[0]} == {"hr"}


DECEMBER = {**STAMP, "now": datetime(2026, 12, 14, 5, tzinfo=UTC), "today": date(2026, 12, 14)}


def met_but_for_the_invitation(desk: CaseCommands, case: str) -> None:
    """Everything with a due date is done; who is invited is counted back from a hearing nobody has planned."""
    desk.record(case, "archived", on=date(2026, 12, 14), **DECEMBER)
    desk.record(case, "visited", on=date(2026, 1, 13), **DECEMBER)


def test_a_stage_has_a_length_once_all_its_deadlines_are_met(engine: Engine, desk: CaseCommands) -> None:
    """Until the archiving is done the stage goes on, and while the invitation waits for the hearing; once it is
    not asked of anybody any more, the stage has ended. The hearing itself has no term and holds nothing."""
    reads = SqlReads(engine)
    assert reads.outcomes(*YEAR, TODAY)[1] == []
    met_but_for_the_invitation(desk, "2026-0003")
    assert reads.outcomes(*YEAR, date(2026, 12, 20))[1] == []
    desk.exempt("2026-0003", obligation="invited", ground="Заявитель отказался", **DECEMBER)
    (span,) = reads.outcomes(*YEAR, date(2026, 12, 20))[1]
    assert (span.unit, span.stage, span.due, span.done) == (
        "law",
        "work",
        date(2026, 12, 15),
        date(2026, 12, 14),
    )


def test_a_recommended_step_that_waits_holds_no_stage_open(engine: Engine) -> None:
    """Nobody has to invite anybody: the stage ended with the archiving."""
    before, _, after = PERMIT.rpartition('force = "obligatory"')
    library = Library([permit(f'{before}force = "recommended"{after}')])
    office_store.save(engine, units=[Unit(id="law", name="Заң")])
    desk = CaseCommands(SqlLedger(engine), library, calendars.calendar())
    case = desk.open(Opening(procedure="permit", unit="law"), **STAMP).id
    for name, day in (("received", RECEIVED), ("decided", date(2026, 1, 26)), ("reported", date(2026, 2, 11))):
        desk.record(case, name, on=day, **STAMP)
    met_but_for_the_invitation(desk, case)
    (span,) = SqlReads(engine).outcomes(*YEAR, date(2026, 12, 20))[1]
    assert span.done == date(2026, 12, 14)
