"""Portfolio of a year as timeline and by stage: page, workbook, API and command agree."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.web.real import RealOffice, real_office
from tests.web.serving import sheets

ORDER_DUE = datetime.combine(date(2026, 4, 6), time())


@pytest.fixture
def real(tmp_path: Path) -> Any:
    """The published schedule, its analysis's end planned for a later day since it was approved."""
    with real_office(tmp_path) as office:
        office.run("replan", "2026-0001", "analysis_ended", "--on", "2026-05-28")
        yield office


def test_page_workbook_and_command_say_what_the_api_says(
    real: RealOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    """In Russian: the same drift, slack and step, the dates of all steps on a sheet of their own."""
    browser = real.client()
    page = browser.get("/portfolio?lang=ru").text
    assert re.search(r'<td class="col-points" data-label="Отклонение от графика">\+1', page)
    assert "Подписание приказа о внутреннем анализе" in page
    assert "06.04.2026 → 06.04.2026" in page
    assert "окончание анализа: по утверждённому графику – 26 мая 2026 года" in unescape(page).lower()
    lines, steps = (rows[1:] for rows in sheets(browser.get("/portfolio.xlsx").content).values())
    assert (lines[0][0], lines[0][4], lines[0][6], lines[0][9]) == ("2026-0001", 1, 0, ORDER_DUE)
    assert [isinstance(row[5], datetime) for row in steps].count(True) == 2, (
        "the approval and the announcement are done"
    )


def test_a_mark_without_a_script_is_a_link_to_the_form_of_the_plan(real: RealOffice) -> None:
    """The form stands open at its step. Who may not record sees the dates, and nothing to move."""
    browser = real.client()
    page = browser.get("/portfolio").text
    assert 'href="/cases/2026-0001?plan=analysis_ended#plan"' in page
    form = browser.get("/cases/2026-0001?plan=analysis_ended").text
    assert re.search(r'id="plan".*?<details class="fold" open>.*?"analysis_ended" selected', form, re.DOTALL)
    assert '<details class="fold" open><summary><h2 id="plan-title"' not in browser.get("/cases/2026-0001").text
    auditor = real.client("auditor").get("/portfolio").text
    assert "2026-0001" in auditor
    assert "plan=" not in auditor
    assert "portfolio.js" not in auditor
