"""A day that moves over a whole country: shown, then adopted, beside a bare UPDATE of the rows that move.

Only cases whose span holds the day are read; rows that come out as they were are not written. The bare side
knows the new dates beforehand and updates them through the driver alone, in one transaction: by key, and by one
statement. After the adoption it sets them back and sets them again, so that they truly move; the mean of both.
Each side begins after a checkpoint.

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
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from benchmarks.country import NOW, TODAY, build, counted, load, postgresql
from storage import tables
from storage.database.engine import open as open_database
from storage.database.engine import reading

ACT = """
[[transfer]]
off = 2026-05-08
work = 2026-05-16
act = "G26G0000111"
address = "https://adilet.zan.kz/rus/docs/G26G0000111"
"""
_SQLITE = """
UPDATE deadline SET due = new.due
FROM (SELECT value ->> 0 AS due, value ->> 1 AS "case", value ->> 2 AS name FROM json_each(?)) AS new
WHERE deadline."case" = new."case" AND deadline.obligation = new.name
"""
_POSTGRESQL = """
UPDATE deadline SET due = new.due
FROM unnest(%s::date[], %s::text[], %s::text[]) AS new(due, "case", name)
WHERE deadline."case" = new."case" AND deadline.obligation = new.name
"""


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
    from merzim.adopting.calendar_change import apply, preview
    from merzim.configuration import read
    from merzim.wiring import House

    config = folder / "config.toml"
    config.write_text(f'[database]\nurl = "{address}"\n')
    house = House(read(config, at=folder))
    cases, rows, _ = counted(house.engine)
    print(f"over            {cases:,} cases, {rows:,} deadlines ({house.engine.dialect.name})")
    begun = time.perf_counter()
    shown = preview(house, ACT, "act.toml", today=TODAY)
    seen = time.perf_counter() - begun
    print(
        f"preview         {seen:6.1f} s: {len(shown.touched):,} cases hold the day, {len(shown.cases):,} move"
    )
    writing = _Watched(house)
    _checkpoint(house)
    begun = time.perf_counter()
    adopted, written = apply(house, ACT, "act.toml", by="bench", now=NOW, today=TODAY)
    whole = time.perf_counter() - begun
    rows = _written(house, adopted.after.version)
    print(
        f"apply           {whole:6.1f} s: {written:,} cases and {rows:,} rows written, {writing.spent:.2f} s"
        " of it in the ledger"
    )
    moved = {(one.moved.case, one.moved.id): (one.moved.old, one.moved.new) for one in adopted.hearings}
    many, one = _bare(house, moved)
    print(f"bare UPDATE     {many:6.2f} s: the {len(moved):,} rows whose date moves, by key")
    print(f"                {one:6.2f} s: the same by one statement")
    print(f"ratio           {writing.spent / many:6.2f} the ledger to the bare UPDATE by key (target: under 3)")
    print(f"                {writing.spent / one:6.2f} the ledger to the bare UPDATE by one statement")
    print(f"                {whole / many:6.2f} the whole adoption, all dates counted, to the one by key")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory          {peak:6.0f} MB at most (target: under 1,024)")
    print(f"{load()} (target: preview under 20 s over 1.5 million)")
    house.close()


class _Watched:
    """Adds up the time the ledger takes to write."""

    def __init__(self, house: Any) -> None:
        self.spent = 0.0
        inner = house.ledger.rewrite

        def rewrite(changes: Sequence[Any], **more: Any) -> int:
            begun = time.perf_counter()
            try:
                return int(inner(changes, **more))
            finally:
                self.spent += time.perf_counter() - begun

        house.ledger.rewrite = rewrite


def _written(house: Any, version: str) -> int:
    """How many rows were written by the calendar after."""
    asked = select(func.count()).where(tables.DEADLINE.c.version == version)
    with reading(house.engine) as connection:
        return int(connection.execute(asked).scalar_one())


def _bare(house: Any, moved: Mapping[tuple[str, str], tuple[Any, Any]]) -> tuple[float, float]:
    """Seconds to set these due dates with the driver alone, by key and by one statement, each committed.

    Every index that holds a due date is kept, for every date is another one than before.
    """
    old = [(was, case, name) for (case, name), (was, _) in moved.items()]
    new = [(becomes, case, name) for (case, name), (_, becomes) in moved.items()]
    spent = {"many": 0.0, "one": 0.0}
    connection = house.engine.raw_connection()
    try:
        for how in spent:
            for lines in (old, new):
                _checkpoint(house)
                begun = time.perf_counter()
                _set(connection, lines, how)
                spent[how] += (time.perf_counter() - begun) / 2
    finally:
        connection.close()
    return spent["many"], spent["one"]


def _checkpoint(house: Any) -> None:
    """PostgreSQL writes a page whole into its log the first time after a checkpoint: let nobody profit by who
    wrote it before."""
    if house.engine.dialect.name == "postgresql":
        with house.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))


def _set(connection: Any, lines: Sequence[tuple[Any, str, str]], how: str) -> None:
    cursor = connection.cursor()
    if hasattr(connection.driver_connection, "executescript"):  # SQLite's own driver
        values = [(due and due.isoformat(), case, name) for due, case, name in lines]
        cursor.execute("BEGIN IMMEDIATE")
        if how == "many":
            cursor.executemany('UPDATE deadline SET due = ? WHERE "case" = ? AND obligation = ?', values)
        else:
            cursor.execute(_SQLITE, (json.dumps(values),))
        cursor.execute("COMMIT")
        return
    if how == "many":
        cursor.executemany('UPDATE deadline SET due = %s WHERE "case" = %s AND obligation = %s', lines)
    else:
        cursor.execute(_POSTGRESQL, [list(values) for values in zip(*lines, strict=True)])
    connection.commit()


if __name__ == "__main__":
    main()
