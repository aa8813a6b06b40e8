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
