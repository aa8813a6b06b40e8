"""A round over 100,000 open obligations with 100 due, beside the same over 1,000: cost follows what is due."""

from __future__ import annotations

import shutil
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from calendars import calendar
from notifications.channels.folder import Folder
from notifications.composing import compose
from notifications.round import round as run_round
from notifications.rules import Rules
from storage import office_store
from storage.engine import open as open_database
from storage.ledger import SqlLedger
from storage.outbox import SqlOutbox
from storage.schema import create_or_migrate
from workflow.desk import Desk
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
    desk = Desk(ledger, editions, days)
    openings = [
        Opening(
            procedure="internal-analysis",
            unit="unit",
            object=f"Объект {number}",
            # The rung five days before the announcement of 26 March falls on 2 March for `due` cases only.
            planned={"analysis_started": DUE if number < due else LATER},
        )
        for number in range(cases)
    ]
    desk.open_many(openings, by="bench", now=NOW, today=TODAY)
    channel = Folder(path=folder, sender="merzim@example.kz")
    waiting = sum(
        row.state == "open" and row.due is not None
        for rows in ledger.rows_of(ledger.ids()).values()
        for row in rows
    )
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
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = measure(folder, 100, 100)
        large = measure(folder, 5_800, 100)
    for waiting, letters, spent in (small, large):
        print(f"  round over {waiting:>7,} open obligations, {letters} letters: {spent:6.1f} ms")
    print(f"  ratio {large[2] / small[2]:.2f} (target: < 2), large round target < 50 ms")


if __name__ == "__main__":
    main()
