"""The ledger: events are read back as written, only differences are stored, concurrent writers conflict."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from threading import Thread
from time import sleep

import pytest
from sqlalchemy import Engine, event, text

from merzim.storage.cases.batch import span
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import execute, reading, writing
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import COUNTER
from tests.storage.sample_cases import AT, NOW, OBJECT, PLANNED, PROCEDURE, TODAY, UNIT, case_commands, opened
from workflow.cases.case import Case, Event, Evidence
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import Opening
from workflow.moments import Moment
from workflow.ports import Change, Conflict


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, int]]]:
    """SQL statements sent meanwhile, with their number of parameter sets."""
    statements_seen: list[tuple[str, int]] = []

    def listen(_c: object, _k: object, statement: str, values: object, _x: object, is_batch: bool) -> None:
        count = len(values) if is_batch and isinstance(values, list) else 1
        statements_seen.append((statement, count))

    event.listen(engine, "after_cursor_execute", listen)
    try:
        yield statements_seen
    finally:
        event.remove(engine, "after_cursor_execute", listen)


MANY = 23


def written(statements_seen: list[tuple[str, int]], table: str) -> int:
    """How many rows of a table were written."""
    names = (f"INSERT INTO {table} ", f"UPDATE {table} ", f"DELETE FROM {table} ")
    return sum(count for statement, count in statements_seen if statement.startswith(names))


def fact(case: Case, name: str = "order_signed") -> Event:
    return Event(
        case=case.id, seq=case.seq + 1, kind="fact", name=name, on=date(2026, 1, 20), at=NOW, by="Айгүл"
    )


def race(ledger: SqlLedger, case: Case) -> Change:
    return Change(
        events=(fact(case),),
        case=replace(case, seq=case.seq + 1),
        stage="order",
        rows=tuple(ledger.rows(case.id).values()),
    )


def test_a_fact_is_recorded_after_one_read(engine: Engine, case: Case) -> None:
    """The events of its case, and of many cases, are read once, and so are its rows, under the lock."""
    with statements(engine) as statements_seen:
        case_commands(engine).write(
            case.id, Moment(by="Ұлан", now=NOW, today=TODAY), recording.record, "analysis_started", on=TODAY
        )

    reads = [statement for statement, _ in statements_seen if statement.startswith("SELECT")]
    assert sum("FROM deadline" in statement for statement in reads) == 1
    assert sum("FROM event" in statement for statement in reads) == 1
    names = [opened(engine).id for _ in range(5)]

    with statements(engine) as statements_of_many:
        SqlLedger(engine).cases(names)

    assert sum("FROM event" in statement for statement, _ in statements_of_many) == 1


def test_a_command_of_a_page_that_read_the_case_earlier_reads_it_anew_after_another_writer(
    engine: Engine, case: Case
) -> None:
    """What the page's transaction holds of the case is outdated; the second attempt does not use it."""
    stamp = {"now": NOW, "today": TODAY}

    def another() -> None:
        case_commands(engine).write(
            case.id, Moment(by="Ұлан", **stamp), recording.record, "schedule_approved", on=TODAY
        )

    with reading(engine):
        SqlLedger(engine).events(case.id)
        meanwhile = Thread(target=another)
        meanwhile.start()
        meanwhile.join()
        case_commands(engine).write(
            case.id, Moment(by="Айгүл", **stamp), recording.record, "order_signed", on=TODAY
        )

    assert [stored_event.name for stored_event in SqlLedger(engine).events(case.id)][-2:] == [
        "schedule_approved",
        "order_signed",
    ]


def test_a_case_is_read_back_as_it_was_written_cyrillic_and_all(engine: Engine, case: Case) -> None:
    """Events and the case folded from them survive both databases."""
    proof = Evidence(kind="link:site", reference="https://мысал.қаз/1", published_on=date(2026, 1, 20))
    case_commands(engine).write(
        case.id,
        Moment(by="Ұлан", now=NOW, today=TODAY),
        recording.record,
        "schedule_approved",
        on=date(2026, 1, 20),
        evidence=[proof],
    )

    read = SqlLedger(engine).case(case.id)

    assert (read.id, read.unit, read.object, read.opened_at) == ("2026-0001", UNIT, OBJECT, NOW)
    assert read.planned == PLANNED
    assert read.facts["schedule_approved"].evidence == (proof,)
    assert read.facts["schedule_approved"].by == "Ұлан"


def test_only_rows_that_differ_are_written(engine: Engine, case: Case) -> None:
    """A fact that moves one due date does not write the whole board anew."""
    before = SqlLedger(engine).rows(case.id)

    with statements(engine) as statements_seen:
        case_commands(engine).write(case.id, AT, recording.record, "order_signed", on=date(2026, 1, 20))

    after = SqlLedger(engine).rows(case.id)
    differ = sum(before[name] != after[name] for name in before)
    assert 0 < differ < len(before)
    assert written(statements_seen, "deadline") == 2 * differ  # taken off and put on anew


def test_rows_are_taken_off_in_the_order_in_which_a_round_locks_them(server: Engine) -> None:
    """However they lie on the disk: else round and writer would wait for each other, and one be given up."""
    change = case_commands(server).recomputed(opened(server), today=TODAY)
    first, *_, last = sorted(row.obligation for row in change.rows)
    change = replace(change, rows=tuple(row._replace(stage="other") for row in change.rows))

    def touch(obligation: str) -> None:
        execute(server, DEADLINE.update().where(DEADLINE.c.obligation == obligation).values(waiting_for=""))

    touch(first)  # lies behind the others now
    with ThreadPoolExecutor() as others:
        with writing(server) as session:
            session.execute(text("ANALYZE deadline"))
            touch(first)
            writer = others.submit(SqlLedger(server).append, [change], now=NOW)
            while not session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                sleep(0.01)
            touch(last)
        assert writer.result() == 1


def test_a_row_that_is_no_longer_there_is_taken_off_the_board(engine: Engine, case: Case) -> None:
    """All rows of a case are given anew; one left out is gone."""
    change = case_commands(engine).recomputed(case, today=TODAY)

    SqlLedger(engine).append([replace(change, rows=change.rows[1:])], now=NOW)

    assert set(SqlLedger(engine).rows(case.id)) == {row.obligation for row in change.rows[1:]}


def test_a_change_made_of_an_older_state_is_a_conflict(engine: Engine, case: Case) -> None:
    """The loser wrote nothing: neither its event nor its rows."""
    ledger = SqlLedger(engine)
    late = race(ledger, case)
    case_commands(engine).write(case.id, AT, recording.record, "schedule_approved", on=date(2026, 1, 20))
    stands = (ledger.events(case.id), ledger.rows(case.id))

    with pytest.raises(Conflict) as caught:
        ledger.append([late], now=NOW)

    assert caught.value.arguments == {"case": case.id}
    assert (ledger.events(case.id), ledger.rows(case.id)) == stands


def test_of_many_changes_one_conflict_leaves_none(engine: Engine) -> None:
    """One transaction: the good change beside the bad one is not written either."""
    first, second = opened(engine), opened(engine)
    ledger = SqlLedger(engine)
    good, bad = race(ledger, first), race(ledger, replace(second, seq=second.seq + 5))

    with pytest.raises(Conflict):
        ledger.append([good, bad], now=NOW)

    assert len(ledger.events(first.id)) == first.seq


def test_ids_are_short_in_order_and_never_given_twice(engine: Engine) -> None:
    """Also when a case with the next number is there already, as after a restore."""
    ledger = SqlLedger(engine)
    assert [*ledger.next_ids(2026, 1), opened(engine).id] == ["2026-0001", "2026-0002"]
    execute(engine, COUNTER.delete())

    assert ledger.next_ids(2026, 3) == ["2026-0001", "2026-0003", "2026-0004"]
    assert ledger.next_ids(2027, 1) == ["2027-0001"]
    assert ledger.next_ids(2027, 0) == []


def test_many_cases_are_opened_at_once_and_all_are_there(engine: Engine) -> None:
    """Those with the same dates have rows of their own."""
    later_on = {fact: on + timedelta(days=7) for fact, on in PLANNED.items()}
    openings = [
        Opening(
            procedure=PROCEDURE,
            unit=f"{UNIT} {n}",
            object=f"{OBJECT} {n}",
            planned=later_on if n % 2 else PLANNED,
        )
        for n in range(MANY)
    ]

    cases = case_commands(engine).open_many(openings, at=AT)

    ledger = SqlLedger(engine)
    read = ledger.cases([case.id for case in cases] + ["2026-9999"])
    assert len(read) == MANY
    assert [read[case.id].object for case in cases] == [opening.object for opening in openings]
    for case in cases[-3:]:
        computed = case_commands(engine).recomputed(read[case.id], today=TODAY)
        assert {*ledger.rows(case.id).values()} == {*computed.rows}


def test_a_moved_day_finds_the_cases_it_touches(engine: Engine, case: Case) -> None:
    """The span of a case is the span of its rows."""
    ledger = SqlLedger(engine)
    spans = [row for row in ledger.rows(case.id).values() if row.span_first and row.span_last]
    first = min(row.span_first for row in spans if row.span_first)
    last = max(row.span_last for row in spans if row.span_last)

    assert ledger.touched(first, first) == ledger.touched(last, last) == [case.id]
    assert ledger.touched(date(2010, 1, 1), date(2010, 12, 31)) == []


NOTHING = {"done_on": None, "next_step_on": None, "planned_on": None, "counts_until": None}
SPAN = {"span_first": date(2026, 3, 30), "span_last": date(2026, 4, 13)}


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        ({"due": date(2026, 4, 6)}, date(2026, 3, 30), date(2026, 4, 13)),
        ({"due": date(2026, 4, 6), "done_on": date(2026, 5, 8)}, date(2026, 3, 30), date(2026, 5, 8)),
        ({"due": date(2026, 4, 6), "next_step_on": date(2026, 3, 27)}, date(2026, 3, 27), date(2026, 4, 13)),
        # Questions about a plan date up to forty days after it; steps of a date that holds until a day.
        ({"planned_on": date(2026, 4, 6)}, date(2026, 3, 17), date(2026, 5, 16)),
        ({"due": date(2026, 4, 6), "counts_until": date(2026, 4, 13)}, date(2026, 3, 17), date(2026, 4, 13)),
    ],
)
def test_a_case_is_touched_by_every_day_its_rows_feel(
    sqlite: Engine, changes: dict[str, date], first: date, last: date
) -> None:
    """The span of its terms, the delay of a late fact, the day of its next step."""
    case = opened(sqlite)
    row = SqlLedger(sqlite).rows(case.id)["order_signed"]
    changed_row = row._replace(**{**NOTHING, **SPAN, **changes})  # type: ignore[arg-type]

    assert span([changed_row]) == (first, last)
