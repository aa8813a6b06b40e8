"""Output of each command, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.merzim.conftest import PAST, PEOPLE, Merzim


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_calendar_year_is_a_sheet_to_print(merzim: Merzim, language: str) -> None:
    """The counts and the special days; no line wider than a page."""
    result = merzim("calendar", "year", "2026", "--lang", language)
    year_sheet = merzim("calendar", "year", "2026", "--json").json

    assert result.code == 0
    assert max(map(len, result.out.splitlines())) < 140
    assert "2026-01-01" in result.out
    assert sum(month["working_days"] for month in year_sheet["months"]) == year_sheet["working_days"]


def test_procedures_lists_editions_and_one_in_full(merzim: Merzim) -> None:
    """Editions with their dates; with an id its stages, obligations and acts."""
    editions = [edition["edition"] for edition in merzim("procedures", "--json").json["procedures"]]
    edition_text = merzim("procedures", "internal-analysis").out

    assert {"internal-analysis.2023-01-01", "internal-analysis.2024-01-01"} <= set(editions)
    assert "start_announced" in edition_text
    assert "P1.T1.S3" in edition_text


def test_the_text_of_a_plan_says_why_each_date_is_what_it_is(merzim: Merzim) -> None:
    """Under the table every dated obligation has its sentences; undated ones have none."""
    line = ("plan", "internal-analysis", "--planned", "analysis_started=2026-04-13", "--lang", "kk")
    obligations = merzim(*line, "--json").json["obligations"]
    text = " ".join(merzim(*line).out.split())

    def why(obligation: Mapping[str, Any]) -> str:
        return " ".join(" ".join(element["text"] for element in obligation["explanation"]).split())

    assert "Оған дейінгі 10 жұмыс күні: 10, 9, 8, 7, 6, 3, 2, 1 сәуір, 31, 30 наурыз." in text
    assert {obligation["id"]: why(obligation) in text for obligation in obligations} == {
        obligation["id"]: obligation["due"] is not None for obligation in obligations
    }


def test_audit_exits_one_with_findings_and_zero_without(merzim: Merzim, tmp_path: Path) -> None:
    """A clean analysis is said to be clean."""
    clean = tmp_path / "clean.csv"
    clean.write_text("case,order_signed,analysis_started\nA,2026-04-06,2026-04-13\n", encoding="utf-8")

    assert merzim("audit", PAST).code == 1
    assert merzim("audit", clean).code == 0
    assert "A: no findings." in merzim("audit", clean).out


def test_responsible_texts_are_matched_kept_and_mended(office: Merzim) -> None:
    """The people a schedule means are stored; `people --match` corrects it."""
    matches = office("people", "--json").json["matches"]
    office("people", "--match", "Рабочая группа по ВАКР=Пресс-служба")

    assert matches["Рабочая группа по ВАКР"] == "Рабочая группа по ВАКР"
    assert office("people", "--json").json["matches"]["Рабочая группа по ВАКР"] == "Пресс-служба"


def test_a_case_of_no_unit_is_asked_for_what_the_office_s_own_kind_must_do(
    merzim: Merzim, tmp_path: Path
) -> None:
    """The cartogram is updated by oblast akims' offices alone (000, P1.T5.S1): a company is not asked for it.
    In an office of a ministry and a company, which one is meant is asked, and both are named."""
    merzim("people", PEOPLE)
    case = merzim("open", "internal-analysis", "--object-ru", "Аренда", "--json").json["id"]
    states = {o["id"]: o["state"] for o in merzim("case", case, "--json").json["obligations"]}
    table = tmp_path / "second.csv"
    table.write_text(
        "Подразделение;Вид организации;ФИО\nМинистерство;центральный государственный орган;А. Б.\n", "utf-8"
    )
    assert merzim("people", table).code == 0
    asked = merzim("open", "internal-analysis", "--object-ru", "Аренда")

    assert (states["cartogram_updated"], states["positions_consolidated"]) == ("not_required", "not_required")
    assert asked.code == 2
    assert "several organisations: say which one is meant (Министерство, Правление)" in asked.err
    assert merzim("open", "internal-analysis", "--unit", "Министерство", "--object-ru", "Аренда").code == 0


def test_open_record_replan_correct_and_what_moves(merzim: Merzim) -> None:
    """A command says which due dates it moved; done again it says that nothing changed."""
    start = ("--planned", "analysis_started=2026-04-13", "--now", "2026-03-01")
    opened_case = merzim("open", "internal-analysis", *start)
    moved_dates = merzim("replan", "2026-0001", "analysis_started", "--on", "2026-04-20", "--json").json[
        "moved"
    ]
    second_replan = merzim("replan", "2026-0001", "analysis_started", "--on", "2026-04-20")
    order = ("2026-0001", "order_signed", "--on")
    merzim("record", *order, "2026-04-10", "--now", "2026-04-13")
    fixed = merzim("correct", *order, "2026-04-13", "--ground", "the order's own date", "--now", "2026-04-14")

    assert "2026-0001" in opened_case.out
    assert {"obligation": "order_signed", "from": "2026-04-06", "to": "2026-04-13"} in moved_dates
    assert "Nothing changed." in second_replan.out
    assert fixed.code == 0


def test_every_field_of_a_verb_is_an_option(office: Merzim) -> None:
    """Those no command spelt out before: a remark, a dry run, evidence that follows, a fact known at once."""
    opened_case = office(
        "open", "internal-analysis", "--fact", "order_signed=2026-03-30", "--again", "--json"
    ).json
    case = opened_case["id"]
    step = ("record", case, "start_announced", "--on", "2026-03-30", "--now", "2026-03-31")
    foreseen = office(*step, "--remark", "on the site", "--dry-run", "--json").json
    recorded = office(*step, "--remark", "on the site")

    assert office("case", case, "--json").json["facts"]["order_signed"] == "2026-03-30"
    assert (foreseen["preview"], recorded.code) == (True, 0)
    assert "on the site" in str(office("case", case, "--json").json["events"][-1])
    assert "nothing else is sent" in office(*step, "--evidence-follows", "--signed-by", "head").err


def test_evidence_is_named_by_its_kind_whole_or_short(office: Merzim) -> None:
    """A kind the fact does not ask for is refused by the kinds it does, not as a file that is missing."""
    case = office("open", "internal-analysis", "--fact", "order_signed=2026-03-30", "--json").json["id"]
    step = ("record", case, "start_announced", "--on", "2026-03-30", "--now", "2026-03-31")
    wrong = office(*step, "--evidence", "radio=https://a.example/1")
    office(*step, "--evidence", "site=https://a.example/1", "--evidence", "link:media=https://b.example/?p=2")
    kept = office("case", case, "--json").json["evidence"]["start_announced"]

    assert (wrong.code, "link:site, link:media" in wrong.err) == (2, True)
    assert [item["kind"] for item in kept] == ["link:site", "link:media"]


def test_due_and_overdue(office: Merzim) -> None:
    """Overdue with rows exits 1 and counts working days; due looks seven working days ahead."""
    due = office("due", "--now", "2026-03-30", "--json").json
    calm = office("overdue", "--now", "2026-03-30")
    late = office("overdue", "--now", "2026-04-08", "--json")

    assert due["until"] == "2026-04-08"
    assert [obligation["id"] for obligation in due["obligations"]] == ["start_announced", "order_signed"]
    assert calm.code == 0
    assert late.code == 1
    by_id = {obligation["id"]: obligation["late_by_working_days"] for obligation in late.json["obligations"]}
    assert by_id == {"start_announced": 7, "order_signed": 2}


def test_an_unknown_obligation_is_refused_with_those_there_are(office: Merzim) -> None:
    """The nearest first."""
    result = office("explain", "2026-0001", "quarter_reportd.2026Q3")

    assert result.code == 2
    assert "quarter_reported.2026Q3" in result.err


@pytest.mark.parametrize("command", ["cases", "people", "notices", "due", "procedures"])
def test_an_empty_office_answers(empty_office: Merzim, command: str) -> None:
    """Nothing there is no trouble."""
    assert empty_office(command, "--now", "2026-04-06").code == 0
    assert isinstance(empty_office(command, "--json", "--now", "2026-04-06").json, dict)


def test_version(merzim: Merzim) -> None:
    """Which merzim this is."""
    assert merzim("--version").out.startswith("merzim ")


def test_nothing_overdue_is_not_said_alone_while_a_duty_without_a_term_is_open(merzim: Merzim) -> None:
    """Who knows of a conflict of interest tells of it at once (002, p. 14): no due date, and yet not done."""
    case = merzim("open", "conflict-of-interest", "--json", "--now", "2026-03-02").json["id"]
    assert merzim("record", case, "conflict_known", "--on", "2026-03-02", "--now", "2026-03-02").code == 0

    on_the_day, later = (merzim("overdue", "--now", day).out for day in ("2026-03-02", "2026-03-04"))

    assert on_the_day == "Nothing is overdue on 2 March 2026.\n"
    assert later == "Nothing is overdue on 4 March 2026; 2 not confirmed.\n"
