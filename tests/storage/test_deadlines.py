"""Counts and lists of deadlines: equal to counting row by row, filtered by access."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

import calendars
from merzim.storage import office as office_store
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import writing
from merzim.storage.maintenance.verify import verify
from merzim.storage.queries import SqlReads
from merzim.storage.tables.board import DEADLINE
from tests.checking import check_each
from tests.permits import PERMIT, obligation, permit
from tests.storage.sample_cases import AT, NOW, PROCEDURE, TODAY, case_commands, recompute
from workflow.board.figures import Outcomes, performance_by
from workflow.board.rows import DeadlineFilter, Horizon, Urgency, base, total
from workflow.cases.commands import recording, statuses
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.law.library import Library
from workflow.moments import Moment
from workflow.org.access import Scope
from workflow.org.office import Person, Unit

CONFIDENTIAL = "foreign-account"
LATER = date(2026, 3, 31)
Figures = Counter[tuple[str, str, str, str]]
"""(unit, obligation, responsible, figure) -> number."""


def office(engine: Engine) -> None:
    units = [
        Unit(id="head", name="Аппарат"),
        Unit(id="hr", name="HR", parent="head"),
        Unit(id="law", name="Заң"),
    ]
    office_store.save(engine, units=units)


def filled(engine: Engine, count: int = 3) -> list[str]:
    """Cases of hr and law whose dates lie over half a year."""
    office(engine)
    openings = [
        Opening(
            procedure=PROCEDURE,
            unit=("hr", "law")[n % 2],
            object=f"Объект {n}",
            responsible={"order_signed": "Басшы"} if n % 3 else {},
            planned={
                "analysis_started": date(2026, 2, 16) + timedelta(days=11 * n),
                "analysis_ended": date(2026, 3, 20) + timedelta(days=11 * n),
            },
        )
        for n in range(count)
    ]
    cases = case_commands(engine).open_many(openings, at=AT)
    return [case.id for case in cases]


def by_rows(engine: Engine, today: date, soon: date, unit: str | None = None) -> Figures:
    """The same counted row by row: (unit, obligation, responsible, figure) -> number."""
    figures: Figures = Counter()
    ledger = SqlLedger(engine)
    for rows in ledger.rows_of(ledger.ids()).values():
        for row in rows:
            place = (row.unit, base(row.obligation), row.responsible)
            if unit not in (None, row.unit):
                continue
            if row.state == "missed":
                figures[*place, "missed"] += 1
            if row.state != "open":
                continue
            holds = row.counts_until is None or today <= row.counts_until
            overdue = row.due is not None and row.due < today and holds
            if row.planned_on is not None and row.planned_on < today and not overdue:
                figures[*place, "slipped"] += 1
            if row.due is None or not holds:
                continue
            if row.due <= today:
                figures[*place, "overdue" if row.due < today else "today"] += 1
            if today <= row.due <= soon:
                figures[*place, "due"] += 1
    return figures


def by_sums(reads: SqlReads, today: date, soon: date, unit: str | None = None) -> Figures:
    figures: Figures = Counter()
    for subtotal in reads.sums(Horizon(today=today, soon=soon), unit):
        for name in ("overdue", "today", "due"):
            figures[subtotal.assignee.unit, subtotal.obligation, subtotal.assignee.responsible, name] += (
                getattr(subtotal, name)
            )
    return +figures


def counted(reads: SqlReads, today: date, soon: date, unit: str | None = None) -> dict[Urgency, int]:
    day = Horizon(today=today, soon=soon)
    return {
        urgency: reads.count(DeadlineFilter(urgency=urgency, horizon=day, unit=unit)) for urgency in NOT_SUMMED
    }


NOT_SUMMED: tuple[Urgency, ...] = ("missed", "slipped")
SUMMED_ON = (
    *(date(2025, 12, 31), TODAY, date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 29)),
    # Late against a start planned for 21 April; the day of that plan, and the day after it.
    *(date(2026, 4, 20), date(2026, 4, 21), date(2026, 4, 22), date(2026, 5, 1), date(2027, 1, 1)),
)


def test_the_sums_are_what_counting_every_row_gives(engine: Engine) -> None:
    """On the edges of months and years, before all and after all; facts and plans moved rows meanwhile."""
    names = filled(engine, 7)
    core = case_commands(engine)
    core.write(names[0], AT, recording.replan, {"analysis_started": date(2026, 4, 1)})
    core.write(names[1], AT, recording.record, "order_signed", on=TODAY)
    core.write(names[2], AT, statuses.cancel, ground="Бекер")
    core.write(names[3], AT, recording.record, "analysis_started", on=date(2026, 1, 5))
    core.write(names[3], AT, recording.record, "analysis_ended", on=date(2026, 1, 29))

    def check(today: date) -> None:
        soon = today + timedelta(days=10)
        for unit in (None, "hr"):
            rows = by_rows(engine, today, soon, unit)
            summed = Counter({key: number for key, number in rows.items() if key[3] not in NOT_SUMMED})
            assert by_sums(SqlReads(engine), today, soon, unit) == summed
            assert counted(SqlReads(engine), today, soon, unit) == {
                urgency: sum(number for key, number in rows.items() if key[3] == urgency)
                for urgency in NOT_SUMMED
            }
        assert any(key[3] == "missed" for key in by_rows(engine, today, soon))

    check_each({str(day): day for day in SUMMED_ON}, check)
    assert verify(engine, recompute=recompute(engine)) == ()


def test_a_list_is_as_long_as_its_figure(engine: Engine) -> None:
    """Every figure opens its list: the count, the rows and the sums agree; pages join without a gap."""
    names = filled(engine, 9)
    for fact, on in (("analysis_started", date(2026, 1, 5)), ("analysis_ended", date(2026, 1, 29))):
        case_commands(engine).write(names[8], AT, recording.record, fact, on=on)
    reads, day = SqlReads(engine), Horizon(today=date(2026, 3, 16), soon=date(2026, 3, 30))

    def check(urgency: Urgency) -> None:
        criteria = DeadlineFilter(urgency=urgency, horizon=day)
        rows_listed = reads.listed(criteria, limit=1000)
        halves = [*reads.listed(criteria, limit=4), *reads.listed(criteria, limit=1000, offset=4)]

        assert reads.count(criteria) == len(rows_listed)
        if urgency in ("overdue", "today", "due"):
            assert total(reads.sums(day), urgency) == len(rows_listed)
        assert halves == rows_listed
        assert list(rows_listed) == sorted(
            rows_listed, key=lambda row: (row.due or date.max, row.case, row.obligation)
        )

    figures: tuple[Urgency, ...] = ("overdue", "today", "near", "later", "due", "missed", "slipped")
    check_each({urgency: urgency for urgency in figures}, check)


def test_what_is_past_its_plan_date_stands_in_a_group_of_its_own(engine: Engine) -> None:
    """Of groups told apart no row is in two, and each is as long as its number says; so are rows of no plan."""
    names = filled(engine, 9)
    case_commands(engine).write(names[0], AT, recording.replan, {"analysis_ended": date(2026, 3, 2)})
    reads, day = SqlReads(engine), Horizon(today=date(2026, 3, 16), soon=date(2026, 3, 30))
    urgencies: tuple[Urgency, ...] = ("overdue", "slipped", "today", "near", "later", "undated")
    numbers = reads.urgencies(day).values()
    listed = {
        urgency: reads.listed(DeadlineFilter(urgency=urgency, horizon=day), limit=1000) for urgency in urgencies
    }

    assert listed["slipped"]
    assert any(row.planned_on is None for row in listed["later"])
    for urgency, rows in listed.items():
        assert len(rows) == sum(of.get(urgency, 0) for of in numbers), urgency
    places = [(row.case, row.obligation) for rows in listed.values() for row in rows]
    assert len(places) == len(set(places))


def test_what_has_no_day_stands_last(engine: Engine) -> None:
    """On both databases, which put an empty value on either end."""
    filled(engine, 2)
    missed = DEADLINE.c.obligation.in_(("order_signed", "start_announced"))
    with writing(engine) as session:
        session.execute(DEADLINE.update().where(missed).values(state="missed"))
        session.execute(DEADLINE.update().where(DEADLINE.c.obligation == "order_signed").values(due=None))
    rows = SqlReads(engine).listed(DeadlineFilter(urgency="missed", horizon=Horizon(today=LATER, soon=LATER)))

    assert [row.obligation for row in rows] == ["start_announced"] * 2 + ["order_signed"] * 2


def test_a_list_is_narrowed_to_whom_it_waits_for(engine: Engine) -> None:
    """Each assignee gets their own rows and no others'."""
    filled(engine, 6)
    reads, day = SqlReads(engine), Horizon(today=LATER, soon=LATER)
    subtotal = next(candidate for candidate in reads.sums(day, "hr") if candidate.assignee.responsible)
    rows = reads.listed(DeadlineFilter(horizon=day, assignees=frozenset({subtotal.assignee})), limit=100)

    assert rows
    assert {(row.unit, row.duty, row.responsible, row.person) for row in rows} == {tuple(subtotal.assignee)}
    assert reads.count(DeadlineFilter(horizon=day, assignees=frozenset())) == 0


def test_whom_cases_are_about_multiplies_no_assignees(engine: Engine) -> None:
    """Who may have to act in a case is told apart from others, whom nothing waits for; all rows are listed."""
    filled(engine, 6)
    reads, day = SqlReads(engine), Horizon(today=LATER, soon=LATER)
    before, everything = len(reads.assignees()), reads.count(DeadlineFilter(horizon=day))
    head = Person(key="b", name="B", unit="hr", duties=("head_of_unit",))
    office_store.save(engine, people=[head])
    with writing(engine) as session:
        session.execute(DEADLINE.update().values(person=DEADLINE.c.case))
    strangers = reads.assignees()
    with writing(engine) as session:
        session.execute(DEADLINE.update().where(DEADLINE.c.case == "2026-0001").values(person=head.key))

    assert len(strangers) == before
    assert head.key in {assignee.person for assignee in reads.assignees()}
    asked = frozenset(reads.assignees())
    assert reads.count(DeadlineFilter(horizon=day, assignees=asked)) == everything


def test_each_reader_counts_what_they_may_see(engine: Engine) -> None:
    """A head counts the units below; nobody's scope counts nothing; by day as by sum."""
    filled(engine, 6)
    day = Horizon(today=LATER, soon=LATER + timedelta(days=20))
    for unit, expected in (("head", {"hr"}), ("law", {"law"}), ("", {"hr", "law"}), (None, set())):
        reads = SqlReads(engine).seen_by(Scope(unit=unit, names=("a",)))
        sums = reads.sums(day)

        assert {subtotal.assignee.unit for subtotal in sums if subtotal.overdue} == expected
        assert {row.unit for row in reads.listed(DeadlineFilter(horizon=day), limit=500)} == expected
        assert sum(reads.by_day(LATER, day.soon).values()) == total(sums, "due")


def test_a_confidential_case_is_counted_for_those_alone_who_know(engine: Engine) -> None:
    """In every count and list; of others it is in none."""
    office(engine)
    case = case_commands(engine).open(
        Opening(procedure=CONFIDENTIAL, unit="hr", readers=("knows",), facts={"account_found": TODAY}),
        at=Moment(by="opener", now=NOW, today=TODAY),
    )
    assert case.confidential
    day = Horizon(today=date(2027, 2, 1), soon=date(2027, 2, 10))
    late = DeadlineFilter(urgency="overdue", horizon=day)
    figures = {}
    for name in ("knows", "stranger"):
        reads = SqlReads(engine).seen_by(Scope(unit="", names=(name,)))
        figures[name] = (
            total(reads.sums(day), "overdue"),
            reads.count(late),
            len(reads.listed(late, limit=99)),
            bool(reads.by_day(TODAY, day.today)),
        )

    assert figures["stranger"] == (0, 0, 0, False)
    assert figures["knows"][0] == figures["knows"][1] == figures["knows"][2] > 0
    assert figures["knows"][3]
    assert verify(engine, recompute=recompute(engine)) == ()


RECEIVED, LATE_FEBRUARY = date(2026, 1, 12), date(2026, 2, 20)
STAMP = Moment(by="officer", now=datetime(2026, 2, 20, 5, tzinfo=UTC), today=LATE_FEBRUARY)
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
YEAR = date(2026, 1, 1), date(2026, 12, 31)
OutcomeFigures = Counter[tuple[str, date, str, int]]
"""(unit, month, outcome, working days late) -> number."""


def counted_outcomes(outcomes: list[Outcomes]) -> OutcomeFigures:
    figures: OutcomeFigures = Counter()
    for outcome in outcomes:
        figures[outcome.unit, outcome.month, outcome.outcome, outcome.late_by] += outcome.number
    return figures


@pytest.fixture
def permits(engine: Engine) -> CaseCommands:
    """Nobody visited. Of hr decided on the day and a day late, not reported; of law two days late, reported."""
    office_store.save(engine, units=[Unit(id="hr", name="HR"), Unit(id="law", name="Заң")])
    permits = CaseCommands(SqlLedger(engine), Library([permit(PERMIT)]), calendars.calendar())
    for unit, decided in (("hr", 26), ("hr", 27), ("law", 28)):
        case = permits.open(Opening(procedure="permit", unit=unit), at=STAMP)
        permits.write(case.id, STAMP, recording.record, "received", on=RECEIVED)
        permits.write(case.id, STAMP, recording.record, "decided", on=date(2026, 1, decided))
    permits.write("2026-0003", STAMP, recording.record, "reported", on=date(2026, 2, 11))
    return permits


@pytest.mark.usefixtures("permits")
def test_outcomes_are_counted_by_the_month_they_were_due_in(engine: Engine) -> None:
    """On the day is in time; what is not due until December is left out; a day before it nothing is overdue."""
    reads = SqlReads(engine)
    outcomes, _ = reads.outcomes(*YEAR, LATE_FEBRUARY)
    expected = {
        ("hr", JANUARY, "on_time", 0): 1,
        ("hr", JANUARY, "late", 1): 1,
        ("law", JANUARY, "late", 2): 1,
        ("hr", JANUARY, "open", 0): 2,
        ("law", JANUARY, "open", 0): 1,
        ("hr", FEBRUARY, "open", 0): 2,
        ("law", FEBRUARY, "on_time", 0): 1,
    }
    assert counted_outcomes([*outcomes]) == expected
    on_the_day, _ = reads.outcomes(*YEAR, date(2026, 2, 11))
    assert ("hr", FEBRUARY, "open", 0) not in counted_outcomes([*on_the_day])
    the_day_after, _ = reads.outcomes(*YEAR, date(2026, 2, 12))
    assert counted_outcomes([*the_day_after])["hr", FEBRUARY, "open", 0] == 2
    january, _ = reads.outcomes(JANUARY, date(2026, 1, 26), LATE_FEBRUARY)
    assert {outcome.month for outcome in january} == {JANUARY}
    assert reads.outcomes(JANUARY, date(2026, 1, 13), LATE_FEBRUARY) == ([], [])


def test_a_cancelled_case_counts_no_more_and_others_see_their_own_alone(
    engine: Engine, permits: CaseCommands
) -> None:
    """Readers of hr see nothing of law; cancelled cases are not counted."""
    reads = SqlReads(engine)
    own_outcomes, _ = reads.seen_by(Scope(unit="hr", names=("somebody",))).outcomes(*YEAR, LATE_FEBRUARY)
    assert (
        {outcome.unit for outcome in own_outcomes}
        == {outcome.unit for outcome in reads.outcomes(*YEAR, LATE_FEBRUARY, "hr")[0]}
        == {"hr"}
    )
    permits.write("2026-0003", STAMP, statuses.cancel, ground="Дубликат")
    assert {outcome.unit for outcome in reads.outcomes(*YEAR, LATE_FEBRUARY)[0]} == {"hr"}


DECEMBER = replace(STAMP, now=datetime(2026, 12, 14, 5, tzinfo=UTC), today=date(2026, 12, 14))


def met_but_for_the_invitation(permits: CaseCommands, case: str) -> None:
    """Everything with a due date is done; who is invited is counted back from a hearing nobody has planned."""
    permits.write(case, DECEMBER, recording.record, "archived", on=date(2026, 12, 14))
    permits.write(case, DECEMBER, recording.record, "visited", on=date(2026, 1, 13))


def test_a_stage_has_a_length_once_all_its_deadlines_are_met(engine: Engine, permits: CaseCommands) -> None:
    """Until the archiving is done the stage goes on, and while the invitation waits for the hearing; once it is
    not asked of anybody any more, the stage has ended. The hearing itself has no term and holds nothing."""
    reads = SqlReads(engine)
    assert reads.outcomes(*YEAR, LATE_FEBRUARY)[1] == []
    met_but_for_the_invitation(permits, "2026-0003")
    assert reads.outcomes(*YEAR, date(2026, 12, 20))[1] == []
    permits.write("2026-0003", DECEMBER, statuses.exempt, obligation="invited", ground="Заявитель отказался")
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
    permits = CaseCommands(SqlLedger(engine), library, calendars.calendar())
    case = permits.open(Opening(procedure="permit", unit="law"), at=STAMP).id
    for name, day in (("received", RECEIVED), ("decided", date(2026, 1, 26)), ("reported", date(2026, 2, 11))):
        permits.write(case, STAMP, recording.record, name, on=day)
    met_but_for_the_invitation(permits, case)
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
    done: 3 (2, 3, 4 March). Archived: due on 25 February, done on 2 March: 3 (26, 27, 2)."""
    office_store.save(engine, units=[Unit(id="law", name="Заң")])
    permits = CaseCommands(SqlLedger(engine), Library([permit(STEPS)]), calendars.calendar())
    today = date(2026, 3, 4)
    stamp = Moment(by="officer", now=datetime(2026, 3, 4, 5, tzinfo=UTC), today=today)
    case = permits.open(Opening(procedure="permit", unit="law"), at=stamp).id
    days = {"received": (2, 2), "listed": (2, 10), "checked": (2, 12), "agreed": (2, 23), "archived": (3, 2)}
    for name, (month, day) in days.items():
        permits.write(case, stamp, recording.record, name, on=date(2026, month, day))

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
