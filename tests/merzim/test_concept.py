"""The Concept in use: measures of a body, indicators, the year's National report."""

from __future__ import annotations

from pathlib import Path

from tests.merzim.conftest import Merzim

DAY = ("--now", "2026-11-21")
MINISTRY = "Ministry of Artificial Intelligence and Digital Development"


def test_a_ministry_sees_its_own_measures_and_those_it_inherited(merzim: Merzim) -> None:
    """Three are still to come on 21 November 2026; the others it is not asked for stand in one line."""
    assert merzim("open", "concept-plan", "--object", "MOAI", *DAY).code == 0

    due = merzim("due", "--until", "2026-12-31", "--json", *DAY).json
    output = merzim("case", "2026-0001", *DAY).out
    why = merzim("explain", "2026-0001", "measure_49_2", *DAY).out

    assert [(row["id"], row["due"]) for row in due["obligations"]] == [
        ("measure_29", "2026-12-31"),
        ("measure_47", "2026-12-31"),
        ("measure_49_2", "2026-12-31"),
    ]
    assert output.startswith(f"2026-0001  {MINISTRY}")
    assert "Not required (56): measure_2, " in output
    assert f"MDDIAI: abolished or reorganised on 18 September 2025, succeeded by {MINISTRY}." in why


KEPT_FROM_THE_BEGINNING = '[office]\nkept_from = 2022-01-01\n[database]\nurl = "sqlite:///office.db"\n'


def test_ten_items_are_open_on_the_day_the_work_began(merzim: Merzim, tmp_path: Path) -> None:
    """Without a body everything is asked: ten terms lie ahead, sixty-three have passed since 2022."""
    (tmp_path / "config.toml").write_text(KEPT_FROM_THE_BEGINNING, encoding="utf-8")
    assert merzim("open", "concept-plan", *DAY).code == 0

    ahead = merzim("due", "--until", "2026-12-31", "--json", *DAY).json["obligations"]
    passed = merzim("overdue", "--json", *DAY).json["obligations"]

    assert {row["id"].removeprefix("measure_") for row in ahead} == {
        *("12", "13", "29", "45", "46", "47", "48", "49_2", "59", "61"),
    }
    assert len(passed) == 63


def test_a_value_below_its_target_is_a_finding_and_the_case_goes_on(merzim: Merzim) -> None:
    """39 points for 2023 where 43 were the target; the indicators of the other years wait to be measured."""
    assert merzim("open", "concept-targets", *DAY).code == 0
    recorded = merzim(
        "record", "2026-0001", "cpi_measured.2023", "--on", "2024-01-30", "--value", "measured=39", *DAY
    )
    assert recorded.code == 0

    answer = merzim("case", "2026-0001", "--json", *DAY).json

    assert [finding["obligation"] for finding in answer["findings"] if finding["kind"] == "term"] == [
        "cpi_measured.2023"
    ]
    assert answer["stage"] == "concept"


def test_the_report_of_a_year_is_due_in_the_next(merzim: Merzim) -> None:
    """The year's case opens with the year; the body's own term is the only one it is reminded of."""
    planned = ("--planned", "year_begun=2026-01-01")
    assert merzim("open", "national-report", *planned, *DAY).code == 0

    answer = merzim("case", "2026-0001", "--json", *DAY).json
    dues = {
        obligation["id"]: (obligation["due"], obligation["safe_by"]) for obligation in answer["obligations"]
    }

    assert dues["information_submitted"] == ("2027-04-15", "2027-04-14")
    assert dues["report_sent_to_administration"][0] == "2027-05-17"
    assert dues["report_submitted_to_president"][0] == "2027-06-30"
    assert merzim("overdue", "--now", "2027-04-16").code == 1


def test_what_is_opened_once_names_the_case_there_is(merzim: Merzim) -> None:
    """The second is refused with the id of the first; meant all the same, it is opened."""
    assert merzim("open", "concept-plan", *DAY).code == 0
    second = merzim("open", "concept-plan", *DAY)
    another_body = merzim("open", "concept-plan", "--object", "MOAI", *DAY)
    repeated_opening = merzim("open", "concept-plan", "--again", *DAY)

    assert (second.code, another_body.code, repeated_opening.code) == (2, 0, 0)
    assert "2026-0001" in second.err
    assert "--again" in second.err
    assert len(merzim("cases", "--json").json["cases"]) == 3


def test_a_cancelled_case_is_no_hindrance(merzim: Merzim) -> None:
    """Opened by mistake and called off, it may be opened again; an ordinary procedure always may."""
    merzim("open", "concept-plan", *DAY)
    assert merzim("cancel", "2026-0001", "--ground", "by mistake", *DAY).code == 0

    assert merzim("open", "concept-plan", *DAY).code == 0
    assert [merzim("open", "internal-analysis", *DAY).code for _ in range(2)] == [0, 0]


def test_a_body_is_known_by_its_name_in_any_language(merzim: Merzim) -> None:
    """The case is about the body and not about some text; it is the same body by whichever name."""
    merzim("open", "concept-plan", "--object", MINISTRY, *DAY)
    second_opening = merzim(
        "open", "concept-plan", "--object", "Жасанды интеллект және цифрлық даму министрлігі", *DAY
    )

    assert merzim("case", "2026-0001", "--json", *DAY).json["object"] == "MOAI"
    assert second_opening.code == 2


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


def test_a_term_that_passed_before_its_case_was_opened_says_so(merzim: Merzim, tmp_path: Path) -> None:
    """Row 34 was due of every central body by 31 December 2022: late for a case opened in 2025 as well, and its
    explanation says that the case came later. Row 31, due on 30 September 2025, says nothing of it."""
    (tmp_path / "config.toml").write_text(KEPT_FROM_THE_BEGINNING, encoding="utf-8")
    office(merzim, tmp_path)
    assert merzim("open", "concept-plan", "--unit", HEALTH, "--now", "2025-07-01").code == 0
    why = {
        measure: merzim("explain", "2025-0001", measure, "--now", "2025-10-06").out
        for measure in ("measure_34", "measure_31")
    }

    sentence = "The term had passed before the case was opened here (1 July 2025)"
    assert (sentence in why["measure_34"], sentence in why["measure_31"]) == (True, False)


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


def test_the_minister_hears_of_what_is_overdue_last_of_all(merzim: Merzim, tmp_path: Path) -> None:
    """Of 73 terms only the ministry's own are told of: the head of the officer's unit on the working day after
    30 September 2025 (row 31), the Minister only at the last step, twenty working days after."""
    office(merzim, tmp_path)
    assert merzim("open", "concept-plan", "--unit", HEALTH, "--now", "2025-09-01").code == 0

    def told(day: str) -> set[tuple[str, str]]:
        merzim("remind", "--now", day)
        rows = merzim("notices", "--json", "--now", day).json["notices"]
        return {(row["obligation"], row["person"]) for row in rows if row["obligation"] == "measure_31"}

    assert told("2025-10-01") == {("measure_31", person) for person in ("o@org.kz", "h@org.kz")}
    assert told("2025-10-30") == {("measure_31", person) for person in ("o@org.kz", "h@org.kz", "m@org.kz")}


def test_groups_of_bodies_are_the_kinds_they_stand_for(merzim: Merzim, tmp_path: Path) -> None:
    """Measure 5 names local executive bodies, 13 central and local ones, 18 interested ones, 16 a ministry; who
    the interested ones are the plan does not say."""
    office(merzim, tmp_path)
    for unit, object in (("Akimat", "LEB"), ("Court office", "SC"), ("Fund", "SAMRUK")):
        assert merzim("open", "concept-plan", "--unit", unit, "--object", object, *DAY).code == 0
    akimat, court, fund = (asked(merzim, f"2026-000{n}") for n in (1, 2, 3))

    named_measures = {"measure_5", "measure_13", "measure_16", "measure_18"}
    assert akimat & named_measures == {"measure_5", "measure_13"}
    assert court & named_measures == {"measure_13"}
    assert fund & named_measures == set()
