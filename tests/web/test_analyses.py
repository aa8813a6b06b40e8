"""The list of analyses: search, filters, done by the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import NOW, TODAY, Site, build
from tests.web.serving import first_sheet
from workflow.cases.commands import recording, standings
from workflow.cases.commands.opening import Opening
from workflow.org.audit import Stamp

AT = Stamp(by="test", now=NOW, today=TODAY)


def open_cases(site: Site, count: int, *, unit: str = "hr", object: str = "Басқарма") -> None:
    """That many cases more, their analyses a week apart."""
    site.case_commands.open_many(
        [
            Opening(
                procedure="internal-analysis",
                unit=unit,
                object=f"{object} {n}",
                planned={"analysis_started": date(2026, 5, 4) + timedelta(weeks=n % 20)},
            )
            for n in range(count)
        ],
        at=AT,
    )


@pytest.fixture
def empty() -> Site:
    """An office without cases."""
    return build()


@pytest.fixture
def officer(empty: Site) -> Iterator[TestClient]:
    with empty.client() as client:
        yield client


def test_filters_narrow_together(empty: Site, officer: TestClient) -> None:
    """Unit with those below it, procedure, stage, status, delay."""
    open_cases(empty, 2, unit="hr", object="Алғашқы")
    open_cases(empty, 1, unit="law", object="Екінші")
    (first,) = empty.case_commands.open_many(
        [
            Opening(
                procedure="internal-analysis",
                unit="law",
                object="Кешіккен",
                planned={"analysis_started": TODAY},
            )
        ],
        at=AT,
    )
    empty.case_commands.write(first.id, AT, standings.cancel, ground="ұйым таратылды")

    def count(**filters: str) -> int:
        text = officer.get("/cases", params={"lang": "en", **filters}).text
        return text.count('class="cell-title"')

    assert count() == 4
    assert count(unit="head") == 4
    assert count(unit="law") == 2
    assert count(standing="cancelled") == 1
    assert count(procedure="internal-analysis", standing="active") == 3
    assert count(procedure="conflict-of-interest") == 0
    assert count(late="1") == 0
    assert count(procedure="internal-analysis", stage="no-such-stage") == 0
    assert count(standing="no-such-standing") == 4


def test_what_is_due_first_stands_first_where_asked(site: Site, browser: TestClient) -> None:
    """Of three analyses the one that starts on 13 April has least to catch up with on 6 April."""

    def order(query: str) -> list[str]:
        return re.findall(r'<a href="/cases/(\d{4}-\d{4})">', browser.get(f"/cases?{query}").text)

    assert order("order=urgent")[-1] == site.real
    assert order("order=newest") == sorted(order(""), reverse=True)
    assert order("order=unit")[0] == site.real, "hr before law"
    cells = [str(cell) for row in first_sheet(browser.get("/cases.xlsx?order=urgent").content) for cell in row]
    ids = [cell for cell in cells if re.fullmatch(r"\d{4}-\d{4}", cell)]
    assert ids == order("order=urgent"), "the workbook is the list of the page"


def test_a_plan_date_that_passed_is_said_in_the_list(site: Site, browser: TestClient) -> None:
    """A start planned for Friday 3 April and not recorded on Monday."""
    site.context.case_commands.write(
        site.real,
        Stamp(by="officer", now=NOW, today=TODAY),
        recording.replan,
        {"analysis_started": date(2026, 4, 3)},
    )

    assert "плановая дата прошла" in browser.get("/cases?lang=ru&unit=hr").text
