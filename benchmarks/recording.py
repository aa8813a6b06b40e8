"""Measures facts recorded per second, fully persisted, against a bare sqlite3 transaction of the same rows.

Both sides keep synchronous=FULL and commit every fact. The ledger's side reads the case's head and rows,
hashes, compares, and writes what differs; the bare side writes rows known beforehand. A fact here moves
two due dates, as recording the start of an analysis does.

    python -m benchmarks.recording
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from calendars import calendar
from merzim.services.regulations.editions import shared_law
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.tables.events import EVENT
from workflow.board.rows import Row
from workflow.cases.case import Case, Event, apply
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.law.editions import read_edition
from workflow.law.library import Library
from workflow.ports import CaseWrite

FACTS = 2000
CASES = 100
ROWS = 25
MOVED = 2
NOW = datetime(2026, 2, 2, 4, 0, tzinfo=UTC)
DAY = date(2026, 4, 13)


def main() -> None:
    """Measure both and print facts per second and their ratio."""
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        folder = Path(name)
        ledger = SqlLedger(engine := open_database(f"sqlite:///{folder / 'ledger.sqlite'}"))
        create_or_migrate(engine)
        changes = _filled(ledger)
        ours = _seconds(lambda: _append(ledger, changes))
        engine.dispose()
        bare = _bare(folder / "bare.sqlite", folder / "ledger.sqlite", changes)
        whole, worked, facts = through_the_commands(f"sqlite:///{folder / 'desk.sqlite'}")
    print(f"ledger.append   {FACTS / ours:8.0f} facts/s   {ours / FACTS * 1e6:7.0f} us each")
    print(f"bare sqlite3    {FACTS / bare:8.0f} facts/s   {bare / FACTS * 1e6:7.0f} us each")
    print(
        f"case_commands.record{facts / whole:8.0f} facts/s   {whole / facts * 1e6:7.0f} us each, the case read,"
    )
    print("                with its chain computed and its rows compared (target: at least 500 facts/s),")
    print(f"                {worked / facts * 1e6:.0f} us of them work of its own processor")
    print(f"ratio           {ours / bare:8.2f}   ledger.append to bare sqlite3")


def bare(folder: Path) -> tuple[float, int]:
    """Return the seconds for bare transactions of the same rows, and their number."""
    engine = open_database(f"sqlite:///{folder / 'ledger.sqlite'}")
    create_or_migrate(engine)
    ledger = SqlLedger(engine)
    changes = _filled(ledger)
    _append(ledger, changes)
    engine.dispose()
    return _bare(folder / "bare.sqlite", folder / "ledger.sqlite", changes), FACTS


def _filled(ledger: SqlLedger) -> list[CaseWrite]:
    """Write the cases, and return the changes to record."""
    cases = [_opened(number) for number in range(CASES)]
    ledger.append_many(cases, now=NOW)
    return _changes(cases)


def through_the_commands(address: str, count: int = CASES) -> tuple[float, float, int]:
    """Return the seconds for recording facts of real cases by the case command, those of its own processor, and
    their number. Garbage is collected as `merzim serve` does.
    """
    engine = open_database(address)
    create_or_migrate(engine)
    regulation = Path(__file__).parent.parent / "regulations" / "internal-analysis.2024-01-01.toml"
    library = Library([read_edition(regulation.name, regulation.read_bytes(), shared_law())])
    case_commands = CaseCommands(SqlLedger(engine), library, calendar())
    planned = {"analysis_started": DAY, "analysis_ended": date(2026, 5, 26)}
    opening = Opening(procedure="internal-analysis", planned=planned)
    today = date(2026, 6, 15)
    cases = case_commands.open_many([opening] * count, by="Айгүл", now=NOW, today=today)
    steps = {
        "start_announced": date(2026, 3, 30),
        "order_signed": date(2026, 4, 6),
        "analysis_started": DAY,
        "discussion_announced": date(2026, 5, 12),
        "discussion_held": date(2026, 5, 19),
        "analysis_ended": date(2026, 5, 26),
        "discussion_results_published": date(2026, 5, 28),
        "note_signed": date(2026, 6, 8),
    }
    start, worked = time.perf_counter(), time.process_time()
    for fact, on in steps.items():
        for case in cases:
            case_commands.record(case.id, fact, on=on, by="Айгүл", now=NOW, today=today)
    spent, worked = time.perf_counter() - start, time.process_time() - worked
    engine.dispose()
    return spent, worked, len(steps) * count


def _append(ledger: SqlLedger, changes: list[CaseWrite]) -> None:
    for change in changes:
        ledger.append([change], now=NOW)


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _opened(number: int) -> CaseWrite:
    name = f"2026-{number:04d}"
    payload = {
        "procedure": "internal-analysis",
        "edition": "internal-analysis.2024-01-01",
        "object": "Сатып алу",
    }
    event = Event(
        case=name, seq=1, kind="opened", name="internal-analysis", on=None, at=NOW, by="Айгүл", payload=payload
    )
    rows = tuple(_row(name, n) for n in range(ROWS))
    return CaseWrite(events=(event,), case=apply(None, event), stage="preparation", rows=rows)


def _row(case: str, n: int) -> Row:
    due = DAY + timedelta(days=n)
    return Row(
        case=case,
        obligation=f"obligation_{n}",
        stage="preparation",
        unit="Қаржы департаменті",
        due=due,
        safe_by=due,
        planned_on=None,
        done_on=None,
        late_by=None,
        anchor="planned",
        calendar="confirmed",
        status="planned",
        state="open",
        force="obligatory",
        stake="3",
        next_rung="-5",
        next_rung_on=due - timedelta(days=7),
        span_first=due - timedelta(days=14),
        span_last=due,
        version="0123456789abcdef",
    )


def _changes(cases: list[CaseWrite]) -> list[CaseWrite]:
    """Return facts in turn over all cases, so that no case is still cached from its last change."""
    changes = []
    current = {change.case.id: change for change in cases}
    for n in range(FACTS):
        before = current[cases[n % CASES].case.id]
        case: Case = before.case
        event = Event(
            case=case.id,
            seq=case.seq + 1,
            kind="fact",
            name=f"fact_{n}",
            on=DAY,
            at=NOW,
            by="Айгүл",
            payload={},
        )
        first = n // CASES % (ROWS - MOVED)
        rows = list(before.rows)
        for place in range(first, first + MOVED):
            due = (rows[place].due or DAY) + timedelta(days=1)
            rows[place] = rows[place]._replace(due=due, next_rung_on=due - timedelta(days=7), anchor="happened")
        change = CaseWrite(events=(event,), case=apply(case, event), stage=before.stage, rows=tuple(rows))
        current[case.id] = change
        changes.append(change)
    return changes


def _bare(file: Path, ledger: Path, changes: list[CaseWrite]) -> float:
    """Return the seconds for the same rows by sqlite3 alone, in tables copied from the ledger's."""
    with (
        closing(sqlite3.connect(ledger)) as source,
        closing(sqlite3.connect(file, isolation_level=None)) as bare,
    ):
        source.backup(bare)
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("PRAGMA foreign_keys=ON")
        columns = [column.name for column in EVENT.columns]
        case, seq = columns.index("case"), columns.index("seq")
        rows = source.execute("SELECT * FROM event WHERE seq > 1")
        events = {(row[case], row[seq]): row for row in rows}
        for trigger in source.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            bare.execute(f"DROP TRIGGER {trigger[0]}")
        bare.execute("DELETE FROM event WHERE seq > 1")
        bare.execute('UPDATE "case" SET seq = 1')
        scripts = [_statements(change, events) for change in changes]

        def write() -> None:
            for event, head, rows in scripts:
                bare.execute("BEGIN IMMEDIATE")
                bare.execute(f"INSERT INTO event VALUES ({','.join('?' * len(columns))})", event)
                bare.execute('UPDATE "case" SET seq = ?, head = ? WHERE id = ?', head)
                bare.executemany(
                    "UPDATE deadline SET due = ?, next_rung_on = ?, anchor = ? "
                    'WHERE "case" = ? AND obligation = ?',
                    rows,
                )
                bare.execute("COMMIT")

        return _seconds(write)


def _statements(
    change: CaseWrite, events: dict[tuple[str, int], tuple[object, ...]]
) -> tuple[tuple[object, ...], tuple[object, ...], list[tuple[object, ...]]]:
    case = change.case
    event = events[case.id, case.seq]
    moved_rows = [row for row in change.rows if row.anchor == "happened"][-MOVED:]
    rows: list[tuple[object, ...]] = [
        (str(row.due), str(row.next_rung_on), row.anchor, row.case, row.obligation) for row in moved_rows
    ]
    return event, (case.seq, event[-1], case.id), rows


if __name__ == "__main__":
    main()
