"""Every page as it is served: nothing is asked of another host, nothing is complained about; and it prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest

from tests.web.browser.conftest import Served
from tests.web.walking import STARTS, walk

LOGINS = ("officer", "administrator")


@pytest.fixture(scope="module")
def pages(served: Served) -> dict[str, list[str]]:
    """One address of each route, by whose log-in it is looked at."""
    found: dict[str, list[str]] = {}
    known: set[str] = set()
    for login in LOGINS:
        with served.office.client(login) as browser:
            walked = walk(browser, each=1, starts=(*STARTS, *served.office.uploaded))
        whole = set(walked.pages)
        fresh = {route: next(filter(whole.__contains__, at), "") for route, at in walked.by_route.items()}
        found[login] = [page for route, page in fresh.items() if page and route not in known]
        known.update(fresh)
    return found


@pytest.mark.parametrize("login", LOGINS)
def test_no_page_asks_another_host_or_breaks_its_own_policy(
    login: str, pages: dict[str, list[str]], served: Served, quiet: Callable[[], None]
) -> None:
    """In Kazakh and dark; the page says so itself."""
    with served.page(login, language="kk", color_scheme="dark") as page:
        for address in pages[login]:
            page.goto(f"{address}{'&' if '?' in address else '?'}lang=kk&theme=dark")

            assert page.evaluate(
                "[document.documentElement.lang, document.documentElement.dataset.bsTheme]"
            ) == [
                "kk",
                "dark",
            ], address


@pytest.mark.parametrize("login", LOGINS)
def test_every_page_prints(
    login: str, pages: dict[str, list[str]], served: Served, quiet: Callable[[], None]
) -> None:
    """The heading and no menu, no sheet nearly empty, never more than a case with all its reasons needs."""
    with served.page(login) as page:
        for address in pages[login]:
            page.goto(f"{address}{'&' if '?' in address else '?'}lang=ru&theme=dark")
            heading = page.locator("h1").first.inner_text()
            sheets = text_of(page)

            assert squeezed(heading)[:40] in squeezed(sheets[0]), address
            assert "Выйти" not in "".join(sheets), address
            assert all(len(squeezed(sheet)) > 100 for sheet in sheets), f"{address}: a nearly empty sheet"
            assert len(sheets) <= 10, f"{address}: {len(sheets)} sheets"


def test_long_work_says_that_it_is_under_way(served: Served, quiet: Callable[[], None]) -> None:
    """The button can be pressed once; a sentence stands there until the answer comes."""
    with served.page("officer") as page:
        page.goto("/past?lang=ru")
        page.set_input_files("#file", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"case"})
        page.route("**/past", lambda route: route.fulfill(status=204))
        page.locator("main form button[type=submit]").first.click()
        page.locator(".busy-note").wait_for()

        assert page.locator(".busy-note").inner_text() == "Идёт расчёт, подождите…"
        assert page.locator("main form button[type=submit]").first.is_disabled()


def text_of(page: Any) -> list[str]:
    """The text of each printed sheet."""
    document = pypdfium2.PdfDocument(page.pdf(format="A4", print_background=True))
    return [sheet.get_textpage().get_text_range() for sheet in document]


def squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def test_another_language_loses_nothing_typed(served: Served) -> None:
    """Half typed on the page of a form, and typed into a form that was refused."""
    with served.page() as page:
        page.goto("/calendar/acts?lang=ru")
        page.locator("details:has(#act-text) > summary").click()
        page.fill("#act-text", "off = вчера")
        page.locator(".switch a[hreflang=kk]").click()
        page.wait_for_url("**lang=kk")
        half_typed = page.locator("#act-text").input_value()
        page.locator("form:has(#act-text) button[type=submit]").click()
        page.wait_for_selector(".problem-top:not(:empty)")
        page.locator(".switch a[hreflang=ru]").click()
        page.wait_for_url("**lang=ru")

        assert half_typed == "off = вчера"
        assert page.locator("#act-text").input_value() == "off = вчера"
        assert page.evaluate("document.documentElement.lang") == "ru"
