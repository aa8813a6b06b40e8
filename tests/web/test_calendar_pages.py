"""Calendar pages: months with due dates, earlier states of knowledge, the count of one date day by day."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import Site

ONLY_LOOKS = True


def cell(page: str, day: int) -> str:
    """The cell of a day."""
    (cell_text,) = re.findall(
        rf'<td class="big-day[^"]*">\s*<div class="day-line">\s*<span class="day-number">{day}<.*?</td>',
        page,
        re.DOTALL,
    )
    return cell_text


def test_a_month_shows_what_falls_due_on_its_day(site: Site, browser: TestClient) -> None:
    """The order of the real schedule on 6 April, and nothing on a day off; holidays by their names."""
    page = browser.get("/calendar/2026/4?lang=ru").text
    march = browser.get("/calendar/2026/3?lang=ru").text

    assert f'href="/cases/{site.real}#order_signed"' in cell(page, 6)
    assert "/cases/" not in cell(page, 5)
    assert "day-today" in cell(page, 6)
    assert "Наурыз" in cell(march, 21)
    assert "24–25 марта" in march


@pytest.mark.parametrize(
    "path",
    ["/calendar/2026/13", "/calendar/2009/12", "/calendar/2026/x"],
)
def test_a_month_that_is_none_is_not_found(path: str, browser: TestClient) -> None:
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/calendar/2010/1", "/calendar/2028/12", "/calendar/2038/12", "/calendar/2027/2?unit=nowhere"]
)
def test_months_at_the_ends_of_the_records_and_empty_ones_stand(path: str, browser: TestClient) -> None:
    answer = browser.get(path + ("&" if "?" in path else "?") + "lang=ru")

    assert answer.status_code == 200
    assert "открытых сроков нет" in answer.text
    assert ("даты предварительные" in answer.text) == ("/2010/" not in path)


def test_what_was_known_before_an_order_is_shown_as_it_was_known(browser: TestClient) -> None:
    """31 August 2026 stopped being a day off by an act known on 18 March 2026."""
    before = browser.get("/calendar/2026/8?as_of=2026-03-17").text
    after = browser.get("/calendar/2026/8?as_of=2026-03-18").text

    assert "day-substitute" in cell(before, 31)
    assert "day-working" in cell(after, 31)


@pytest.mark.parametrize("as_of", ["2026-02-30", "<script>"])
@pytest.mark.parametrize("path", ["/calendar/2026", "/calendar/2026/4"])
def test_a_date_that_is_none_is_said(path: str, as_of: str, browser: TestClient) -> None:
    answer = browser.get(path, params={"as_of": as_of})

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


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
