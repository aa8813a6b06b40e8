"""A full office on a real database, made by the commands of a new installation, on the demonstration day.

Made once for the whole run; a test that writes takes a copy of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.cli import main
from merzim.clock import parse_moment
from merzim.services.app import AppContext
from merzim.services.moments import Clock, Moment
from merzim.settings_file import read
from merzim.web.app import create_app
from merzim.web.auth.dependencies import COOKIE
from tests.web.offices import way_in
from tests.web.serving import browser_of
from workflow.org.access import ACCESSES, OF_ONE_UNIT, CredentialKind

ROOT = Path(__file__).parents[2]
DAY = "2026-04-06"
CONFIGURATION = """
[office]
name = "Ұлттық экономика министрлігі"
officer = "a.akhmetova@example.kz"
language = "kk"
[web]
public_planner = true
[regulations]
acts = ["tbn4-2024", "mne-standard-2025", "enterprise-policy", "decree-802", "decree-154"]
"""


@dataclass(frozen=True)
class RealOffice:
    """An office of the command line in a folder of its own. `pages`: the application, with a settable clock."""

    folder: Path
    app: AppContext
    pages: Any
    moment: list[Moment]
    uploaded: list[str] = field(default_factory=list)
    """Where the pages of files sent but not decided about are."""

    def run(self, *arguments: str, now: str = "2026-03-30T15:00") -> None:
        """A command, as an operator types it; it must succeed."""
        _run(self.folder, *arguments, now=now)

    def later(self, by: timedelta) -> None:
        """Let the pages' clock go on."""
        moment = self.moment[0]
        self.moment[0] = Moment(now=moment.now + by, today=moment.today, demonstration=moment.demonstration)

    def way_in(self, login: str, *, kind: CredentialKind = "session", scope: str = "") -> str:
        """The secret of a session or token of an account."""
        return way_in(self.app.accounts, login, kind, scope, now=self.moment[0].now)

    def client(self, login: str = "officer", **options: Any) -> TestClient:
        """The browser of somebody who has logged in."""
        browser = browser_of(self.pages, **options)
        if login:
            browser.cookies.set(COOKIE, self.way_in(login), domain="127.0.0.1")
        return browser


@contextmanager
def real_office(
    folder: Path, *, day: str = DAY, cases: bool = True, is_new: bool = True
) -> Iterator[RealOffice]:
    """The example office in that folder: people, schedule, one announcement, an account of every access.

    Without `cases` the schedule has not been taken in yet. What is not `is_new` stands in the folder already.
    """
    if is_new:
        shutil.copytree(_with_cases() if cases else _with_people(), folder, dirs_exist_ok=True)
    context = build_app(read(folder / "config.toml", at=folder))
    moment = [parse_moment(day)]

    def clock() -> Moment:
        return moment[0]

    typed_clock: Clock = clock
    office = RealOffice(folder=folder, app=context, pages=create_app(context, typed_clock), moment=moment)
    try:
        yield office
    finally:
        context.close()


@cache
def _with_people() -> Path:
    """The office as `make run` makes it, before its first case."""
    folder = Path(mkdtemp(prefix="merzim-office-"))
    (folder / "config.toml").write_text(CONFIGURATION, encoding="utf-8")
    _run(folder, "people", str(ROOT / "examples" / "people.csv"))
    for access in ACCESSES:
        unit = ["--unit", "Правление"] if access in OF_ONE_UNIT else []
        _run(folder, "user", "add", access, "--access", access, *unit)
    return folder


@cache
def _with_cases() -> Path:
    """The same with the example schedule and its announcement."""
    folder = Path(mkdtemp(prefix="merzim-office-"))
    shutil.copytree(_with_people(), folder, dirs_exist_ok=True)
    link = "https://example.kz/vakr/2026"
    _run(folder, "import", str(ROOT / "examples" / "real_schedule_2026_ru.xlsx"))
    evidence = [f"--evidence=link:{kind}={link}/{kind}@2026-03-30" for kind in ("site", "media", "social")]
    _run(folder, "record", "2026-0001", "start_announced", "--on", "2026-03-30", *evidence)
    return folder


def _run(folder: Path, *arguments: str, now: str = "2026-03-30T15:00") -> None:
    line = [*arguments, "--config", str(folder / "config.toml"), "--lang", "en", "--now", now]
    # In a thread of its own: where a browser is at hand, this one already runs a loop.
    with ThreadPoolExecutor(1) as pool:
        code = pool.submit(main, line).result()
    assert code == 0, line
