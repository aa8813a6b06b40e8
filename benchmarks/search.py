"""Measures the search over everything, in an office with the cases of a country.

    python -m benchmarks.search [CASES] [sqlite|postgresql|ADDRESS]

Each search runs in one transaction, like a page. Prints p50 and p95, and the processor time of our own process
(median), for a reader of the whole country and for one of a tenth of it. Target: p95 under 100 ms at 100,000
cases. ADDRESS is a database filled by `benchmarks.country`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles

from benchmarks.country import build, load, postgresql
from benchmarks.registers import context
from merzim.app import build_app
from merzim.services.search import Search, search
from merzim.settings import DatabaseSettings, Settings
from merzim.storage.database.engine import open as open_database

CASES, TIMES = 2_000, 100
TARGET = 0.1
"""Seconds 95 of 100 answers may take."""
FIRST_UNIT = "u0"
"""Below it stands a tenth of the country."""


def searches(cases: int) -> dict[str, Sequence[str]]:
    """Return what is looked for, so many different texts of each kind."""
    chance = Random(7)
    numbers = [chance.randrange(cases) for _ in range(TIMES)]
    return {
        "number of a case": [f"2026-{number + 1:06d}" for number in numbers],
        "object, two words": [f"рәсімі {number}" for number in numbers],
        "object without endings, Russian letters": [f"сатып алудын расими {number}" for number in numbers],
        "in every case": ["сатып алу"] * TIMES,
        "in no case": [f"пароход {number}" for number in numbers],
        "a person": [f"адам {number % (cases // 5)}" for number in numbers],
        "a surname with a typo": ["Нургалеев"] * TIMES,
        "words of a risk": [f"шешімді {number % 3000}-рәсім" for number in numbers],
        "two letters": ["қа"] * TIMES,
    }


def measure(address: str, cases: int, folder: Path) -> None:
    """Print the figures of one database."""
    app = build_app(Settings(database=DatabaseSettings(url=address)))
    slow = []
    for unit in ("", FIRST_UNIT):
        ask = partial(context, app, unit=unit)
        search(ask(), Search(text="сатып"))
        for name, texts in searches(cases).items():
            seconds, work = [], []
            for text in texts:
                started_at, work_started_at = time.perf_counter(), time.process_time()
                with app.one_snapshot():
                    search(ask(), Search(text=text))
                seconds.append(time.perf_counter() - started_at)
                work.append(time.process_time() - work_started_at)
            p95 = quantiles(seconds, n=20)[-1]
            slow += [name] * (p95 > TARGET)
            print(
                f"{unit or 'all':<4} {name:<40} {median(seconds) * 1000:6.0f} ms p50 {p95 * 1000:6.0f} ms p95 "
                f"{median(work) * 1000:6.0f} ms of our processor",
                flush=True,
            )
    print(f"{len(slow)} of {2 * len(searches(cases))} above {TARGET * 1000:g} ms; {load()}")


def main() -> None:
    """Build and measure; without a second argument on SQLite."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    where = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="merzim-bench-")))
        address = where
        if where == "sqlite":
            address = f"sqlite:///{folder}/country.sqlite"
        elif where == "postgresql":
            address = stack.enter_context(postgresql())
        if where in ("sqlite", "postgresql"):
            engine = open_database(address)
            build(engine, cases, max(10, cases // 5), risks=True)
            engine.dispose()
        measure(address, cases, folder)


if __name__ == "__main__":
    main()
