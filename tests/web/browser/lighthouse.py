"""Lighthouse scores of the task list, a case and the overview on a telephone. Run by `make lighthouse`.

Each page is measured several times (`python -m tests.web.browser.lighthouse 5`) and the median counts, since a
busy machine slows the simulated telephone down. Needs npx, which fetches Lighthouse.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import ExitStack, redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median
from subprocess import DEVNULL, run
from typing import Any

from merzim.web.auth.dependencies import COOKIE
from tests.web.browser.conftest import CHROMIUM, serving
from tests.web.lived_in import lived_in_office

LIGHTHOUSE = "lighthouse@12.8.2"
PAGES = (("officer", "/desk"), ("officer", "/cases/2026-0001"), ("first_head", "/"))
CATEGORIES = ("performance", "accessibility", "best-practices")
AIM, MOST_BYTES = 95, 150_000


def main() -> None:
    """Print the marks and what a first visit transfers; exit 1 where a page misses its aim."""
    times = int(sys.argv[1]) if sys.argv[1:] else 3
    missed = False
    with tempfile.TemporaryDirectory(prefix="merzim-lighthouse-") as folder, ExitStack() as lived_in:
        with redirect_stdout(StringIO()):
            office = lived_in.enter_context(lived_in_office(Path(folder) / "office"))
        served = lived_in.enter_context(serving(office, None))
        for login, path in PAGES:
            cookie = f"{COOKIE}={office.way_in(login)}; lang=ru"
            reports = [ask(served.address + path, cookie, Path(folder)) for _ in range(times)]
            marks = {
                name: 100 * median(report["categories"][name]["score"] for report in reports)
                for name in CATEGORIES
            }
            carried = max(report["audits"]["total-byte-weight"]["numericValue"] for report in reports)
            missed |= marks["performance"] < AIM or carried > MOST_BYTES
            summary = ", ".join(f"{name} {mark:.0f}" for name, mark in marks.items())
            print(f"{path}: {summary}, {carried / 1000:.0f} KB", flush=True)
    sys.exit(missed)


def ask(address: str, cookie: str, folder: Path) -> dict[str, Any]:
    """Return the report of Lighthouse on one visit with nothing cached."""
    file, headers = folder / "report.json", folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookie}))
    run(
        [
            *("npx", "--yes", LIGHTHOUSE, address, "--quiet", "--form-factor=mobile"),
            *(f"--only-categories={','.join(CATEGORIES)}", "--throttling-method=simulate"),
            *(f"--extra-headers={headers}", "--output=json", f"--output-path={file}"),
            "--chrome-flags=--headless --no-sandbox",
        ],
        check=True,
        env=os.environ | {"CHROME_PATH": str(CHROMIUM)},
        stdout=DEVNULL,
    )
    report: dict[str, Any] = json.loads(file.read_text())
    return report


if __name__ == "__main__":
    main()
