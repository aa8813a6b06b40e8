"""The statement of one date: each day counted, as a person with a wall calendar would."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from tests.web.conftest import Site

ONLY_LOOKS = True


def counted(page: str) -> list[tuple[str, str]]:
    """Number and date of each line of the table."""
    lines = re.findall(r'<td class="col-n"[^>]*>(.*?)</td>\s*<td[^>]*>([^<]*)</td>', page)
    return [(number, " ".join(day.split())) for number, day in lines]


def test_the_order_is_counted_back_from_the_planned_start_over_a_weekend(
    site: Site, browser: TestClient
) -> None:
    """Planned start: Monday 13 April 2026. Five working days before: 10, 9, 8, 7 and 6 April (Rules, p. 17)."""
    page = browser.get(f"/cases/{site.real}/dates/order_signed?lang=ru").text

    assert counted(page) == [
        ("–", "12 апреля 2026 года, воскресенье"),
        ("–", "11 апреля 2026 года, суббота"),
        ("1", "10 апреля 2026 года, пятница"),
        ("2", "9 апреля 2026 года, четверг"),
        ("3", "8 апреля 2026 года, среда"),
        ("4", "7 апреля 2026 года, вторник"),
        ("5", "6 апреля 2026 года, понедельник"),
    ]
    assert "<b>6 апреля 2026 года</b>" in page
    assert "по состоянию на 6 апреля 2026 года" in page


def test_it_can_be_asked_as_the_days_were_known_then(site: Site, browser: TestClient) -> None:
    page = browser.get(f"/cases/{site.real}/dates/order_signed?lang=ru&as_of=2026-03-01").text

    assert "по состоянию на 1 марта 2026 года" in page


def test_a_name_that_is_no_obligation_has_no_statement(site: Site, browser: TestClient) -> None:
    assert browser.get(f"/cases/{site.real}/dates/tea_drunk").status_code == 404
