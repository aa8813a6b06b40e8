"""The Concept in use: measures of a body, indicators, the year's National report."""

from __future__ import annotations

from pathlib import Path

from tests.merzim.conftest import Merzim

DAY = ("--now", "2026-11-21")


def test_a_cancelled_case_is_no_hindrance(merzim: Merzim) -> None:
    """Opened by mistake and called off, it may be opened again; an ordinary procedure always may."""
    merzim("open", "concept-plan", *DAY)
    assert merzim("cancel", "2026-0001", "--ground", "by mistake", *DAY).code == 0

    assert merzim("open", "concept-plan", *DAY).code == 0
    assert [merzim("open", "internal-analysis", *DAY).code for _ in range(2)] == [0, 0]


def asked(merzim: Merzim, case: str) -> set[str]:
    """Which measures a case asks for."""
    obligations = merzim("case", case, "--json", *DAY).json["obligations"]
    return {obligation["id"] for obligation in obligations if obligation["state"] != "not_required"}


OFFICE = (
    "unit,kind,parent,name,e-mail,duties\n"
    "Қазақстан Республикасының Денсаулық сақтау министрлігі,central body,,Министр,m@org.kz,head\n"
    "Басқарма,,Қазақстан Республикасының Денсаулық сақтау министрлігі,Бастық,h@org.kz,head_of_unit\n"
    "Басқарма,,Қазақстан Республикасының Денсаулық сақтау министрлігі,Офицер,o@org.kz,officer\n"
    "Akimat,oblast akim office,,A. Akhmetov,a@org.kz,\n"
    "Court office,central body,,B. Bekova,b@org.kz,\n"
    "Fund,quasi-state entity,,V. Kim,v@org.kz,\n"
)
HEALTH = "Қазақстан Республикасының Денсаулық сақтау министрлігі"


def office(merzim: Merzim, folder: Path) -> None:
    """Write the units and people of several organisations."""
    (folder / "people.csv").write_text(OFFICE, encoding="utf-8")
    result = merzim("people", "people.csv")
    assert result.code == 0, result.err


def test_a_ministry_answers_for_its_own_measures_and_no_others(merzim: Merzim, tmp_path: Path) -> None:
    """The Ministry of Healthcare is known by its unit's name, the country's left out: the plan names it in row
    31, and central bodies in 13, 34 and 49(2). What "interested bodies" do is asked once it is planned."""
    office(merzim, tmp_path)
    assert merzim("open", "concept-plan", "--unit", HEALTH, *DAY).code == 0
    own_measures = {
        "measure_31",
        "measure_13",
        "measure_34",
        "measure_49_2",
        "concept_approved",
        "progress_reported",
    }

    assert merzim("case", "2026-0001", "--json", *DAY).json["object"] == "MOH"
    assert {name.partition(".")[0] for name in asked(merzim, "2026-0001")} == own_measures
    assert merzim("replan", "2026-0001", "measure_18", "--on", "2026-12-01", *DAY).code == 0
    assert {name.partition(".")[0] for name in asked(merzim, "2026-0001")} == own_measures | {"measure_18"}


def test_a_measure_taken_up_after_its_term_is_asked_of_by_its_plan_date(merzim: Merzim, tmp_path: Path) -> None:
    """Row 18, "interested bodies", ends on 31 March 2023. A ministry that plans it on 5 December 2025 for 20
    January 2026 is not 665 working days late: it is reminded on the 20th and asked on the 21st. One that had
    planned it on 1 March 2023 was late from 1 April 2023, planned day or not."""
    office(merzim, tmp_path)
    for case, planned in (("2025-0001", "2025-12-05"), ("2023-0001", "2023-03-01")):
        assert merzim("open", "concept-plan", "--unit", HEALTH, "--again", "--now", planned).code == 0
        assert merzim("replan", case, "measure_18", "--on", "2026-01-20", "--now", planned).code == 0

    def notices(day: str) -> list[str]:
        merzim("remind", "--now", day)
        rows = merzim("notices", "--case", "2025-0001", "--json", "--now", day).json["notices"]
        return [row["step"] for row in rows if row["obligation"] == "measure_18"]

    why = merzim("explain", "2025-0001", "measure_18", "--now", "2025-12-08").out
    late = merzim("overdue", "--json", "--now", "2025-12-08").json["obligations"]
    steps_by_day = [notices(day) for day in ("2025-12-08", "2026-01-20", "2026-01-21")]
    merzim("record", "2025-0001", "measure_18", "--on", "2026-01-21", "--now", "2026-01-22")
    case_view = merzim("case", "2025-0001", "--json", "--now", "2026-01-22").json

    assert "The act's term is 31 March 2023. The organisation took this up later, on 5 December 2025" in why
    assert [row["case"] for row in late if row["id"] == "measure_18"] == ["2023-0001"]
    assert [sorted(steps) for steps in steps_by_day] == [[], ["planned"], ["planned", "slipped+1"]]
    assert not [
        finding
        for finding in case_view["findings"]
        if finding["obligation"] == "measure_18" and finding["kind"] == "term"
    ]
