"""Measures moving a calendar day for a whole country: preview and adoption, beside a bare UPDATE of the moved
rows.

Only cases whose span contains the day are read; unchanged rows are not written. A row moves when its due date
does, or the day of its next reminder. The bare side knows the new days beforehand and updates them through the
driver alone, in one transaction: by key, and by one statement. After the adoption it restores the old days and
sets the new ones again, so that rows really change; the mean of both is given. Each side begins after a
checkpoint.

    python -m benchmarks.moved_day [CASES] [sqlite|postgresql|ADDRESS]

100,000 cases are 1.5 million deadlines. An ADDRESS is a database made by `benchmarks.country`; it is changed.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import select, text

from benchmarks.country import NOW, TODAY, build, counted, load, postgresql
from merzim.storage.database.dialect import execute_for_names, in_names
from merzim.storage.database.engine import open as open_database
from merzim.storage.database.engine import reading
from merzim.storage.tables.board import DEADLINE

ACT = """
[[transfer]]
off = 2026-05-08
work = 2026-05-16
act = "G26G0000111"
address = "https://adilet.zan.kz/rus/docs/G26G0000111"
"""
_BY_KEY = 'UPDATE deadline SET due = ?, next_rung_on = ? WHERE "case" = ? AND obligation = ?'
_SQLITE = """
UPDATE deadline SET due = new.due, next_rung_on = new.rung
FROM (
    SELECT value ->> 0 AS due, value ->> 1 AS rung, value ->> 2 AS "case", value ->> 3 AS name FROM json_each(?)
) AS new
WHERE deadline."case" = new."case" AND deadline.obligation = new.name
"""
_POSTGRESQL = """
UPDATE deadline SET due = new.due, next_rung_on = new.rung
FROM unnest(%s::date[], %s::date[], %s::text[], %s::text[]) AS new(due, rung, "case", name)
WHERE deadline."case" = new."case" AND deadline.obligation = new.name
"""
Place: TypeAlias = tuple[str, str]
"""Whose a row is: case and obligation."""
Days: TypeAlias = tuple[date | None, date | None]
"""Its due date, and the day on which somebody is next reminded of it."""


def main() -> None:
    """Build, preview, apply, compare."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    where = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="merzim-bench-")))
        address = where
        if where == "sqlite":
            address = f"sqlite:///{folder / 'country.sqlite'}"
        elif where == "postgresql":
            address = stack.enter_context(postgresql())
        if where in ("sqlite", "postgresql"):
            engine = open_database(address)
            build(engine, cases, max(10, cases // 5))
            engine.dispose()
        # In a process of its own, so that its memory is its own.
        worker = multiprocessing.get_context("spawn").Process(target=_measure, args=(folder, address))
        worker.start()
        worker.join()
    raise SystemExit(worker.exitcode)


def _measure(folder: Path, address: str) -> None:
    from merzim.app import build_app
    from merzim.services.context import operator_context
    from merzim.services.law.calendar_acts import Act, adopt_act, preview_act
    from merzim.settings_file import read

    config = folder / "config.toml"
    config.write_text(f'[database]\nurl = "{address}"\n')
    app = build_app(read(config, at=folder))
    ctx, act = operator_context(app, by="bench", now=NOW, today=TODAY), Act(text=ACT)
    cases, rows, _ = counted(app.engine)
    print(f"over            {cases:,} cases, {rows:,} deadlines ({app.engine.dialect.name})")
    started_at = time.perf_counter()
    preview = preview_act(ctx, act)
    previewed = time.perf_counter() - started_at
    print(
        f"preview         {previewed:6.1f} s: {len(preview.touched):,} cases hold the day,"
        f" {len(preview.cases):,} move"
    )
    before = _rows(app, preview.touched)
    writing = _Watched(app)
    _checkpoint(app)
    started_at = time.perf_counter()
    written_count = adopt_act(ctx, act).written
    whole = time.perf_counter() - started_at
    after = _rows(app, preview.touched)
    moved_rows = {place: (before[place], now) for place, now in after.items() if now != before[place]}
    print(
        f"apply           {whole:6.1f} s: {written_count:,} cases and {len(moved_rows):,} rows that move,"
        f" {writing.spent:.2f} s of it in the ledger"
    )
    due = {place: (was, now) for place, (was, now) in moved_rows.items() if was[0] != now[0]}
    for rows_of, words in ((moved_rows, "rows that move"), (due, "of them whose due date moves")):
        by_key, statement_seconds = _bare(app, rows_of)
        print(f"bare UPDATE     {by_key:6.2f} s: the {len(rows_of):,} {words}, by key")
        print(f"                {statement_seconds:6.2f} s: the same by one statement")
        print(f"ratio           {writing.spent / by_key:6.2f} the ledger to the one by key (target: under 3)")
        print(f"                {writing.spent / statement_seconds:6.2f} the ledger to the one statement")
        print(f"                {whole / by_key:6.2f} the whole adoption, all dates counted, to the one by key")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory          {peak:6.0f} MB at most (target: under 1,024)")
    print(f"{load()} (target: preview under 20 s over 1.5 million)")
    app.close()


class _Watched:
    """Adds up the time the ledger spends writing."""

    def __init__(self, app: Any) -> None:
        self.spent = 0.0
        inner = app.ledger.rewrite

        def rewrite(changes: Sequence[Any], **options: Any) -> int:
            started_at = time.perf_counter()
            try:
                return int(inner(changes, **options))
            finally:
                self.spent += time.perf_counter() - started_at

        app.ledger.rewrite = rewrite


def _rows(app: Any, cases: Collection[str]) -> dict[Place, Days]:
    """Return the days of the rows of these cases."""
    row = DEADLINE.c
    query = select(row.case, row.obligation, row.due, row.next_rung_on).where(in_names(row.case))
    with reading(app.engine) as connection:
        return {
            (case, name): (due, step_day)
            for case, name, due, step_day in execute_for_names(connection, query, cases)
        }


def _bare(app: Any, moved_rows: Mapping[Place, tuple[Days, Days]]) -> tuple[float, float]:
    """Return the seconds to set these days with the driver alone, by key and by one statement, each committed.

    All indexes are updated, as every row gets another day.
    """
    old = [(*was, *place) for place, (was, _) in moved_rows.items()]
    new = [(*now, *place) for place, (_, now) in moved_rows.items()]
    spent = {"many": 0.0, "one": 0.0}
    connection = app.engine.raw_connection()
    try:
        for how in spent:
            for lines in (old, new):
                _checkpoint(app)
                started_at = time.perf_counter()
                _set(connection, lines, how)
                spent[how] += (time.perf_counter() - started_at) / 2
    finally:
        connection.close()
    return spent["many"], spent["one"]


def _checkpoint(app: Any) -> None:
    """Run a checkpoint, so that neither side profits from pages the other has already written to the log.

    PostgreSQL logs a whole page on its first change after a checkpoint.
    """
    if app.engine.dialect.name == "postgresql":
        with app.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))


def _set(connection: Any, lines: Sequence[tuple[date | None, date | None, str, str]], how: str) -> None:
    cursor = connection.cursor()
    if hasattr(connection.driver_connection, "executescript"):  # SQLite's own driver
        values = [
            (due and due.isoformat(), step_day and step_day.isoformat(), *place)
            for due, step_day, *place in lines
        ]
        cursor.execute("BEGIN IMMEDIATE")
        if how == "many":
            cursor.executemany(_BY_KEY, values)
        else:
            cursor.execute(_SQLITE, (json.dumps(values),))
        cursor.execute("COMMIT")
        return
    if how == "many":
        cursor.executemany(_BY_KEY.replace("?", "%s"), lines)
    else:
        cursor.execute(_POSTGRESQL, [list(values) for values in zip(*lines, strict=True)])
    connection.commit()


if __name__ == "__main__":
    main()
