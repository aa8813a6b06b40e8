"""Counts and first pages of lists: equal to the beginning of the whole list for every reader."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import Engine, text

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.org import store as office_store
from merzim.storage.queries import SqlReads
from merzim.storage.tables.cases import CASE
from tests.storage.sample_cases import NOW, case_commands, opened
from workflow.board.rows import Row
from workflow.org.access import Scope
from workflow.org.office import Unit

TODAY = date(2026, 7, 20)
WHO = {"by": "А", "now": NOW, "today": TODAY}
UNITS = (Unit(id="head", name="Аппарат"), Unit(id="hr", name="Кадр", parent="head"), Unit(id="law", name="Заң"))
SCOPES = (
    None,
    Scope(unit="", names=("бөтен",)),
    Scope(unit="head", names=("бөтен",)),
    Scope(unit="hr", names=("айгүл",)),
    Scope(unit=None, names=()),
)


def country(engine: Engine) -> None:
    """Analyses whose monitoring runs; of some the information has come, one is cancelled, one confidential."""
    office_store.save(engine, units=UNITS)
    core = case_commands(engine)
    for n in range(14):
        case = opened(engine, unit=("head", "hr", "law")[n % 3], object=f"{n % 4}").id
        for fact, on in (("analysis_started", date(2025, 9, 1)), ("note_signed", date(2025, 10 + n % 2, 3))):
            core.record(case, fact, on=on, **WHO)
        if n % 4 == 1:
            core.record(case, "quarter_reported.2025Q4", on=date(2026, 1, 5), **WHO)
        if n == 5:
            core.cancel(case, ground="Бекер", **WHO)
        if n == 6:
            with engine.begin() as connection:
                connection.execute(CASE.update().where(CASE.c.id == case).values(confidential=True))
                insert_query = 'INSERT INTO reader ("case", person) VALUES (:case, :person)'
                connection.execute(text(insert_query), {"case": case, "person": "айгүл"})


def seen(engine: Engine, scope: Scope | None, unit: str | None) -> list[Row]:
    """Every row there is of the cases that may be seen, the earliest due first."""
    office = SqlReads(engine).office()
    reads = SqlReads(engine, scope=scope) if scope else SqlReads(engine)
    rows = [
        row
        for of_it in SqlLedger(engine).rows_of([case.id for case in reads.cases()]).values()
        for row in of_it
    ]
    visible_rows = [row for row in rows if unit is None or unit in office.above(row.unit)]
    return sorted(visible_rows, key=lambda row: (row.due or date.max, row.case, row.obligation))


def grouped(rows: Iterable[tuple[object, Row]], first: int, last: int) -> dict[object, tuple[int, list[Row]]]:
    groups: dict[object, list[Row]] = {}
    for key, row in rows:
        groups.setdefault(key, []).append(row)
    return {key: (len(group_items), group_items[first:last]) for key, group_items in groups.items()}


def test_what_nobody_reported_is_counted_whole_and_shown_page_by_page(engine: Engine) -> None:
    """On the due date it is not late yet; rows outside the reader's access are not counted."""
    country(engine)
    days = [TODAY, date(2026, 4, 6), date(2026, 4, 7), date(2026, 1, 5)]
    numbers = set()
    for scope in SCOPES:
        reads = SqlReads(engine, scope=scope) if scope else SqlReads(engine)
        for unit in (None, "head", "hr", "law"):
            rows = seen(engine, scope, unit)
            for today in days:
                late = [
                    (row.obligation.partition(".")[2], row)
                    for row in rows
                    if row.obligation.startswith("quarter_reported.")
                    and row.state in ("open", "missed")
                    and row.due
                    and row.due < today
                ]
                for offset in (0, 3):
                    groups = reads.unreported(today, unit, limit=3, offset=offset)
                    assert dict(groups) == grouped(late, offset, offset + 3), (scope, unit, today)
                    numbers |= {number for number, _ in groups.values()}
    assert len(numbers) > 4


def test_a_month_is_counted_by_day_and_each_day_shown_by_its_first(engine: Engine) -> None:
    """As many as fall due, and of each day as many as are asked for; the last day is among them."""
    country(engine)
    reads, office = SqlReads(engine), ("head", "hr", "law", None)
    dues = sorted({row.due for row in seen(engine, None, None) if row.due and row.state == "open"})
    for scope in SCOPES:
        reads = SqlReads(engine, scope=scope) if scope else SqlReads(engine)
        for unit in office:
            rows = seen(engine, scope, unit)
            for first, last in (
                (dues[0], dues[-1]),
                (dues[1], dues[1]),
                (dues[2], dues[2] + timedelta(days=40)),
            ):
                due = [
                    (row.due, row)
                    for row in rows
                    if row.state == "open" and row.due and first <= row.due <= last
                ]
                assert dict(reads.days(first, last, unit, limit=2)) == grouped(due, 0, 2), (scope, unit)
