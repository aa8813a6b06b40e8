"""Static files of the pages: versions from the wheels, caching, compression, size of a first visit."""

from __future__ import annotations

import gzip
import re

import pytest
from starlette.testclient import TestClient

from merzim.web.ui.assets import HTMX, OWN, asset_address

ONLY_LOOKS = True


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
