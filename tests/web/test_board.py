"""The managers' board."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from starlette.testclient import TestClient

import calendars
from merzim.services.board.board import Board, board
from tests.law import library
from tests.web.conftest import TODAY, Site, build


def seen(site: Site, *, today: date = TODAY, limit: int = 100, first: int = 0) -> Board:
    return board(site.context.reads, library(), calendars.calendar(), today=today, limit=limit, first=first)


def test_the_order_of_the_real_schedule_is_due_on_its_demonstration_day(site: Site) -> None:
    """On 6 April 2026 the order of the analysis that starts on 13 April is due: not overdue, nothing left."""
    line = next(line for line in seen(site).due if line.case == site.real)

    assert (line.obligation, line.due, line.working_days) == ("order_signed", TODAY, 0)
    assert not any(line.case == site.real for line in seen(site).overdue)


def test_lateness_counts_working_days_only(site: Site) -> None:
    """Due on Friday 20 March, Nauryz between: on Monday 6 April it is 8 working days late, not 17."""
    line = next(line for line in seen(site).overdue if line.case == site.late)

    assert (line.due, line.working_days) == (date(2026, 3, 20), 8)


def test_a_day_off_adds_no_lateness_but_the_line_stands(site: Site) -> None:
    """On the Saturday after a Friday deadline it is overdue by 0 working days."""
    line = next(line for line in seen(site, today=date(2026, 3, 21)).overdue if line.case == site.late)

    assert (line.look, line.working_days) == ("overdue", 0)


def test_seven_working_days_are_counted_over_the_weekend(site: Site) -> None:
    """From Monday 6 April the seventh working day is Wednesday 15 April."""
    assert seen(site).soon == date(2026, 4, 15)


def test_an_indicator_is_at_stake_once(site: Site) -> None:
    """Two late announcements do not put 6 points at stake: the indicator gives 3 for the whole body."""
    board = seen(site)
    announcements = [line for line in (*board.overdue, *board.missed) if line.obligation == "start_announced"]

    assert len(announcements) == 2
    assert {line.stake for line in announcements} == {"3"}
    assert board.stake == sum(
        {line.obligation: abs(Decimal(line.stake or 0)) for line in (*board.overdue, *board.missed)}.values()
    )


def test_the_announcement_passed_over_is_missed_and_not_overdue(site: Site) -> None:
    """An announcement made before its text was checked, an analysis ended without one: lost, not late."""
    board = seen(site)

    assert [(line.case, line.obligation) for line in board.missed] == [
        ("2026-0001", "start_text_checked"),
        (site.missed, "start_announced"),
    ]


def test_the_figures_are_of_all_and_the_lists_a_page_of_each(site: Site) -> None:
    """Two lines at a time to the end: nothing twice, nothing left out, the figures the same on every page."""
    whole_board, lines, first = seen(site), [], 0
    while True:
        part = seen(site, limit=2, first=first)
        assert part.overdue_count == whole_board.overdue_count == len(whole_board.overdue)
        assert max(len(part.overdue), len(part.due), len(part.missed)) <= 2
        lines += [(line.case, line.obligation) for line in part.overdue]
        if part.next is None:
            break
        first = part.next

    assert lines == [(line.case, line.obligation) for line in whole_board.overdue]
    assert whole_board.next is None


def test_who_is_asked_is_named(site: Site) -> None:
    """The unit's authorised person is named for her obligations, the head for his."""
    whos = {line.case: line.who for line in seen(site).due if line.obligation == "order_signed"}

    assert whos[site.real].names == ("Иванов Пётр",)


def test_every_line_leads_to_its_obligation(site: Site, browser: TestClient) -> None:
    """One click from the board to the place in the case."""
    page = browser.get("/").text

    assert f'href="/cases/{site.late}#start_announced"' in page
    assert 'id="start_announced"' in browser.get(f"/cases/{site.late}").text


def test_an_empty_office_is_told_what_to_do() -> None:
    """The most urgent row is on the first page."""
    with build().client() as browser:
        page = browser.get("/?lang=ru").text

    assert "Дел пока нет" in page
    assert 'href="/open"' in page


def test_the_demonstration_day_is_said_only_on_one() -> None:
    """Nobody takes an appointed day for today."""
    with build(demonstration=True).client() as browser:
        page = browser.get("/?lang=ru").text
    with build(demonstration=False).client() as browser:
        plain = browser.get("/?lang=ru").text

    assert "Демонстрационный день" in page
    assert "Демонстрационный день" not in plain


def test_a_unit_nobody_knows_gives_an_empty_board_and_no_error(browser: TestClient) -> None:
    """A stale link does not break the page."""
    answer = browser.get("/", params={"unit": "<script>alert(1)</script>", "stage": "nowhere"})

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
