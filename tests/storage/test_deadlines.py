"""Counts and lists of deadlines: equal to counting row by row, filtered by access."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from sqlalchemy import Engine

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.maintenance.verify import verify
from merzim.storage.org import store as office_store
from merzim.storage.queries import SqlReads
from tests.checking import check_each
from tests.storage.sample_cases import NOW, PROCEDURE, TODAY, case_commands, recompute
from workflow.board.rows import DeadlineFilter, Horizon, Urgency, base, total
from workflow.cases.commands import recording, standings
from workflow.cases.commands.opening import Opening
from workflow.org.access import Scope
from workflow.org.audit import Stamp
from workflow.org.office import Unit

AT = Stamp(by="А", now=NOW, today=TODAY)

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
    core.write(names[2], AT, standings.cancel, ground="Бекер")
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


def test_a_list_is_narrowed_to_whom_it_waits_for(engine: Engine) -> None:
    """Each assignee gets their own rows and no others'."""
    filled(engine, 6)
    reads, day = SqlReads(engine), Horizon(today=LATER, soon=LATER)
    subtotal = next(candidate for candidate in reads.sums(day, "hr") if candidate.assignee.responsible)
    rows = reads.listed(DeadlineFilter(horizon=day, assignees=frozenset({subtotal.assignee})), limit=100)

    assert rows
    assert {(row.unit, row.duty, row.responsible, row.person) for row in rows} == {tuple(subtotal.assignee)}
    assert reads.count(DeadlineFilter(horizon=day, assignees=frozenset())) == 0


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
        at=Stamp(by="opener", now=NOW, today=TODAY),
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
