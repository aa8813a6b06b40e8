"""Measures opening a year: every yearly programme for 500 organisations of all kinds, in one bulk write.

Timed from the query for existing cases to the last committed row; repeating it must change nothing.

    python -m benchmarks.open_year
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from merzim.app import build_app
from merzim.services.app import AppContext
from merzim.services.yearly.opening import open_year
from merzim.settings import DatabaseSettings, Settings
from merzim.storage.org import store as office_store
from workflow.org.kinds import KINDS
from workflow.org.office import Unit

UNITS = 500
LIMIT = 10.0
NOW = datetime(2026, 1, 12, 4, 0, tzinfo=UTC)
TODAY = date(2026, 1, 12)


def main() -> None:
    """Open the year 2026 and print seconds, cases and obligations."""
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        file = Path(name) / "office.sqlite"
        app = build_app(Settings(database=DatabaseSettings(url=f"sqlite:///{file.as_posix()}")))
        units = [
            Unit(id=f"{number:03d}", name=f"Ұйым {number}", kind=KINDS[number % len(KINDS)])
            for number in range(UNITS)
        ]
        office_store.save(app.engine, units=units)
        first, opened_count = _opened(app)
        second_seconds, none = _opened(app)
        rows = sum(len(case_rows) for case_rows in app.ledger.rows_of(app.ledger.ids()).values())
        app.close()
    print(f"{UNITS} organisations, {opened_count} cases, {rows} obligations: {first:.2f} s")
    print(f"target: under {LIMIT:.0f} s")
    print(f"asked again: {second_seconds:.2f} s, {none} cases opened")


def _opened(app: AppContext) -> tuple[float, int]:
    started_at = time.perf_counter()
    opened_year = open_year(app, 2026, by="bench", now=NOW, today=TODAY)
    return time.perf_counter() - started_at, len(opened_year.cases)


if __name__ == "__main__":
    main()
