"""Fixtures of the browser tests: one browser, and an office on a real database behind a real port."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from merzim.web.auth.dependencies import COOKIE
from tests.web.lived_in import lived_in_office
from tests.web.offices import Site
from tests.web.serving import on_a_port

CHROMIUM = Path(
    os.environ.get("CHROMIUM") or which("chromium-headless-shell") or which("chromium") or "/usr/bin/chromium"
)
"""The shell without windows, where there is one, takes a third of the processor the whole browser takes."""
LANGUAGES = {"kk": "kk-KZ", "ru": "ru-KZ", "en": "en-GB"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM.exists():
                item.add_marker(pytest.mark.skip(reason="chromium is not installed"))


@dataclass
class Watched:
    """Foreign requests, console errors and CSP violations of a browser."""

    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@dataclass
class Served:
    """An office behind a port of this machine, and what browsers did there."""

    office: Site
    address: str
    browser: Any
    watched: Watched = field(default_factory=Watched)

    @contextmanager
    def page(self, login: str = "officer", *, language: str = "ru", **options: Any) -> Iterator[Any]:
        """A page of somebody who has logged in; "" for a stranger."""
        context = self.browser.new_context(
            locale=LANGUAGES[language],
            timezone_id="Asia/Almaty",
            base_url=self.address,
            **{"viewport": {"width": 1360, "height": 900}, **options},
        )
        if login:
            secret = self.office.way_in(login)
            context.add_cookies(
                [
                    {
                        "name": COOKIE,
                        "value": secret,
                        "url": self.address.replace("http", "https"),
                        "secure": True,
                    }
                ]
            )
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: self._note(request.url))
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.watched.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.watched.complaints.append(f"dialog: {dialog.message}"))
        try:
            yield page
        finally:
            context.close()

    def _note(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.watched.foreign.append(url)

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.watched.complaints.append(f"{message.text} {message.location.get('url', '')}")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """The browser of the system."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def serving(office: Site, browser: Any) -> Iterator[Served]:
    """The pages of an office on a free port."""
    with on_a_port(office.app) as port:
        yield Served(office=office, address=f"http://127.0.0.1:{port}", browser=browser)


@pytest.fixture(scope="module")
def served(chromium: Any) -> Iterator[Served]:
    """The example office with cases in every status; shared by the tests of one file."""
    with serving(lived_in_office(), chromium) as server:
        yield server


@pytest.fixture
def quiet(served: Served) -> Iterator[Callable[[], None]]:
    """Afterwards: no request has left this machine, and the browser had nothing to complain about."""
    served.watched.foreign.clear()
    served.watched.complaints.clear()

    def check() -> None:
        assert served.watched.foreign == []
        assert served.watched.complaints == []

    yield check
    check()
