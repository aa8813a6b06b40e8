"""Everything measured, as one table: `make bench`, or `python -m benchmarks [days|step|pages|...]`."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterator
from os import cpu_count, getloadavg

from benchmarks import commands, crowd, days, imports, letters, pages, step
from benchmarks.table import HEAD, Line

PARTS: dict[str, Callable[[], Iterator[Line]]] = {
    "days": days.measured,
    "step": step.measured,
    "command": commands.measured,
    "imports": imports.measured,
    "letters": letters.measured,
    "crowd": crowd.measured,
    "pages": pages.measured,
}


def main() -> int:
    """Print the table; 1 if a promise is not kept."""
    began = time.monotonic()
    print(f"{platform.platform()}, Python {platform.python_version()}, {_load()}\n{HEAD}", flush=True)
    broken = 0
    for name in sys.argv[1:] or PARTS:
        for line in PARTS[name]():
            print(line, flush=True)
            broken += not line.kept
    print(f"{time.monotonic() - began:.0f} s, {_load()}")
    return 1 if broken else 0


def _load() -> str:
    return f"load {getloadavg()[0]:.1f} on {cpu_count()} processors"


if __name__ == "__main__":
    sys.exit(main())
