"""`merzim risks`: from a plan of measures to a reviewed measure."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim, Prepare, import_example

CASE, NOW = "2026-0001", ("--now", "2026-06-20")
PLAN = (
    "n,risk_or_recommendation,measure,completion_form,responsible,term_as_written\n"
    '1,internal documents not up to date,"revise internal documents, align with law",orders,'
    "Антикоррупционная комплаенс-служба,III квартал 2026 года\n"
    "2,possible risks in hiring,check completeness of documents of candidates,report,nobody we know,Постоянно\n"
    "3,weak control,quarterly monitoring of this plan with information,report,,Ежеквартально\n"
)


@pytest.fixture
def planned(prepared: Prepare) -> Merzim:
    """A case with its note signed, its plan approved and taken in."""
    return prepared(import_example, _plan)


def _plan(office: Merzim) -> None:
    Path("plan.csv").write_text(PLAN, encoding="utf-8")
    assert office("record", CASE, "note_signed", "--on", "2026-06-01", *NOW).code == 0
    assert office("record", CASE, "plan_approved", "--on", "2026-06-10", *NOW).code == 0
    assert office("risks", "import", CASE, "plan.csv", *NOW).code == 0


def test_a_plan_is_taken_in_once(planned: Merzim) -> None:
    """The second import changes nothing; findings and unknown people are reported each time."""
    answer = planned("risks", "import", CASE, "plan.csv", "--json", *NOW).json

    assert (answer["measures"], answer["changed"]) == (3, False)
    assert answer["unmatched"] == ["nobody we know"]
    assert {finding["code"] for finding in answer["findings"]} >= {
        "risk.measure_no_date",
        "risk.measure_no_responsible",
    }


def test_each_term_is_listed_beside_the_day_it_became(planned: Merzim) -> None:
    """Ten working days before 10 June 2026 is 26 May; a term in words says why it has no day."""
    columns = "№;Рекомендация;Мероприятие;Форма завершения;Ответственные;Срок;Бюджет\n"
    lines = "1;а;б;в;г;10.06.2026 - 10 рабочих дней;5\n2;д;е;ж;з;Постоянно;5\n"
    Path("terms.csv").write_text(columns + lines, encoding="utf-8")
    answer = planned("risks", "import", CASE, "terms.csv", "--json", "--lang", "en", *NOW).json
    printed = planned("risks", "import", CASE, "terms.csv", "--lang", "en", *NOW).out

    assert answer["terms"] == [
        {"row": 2, "text": "10.06.2026 - 10 рабочих дней", "due": "2026-05-26", "note": ""},
        *(
            {"row": 3, "text": "Постоянно", "due": None, "note": note}
            for note in ["The measure goes on all the time; no day is named."]
        ),
    ]
    assert answer["unread"] == ["Бюджет"]
    assert "Not read of the file: «Бюджет»." in printed
    assert "10.06.2026 - 10 рабочих дней  2026-05-26" in printed


def test_a_bad_plan_is_refused_row_by_row(planned: Merzim, tmp_path: Path) -> None:
    """One line on stderr, then the rows."""
    (tmp_path / "bad.csv").write_text(PLAN.replace("Постоянно", "31.02.2026"), encoding="utf-8")
    result = planned("risks", "import", CASE, "bad.csv", *NOW)

    assert result.code == 2
    assert "31.02.2026" in result.err


def test_measures_are_due_reminded_and_explained(planned: Merzim) -> None:
    """On `due` with their text, in a round to the person the responsible text names, explained by the plan."""
    due = planned("due", "--until", "2026-09-30", "--json", *NOW).json["obligations"]
    titles = {obligation["id"]: obligation["title"] for obligation in due}
    assert titles["measure.1"] == "revise internal documents, align with law"
    assert "measure.3.2026Q3" in titles

    notices = planned("remind", "--dry-run", "--json", "--now", "2026-09-23").json["notices"]
    assert "measure.1" in {notice["obligation"] for notice in notices}
    assert "III квартал 2026 года" in planned("explain", CASE, "measure.1", *NOW).out
    assert planned("overdue", "--now", "2026-10-01").out.count("measure.") == 3


def test_a_letter_of_a_measure_says_the_words_of_the_plan(planned: Merzim, tmp_path: Path) -> None:
    """The letter is written and left in the folder."""
    planned("remind", "--now", "2026-09-23")
    planned("deliver", "--now", "2026-09-23")
    letters = [
        message_from_bytes(file.read_bytes(), policy=default)
        for file in (tmp_path / "var" / "letters").rglob("*.eml")
    ]
    texts = [part.get_content() for letter in letters if (part := letter.get_body(("plain",))) is not None]

    about = [text for text in texts if "revise internal documents" in text]
    assert about
    assert all("III квартал 2026 года" in text for text in about)


def test_a_review_ends_a_measure_and_the_list_narrows(planned: Merzim) -> None:
    """Statuses over all cases; an executed measure leaves the board."""
    at = ("--now", "2026-10-06")
    line = ("--status", "executed", "--on", "2026-10-06", "--done", "2026-09-28")
    assert (
        planned("risks", "review", CASE, "1", *line, "--evidence", "https://example.kz/order.pdf", *at).code
        == 0
    )
    planned("risks", "review", CASE, "2", "--status", "not", *at)

    assert [
        risk["number"] for risk in planned("risks", "list", "--status", "not", "--json", *at).json["risks"]
    ] == [2]
    executed = planned("risks", "list", "--status", "executed", "--json", *at).json["risks"][0]["measure"]
    assert (executed["status"], executed["reviews"][0]["done_on"]) == ("executed", "2026-09-28")
    assert "measure.1 " not in planned("overdue", *at).out + " "


def test_the_whole_register_survives_verify_and_rebuild(planned: Merzim) -> None:
    """Every event kind there is, then the chains, the seals and the board."""
    up = ("--text", "draft an electronic form", "--term", "до 30.09.2026")
    for line in (
        ("add", CASE, "--text", "paper certificates", "--body", "Ministry", "--act", "order 49", "--legal"),
        ("rank", CASE, "4", "--likelihood", "2", "--effect", "3"),
        ("measure", CASE, "4", "--action", "send a proposal to the Ministry", "--term", "01.09.2026"),
        ("ask", CASE, "4", *up),
        ("answer", CASE, "4", "--text", "in work"),
        ("review", CASE, "3", "--status", "partly", "--period", "2026Q2"),
        ("remove", CASE, "4", "--completed"),
    ):
        assert planned("risks", *line, *NOW).code == 0, line

    assert planned("verify", *NOW).code == 0
    planned("rebuild", *NOW)
    assert planned("verify", *NOW).code == 0
    assert planned("case", CASE, *NOW).code == 0
    legal = planned("risks", "list", "--legal", "--json", *NOW).json["risks"]
    assert [(risk["number"], risk["rank"]["points"], risk["rank"]["scale_is_ours"]) for risk in legal] == [
        (4, 6, True)
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("review", CASE, "9", "--status", "not"), "no measure 9"),
        (("review", CASE, "1", "--status", "done"), "executed, partly, not, irrelevant"),
        (("rank", CASE, "1", "--likelihood", "4", "--effect", "1"), "from 1 to 3"),
        (("add", CASE, "--text", "x", "--direction", "procurment"), "procurement"),
        (("answer", CASE, "1", "--text", "x"), "risks ask"),
        (("ask", CASE, "1", "--text", "x"), "the higher body"),
        (("measure", CASE, "1", "--action", "x", "--term", "31.02.2026"), "31.02.2026"),
        (("remove", CASE, "1", "--on", "2026-06-21"), "has not come yet"),
        (("list", CASE, "--status", "finished"), "executed"),
        (("review", CASE, "1", "--status", "not", "--period", "2026Q2"), "does not come back"),
        (("review", CASE, "3", "--status", "not", "--period", "2026-06"), "2026Q2"),
    ],
)
def test_a_refusal_says_what_is_allowed(planned: Merzim, line: tuple[str, ...], said: str) -> None:
    """One sentence, exit code 2."""
    answer = planned("risks", *line, *NOW)

    assert answer.code == 2
    assert said in answer.err


def test_check_exits_one_with_findings(planned: Merzim) -> None:
    """Before signing: what each measure lacks."""
    result = planned("risks", "check", CASE, *NOW)

    assert result.code == 1
    assert "no completion form" not in result.out
    assert "Постоянно" in result.out


def test_the_list_is_a_workbook(planned: Merzim, tmp_path: Path) -> None:
    """One row a measure, dates as dates."""
    import openpyxl

    assert planned("risks", "list", "--export", "risks.xlsx", *NOW).code == 0
    rows = list(openpyxl.load_workbook(tmp_path / "risks.xlsx").active.iter_rows(values_only=True))

    assert len(rows) == 4
    assert rows[1][11].date().isoformat() == "2026-09-30"


def test_the_map_and_the_cartogram_are_files(planned: Merzim, tmp_path: Path) -> None:
    """Without a rank there is nothing to draw; a file of another kind is refused."""
    assert planned("risks", "map", "--export", "map.svg", *NOW).code == 2
    planned("risks", "rank", CASE, "1", "--likelihood", "3", "--effect", "3", *NOW)
    assert planned("risks", "map", CASE, "--export", "map.svg", *NOW).code == 0
    assert planned("risks", "map", "--export", "map.pdf", *NOW).code == 2
    assert planned("risks", "cartogram", "--export", "list.xlsx", *NOW).code == 0
    assert planned("risks", "cartogram", "--export", "list.svg", *NOW).code == 0

    assert {file.name for file in tmp_path.glob("*.svg")} == {"map.svg", "list.svg"}


def test_positions_talks_the_cartogram_and_remarks(planned: Merzim, tmp_path: Path) -> None:
    """Entered, planned, compared, answered; and the chains hold."""
    place = ("--department", "Finance", "--why", "signs payments", "--approved", "2026-06-15")
    assert (
        planned("positions", "add", CASE, "--title", "Chief accountant", "--holder", "A", *place, *NOW).code
        == 0
    )
    assert planned("positions", "plan", "--json", *NOW).json["months"][0]["holders"] == ["A"]
    planned("positions", "talk", CASE, "1", "--topic", "gifts", *NOW)
    assert planned("positions", "plan", "--json", *NOW).json["months"] == []

    (tmp_path / "cart.csv").write_text("section;department;position\n1;Finance;Chief accountant\n", "utf-8")
    assert planned("cartogram", "compare", *NOW).code == 1
    assert planned("cartogram", "record", CASE, "cart.csv", "--on", "2026-06-18", *NOW).code == 0
    lacking = planned("cartogram", "compare", "--json", *NOW).json["findings"]
    assert {finding["code"] for finding in lacking} == {"risk.cartogram_lacks"}

    assert planned("remarks", "add", CASE, "--text", "long queue", "--from", "council", *NOW).code == 0
    assert planned("remarks", "answer", CASE, "1", *NOW).code == 2
    assert planned("remarks", "answer", CASE, "1", "--taken", *NOW).code == 0
    assert planned("remarks", "list", CASE, "--json", *NOW).json["remarks"][0]["taken"] is True
    assert planned("verify", *NOW).code == 0
    assert planned("case", CASE, *NOW).code == 0


ABOVE = ("--body", "Ministry", "--act", "order 49, p. 7")
ON = "2026-06-19"


def test_a_request_to_a_higher_body_has_its_own_term_and_is_reminded(planned: Merzim) -> None:
    """Due by its own term, the responsible person notified, and off the board after the answer."""
    planned("risks", "add", CASE, "--text", "paper certificates", "--number", "9", *ABOVE, *NOW)
    up = ("risks", "ask", CASE, "9", "--text", "draft an electronic form", "--term", "до 30.09.2026")
    assert planned(*up, "--on", ON, *NOW).code == 0

    due = planned("due", "--until", "2026-09-30", "--json", *NOW).json["obligations"]
    notices = planned("remind", "--dry-run", "--json", "--now", "2026-09-23").json["notices"]
    assert [obligation["due"] for obligation in due if obligation["id"] == "request.9"] == ["2026-09-30"]
    assert "request.9" in {notice["obligation"] for notice in notices}

    assert planned("risks", "answer", CASE, "9", "--text", "agreed", *NOW).code == 0
    after = planned("due", "--until", "2026-09-30", "--json", *NOW).json["obligations"]
    assert "request.9" not in {obligation["id"] for obligation in after}


def test_one_cause_above_is_shown_with_who_has_asked_there(planned: Merzim) -> None:
    """The same place of the same order in two cases: one has asked, the other has not."""
    for case, words in ((CASE, "paper certificates"), ("2026-0002", "copies on paper are asked for")):
        if case != CASE:
            assert planned("open", "internal-analysis", *NOW).code == 0
            case = planned("cases", "--json").json["cases"][0]["id"]
        assert planned("risks", "add", case, "--text", words, *ABOVE, *NOW).code == 0
    planned("risks", "ask", CASE, "4", "--text", "draft an electronic form", "--on", ON, *NOW)

    (shared,) = planned("risks", "same", "--json", *NOW).json["shared"]
    assert [risk["request"] is not None for risk in shared["found"]].count(True) == 1
    assert len(shared["unasked"]) == 1
    assert "1 of 2 sent, 0 answered" in planned("risks", "same", *NOW).out


def test_what_touches_legal_acts_is_marked_in_the_list(planned: Merzim) -> None:
    """For legal monitoring: marked among all, and a list of its own."""
    planned("risks", "add", CASE, "--text", "the rules name no term", "--legal", *NOW)
    everything, legal = (planned("risks", "list", *options, *NOW).out for options in ((), ("--legal",)))

    (marked,) = [line for line in everything.splitlines() if "legal" in line]
    assert "the rules name no term" in marked
    assert "weak control" in everything
    assert "weak control" not in legal
