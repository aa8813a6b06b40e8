"""Language choice of a page, and how it is stored."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from merzim.web.ui.preferences import preferred_language

ONLY_LOOKS = True


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "kk"),
        ("de-DE, fr;q=0.8", "kk"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en;q=0.4, kk-KZ;q=0.9", "kk"),
        ("fr, en;q=0.5", "en"),
        ("ru;q=0, en;q=0.1", "en"),
        ("ru;q=ten", "kk"),
        (",,,;;q=", "kk"),
    ],
)
def test_the_most_wanted_language_of_ours_is_taken(header: str, language: str) -> None:
    """Kazakh unless the browser asks for another supported language."""
    assert preferred_language(header) == language


def test_a_language_asked_for_is_remembered(browser: TestClient) -> None:
    """`?lang=ru` once, and the next page is Russian without it."""
    browser.get("/?lang=ru")
    page = browser.get("/").text

    assert '<html lang="ru"' in page
    assert "Обзор" in page


def test_the_address_wins_over_the_cookie_and_the_cookie_over_the_browser(browser: TestClient) -> None:
    """The latest choice wins."""
    browser.cookies.set("lang", "en")

    assert '<html lang="en"' in browser.get("/", headers={"accept-language": "ru"}).text
    assert '<html lang="kk"' in browser.get("/?lang=kk", headers={"accept-language": "ru"}).text


@pytest.mark.parametrize("wrong", ["de", "../x", "kk'", ""])
def test_an_unknown_language_is_ignored(wrong: str, browser: TestClient) -> None:
    """Other values are not stored."""
    answer = browser.get("/", params={"lang": wrong})

    assert '<html lang="kk"' in answer.text
    assert "set-cookie" not in answer.headers


def test_a_theme_is_remembered(browser: TestClient) -> None:
    """The dark page stays dark."""
    browser.get("/?theme=dark")

    assert 'data-mode="dark"' in browser.get("/cases").text


def test_the_switch_keeps_what_the_page_is_narrowed_to(browser: TestClient) -> None:
    """Changing the language does not lose the chosen unit."""
    page = browser.get("/?unit=hr&lang=ru").text

    assert "?unit=hr&amp;lang=kk" in page
