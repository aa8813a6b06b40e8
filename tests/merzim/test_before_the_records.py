"""What lies before the office's records is not overdue, and no letter speaks of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim, Prepare

PEOPLE = """\
unit,kind,name,duties,email
Company,quasi-state entity,Dan,head,dan@example.kz
Company,,Fay,officer,fay@example.kz
"""
NOVEMBER = ("--now", "2026-11-25")


@pytest.fixture
def company(prepared: Prepare) -> Merzim:
    """A company with two people, bound by the instruction of points, and no case yet."""
    return prepared(_company)


def _company(merzim: Merzim) -> None:
    Path("people.csv").write_text(PEOPLE, encoding="utf-8")
    assert merzim("people", "people.csv", *NOVEMBER).code == 0
    assert merzim("acts", "adopt", "tbn4-2024", *NOVEMBER).code == 0


def overdue(merzim: Merzim, day: str) -> set[str]:
    rows = merzim("overdue", "--json", "--now", day).json["obligations"]
    return {row["id"] for row in rows}


def told(merzim: Merzim) -> list[str]:
    """Dates of which a round on 25 November tells somebody."""
    merzim("remind", *NOVEMBER)
    return sorted(row["due"] for row in merzim("notices", "--json", *NOVEMBER).json["notices"])


def test_a_year_opened_in_november_asks_for_nothing_that_was_due_before(company: Merzim) -> None:
    """Nobody hears of the quarters' reports of April, July and October; that of January is due as ever."""
    assert company("open-year", "2026", *NOVEMBER).code == 0

    assert overdue(company, "2026-11-25") == set()
    assert [day for day in told(company) if day < "2026-11-25"] == []
    assert "quarter_reported.2026Q4" in overdue(company, "2027-01-06")
    assert "quarter_reported.2026Q3" not in overdue(company, "2027-01-06")


def test_one_undo_takes_a_year_back_and_it_can_be_opened_again(company: Merzim) -> None:
    """All its cases at once; not what somebody began to record in."""
    opened = company("open-year", "2026", "--kept-from", "2026-01-01", *NOVEMBER, "--json").json["opened"]
    undone = company("open-year", "2026", "--undo", *NOVEMBER, "--json").json
    assert sorted(undone["cancelled"]) == sorted(case["id"] for case in opened)
    assert overdue(company, "2026-11-25") == set()
    assert company("open-year", "2026", "--undo", *NOVEMBER).code == 2

    again = company("open-year", "2026", *NOVEMBER, "--json").json["opened"]
    assert len(again) == len(opened)
    case = next(case["id"] for case in again if case["procedure"] == "tbn4-project-2")
    company("record", case, "quarter_reported.2026Q3", "--on", "2026-10-05", *NOVEMBER)
    refused = company("open-year", "2026", "--undo", *NOVEMBER)
    assert refused.code == 2
    assert case in refused.err
