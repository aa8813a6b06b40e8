"""A day that moves over a whole country: shown, then adopted, beside a bare UPDATE of the rows that move.

Only cases whose span holds the day are read; rows that come out as they were are not written. The bare side
knows the new dates beforehand and updates them by key through the driver alone, in one transaction.

    python -m benchmarks.moved_day [CASES] [sqlite|postgresql|ADDRESS]

100,000 cases are 1.5 million deadlines. An ADDRESS is a database made by `benchmarks.country`; it is changed.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.country import NOW, TODAY, build, counted, load, postgresql
from storage.engine import open as open_database

ACT = """
[[transfer]]
off = 2026-05-08
work = 2026-05-16
act = "G26G0000111"
address = "https://adilet.zan.kz/rus/docs/G26G0000111"
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
    from merzim.calendar_change import apply, preview
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
    begun = time.perf_counter()
    _, written = apply(house, ACT, "act.toml", by="bench", now=NOW, today=TODAY)
    whole = time.perf_counter() - begun
    print(
        f"apply           {whole:6.1f} s: {written:,} cases written, {writing.spent:.1f} s of it in the ledger"
    )
    moved = {(one.moved.case, one.moved.id): one.moved.new for one in shown.hearings}
    bare = _bare(house, moved)
    print(
        f"bare UPDATE     {bare:6.1f} s: the {len(moved):,} rows whose date moves, by key, in one transaction"
    )
    print(f"ratio           {writing.spent / bare:6.2f} the ledger to the bare UPDATE (target: under 3)")
    print(
        f"ratio           {whole / bare:6.2f} the whole adoption, every date computed twice, to the bare UPDATE"
    )
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


def _bare(house: Any, moved: dict[tuple[str, str], Any]) -> float:
    """Seconds to set these due dates with the driver alone; every index that holds a due date is kept."""
    lines = [(due, case, name) for (case, name), due in moved.items()]
    mark = "?" if house.engine.dialect.name == "sqlite" else "%s"
    if mark == "?":
        lines = [(due and due.isoformat(), case, name) for due, case, name in lines]
    statement = f'UPDATE deadline SET due = {mark} WHERE "case" = {mark} AND obligation = {mark}'
    connection = house.engine.raw_connection()
    try:
        cursor = connection.cursor()
        begun = time.perf_counter()
        if mark == "?":
            cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany(statement, lines)
        connection.commit() if mark == "%s" else cursor.execute("COMMIT")
        return time.perf_counter() - begun
    finally:
        connection.close()


if __name__ == "__main__":
    main()
