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
OWN_FIRST_DAY = """\
[office]
kept_from = 2026-01-01
[database]
url = "sqlite:///office.db"
[regulations]
acts = ["tbn4-2024"]
"""


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


def test_the_explanation_and_the_case_say_that_it_lies_before_the_records(company: Merzim) -> None:
    """The third quarter's report was due on 5 October; done all the same it can be recorded."""
    opened = company("open-year", "2026", *NOVEMBER, "--json").json["opened"]
    case = next(case["id"] for case in opened if case["procedure"] == "tbn4-project-2")

    why = company("explain", case, "quarter_reported.2026Q3", *NOVEMBER).out
    assert "before the office began to keep records here (25 November 2026)" in why
    assert "not recorded here" in company("case", case, *NOVEMBER).out
    done = company("record", case, "quarter_reported.2026Q3", "--on", "2026-10-05", *NOVEMBER)
    assert done.code == 0


def test_an_office_may_name_an_earlier_first_day(company: Merzim, tmp_path: Path) -> None:
    """Kept from 1 January 2026, the reports of three quarters are overdue in November."""
    (tmp_path / "config.toml").write_text(OWN_FIRST_DAY, encoding="utf-8")
    assert company("people", "people.csv", *NOVEMBER).code == 0
    assert company("open-year", "2026", *NOVEMBER).code == 0

    assert {"quarter_reported.2026Q1", "quarter_reported.2026Q2", "quarter_reported.2026Q3"} <= overdue(
        company, "2026-11-25"
    )


def test_the_first_case_is_the_first_day_for_those_that_follow(company: Merzim) -> None:
    """An analysis opened on 3 August begins the records: a year opened in November owes the third quarter."""
    planned = ("--planned", "analysis_started=2026-09-14", "--now", "2026-08-03")
    assert company("open", "internal-analysis", *planned).code == 0
    assert company("open-year", "2026", *NOVEMBER).code == 0

    late = overdue(company, "2026-11-25")
    assert "quarter_reported.2026Q3" in late
    assert not {"quarter_reported.2026Q1", "quarter_reported.2026Q2"} & late


def test_opening_a_year_shows_first_what_it_brings_and_to_whom(company: Merzim) -> None:
    """From today on nothing is overdue and nobody is told of what passed, only of the six duties that points of
    the year hang on; from 1 January the reports of three quarters are overdue, and both people are told.
    Nothing is written by asking."""
    today = company("open-year", "2026", "--dry-run", *NOVEMBER, "--json").json
    january = company("open-year", "2026", "--dry-run", "--kept-from", "2026-01-01", *NOVEMBER, "--json").json
    ahead = company("open-year", "2026", "--dry-run", "--kept-from", "2026-11-26", *NOVEMBER)

    assert (today["kept_from"], today["overdue"], today["told"]) == ("2026-11-25", 0, {"Fay": 6})
    assert january["overdue"] >= 3
    assert set(january["told"]) == {"Dan", "Fay"}
    assert ahead.code == 2
    assert company("cases", "--json", *NOVEMBER).json["cases"] == []
    company("open-year", "2026", "--kept-from", "2026-01-01", *NOVEMBER)
    assert len(overdue(company, "2026-11-25")) == january["overdue"]


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
