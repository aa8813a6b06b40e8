"""Outcomes of due deadlines, counted by SQLite and by PostgreSQL.

A permit is decided within 10 working days of its receipt, reported within 30 calendar days; the visit lasts 3
working days at most. Received on Monday 12 January 2026: visited by Wednesday 14 January, decided by Monday
26 January, reported by Wednesday 11 February.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

import calendars
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.org import store as office_store
from merzim.storage.queries import SqlReads
from tests.permits import PERMIT, obligation, permit
from workflow.board.figures import Outcomes, performance_by
from workflow.cases.commands import recording, standings
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.law.library import Library
from workflow.org.access import Scope
from workflow.org.audit import Stamp
from workflow.org.office import Unit

RECEIVED, TODAY = date(2026, 1, 12), date(2026, 2, 20)
STAMP = Stamp(by="officer", now=datetime(2026, 2, 20, 5, tzinfo=UTC), today=TODAY)
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
YEAR = date(2026, 1, 1), date(2026, 12, 31)
Figures = Counter[tuple[str, date, str, int]]
"""(unit, month, outcome, working days late) -> number."""


def counted(outcomes: list[Outcomes]) -> Figures:
    figures: Figures = Counter()
    for outcome in outcomes:
        figures[outcome.unit, outcome.month, outcome.outcome, outcome.late_by] += outcome.number
    return figures


@pytest.fixture
def case_commands(engine: Engine) -> CaseCommands:
    """Nobody visited. Of hr decided on the day and a day late, not reported; of law two days late, reported."""
    office_store.save(engine, units=[Unit(id="hr", name="HR"), Unit(id="law", name="Заң")])
    case_commands = CaseCommands(SqlLedger(engine), Library([permit(PERMIT)]), calendars.calendar())
    for unit, decided in (("hr", 26), ("hr", 27), ("law", 28)):
        case = case_commands.open(Opening(procedure="permit", unit=unit), at=STAMP)
        case_commands.write(case.id, STAMP, recording.record, "received", on=RECEIVED)
        case_commands.write(case.id, STAMP, recording.record, "decided", on=date(2026, 1, decided))
    case_commands.write("2026-0003", STAMP, recording.record, "reported", on=date(2026, 2, 11))
    return case_commands


@pytest.mark.usefixtures("case_commands")
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
    assert {outcome.month for outcome in january} == {JANUARY}
    assert reads.outcomes(JANUARY, date(2026, 1, 13), TODAY) == ([], [])


def test_a_cancelled_case_counts_no_more_and_others_see_their_own_alone(
    engine: Engine, case_commands: CaseCommands
) -> None:
    """Readers of hr see nothing of law; cancelled cases are not counted."""
    reads = SqlReads(engine)
    own_outcomes, _ = reads.seen_by(Scope(unit="hr", names=("somebody",))).outcomes(*YEAR, TODAY)
    assert (
        {outcome.unit for outcome in own_outcomes}
        == {outcome.unit for outcome in reads.outcomes(*YEAR, TODAY, "hr")[0]}
        == {"hr"}
    )
    case_commands.write("2026-0003", STAMP, standings.cancel, ground="Дубликат")
    assert {outcome.unit for outcome in reads.outcomes(*YEAR, TODAY)[0]} == {"hr"}


DECEMBER = replace(STAMP, now=datetime(2026, 12, 14, 5, tzinfo=UTC), today=date(2026, 12, 14))


def met_but_for_the_invitation(case_commands: CaseCommands, case: str) -> None:
    """Everything with a due date is done; who is invited is counted back from a hearing nobody has planned."""
    case_commands.write(case, DECEMBER, recording.record, "archived", on=date(2026, 12, 14))
    case_commands.write(case, DECEMBER, recording.record, "visited", on=date(2026, 1, 13))


def test_a_stage_has_a_length_once_all_its_deadlines_are_met(
    engine: Engine, case_commands: CaseCommands
) -> None:
    """Until the archiving is done the stage goes on, and while the invitation waits for the hearing; once it is
    not asked of anybody any more, the stage has ended. The hearing itself has no term and holds nothing."""
    reads = SqlReads(engine)
    assert reads.outcomes(*YEAR, TODAY)[1] == []
    met_but_for_the_invitation(case_commands, "2026-0003")
    assert reads.outcomes(*YEAR, date(2026, 12, 20))[1] == []
    case_commands.write(
        "2026-0003", DECEMBER, standings.exempt, obligation="invited", ground="Заявитель отказался"
    )
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
    case_commands = CaseCommands(SqlLedger(engine), library, calendars.calendar())
    case = case_commands.open(Opening(procedure="permit", unit="law"), at=STAMP).id
    for name, day in (("received", RECEIVED), ("decided", date(2026, 1, 26)), ("reported", date(2026, 2, 11))):
        case_commands.write(case, STAMP, recording.record, name, on=day)
    met_but_for_the_invitation(case_commands, case)
    (span,) = SqlReads(engine).outcomes(*YEAR, date(2026, 12, 20))[1]
    assert span.done == date(2026, 12, 14)


STEPS = PERMIT[: PERMIT.index("[[obligation]]")] + "".join(
    (
        obligation("received", '"none"'),
        obligation("listed", '{ count = 3, in = "working days", from = "received" }'),
        obligation("checked", '{ count = 2, in = "working days", from = "listed" }'),
        obligation("agreed", '{ count = 5, in = "working days", from = "checked" }'),
        obligation("signed", '{ count = 4, in = "working days", from = "agreed" }'),
        obligation("archived", '{ by = "02-25", from = "received" }'),
    )
)
WORKING_FEBRUARY_AND_MARCH = [date(2026, 2, day) for week in (2, 9, 16, 23) for day in range(week, week + 5)]
WORKING_FEBRUARY_AND_MARCH += [date(2026, 3, day) for day in range(2, 7)]


def test_the_days_of_a_delay_are_those_after_the_due_date(engine: Engine) -> None:
    """Four steps from Monday 2 February 2026, as of Wednesday 4 March.

    Listed: due on 5 February, done on the 10th: 3 days (6, 9, 10). Checked: from the 10th on due on the 12th,
    done then: not late. Agreed: due on the 19th, done on the 23rd: 2 (20, 23). Signed: due on the 27th, not
    done: 3 (2, 3, 4 March). Archived: due on 25 February, done on 2 March: 3 (26, 27, 2).
    """
    office_store.save(engine, units=[Unit(id="law", name="Заң")])
    case_commands = CaseCommands(SqlLedger(engine), Library([permit(STEPS)]), calendars.calendar())
    today = date(2026, 3, 4)
    stamp = Stamp(by="officer", now=datetime(2026, 3, 4, 5, tzinfo=UTC), today=today)
    case = case_commands.open(Opening(procedure="permit", unit="law"), at=stamp).id
    days = {"received": (2, 2), "listed": (2, 10), "checked": (2, 12), "agreed": (2, 23), "archived": (3, 2)}
    for name, (month, day) in days.items():
        case_commands.write(case, stamp, recording.record, name, on=date(2026, month, day))

    outcomes, _ = SqlReads(engine).outcomes(*YEAR, today)
    late = sorted(
        (outcome.outcome, outcome.late_by, outcome.number, outcome.since)
        for outcome in outcomes
        if outcome.outcome != "on_time"
    )
    figures = performance_by(
        outcomes, lambda _: None, lambda due: sum(due < day <= today for day in WORKING_FEBRUARY_AND_MARCH)
    )[None]

    assert late == [("late", 2, 1, None), ("late", 3, 2, None), ("open", 0, 1, date(2026, 2, 27))]
    assert figures.delay == 3 + 2 + 3 + 3
