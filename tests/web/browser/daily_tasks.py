"""Ten daily tasks in a real browser, with clicks and seconds of each. Run by `make tasks`.

The office is the example of `make run` on its day. A click counts, so does a key that decides something; typed
text counts once per field. Seconds run from the first action until the result is on the page, without time for
reading. A task that exceeds its limit of clicks, or does not reach its end, fails.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, run
from typing import Any

from playwright.sync_api import sync_playwright

from merzim.app import build_app
from merzim.clock import stand
from merzim.settings_file import read
from merzim.web.app import create_app
from tests.web.browser.conftest import CHROMIUM, Served, serving
from tests.web.real import DAY, ROOT, RealOffice

PATIENCE = 60_000
"""Milliseconds after which a step that shows nothing is a fault: machines that measure may be busy."""


@dataclass
class ScriptedUser:
    """Actions of a user on a page, counted."""

    page: Any
    clicks: int = 0

    def click(self, selector: str) -> None:
        """Click the first of what the selector finds."""
        self.clicks += 1
        self.page.locator(selector).first.click()

    def press(self, key: str, selector: str = "") -> None:
        """Press a key, on what the selector finds if it is given."""
        self.clicks += 1
        if selector:
            self.page.locator(selector).first.focus()
        self.page.keyboard.press(key)

    def fill(self, selector: str, text: str) -> None:
        """Type into a field: once, however long."""
        self.clicks += 1
        self.page.locator(selector).first.fill(text)

    def choose(self, selector: str, index: int) -> None:
        """Choose from a list."""
        self.clicks += 1
        self.page.locator(selector).first.select_option(index=index)

    def take(self, selector: str) -> None:
        """Click a link that downloads a file."""
        with self.page.expect_download() as download:
            self.click(selector)
        assert download.value.path().stat().st_size > 0

    def sees(self, selector: str) -> None:
        """Wait for the result."""
        self.page.locator(selector).first.wait_for(state="visible")


def record_most_pressing(user: ScriptedUser) -> None:
    user.click('.card-now form[action="/desk/record"] button[type=submit]')
    user.sees('.told form[action="/desk/undo"]')


def record_by_search(user: ScriptedUser) -> None:
    user.press("/")
    user.fill("[data-search]", "тендерной комиссии")
    user.press("Enter")
    user.click('#content a[href^="/cases/2026-0017"]')
    user.click("#record button[type=submit]")
    user.sees(".told[role=status]")


def record_three_at_once(user: ScriptedUser) -> None:
    user.click('nav.choice a[href="/desk?show=all"]')
    for number in range(3):
        user.clicks += 1
        user.page.locator("#overdue [name=row]").nth(number).check()
    user.click("#many button[type=submit]")
    user.click("#many button[name=confirmed]")
    user.sees("#many .told[role=status]")


def worst_and_why(user: ScriptedUser) -> None:
    user.click('[aria-labelledby="overdue-title"] td.cell-title a')
    user.sees("#content details.why[open] p")


def ask_why(user: ScriptedUser) -> None:
    user.click('[aria-labelledby="overdue-title"] a[href^="/cases/2026-0002?why="]')
    user.click('#comment-form button[type="submit"]')
    user.sees(".told[role=status]")


def give_assignment(user: ScriptedUser) -> None:
    user.click('[aria-labelledby="overdue-title"] td.cell-title a')
    user.fill("#assignment-text", "Подготовить проект приказа")
    user.choose("#assignment-person", 1)
    user.fill("#assignment-until", "2026-04-10")
    user.click('form[action$="/assignments#assignment"] button[type=submit]')
    user.sees(".told[role=status]")


def fill_in_a_form(user: ScriptedUser) -> None:
    user.take('#record .now-form a[hreflang="ru"]')


def move_a_plan_date(user: ScriptedUser) -> None:
    user.click('#content nav.tabs a[href^="/portfolio"]')
    mark = '[data-case="2026-0024"][data-fact="analysis_ended"]'
    user.sees(mark)
    user.press("ArrowRight", mark)
    user.press("Enter")
    user.click("#replan button[type=submit]")
    user.click("#plan-problem button[type=submit]")
    user.sees(".told[role=status]")


def overdue_to_a_workbook(user: ScriptedUser) -> None:
    user.click('.figures a[href^="/deadlines?urgency=overdue"]')
    user.take('a[href^="/deadlines.xlsx"]')


Task = tuple[str, str, str, Callable[[ScriptedUser], None], int]
TASKS: tuple[Task, ...] = (
    ("record what is most pressing", "officer", "/desk", record_most_pressing, 1),
    ("find an analysis by words and record its step", "officer", "/desk", record_by_search, 5),
    ("record three steps at once, after a preview", "officer", "/desk", record_three_at_once, 6),
    ("see what is overdue longest, and why that day", "first", "/", worst_and_why, 1),
    ("ask why something is late", "first", "/", ask_why, 2),
    ("give somebody an assignment under a case", "first", "/", give_assignment, 5),
    ("take the form of the present step, filled in", "officer", "/cases/2026-0011", fill_in_a_form, 1),
    ("move a plan date, after a preview", "officer", "/cases", move_a_plan_date, 5),
    ("take all that is overdue as a workbook", "first", "/", overdue_to_a_workbook, 2),
)
"""What is done, by whom, from which page, how, and how many clicks it may take."""


def main() -> None:
    """Do each task in an office of its own, in order; print what it took, and what is wrong."""
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="merzim-tasks-") as name, sync_playwright() as playwright:
        example = _example(Path(name) / "made")
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        for number, (title, login, start, task, limit) in enumerate(TASKS, start=1):
            folder = Path(name) / str(number)
            shutil.copytree(example, folder)
            context = build_app(read(folder / "config.toml", at=folder))
            moment = [stand(DAY)]
            pages = create_app(context, lambda moment=moment: moment[0])
            office = RealOffice(folder=folder, app=context, pages=pages, moment=moment)
            with serving(office, browser) as served:
                wrong += _measure(served, title, login, start, task, limit)
            context.close()
        browser.close()
    print(f"load {os.getloadavg()[0]:.1f}; {wrong} faults")
    sys.exit(bool(wrong))


def _measure(
    served: Served, title: str, login: str, start: str, task: Callable[[ScriptedUser], None], limit: int
) -> bool:
    """Do one task and print what it took; return whether it is wrong."""
    with served.page(login) as page:
        page.set_default_timeout(PATIENCE)
        page.goto(start)
        user, fault = ScriptedUser(page), ""
        began = time.perf_counter()
        try:
            task(user)
        except Exception as error:  # whatever stops a task is its fault, and the others are done all the same
            fault = f"  FAULT: {str(error).splitlines()[0]}"
        seconds = time.perf_counter() - began
    if user.clicks > limit:
        fault += f"  FAULT: more than {limit} clicks"
    print(f"{title:<55} {login:<8} {user.clicks:>2} clicks  {seconds:5.1f} s{fault}", flush=True)
    return bool(fault)


def _example(folder: Path) -> Path:
    """Make the office of `make run` in a folder."""
    folder.mkdir()
    shutil.copy(ROOT / "config.toml", folder)
    environment = {**os.environ, "MERZIM_CONFIG": str(folder / "config.toml")}
    line = [sys.executable, "-m", "merzim.demonstration", "examples/demonstration.txt"]
    run(line, check=True, cwd=ROOT, env=environment, stdout=DEVNULL)
    return folder


if __name__ == "__main__":
    main()
