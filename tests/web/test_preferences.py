"""What every page comes in and with: language and theme, files that may be kept, the size of a first visit."""

from __future__ import annotations

import gzip
import re
from html import unescape
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from merzim.web.auth.dependencies import COOKIE
from merzim.web.http import HTMX, OWN, asset_address, preferred_language
from tests.web.conftest import untouched
from tests.web.test_access import ROUTES, filled

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


def test_a_language_and_a_theme_asked_for_are_remembered(browser: TestClient) -> None:
    """`?lang=ru` once, and the next page is Russian without it; the dark page stays dark."""
    browser.get("/?lang=ru&theme=dark")
    page = browser.get("/").text

    assert '<html lang="ru"' in page
    assert 'data-mode="dark"' in page
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


def test_the_switch_keeps_what_the_page_is_narrowed_to(browser: TestClient) -> None:
    """Changing the language does not lose the chosen unit."""
    page = browser.get("/?unit=hr&lang=ru").text

    assert "?unit=hr&amp;lang=kk" in page


FORMS = sorted(
    {route.path for method, route in ROUTES if method == "POST" and not route.path.startswith("/api/")}
)
SWITCH = re.compile(r'<a href="([^"]*)" hreflang="kk"')


@pytest.mark.parametrize(("turn", "login"), [(0, "officer"), (1, "administrator"), (2, "")])
def test_the_answer_to_a_form_leads_to_its_page_in_another_language(turn: int, login: str) -> None:
    """After any refusal, for any reader, the switch links to an address that answers GET; each form is sent by
    one of the three."""
    site, wrong = untouched(), {}
    with site.stranger() as browser:
        for number, path in enumerate(FORMS):
            if (number + turn) % 3:
                continue
            form_address = filled(path, site.real)
            browser.cookies.clear()
            if login:
                browser.cookies.set(COOKIE, site.way_in(login), domain="127.0.0.1")
            answer = browser.post(form_address, data={"nothing": "typed"})
            if (match := SWITCH.search(answer.text)) is None:
                if answer.status_code not in (303, 204, 200):
                    wrong[path] = ("no switch", answer.status_code)
                continue
            page_answer = browser.get(urljoin(form_address, unescape(match[1])))
            if (
                page_answer.status_code in (405, 422, 500)
                or page_answer.headers.get("content-language", "kk") != "kk"
            ):
                wrong[path] = (match[1], page_answer.status_code)

    assert wrong == {}


def test_a_page_of_somebody_stays_theirs(admin: TestClient) -> None:
    """The switch on a refused form of a person leads to that person, not to an empty form."""
    answer = admin.post("/administration/person?lang=ru", data={"key": "a@org.kz", "name": "", "mark": "x"})
    match = SWITCH.search(answer.text)
    assert answer.status_code == 422
    page_again = admin.get(unescape(match[1])).text

    assert "Әлиева Гүлнұр" in page_again


def test_htmx_comes_from_its_wheel_and_may_be_kept_for_good(browser: TestClient) -> None:
    """Nothing of third parties is kept in the repository."""
    answer = browser.get(asset_address("htmx/htmx.min.js"))

    assert answer.content == (HTMX / "htmx.min.js").read_bytes()
    assert b'version:"2.0.3"' in answer.content
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]


def test_every_file_a_page_links_is_there(browser: TestClient) -> None:
    """No page asks for a file that does not exist, and none asks another host."""
    page = browser.get("/").text
    links = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', page)
    answers = {link: browser.get(link).status_code for link in links}

    assert len(links) >= 6
    assert all(link.startswith("/static/") for link in links)
    assert set(answers.values()) == {200}


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "app.py", "merzim.css.bak", "a" * 300 + ".css"])
def test_only_named_files_are_served(name: str, browser: TestClient) -> None:
    """Nothing else of the disk can be asked for."""
    answer = browser.get(f"/static/{name}")

    assert answer.status_code == 404


def test_a_first_visit_carries_at_most_60_kilobytes(browser: TestClient) -> None:
    """The overview with its style sheets and scripts, compressed as the browser accepts it; the aim is 150."""
    page, style = (browser.get(path) for path in ("/", "/static/merzim.css"))
    links = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', page.text)
    files = [browser.get(link) for link in links]

    assert page.headers["content-encoding"] == style.headers["content-encoding"] == "gzip"
    assert int(page.headers["content-length"]) < len(page.content) / 3
    assert style.content == (OWN / "merzim.css").read_bytes()
    assert sum(len(gzip.compress(answer.content, 5)) for answer in (page, *files)) <= 60_000
