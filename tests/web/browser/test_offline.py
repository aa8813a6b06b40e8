"""Offline task list: cached by the browser, in the reader's language, removed at log-out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.web.browser.axe import AXE, OVER, RUN
from tests.web.browser.conftest import Served, serving
from tests.web.real import real_office

KEPT = "caches.match('/desk/kept').then(kept => kept ? kept.headers.get('content-language') : '')"


@pytest.fixture
def served(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An office of its own: the browser that logs out ends its only session."""
    with real_office(tmp_path_factory.mktemp("office")) as office, serving(office, chromium) as server:
        yield server


def wait_until_kept(page: Any, language: str) -> None:
    """Wait for the browser's copy of the desk in a language; "" for there being none."""
    for _ in range(100):
        if page.evaluate(KEPT) == language:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"kept: {page.evaluate(KEPT)!r}, expected: {language!r}")


@pytest.mark.parametrize(("language", "kept"), [("ru", "Список сохранён: 06.04.2026"), ("kk", "06.04.2026")])
def test_the_desk_is_read_without_a_network_and_forgotten_at_the_log_out(
    served: Served, language: str, kept: str, quiet: Callable[[], None]
) -> None:
    """Any page asked for shows the list and its moment, usable by everybody; then nothing of it is left."""
    with served.page(language=language) as page:
        page.goto("/desk")
        wait_until_kept(page, language)
        step = page.locator("tr[id] .cell-title a").first.inner_text()
        quiet()
        page.context.set_offline(True)
        page.goto("/cases")
        main_text = page.locator("main").inner_text()
        page.evaluate(AXE)
        wrong = [*page.evaluate(OVER), *page.evaluate(RUN, "")]

        assert kept in main_text
        assert step in main_text
        assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderTopStyle") == "solid"
        assert wrong == []

        page.context.set_offline(False)
        page.goto("/desk")
        page.locator("button.who-out").click()
        page.wait_for_url("**/login**")
        wait_until_kept(page, "")


def test_another_language_is_kept_as_soon_as_it_is_read(served: Served) -> None:
    """Although the list is younger than an hour and another page was asked for."""
    with served.page(language="ru") as page:
        page.goto("/desk")
        wait_until_kept(page, "ru")
        page.goto("/cases?lang=kk")
        wait_until_kept(page, "kk")
