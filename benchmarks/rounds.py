"""A round over 100,000 open obligations with 100 due, beside the same over 1,000: cost follows what is due.

    python -m benchmarks.rounds [CASES] [DUE]

83,400 cases are 1.5 million open obligations.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.country import computed, load, renamed
from calendars import calendar
from notifications.channels.folder import Folder
from notifications.letters.composing import compose
from notifications.round import round as run_round
from notifications.rules import Rules
from storage import office_store, tables
from storage.engine import open as open_database
from storage.engine import reading
from storage.ledger import SqlLedger
from storage.outbox import SqlOutbox
from storage.schema import create_or_migrate
from workflow.library import Library
from workflow.office import Person, Unit
from workflow.opening import Opening
from workflow.reading import read

ROOT = Path(__file__).parent.parent
NOW, TODAY = datetime(2026, 3, 2, 5, 0, tzinfo=UTC), date(2026, 3, 2)
DUE, LATER = date(2026, 3, 26), date(2026, 9, 14)
RULES = Rules(officer="officer@example.kz")


def library() -> Library:
    """The shipped editions."""
    files = sorted((ROOT / "regulations").glob("*.toml"))
    return Library([read(file.name, file.read_bytes()) for file in files])


def measure(folder: Path, cases: int, due: int) -> tuple[int, int, float]:
    """Open rows, letters, and the best of five rounds in milliseconds: planned, queued, texts made."""
    engine = open_database(f"sqlite:///{folder / f'{cases}.db'}")
    create_or_migrate(engine)
    person = Person(
        key="officer@example.kz",
        name="Офицер",
        unit="unit",
        duties=("authorised_person", "officer"),
        email="officer@example.kz",
    )
    office_store.save(engine, units=[Unit(id="unit", name="Комплаенс")], people=[person])
    ledger, days, editions = SqlLedger(engine), calendar(), library()
    # The rung five days before the announcement of 26 March falls on 2 March for `due` cases only.
    now, later = computed(
        [Opening(procedure="internal-analysis", planned={"analysis_started": on}) for on in (DUE, LATER)],
        now=NOW,
        today=TODAY,
    )
    ledger.append_many(
        (
            renamed(now if number < due else later, f"2026-{number:06d}", "unit", f"Объект {number}")
            for number in range(cases)
        ),
        now=NOW,
    )
    channel = Folder(path=folder, sender="merzim@example.kz")
    table = tables.DEADLINE
    with reading(engine) as connection:
        asked = select(func.count()).where(table.c.state == "open", table.c.due.is_not(None))
        waiting = connection.execute(asked).scalar_one()
    engine.dispose()
    best, letters = float("inf"), 0
    for run in range(5):
        # A round writes, so each runs on its own copy.
        copy = folder / f"{cases}-{run}.db"
        shutil.copy(folder / f"{cases}.db", copy)
        engine = open_database(f"sqlite:///{copy}")
        outbox = SqlOutbox(engine)
        outbox.office()
        begun = time.perf_counter()
        report = run_round(outbox, editions, days, [channel], now=NOW, today=TODAY, rules=RULES)
        notices = [hearing.notice for hearing in report.hearings]
        composed = compose(notices, (channel,), outbox, editions, days, today=TODAY, rules=RULES)
        best = min(best, time.perf_counter() - begun)
        letters = len(composed.parcels)
        engine.dispose()
    return waiting, letters, best * 1e3


def main() -> None:
    """Print both rounds and their ratio."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 5_800
    due = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = measure(folder, due, due)
        large = measure(folder, cases, due)
    for waiting, letters, spent in (small, large):
        print(f"  round over {waiting:>7,} open obligations, {letters} letters: {spent:6.1f} ms")
    print(f"  ratio {large[2] / small[2]:.2f} (target: < 2), large round target < 50 ms with 100 due")
    print(f"  {load()}")


if __name__ == "__main__":
    main()
