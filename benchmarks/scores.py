"""Measures scoring a year: 500 organisations below one body, for the body and for each of them.

Timed from the call to all points with their arithmetic, reading the database.

    python -m benchmarks.scores
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from merzim.app import build_app
from merzim.services.app import AppContext
from merzim.services.context import operator_context
from merzim.services.regulations.registers import scoring
from merzim.services.scoring import year_scores
from merzim.services.yearly.opening import open_year
from merzim.settings import DatabaseSettings, Settings
from merzim.storage.org import store as office_store
from workflow.org.kinds import KINDS
from workflow.org.office import Unit

UNITS = 500
LIMIT = 5.0
NOW = datetime(2026, 4, 1, 4, 0, tzinfo=UTC)
TODAY = date(2026, 4, 1)
SAID = {"by": "bench", "now": NOW, "today": TODAY}


def main() -> None:
    """Score the year 2026 and print seconds."""
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        file = Path(name) / "office.sqlite"
        app = build_app(Settings(database=DatabaseSettings(url=f"sqlite:///{file.as_posix()}")))
        top = Unit(id="top", name="Министрлік", kind="central_body")
        units = [
            Unit(id=f"{number:03d}", name=f"Ұйым {number}", kind=KINDS[number % len(KINDS)], parent="top")
            for number in range(UNITS)
        ]
        office_store.save(app.engine, units=[top, *units])
        open_year(app, 2026, **SAID)
        facts = _record(app)
        ctx = operator_context(app, by="bench", now=NOW, today=TODAY)
        started_at = time.perf_counter()
        whole_year, *parts = year_scores(ctx, "top", 2026, today=TODAY, readings=scoring().usual, by_unit=True)
        took = time.perf_counter() - started_at
        app.close()
    print(f"{len(parts)} organisations and the body above them, {facts} facts: {took:.2f} s")
    print(f"indicators of the body: {len(whole_year.scores.scores)}, points {float(whole_year.scores.total):g}")
    print(f"target: under {LIMIT:.0f} s")


def _record(app: AppContext) -> int:
    """Record trained staff and three events in every organisation that has training duties."""
    heads = [head for head in app.reads.cases() if head.procedure == "tbn4-project-4"]
    for case in heads:
        values = {"trained": Decimal(49), "staff": Decimal(1000)}
        app.case_commands.record(case.id, "servants_trained.2026", on=date(2026, 3, 31), values=values, **SAID)
        for number in ("", "#2", "#3"):
            app.case_commands.record(case.id, f"event_held.2026-03{number}", on=date(2026, 3, 20), **SAID)
    return 4 * len(heads)


if __name__ == "__main__":
    main()
