"""Rows with terms in hours: late from the exact moment on in every count and list, on both databases.

16 April 2026 is a Thursday. Almaty is five hours ahead of UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import Engine

import calendars
from calendars.hours import Today
from merzim.storage.board import sums as summing
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import reading
from merzim.storage.maintenance.verify import verify
from merzim.storage.org import store as office_store
from merzim.storage.queries import SqlReads
from tests.permits import BREACH, PERMIT, obligation, permit
from workflow.board.rows import CaseFilter
from workflow.board.sums import DeadlineFilter, horizon, total
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.law.library import Library
from workflow.law.reader import read
from workflow.org.access import Scope
from workflow.org.office import Unit

MONDAY, THURSDAY = date(2026, 4, 13), date(2026, 4, 16)
NOW = datetime(2026, 4, 13, 14, 0, tzinfo=UTC)
STAMP = {"by": "officer", "now": NOW, "today": MONDAY}
ID = "authority_notified"
SECRET = read(
    "secret-breach.2018-05-25.toml",
    BREACH.read_bytes()
    .replace(b'id = "data-breach"', b'id = "secret-breach"')
    .replace(b'calendar = "DE"', b'calendar = "DE"\nconfidential = true'),
)
HOURLY = permit(PERMIT + obligation("warned", '{ count = 2, in = "hours", from = "received" }'))


def at(hour: int, minute: int = 0, second: int = 0, *, on: date = THURSDAY) -> Today:
    """That moment of the clock of Almaty."""
    local = datetime.combine(on, time(hour, minute, second), tzinfo=UTC)
    return Today.at(local - timedelta(hours=5))


@pytest.fixture
def case_commands(engine: Engine) -> CaseCommands:
    """Breaches to notify by Thursday: of hr by 14:30, of law by 18:00, a confidential one of hr by noon."""
    office_store.save(engine, units=[Unit(id="hr", name="HR"), Unit(id="law", name="Заң")])
    library = Library([read(BREACH.name, BREACH.read_bytes()), SECRET, HOURLY])
    case_commands = CaseCommands(SqlLedger(engine), library, calendars.calendar())
    for procedure, unit, breach_time in (
        ("data-breach", "hr", time(14, 30)),
        ("data-breach", "law", time(18, 0)),
        ("secret-breach", "hr", time(12, 0)),
    ):
        case = case_commands.open(Opening(procedure=procedure, unit=unit, readers=("knows",)), **STAMP)
        case_commands.record(case.id, "breach_known", on=MONDAY, at_time=breach_time, **STAMP)
    return case_commands


def figures(reads: SqlReads, today: date) -> tuple[int, int, int]:
    """How many are overdue, due today and due soon; every way to ask says the same."""
    day = horizon(today, soon=today + timedelta(days=9))
    counts = []
    for urgency in ("overdue", "today", "due"):
        deadline_filter = DeadlineFilter(urgency=urgency, horizon=day)  # type: ignore[arg-type]
        rows = reads.listed(deadline_filter, limit=9)
        assert total(reads.sums(day), urgency) == reads.count(deadline_filter) == len(rows)  # type: ignore[arg-type]
        counts.append(len(rows))
    late = reads.overdue(today)
    assert len(late) == counts[0] == sum(tally.overdue for tally in reads.counts(today))
    assert reads.how_many(CaseFilter(late_on=today)) == counts[0]
    assert sorted(reads.overdue_since(["hr", "law"], today)) == sorted({row.unit for row in late})
    assert len(reads.due(today, day.soon)) == counts[2] == sum(reads.by_day(today, day.soon).values())
    return counts[0], counts[1], counts[2]


@pytest.mark.usefixtures("case_commands")
def test_every_count_and_list_moves_at_the_moment_itself(engine: Engine) -> None:
    """A second before it is due today, at the moment it is overdue; a reader without access to the confidential
    one does not see it. Cached counts follow the clock, forward and back."""
    reads = SqlReads(engine)
    other_reads = reads.seen_by(Scope(unit="", names=("anybody",)))
    expected = {
        at(23, 59, 59, on=THURSDAY - timedelta(days=1)): ((0, 0, 3), (0, 0, 2)),
        at(0): ((0, 3, 3), (0, 2, 2)),
        at(11, 59, 59): ((0, 3, 3), (0, 2, 2)),
        at(12): ((1, 2, 2), (0, 2, 2)),
        at(14, 29, 59): ((1, 2, 2), (0, 2, 2)),
        at(14, 30): ((2, 1, 1), (1, 1, 1)),
        at(14, 30, 1): ((2, 1, 1), (1, 1, 1)),
        at(23, 59, 59): ((3, 0, 0), (2, 0, 0)),
        at(0, on=THURSDAY + timedelta(days=1)): ((3, 0, 0), (2, 0, 0)),
        # Of a day without a moment the hour has not come.
        THURSDAY: ((0, 3, 3), (0, 2, 2)),
    }
    moments = list(expected.items())

    for today, (all_figures, other_figures) in (*moments, *reversed(moments)):
        assert (figures(reads, today), figures(other_reads, today)) == (all_figures, other_figures)


def test_another_hour_of_the_same_day_is_counted_at_once(engine: Engine, case_commands: CaseCommands) -> None:
    """The time was noted wrongly: the due day stays, and what another process keeps changes all the same."""
    reads = SqlReads(engine).seen_by(Scope(unit="hr", names=("anybody",)))
    assert figures(reads, at(14, 45)) == (1, 0, 0)

    case_commands.correct("2026-0001", "breach_known", on=MONDAY, at_time=time(15, 0), ground="Ошибка", **STAMP)

    assert figures(reads, at(14, 45)) == (0, 1, 1)
    assert figures(reads, at(15, 0)) == (1, 0, 0)
    assert verify(engine, recompute=lambda case: case_commands.recomputed(case, today=MONDAY)) == ()


def test_what_slipped_is_overdue_instead_from_its_hour_on(engine: Engine, case_commands: CaseCommands) -> None:
    """Planned for the day before: a question until the hour, then a lateness, never both."""
    case_commands.replan("2026-0001", ID, on=THURSDAY - timedelta(days=1), **STAMP)
    reads = SqlReads(engine).seen_by(Scope(unit="hr", names=("anybody",)))

    def both(today: Today) -> tuple[int, int, int]:
        day = horizon(today, soon=today)
        slipped = DeadlineFilter(urgency="slipped", horizon=day)
        assert reads.count(slipped) == len(reads.listed(slipped, limit=9))
        return (
            total(reads.sums(day), "slipped"),
            total(reads.sums(day), "overdue"),
            total(reads.sums(day), "today"),
        )

    assert both(at(14, 29, 59)) == (1, 0, 1)
    assert both(at(14, 30)) == (0, 1, 0)


def test_hours_from_what_has_not_happened_are_never_late_within_the_day(
    engine: Engine, case_commands: CaseCommands
) -> None:
    """Planned for today, two hours from its beginning: nothing has begun to run, whatever the clock shows."""
    case = case_commands.open(Opening(procedure="permit", unit="law", planned={"received": THURSDAY}), **STAMP)
    reads = SqlReads(engine)
    (row,) = (row for row in reads.rows_of([case.id])[case.id] if row.obligation == "warned")

    assert (row.due, row.due_at, row.counts_until) == (THURSDAY, at(2).now, THURSDAY)
    assert {row.case for row in reads.overdue(at(23))} == {"2026-0001", "2026-0002", "2026-0003"}
    assert figures(reads, at(1)) == figures(reads, at(3)) == (0, 4, 5)


@pytest.mark.usefixtures("case_commands")
def test_the_few_rows_in_hours_have_an_index_of_their_own(engine: Engine) -> None:
    """An office without any looks into an empty index."""
    how = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with reading(engine) as connection:
        if engine.dialect.name == "postgresql":
            # So few rows are read faster without any index.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        query = summing._ends(THURSDAY).compile(connection, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"{how} {query}").all()
    assert any("ix_deadline_due_at" in str(line) for line in plan), plan
