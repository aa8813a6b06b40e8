"""Output of each command, as text and as JSON."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from merzim.demonstration import run
from tests.merzim.conftest import CASE, PEOPLE, Merzim, Prepare, Said, import_example


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_calendar_year_is_a_sheet_to_print(merzim: Merzim, language: str) -> None:
    """The counts and the special days; no line wider than a page."""
    result = merzim("calendar", "year", "2026", "--lang", language)
    year_sheet = merzim("calendar", "year", "2026", "--json").json

    assert result.code == 0
    assert max(map(len, result.out.splitlines())) < 140
    assert "2026-01-01" in result.out
    assert sum(month["working_days"] for month in year_sheet["months"]) == year_sheet["working_days"]


def test_a_day_names_the_act_that_decides_it(merzim: Merzim) -> None:
    """In words, as pages do; the code of the register of acts is for programs."""
    line = ("calendar", "day", "2026-03-21", "--lang", "ru")

    assert "Акт: Закон «О праздниках в Республике Казахстан» от 13 декабря 2001 года" in merzim(*line).out
    assert merzim(*line, "--json").json["act"] == "Z010000267_"


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
    """A clean analysis is said to be clean; of a practice and an assumed term what each is. The transfer to 5
    January 2025, of which nobody knows when it became known, excuses nobody."""
    clean, late = tmp_path / "clean.csv", tmp_path / "late.csv"
    clean.write_text("case,order_signed,analysis_started\nA,2026-04-06,2026-04-13\n", encoding="utf-8")
    facts = "order_signed,analysis_started,discussion_announced,discussion_held"
    rows = "A,2026-04-07,2026-04-13,2026-05-12,2026-05-11\nB,2024-12-26,2025-01-05,,\n"
    late.write_text(f"case,{facts}\n{rows}", encoding="utf-8")

    assert (merzim("audit", clean).code, merzim("audit", clean).out) == (0, "A: no findings.\n")
    assert merzim("audit", late).code == 1
    said = merzim("audit", late).out
    assert [said.count(part) for part in ("law", "(an assumed term)", "known then")] == [1, 2, 0]


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


def test_a_plan_date_says_before_it_is_written_what_comes_of_it(office: Merzim) -> None:
    """What would be overdue by it, the points then at stake, and the days that keep every term."""
    office("acts", "adopt", "tbn4-2024", "--now", "2026-03-30")
    plan = ("replan", "2026-0001", "analysis_started", "--on", "2026-04-09", "--dry-run", "--now", "2026-04-06")
    said = office(*plan).out

    assert "Would be overdue: Signing of the order on the internal analysis, End of the analysis" in said
    assert "points at stake: 40." in said
    assert "Every term is kept on any day from 20 April to 12 May 2026." in said


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

    listed = office("evidence", case).out

    assert (wrong.code, "link:site, link:media" in wrong.err) == (2, True)
    assert 'Announcement of the start: no evidence "radio" is asked for' in wrong.err
    assert listed.startswith("Announcement of the start:\n")
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


def test_quarters_are_named_in_words_and_a_measure_may_be_done_on_no_known_day(
    office: Merzim, tmp_path: Path
) -> None:
    """Found executed after its last day it is done; when, nobody said. The note on the monitoring is asked for
    when the year is over."""
    for fact, day in (
        ("note_signed", "2026-06-10"),
        ("plan_approved", "2026-06-24"),
        ("published", "2026-06-26"),
    ):
        office("record", CASE, fact, "--on", day, "--now", day)
    office("register", "risks", "add", "--case", CASE, "description=R", "--now", "2026-06-10")
    measure = ("risk=1", "action=Adopt rules", "responsible=n.ibraev@example.kz", "term=30.09.2026")
    office("register", "measures", "add", "--case", CASE, *measure, "--now", "2026-06-24")
    told = office("remind", "--now", "2026-07-07T10:00", "--json").json["notices"]
    review = {"outcome": "executed", "on": "2026-10-07"}
    reviewed = json.dumps({"case": CASE, "row": "measure.1", "action": "review", "values": review})
    (tmp_path / "do.txt").write_text(f"do row '{reviewed}' --now 2026-10-07\n", encoding="utf-8")
    run(tmp_path / "do.txt")
    case, late = office("case", CASE, "--now", "2026-10-08"), office("overdue", "--now", "2026-10-08")

    assert any("Adopt rules" in line and " done  " in line for line in case.out.splitlines()), case.err
    assert "Quarterly information on the recommendations, Q3 2026" in late.out
    assert "(2026Q" not in case.out + late.out
    assert "monitoring_note_drafted" not in {notice["obligation"] for notice in told}


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


def test_a_question_is_answered_once_and_named_where_it_is_not(office: Merzim) -> None:
    """The answer is recorded and shown; again it is done already, otherwise it is refused in one line."""
    case = office("open", "internal-document", "--json").json["id"]
    answer = ("decide", case, "units", "touched", "--on", "2026-04-02", "--now", "2026-04-06")
    foreseen, answered, repeated = office(*answer, "--dry-run"), office(*answer), office(*answer)
    other = office("decide", case, "units", "not_touched", "--on", "2026-04-02", "--now", "2026-04-06")
    unknown = office("decide", case, "units", "perhaps", "--on", "2026-04-02", "--now", "2026-04-06")
    case_output = office("case", case, "--now", "2026-04-06")
    obligations = {
        obligation["id"]: obligation for obligation in office("case", case, "--json").json["obligations"]
    }

    assert (foreseen.code, answered.code, repeated.code, other.code, unknown.code) == (0, 0, 0, 2, 2)
    assert "Recorded  The draft touches other units" in answered.out
    assert "Nothing changed." in repeated.out
    assert "withdraw it first" in other.err
    assert "Possible answers: touched, not_touched" in unknown.err
    assert "decided 02.04.2026: The draft touches other units (touched)" in case_output.out
    assert (obligations["units"]["answers"], obligations["units"]["answer"]) == (
        ["touched", "not_touched"],
        "touched",
    )


def test_a_plan_takes_an_answer_and_refuses_what_is_none(merzim: Merzim) -> None:
    """Measures within ten working days of the opinion: standard, 14(4); 7 April gives 21 April 2026."""
    words = ("plan", "conflict-of-interest", "--fact", "opinion_given=2026-04-07", "--json", "--decide")
    planned = merzim(*words, "conflict=confirmed@2026-04-07").json
    wrong = ("conflict=confirmed", "opinion_given@2026-04-07", "conflict=so@2026-04-07")
    bad = [merzim(*words, text) for text in wrong]

    assert {obligation["id"]: obligation["due"] for obligation in planned["obligations"]}[
        "measures_taken"
    ] == "2026-04-21"
    assert [result.code for result in bad] == [2, 2, 2]
    assert all("DECISION=OPTION@DATE" in result.err for result in bad[:2])


ORDER = b"%PDF-1.7 order 15"
DAY = ("--now", "2026-04-07")


@pytest.fixture
def signed(prepared: Prepare) -> Merzim:
    """The example case with its order signed on the last day, nothing attached yet."""
    return prepared(import_example, _sign)


def _sign(office: Merzim) -> None:
    Path("Бұйрық №15.pdf").write_bytes(ORDER)
    assert office("record", "2026-0001", "order_signed", "--on", "2026-04-06", *DAY).code == 0


def attach(merzim: Merzim, proof: str = "document:order=Бұйрық №15.pdf", *options: str) -> Said:
    """The order's document attached on the next day."""
    return merzim("attach", "2026-0001", "order_signed", proof, *options, *DAY)


def test_a_signatory_named_later_completes_the_record(signed: Merzim) -> None:
    """The command says what it wrote: no evidence was added."""
    line = ("record", "2026-0001", "order_signed", "--on", "2026-04-06", "--signed-by", "head")

    assert "Запись дополнена" in signed(*line, *DAY, "--lang", "ru").out


def test_an_attached_file_keeps_its_three_dates_its_kind_and_its_size(signed: Merzim) -> None:
    """Written in April, published nowhere, recorded on the day of the command."""
    said = attach(signed, "document:order=Бұйрық №15.pdf", "--written", "2026-04-06", "--lang", "ru")
    assert "Факт: Подписание приказа о внутреннем анализе\n" in said.out

    (item,) = signed("evidence", "2026-0001", "--json").json["evidence"]["order_signed"]
    assert item["reference"] == sha256(ORDER).hexdigest()
    assert (item["type"], item["size"], item["written_on"]) == ("application/pdf", len(ORDER), "2026-04-06")
    assert item["recorded_at"].startswith("2026-04-07")


@pytest.mark.parametrize(
    ("fact", "proof", "says"),
    [
        ("order_signed", "document:order=бос.pdf", "is empty"),
        ("order_signed", "document:order=бет.pdf", "no whole link|is no|not a .pdf"),
        ("order_signed", "document:order=бағдарлама.exe", "allowed"),
        ("order_signed", "document:order=жоқ.pdf", "жоқ.pdf"),
        ("order_signed", "https://", "no whole link"),
        ("order_signed", "https://example.kz/a b", "no whole link"),
        ("note_signed", "document:note=Бұйрық №15.pdf", "not recorded"),
        ("order_sined", "Бұйрық №15.pdf", "order_signed"),
    ],
)
def test_what_cannot_prove_anything_is_refused_in_one_sentence(
    signed: Merzim, tmp_path: Path, fact: str, proof: str, says: str
) -> None:
    """Exit 2, one line, nothing written."""
    (tmp_path / "бос.pdf").write_bytes(b"")
    (tmp_path / "бет.pdf").write_bytes(b"<html></html>")
    (tmp_path / "бағдарлама.exe").write_bytes(b"MZ")
    before = signed("case", "2026-0001", "--json").json["events"]

    result = signed("attach", "2026-0001", fact, proof, *DAY)

    assert result.code == 2
    assert len(result.err.splitlines()) == 1
    assert any(part in result.err for part in says.split("|")), result.err
    assert signed("case", "2026-0001", "--json").json["events"] == before


def test_the_package_holds_what_was_attached_under_its_subtask(signed: Merzim, tmp_path: Path) -> None:
    """Project 1, task 1, subtask 2: the order; the year narrows it."""
    attach(signed)
    answer = signed("package", "--to", "жинақ.zip", "--year", "2026", "--json", *DAY).json
    none = signed("package", "--to", "былтыр.zip", "--year", "2025", "--json", *DAY).json

    assert (answer["files"], answer["lost"], none["files"]) == (1, [], 0)
    names = zipfile.ZipFile(tmp_path / "жинақ.zip").namelist()
    (order,) = (name for name in names if name.endswith("/2026-0001/2026-04-06 Бұйрық №15.pdf"))
    assert [step.partition(".")[0] for step in order.split("/")[:3]] == [
        "№1 жоба",
        "1-тапсырма",
        "2-қосалқы тапсырма",
    ]
