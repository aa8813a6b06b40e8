"""Measures a round over 100,000 open obligations with 100 due, beside one over 1,000: the cost depends on what
is due.

    python -m benchmarks.rounds [CASES] [DUE] [sqlite|postgresql]

83,400 cases are 1.5 million open obligations; DUE of them have one that is due. A round writes, so each of five
runs on its own copy of the database.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import func, make_url, select, text

from benchmarks.country import computed, load, postgresql, renamed, settled
from calendars import calendar
from merzim.services.regulations.editions import shared_law
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import open as open_database
from merzim.storage.database.engine import reading
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.maintenance.seals import seal
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.org import store as office_store
from merzim.storage.tables.board import DEADLINE
from notifications.channels.folder import Folder
from notifications.letters.composing import compose
from notifications.round import round as run_round
from notifications.rules import Rules
from workflow.cases.commands.opening import Opening
from workflow.law.editions import read_edition
from workflow.law.library import Library
from workflow.org.office import Person, Unit

ROOT = Path(__file__).parent.parent
NOW, TODAY = datetime(2026, 3, 2, 5, 0, tzinfo=UTC), date(2026, 3, 2)
DUE, LATER = date(2026, 3, 26), date(2026, 9, 14)
RULES = Rules(officer="officer@example.kz")


def library() -> Library:
    """Return the shipped editions."""
    files = sorted((ROOT / "regulations").glob("*.*.toml"))
    return Library([read_edition(file.name, file.read_bytes(), shared_law()) for file in files])


class Store:
    """Databases for the measurement: SQLite files in a folder, or databases of one PostgreSQL server."""

    def __init__(self, folder: Path, server: str) -> None:
        self._folder, self._server = folder, server

    def address(self, name: str) -> str:
        """Return the address of a database."""
        if not self._server:
            return f"sqlite:///{self._folder / name}.db"
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def create(self, name: str) -> None:
        """Create an empty database; SQLite creates its own."""
        if self._server:
            self._say(f"CREATE DATABASE {name}")

    @contextmanager
    def copy(self, name: str) -> Iterator[str]:
        """Copy a database and yield the address of the copy, which is removed afterwards."""
        if not self._server:
            shutil.copy(self._folder / f"{name}.db", self._folder / "copy.db")
            yield self.address("copy")
            for file in self._folder.glob("copy.db*"):
                file.unlink()
            return
        self._say(f"CREATE DATABASE copy TEMPLATE {name} STRATEGY file_copy")
        yield self.address("copy")
        self._say("DROP DATABASE copy")

    def _say(self, statement: str) -> None:
        admin = open_database(self._server)
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))
        admin.dispose()


def measure(store: Store, name: str, cases: int, due: int) -> tuple[int, int, float, float]:
    """Return open rows, letters, seconds of building, and milliseconds of the best of five rounds.

    A round is planned, queued, and its texts composed.
    """
    started_at = time.perf_counter()
    store.create(name)
    engine = open_database(store.address(name))
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
    # The reminder step five days before the announcement of 26 March falls on 2 March for `due` cases only.
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
    seal(engine, now=NOW)
    settled(engine)
    channel = Folder(path=Path("unused"), sender="merzim@example.kz")
    table = DEADLINE
    with reading(engine) as connection:
        query = select(func.count()).where(table.c.state == "open", table.c.due.is_not(None))
        waiting = connection.execute(query).scalar_one()
    engine.dispose()
    built = time.perf_counter() - started_at
    best, letters = float("inf"), 0
    for _ in range(5):
        with store.copy(name) as address:
            engine = open_database(address)
            outbox = SqlOutbox(engine)
            outbox.office()
            started_at = time.perf_counter()
            report = run_round(outbox, editions, days, [channel], now=NOW, today=TODAY, rules=RULES)
            notices = [planned.notice for planned in report.planned]
            composed = compose(notices, (channel,), outbox, editions, days, today=TODAY, rules=RULES)
            best = min(best, time.perf_counter() - started_at)
            letters = len(composed.parcels)
            engine.dispose()
    return waiting, letters, built, best * 1e3


def main() -> None:
    """Print both rounds and their ratio."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 5_800
    due = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    where = sys.argv[3] if len(sys.argv) > 3 else "sqlite"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="merzim-bench-")))
        server = stack.enter_context(postgresql()) if where == "postgresql" else ""
        store = Store(folder, server)
        measured = [measure(store, "small", due, due), measure(store, "large", cases, due)]
    for waiting, letters, built, spent in measured:
        print(f"  built {waiting:>9,} open obligations in {built:.0f} s ({where})")
        print(f"  round over {waiting:>7,} open obligations, {letters} letters: {spent:6.1f} ms")
    small, large = (measurement[-1] for measurement in measured)
    print(f"  ratio {large / small:.2f} (target: < 2), large round target < 50 ms with 100 due")
    print(f"  {load()}")


if __name__ == "__main__":
    main()
