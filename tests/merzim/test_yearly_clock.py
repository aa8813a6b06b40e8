"""`merzim yearly-clock`: every organisation of the office, by its cases and its own reading of the rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim

NOW = ("--now", "2026-11-21")
PEOPLE = """unit,parent,kind,name,post,duties,e-mail,language
oblast,,oblast_akim_office,А,,head,a@e.kz,kk
district,oblast,district_akim_office,Б,,head,b@e.kz,kk
section,district,,В,,head,c@e.kz,kk
factory,oblast,quasi_state,Г,,head,d@e.kz,kk
"""


@pytest.fixture
def akimat(merzim: Merzim, tmp_path: Path) -> Merzim:
    """An oblast, its district with a section, a factory; one analysis of the section ended in May 2025."""
    table = tmp_path / "people.csv"
    table.write_text(PEOPLE, encoding="utf-8")
    assert merzim("people", table, *NOW).code == 0
    merzim("open", "internal-analysis", "--unit", "section", *NOW)
    merzim("record", "2026-0001", "analysis_started", "--on", "2025-05-05", *NOW)
    merzim("record", "2026-0001", "analysis_ended", "--on", "2025-05-26", *NOW)
    merzim("open", "internal-analysis", "--unit", "factory", *NOW)
    merzim("record", "2026-0002", "external_analysis_ended", "--on", "2026-03-31", *NOW)
    return merzim


def found(merzim: Merzim, *arguments: str) -> dict[str, tuple[str, str | None]]:
    answer = merzim("yearly-clock", "--json", *arguments, *NOW).json
    return {
        organisation["unit"]: (organisation["state"], organisation["due"])
        for organisation in answer["organisations"]
    }


def test_every_organisation_stands_by_its_own_analyses(akimat: Merzim) -> None:
    """The section's analysis is the district's; the oblast has none; the factory's window is closed."""
    assert found(akimat) == {
        "oblast": ("waiting", "2026-12-31"),
        "district": ("waiting", "2026-12-31"),
        "factory": ("closed", "2027-12-31"),
    }
    assert list(found(akimat, "--unit", "district")) == ["district"]


def test_one_whose_day_has_passed_makes_the_exit_code_one(akimat: Merzim) -> None:
    """By twelve months the district's day was 26 May 2026."""
    assert akimat("yearly-clock", *NOW).code == 0
    late = akimat("yearly-clock", "--reading", "12_months", *NOW)

    assert late.code == 1
    assert "2026-05-26" in late.out
    assert found(akimat, "--reading", "12_months")["district"] == ("overdue", "2026-05-26")


def test_an_unknown_reading_is_refused_with_those_there_are(akimat: Merzim) -> None:
    """One sentence."""
    result = akimat("yearly-clock", "--reading", "often", *NOW)

    assert result.code == 2
    assert "18_months" in result.err


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_it_says_what_is_practice(akimat: Merzim, language: str) -> None:
    """Counting for each organisation is ours; the recommendation is named."""
    result = akimat("yearly-clock", "--lang", language, *NOW)

    assert "488" in result.out


def test_an_analysis_answers_the_year_s_programme(akimat: Merzim) -> None:
    """Ended in its own case, it is not asked for again: the round records it in the organisation's programme,
    moves it with its day and withdraws it with the mistake; what a person recorded stays."""

    def recorded(unit: str, day: str) -> str | None:
        akimat("remind", "--now", f"{day}T09:05")
        (programme,) = (
            case["id"]
            for case in akimat("cases", "--json", "--now", day).json["cases"]
            if case["unit"] == unit and case["procedure"] == "tbn4-year"
        )
        deadlines = akimat("case", programme, "--json", "--now", day).json["obligations"]
        return next(
            deadline["done_on"] for deadline in deadlines if deadline["id"] == "analysis_carried_out.2026"
        )

    akimat("open-year", "2026", "--now", "2026-11-21")
    akimat("open", "internal-analysis", "--unit", "section", *NOW)
    number = max(case["id"] for case in akimat("cases", "--json", *NOW).json["cases"])
    akimat("record", number, "analysis_started", "--on", "2026-10-05", *NOW)
    assert recorded("district", "2026-11-23") is None

    akimat("record", number, "analysis_ended", "--on", "2026-10-30", "--now", "2026-11-23T16:30")
    assert recorded("district", "2026-11-24") == "2026-10-30"
    assert recorded("oblast", "2026-11-24") is None

    akimat(
        "correct",
        number,
        "analysis_ended",
        "--on",
        "2026-11-02",
        "--ground",
        "қате",
        "--now",
        "2026-11-24T16:30",
    )
    assert recorded("district", "2026-11-25") == "2026-11-02"

    akimat("withdraw", number, "analysis_ended", "--ground", "қате", "--now", "2026-11-25T16:30")
    assert recorded("district", "2026-11-26") is None
