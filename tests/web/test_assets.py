"""Static files of the pages: versions from the wheels, caching, compression, size of a first visit."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from merzim.web.ui.assets import ASSETS, OWN, Asset


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.name)
def test_the_wheels_bring_the_files_in_the_versions_we_know(asset: Asset) -> None:
    """htmx is served in the very version the pages were looked at with."""
    version = asset.stated_version()

    assert version == asset.version


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.name)
def test_a_file_of_a_wheel_is_served_and_may_be_kept_for_good(asset: Asset, browser: TestClient) -> None:
    """The browser gets the files of the wheel."""
    answer = browser.get(f"/static/third-party/{asset.name}")

    assert answer.status_code == 200
    assert answer.content == asset.file().read_bytes()
    assert "immutable" in answer.headers["cache-control"]


def test_every_file_a_page_links_is_there(browser: TestClient) -> None:
    """No page asks for a file that does not exist, and none asks another host."""
    page = browser.get("/").text
    links = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', page)
    answers = {link: browser.get(link).status_code for link in links}

    assert len(links) >= 6
    assert all(link.startswith("/static/") for link in links)
    assert set(answers.values()) == {200}


def test_a_missing_wheel_is_named() -> None:
    """The missing dependency is named."""
    stranger = Asset(
        name="x.js",
        package="no_such_package",
        path="x.js",
        version="1",
        pattern="x",
    )

    with pytest.raises(FileNotFoundError, match="no_such_package"):
        stranger.file()


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "app.py", "merzim.css.bak", "a" * 300 + ".css"])
def test_only_named_files_are_served(name: str, browser: TestClient) -> None:
    """Nothing else of the disk can be asked for."""
    answer = browser.get(f"/static/{name}")

    assert answer.status_code == 404


def test_nothing_of_third_parties_is_kept_here() -> None:
    """The folder holds our own few files and no more."""
    own_files = {file.name for file in OWN.iterdir()}

    assert own_files == {
        "base.css",
        "merzim.css",
        "merzim.webmanifest",
        "theme.js",
        "pages.js",
        "portfolio.js",
        "mark.svg",
    }


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, deflate, br, zstd", "br"), ("gzip;q=1.0", "gzip"), ("", None)]
)
def test_a_file_is_sent_compressed_as_the_browser_accepts_it(
    accepted: str, encoding: str | None, browser: TestClient
) -> None:
    """The stylesheet is the same whichever way it came, and caches keep the ways apart."""
    answer = browser.get("/static/merzim.css", headers={"accept-encoding": accepted})

    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == (OWN / "merzim.css").read_bytes()


def test_a_page_is_sent_compressed_unless_another_site_asks_for_it(browser: TestClient) -> None:
    """The length of a compressed page could tell another site what stands in it; a file is sent as it is."""
    headers = {"accept-encoding": "gzip"}
    ours = browser.get("/", headers={**headers, "sec-fetch-site": "same-origin"})
    foreign = [
        browser.get("/", headers={**headers, "sec-fetch-site": f"{site}-site"}) for site in ("cross", "same")
    ]
    table = browser.get("/cases.xlsx", headers=headers)

    assert ours.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in ours.headers["vary"]
    assert int(ours.headers["content-length"]) < len(ours.content) / 3
    assert [response.headers.get("content-encoding") for response in foreign] == [None, None]
    assert table.status_code == 200
    assert "content-encoding" not in table.headers


def test_a_first_visit_carries_at_most_60_kilobytes(browser: TestClient) -> None:
    """The overview with its stylesheets and scripts, as a browser fetches them; the aim is 150."""
    page = browser.get("/", headers={"accept-encoding": "gzip, br"})
    links = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', page.text)
    files = [browser.get(link, headers={"accept-encoding": "br"}) for link in links]
    carried = sum(int(answer.headers["content-length"]) for answer in (page, *files))

    assert carried <= 60_000
