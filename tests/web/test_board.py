"""The managers' board."""

from __future__ import annotations

from datetime import date

from starlette.testclient import TestClient

from merzim.services.board.board import Board, board
from merzim.services.context import operator_context
from tests.web.conftest import NOW, TODAY, Site, build


def seen(site: Site, *, today: date = TODAY, limit: int = 100, first: int = 0) -> Board:
    ctx = operator_context(site.context, by="test", now=NOW, today=today)
    return board(ctx, limit=limit, first=first)


def test_the_order_of_the_real_schedule_is_due_on_its_demonstration_day(site: Site) -> None:
    """On 6 April 2026 the order of the analysis that starts on 13 April is due: not overdue, nothing left."""
    line = next(line for line in seen(site).due if line.case == site.real)

    assert (line.obligation, line.due, line.working_days) == ("order_signed", TODAY, 0)
    assert not any(line.case == site.real for line in seen(site).overdue)


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


def test_the_demonstration_day_is_said_only_on_one() -> None:
    """Nobody takes an appointed day for today."""
    with build(demonstration=True).client() as browser:
        page = browser.get("/?lang=ru").text
    with build(demonstration=False).client() as browser:
        plain = browser.get("/?lang=ru").text

    assert "Демонстрационный день" in page
    assert "Демонстрационный день" not in plain
