"""Output of each command, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.merzim.conftest import PAST, SCHEDULE, Merzim


def test_calendar_day_exits_one_on_a_day_off(merzim: Merzim) -> None:
    """The asked-for thing is not so: 1 on a day off, 0 on a working day."""
    assert merzim("calendar", "day", "2026-05-12").code == 0
    assert merzim("calendar", "day", "2026-05-11").code == 1


def test_calendar_day_says_why(merzim: Merzim) -> None:
    """9 May 2026 is a Saturday: Monday the 11th is off for it."""
    answer = merzim("calendar", "day", "2026-05-11", "--json").json

    assert (answer["working"], answer["kind"], answer["name"]) == (False, "substitute", "victory_day")


@pytest.mark.parametrize(
    ("start", "count", "reached"),
    [
        ("2026-04-13", "-10", "2026-03-30"),
        ("2026-04-13", "-5", "2026-04-06"),
        ("2026-05-26", "-10", "2026-05-12"),
        ("2026-05-26", "-5", "2026-05-19"),
        ("2026-05-13", "3", "2026-05-18"),
        ("2026-05-13", "0", "2026-05-13"),
    ],
)
def test_calendar_add_agrees_with_the_real_schedule(
    merzim: Merzim, start: str, count: str, reached: str
) -> None:
    """All dates of the schedule published in 2026, forwards and backwards; a minus is no option."""
    assert merzim("calendar", "add", start, count).out == reached + "\n"


def test_calendar_count_counts_both_ends(merzim: Merzim) -> None:
    """13 April to 26 May 2026 are 29 working days; backwards they are none."""
    assert merzim("calendar", "count", "2026-04-13", "2026-05-26").out == "29\n"
    assert merzim("calendar", "count", "2026-05-26", "2026-04-13").out == "0\n"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_calendar_year_is_a_sheet_to_print(merzim: Merzim, language: str) -> None:
    """Twelve months, the counts, the special days; no line wider than a page."""
    result = merzim("calendar", "year", "2026", "--lang", language)
    year_sheet = merzim("calendar", "year", "2026", "--json").json

    assert result.code == 0
    assert max(map(len, result.out.splitlines())) < 140
    assert "[ 1]" in result.out
    assert sum(month["working_days"] for month in year_sheet["months"]) == year_sheet["working_days"]


def test_office_days_of_the_config_count(merzim: Merzim, tmp_path: Path) -> None:
    """The organisation's own day off moves its terms."""
    (tmp_path / "config.toml").write_text("[office]\ndays_off = [2026-05-13]\n", encoding="utf-8")

    assert merzim("calendar", "add", "2026-05-12", "1").out == "2026-05-14\n"


def test_procedures_lists_editions_and_one_in_full(merzim: Merzim) -> None:
    """Editions with their dates; with an id its stages, obligations and acts."""
    editions = [edition["edition"] for edition in merzim("procedures", "--json").json["procedures"]]
    edition_text = merzim("procedures", "internal-analysis").out

    assert {"internal-analysis.2023-01-01", "internal-analysis.2024-01-01"} <= set(editions)
    assert "start_announced" in edition_text
    assert "P1.T1.S3" in edition_text


def test_a_procedure_is_drawn(merzim: Merzim) -> None:
    """--diagram is Mermaid."""
    drawn = merzim("procedures", "internal-analysis.2024-01-01", "--diagram").out

    assert drawn.startswith("---\ntitle: internal-analysis.2024-01-01\n---\nstateDiagram-v2\n")
    assert "advance [nothing_blocks]" in drawn


def test_plan_finds_the_latest_start(merzim: Merzim) -> None:
    """A wanted end gives the day to begin with."""
    result = merzim("plan", "internal-analysis", "--planned", "published=2026-12-01", "--json")

    assert result.code == 0
    assert result.json["latest_start"]["published"] < "2026-12-01"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("kk", "Оған дейінгі 10 жұмыс күні: 10, 9, 8, 7, 6, 3, 2, 1 сәуір, 31, 30 наурыз."),
        ("ru", "10 рабочих дней до него: 10, 9, 8, 7, 6, 3, 2, 1 апреля, 31, 30 марта."),
        ("en", "10 working days before it: 10, 9, 8, 7, 6, 3, 2, 1 April, 31, 30 March."),
    ],
)
def test_the_text_of_a_plan_says_why_each_date_is_what_it_is(merzim: Merzim, language: str, said: str) -> None:
    """Under the table every dated obligation has its sentences; undated ones have none."""
    line = ("plan", "internal-analysis", "--planned", "analysis_started=2026-04-13", "--lang", language)
    obligations = merzim(*line, "--json").json["obligations"]
    text = " ".join(merzim(*line).out.split())

    def why(obligation: Mapping[str, Any]) -> str:
        return " ".join(" ".join(element["text"] for element in obligation["explanation"]).split())

    assert said in text
    assert {obligation["id"]: why(obligation) in text for obligation in obligations} == {
        obligation["id"]: obligation["due"] is not None for obligation in obligations
    }


def test_plan_exits_one_with_findings(merzim: Merzim) -> None:
    """An order after the start leaves a finding; the exit code says so."""
    result = merzim(
        *("plan", "internal-analysis", "--fact", "order_signed=2026-04-14"),
        *("--fact", "analysis_started=2026-04-13"),
    )

    assert result.code == 1
    assert "Findings:" in result.out


def test_audit_exits_one_with_findings_and_zero_without(merzim: Merzim, tmp_path: Path) -> None:
    """A clean analysis is said to be clean."""
    clean = tmp_path / "clean.csv"
    clean.write_text("case,order_signed,analysis_started\nA,2026-04-06,2026-04-13\n", encoding="utf-8")

    assert merzim("audit", PAST).code == 1
    assert merzim("audit", clean).code == 0
    assert "A: no findings." in merzim("audit", clean).out


def test_the_template_of_past_analyses_is_written_in_words(merzim: Merzim, tmp_path: Path) -> None:
    """And is read again, empty as it is."""
    file = tmp_path / "past.xlsx"

    assert merzim("audit", "--template", file).code == 0
    assert file.read_bytes()[:2] == b"PK"
    assert merzim("audit", file).code == 2
    assert merzim("audit").code == 2


def test_an_approval_that_lies_ahead_is_a_plan_date(merzim: Merzim) -> None:
    """A schedule approved on 30 March and taken in on the 16th: not a fact yet, and said so by its title."""
    answer = merzim("import", SCHEDULE, "--now", "2026-03-16", "--json").json

    assert answer["cases"][0]["facts"] == {}
    assert answer["cases"][0]["planned"]["schedule_approved"] == "2026-03-30"
    (note,) = (note for note in answer["notes"] if note["code"] == "cli.import.ahead")
    assert note["message"].startswith('"Approval of the schedule of internal analysis": 30 March 2026')


def test_responsible_texts_are_matched_kept_and_mended(office: Merzim) -> None:
    """The people a schedule means are stored; `people --match` corrects it."""
    matches = office("people", "--json").json["matches"]
    office("people", "--match", "Рабочая группа по ВАКР=Пресс-служба")

    assert matches["Рабочая группа по ВАКР"] == "Рабочая группа по ВАКР"
    assert office("people", "--json").json["matches"]["Рабочая группа по ВАКР"] == "Пресс-служба"


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
    assert "nothing changed" in second_replan.out
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


def test_withdraw_says_what_moves_and_a_dry_run_writes_nothing(merzim: Merzim) -> None:
    """The note counts from the end of the analysis: from 14 April, then from its plan date again."""
    ends = ("--planned", "analysis_ended=2026-05-26", "--now", "2026-03-01")
    merzim("open", "internal-analysis", *ends)
    merzim("record", "2026-0001", "analysis_ended", "--on", "2026-04-14", "--now", "2026-04-15")
    withdrawal = (
        "withdraw",
        "2026-0001",
        "analysis_ended",
        "--ground",
        "another case's day",
        "--now",
        "2026-04-15",
    )

    foreseen = merzim(*withdrawal, "--dry-run", "--json").json
    still = merzim("case", "2026-0001", "--json").json["facts"]
    withdrawn = merzim(*withdrawal, "--json").json
    repeated = merzim(*withdrawal)

    back = {"obligation": "note_signed", "from": "2026-04-28", "to": "2026-06-10"}
    assert back in foreseen["moved"]
    assert foreseen["moved"] == withdrawn["moved"]
    assert still == {"analysis_ended": "2026-04-14"}
    assert back in withdrawn["moved"]
    assert (repeated.code, len(repeated.err.strip().splitlines())) == (2, 1)
    assert merzim("case", "2026-0001", "--json").json["facts"] == {}


def test_a_file_is_kept_as_evidence_by_what_is_in_it(office: Merzim, tmp_path: Path) -> None:
    """The order itself: the only document asked for, so its kind goes without saying."""
    (tmp_path / "order.pdf").write_bytes(b"%PDF-1.7 the order")
    order = ("record", "2026-0001", "order_signed", "--on", "2026-04-06", "--now", "2026-04-06")
    assert office(*order, "--evidence", "order.pdf").code == 0
    evidence = office("case", "2026-0001", "--json").json["evidence"]["order_signed"]

    assert [(proof["kind"], proof["name"]) for proof in evidence] == [("document:order", "order.pdf")]
    stored = tmp_path / "var" / "evidence" / evidence[0]["reference"][:2] / evidence[0]["reference"]
    assert stored.read_bytes() == b"%PDF-1.7 the order"


def test_cancel_exempt_and_reopen(office: Merzim) -> None:
    """Commands may be refused, and the refusal says what is open now."""
    refused = office("reopen", "2026-0001", "--ground", "x")
    cancelled = office("cancel", "2026-0001", "--ground", "the object is wound up")
    overdue_list = office("overdue", "--now", "2026-07-01")
    reopened = office("reopen", "2026-0001", "--ground", "it is not")
    freed = office("exempt", "2026-0001", "--obligation", "uploaded", "--ground", "no access")

    assert refused.code == 2
    assert "Possible now: cancel it" in refused.err
    assert (cancelled.code, overdue_list.code, reopened.code, freed.code) == (0, 0, 0, 0)


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


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "kk",
            "Ішкі талдаудың басталғаны туралы хабарландыру – 2026 жылғы 30 наурыздан кешіктірмей. "
            "Негіздеме: №4 ҮББ жобаларын орындау жөніндегі нұсқаулық, №1 жоба, 1-тапсырма, 3-қосалқы тапсырма. "
            "Талдаудың басталуы – 2026 жылғы 13 сәуір (жоспар), бұл күн есепке алынбайды. "
            "Оған дейінгі 10 жұмыс күні: 10, 9, 8, 7, 6, 3, 2, 1 сәуір, 31, 30 наурыз. "
            "Демалыс күндері: 4–5, 11–12 сәуір.",
        ),
        (
            "ru",
            "Объявление о начале анализа – не позднее 30 марта 2026 года. "
            "Основание: Инструкция по исполнению проектов ТБН №4, проект №1, задача 1, подзадача 3. "
            "Начало анализа – 13 апреля 2026 года (план), этот день не считается. "
            "10 рабочих дней до него: 10, 9, 8, 7, 6, 3, 2, 1 апреля, 31, 30 марта. "
            "Выходные: 4–5, 11–12 апреля.",
        ),
    ],
)
def test_explain_defends_a_date_word_for_word(office: Merzim, language: str, sentences: str) -> None:
    """The explanation an officer reads, letter for letter."""
    assert office("explain", "2026-0001", "start_announced", "--lang", language).out == sentences + "\n"


def test_an_unknown_obligation_is_refused_with_those_there_are(office: Merzim) -> None:
    """The nearest first."""
    result = office("explain", "2026-0001", "quarter_reportd.2026Q3")

    assert result.code == 2
    assert "quarter_reported.2026Q3" in result.err


def test_verify_finds_nothing_and_rebuild_changes_nothing(office: Merzim) -> None:
    """The board equals its rebuild."""
    now = ("--now", "2026-03-30")
    assert office("verify", *now).code == 0
    assert office("rebuild", *now).code == 0
    assert office("verify", *now).code == 0


def test_a_backup_comes_back(office: Merzim) -> None:
    """The restored database equals the copy, and the previous one is preserved."""
    assert office("backup", "copy.sqlite").code == 0
    office("cancel", "2026-0001", "--ground", "by mistake")
    assert office("restore", "copy.sqlite").code == 0

    assert office("cases", "--json").json["cases"][0]["standing"] == "active"
    assert office("backup", "copy.sqlite").code == 2


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
