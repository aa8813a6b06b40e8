"""The served office on the machine's own clock, frozen around midnight in Almaty: 19:00 UTC since 2024."""

from __future__ import annotations

import pytest
from freezegun import freeze_time
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.clock import read
from merzim.web.app import create_app
from merzim.web.auth.dependencies import COOKIE
from tests.web.offices import Site
from tests.web.serving import browser_of


def lived(browser: TestClient, case: str, day: str) -> tuple[str, bool, str]:
    """The day of a page, whether the order of a case is overdue, and the stored moment of its signature."""
    page = browser.get("/?lang=ru").text
    overdue = browser.get("/api/v1/deadlines?urgency=overdue").json()["deadlines"]
    late = (case, "order_signed") in {(row["case"], row["obligation"]) for row in overdue}
    signed = browser.post(f"/api/v1/cases/{case}/facts", json={"fact": "order_signed", "on": day}).json()
    return page.partition('title="Сегодня">')[2].partition(" года")[0], late, signed["events"][0]["at"]


@pytest.mark.parametrize(
    ("utc", "day", "expected"),
    [
        ("2026-04-06T18:59:59Z", "2026-04-06", ("6 апреля 2026", False)),  # the day the order is due
        ("2026-04-06T19:00:00Z", "2026-04-07", ("7 апреля 2026", True)),
        # The start it counts back from was planned for April: a question by now, no lateness.
        ("2026-12-31T18:59:59Z", "2026-12-31", ("31 декабря 2026", False)),
        ("2026-12-31T19:00:00Z", "2027-01-01", ("1 января 2027", False)),
    ],
)
def test_page_lateness_and_stored_moment_are_of_the_machines_day(
    site: Site, utc: str, day: str, expected: tuple[str, bool]
) -> None:
    """Nobody replaces the office's clock; what it loads at first use is loaded before that stands still."""
    app = build_app(site.settings)
    browser = browser_of(create_app(app, read))
    lived(site.client(), site.late, "2026-04-06")
    with freeze_time(utc, real_asyncio=True):
        site.moment = read()
        browser.cookies.set(COOKIE, site.way_in("officer"), domain="127.0.0.1")

        assert lived(browser, site.real, day) == (*expected, utc)
    app.close()
