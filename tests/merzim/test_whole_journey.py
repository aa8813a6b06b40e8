"""End to end: one case from order to letter in four parts: opened, moved, late, closed.

Nothing is mocked: the published schedule, the command line, SQLite, letters in a folder.
"""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.merzim.conftest import SCHEDULE, Merzim, Prepare, import_example
from tests.notifications.servers import letters_in

CASE, LETTERS = "2026-0001", Path("var") / "letters"


@pytest.fixture
def office(merzim: Merzim, prepared: Prepare) -> Merzim:
    """The schedule of a joint-stock company, approved on 30 March 2026 and imported that day."""
    names = '[office]\nname = "Акционерлік қоғам"\nofficer = "officer@example.kz"\n'
    Path("config.toml").write_text(names, encoding="utf-8")
    return prepared(import_example)


def day(office: Merzim, day: str) -> list[EmailMessage]:
    """A morning: two rounds (the second must add nothing) and two deliveries. The letters new since before."""
    before = len(letters_in(LETTERS))
    for command, minute in (("remind", 5), ("remind", 6), ("deliver", 7), ("deliver", 8)):
        assert office(command, "--now", f"{day}T09:0{minute}").code == 0
    return [letter for letter, _ in letters_in(LETTERS)[before:]]


def due(office: Merzim, obligation: str, *, now: str) -> str:
    case = office("case", CASE, "--json", "--now", now).json
    return next(entry["due"] for entry in case["obligations"] if entry["id"] == obligation)


def test_act_one_a_schedule_becomes_a_case_whose_dates_defend_themselves(office: Merzim) -> None:
    """Imported once it is one case, imported twice still one; every date can say why."""
    now = ("--now", "2026-03-30T16:00")
    second_answer = office("import", SCHEDULE, "--json", *now)
    explained = office("explain", CASE, "start_announced", "--lang", "ru", *now)

    assert [case["id"] for case in second_answer.json["cases"]] == [CASE]
    assert explained.out.strip() == (
        "Объявление о начале анализа – не позднее 30 марта 2026 года. Основание: Инструкция по исполнению "
        "проектов ТБН №4, проект №1, задача 1, подзадача 3. Начало анализа – 13 апреля 2026 года (план), этот "
        "день не считается. 10 рабочих дней до него: 10, 9, 8, 7, 6, 3, 2, 1 апреля, 31, 30 марта. "
        "Выходные: 4–5, 11–12 апреля."
    )


def test_act_one_the_letter_arrives_once_on_the_day(office: Merzim) -> None:
    """The announcement is due on the day of the import: one letter about it, however often a round is run."""
    letters = day(office, "2026-03-31")
    subjects = [str(letter["Subject"]) for letter in letters]

    assert day(office, "2026-03-31") == []
    assert sum("хабарландыру" in subject or "бъявлени" in subject for subject in subjects) >= 1


def test_act_two_a_moved_start_moves_the_dates_and_what_people_hear(office: Merzim) -> None:
    """Replanned to 27 April, the order is due on 20 April; no more letters about 6 April."""
    replanned = office("replan", CASE, "analysis_started", "--on", "2026-04-27", "--now", "2026-03-31T08:00")

    assert replanned.code == 0
    assert due(office, "order_signed", now="2026-03-31") == "2026-04-20"
    heard = [letter for letter in day(office, "2026-04-06") if "2026-04-06" in str(letter["Subject"])]
    assert heard == []
    on_the_day = day(office, "2026-04-20")
    said = [letter.get_body(("plain",)).get_content() for letter in on_the_day]
    assert any("бұйрыққа қол қою" in text or "приказа" in text for text in said)


def test_act_three_what_is_late_is_shown_told_and_recorded_all_the_same(office: Merzim) -> None:
    """The order is overdue on 7 April, escalated, and a finding of two days once recorded."""
    assert office("overdue", "--now", "2026-04-07").code == 1
    late = office("overdue", "--json", "--now", "2026-04-08")
    assert late.code == 1
    assert "order_signed" in json.dumps(late.json)
    climbed = day(office, "2026-04-07")
    assert {str(letter["To"]) for letter in climbed}

    now = ("--now", "2026-04-08T15:00")
    assert office("record", CASE, "order_signed", "--on", "2026-04-08", *now).code == 0
    case = office("case", CASE, "--json", *now).json
    findings = [
        finding
        for finding in case["findings"]
        if finding["obligation"] == "order_signed" and finding["kind"] == "term"
    ]
    assert [finding["late_by_working_days"] for finding in findings] == [2]


def test_act_four_the_case_is_carried_to_its_end_and_the_ledger_is_whole(office: Merzim) -> None:
    """Every fact to the last quarter recorded, the case is completed and verify finds nothing."""
    steps = [
        ("start_announced", "2026-03-30"),
        ("order_signed", "2026-04-06"),
        ("analysis_started", "2026-04-13"),
        ("discussion_announced", "2026-05-12"),
        ("discussion_held", "2026-05-19"),
        ("analysis_ended", "2026-05-26"),
        ("note_signed", "2026-06-08"),
        ("plan_developed", "2026-06-12"),
        ("plan_approved", "2026-06-15"),
        ("published", "2026-06-17"),
        ("positions_listed", "2026-06-18"),
        *[
            step
            for period, reported, reviewed in (
                ("2026Q2", "2026-07-03", "2026-07-09"),
                ("2026Q3", "2026-10-05", "2026-10-09"),
                ("2026Q4", "2027-01-05", "2027-01-11"),
                ("2027Q1", "2027-04-05", "2027-04-09"),
            )
            for step in ((f"quarter_reported.{period}", reported), (f"quarter_reviewed.{period}", reviewed))
        ],
        ("monitoring_noted", "2027-06-08"),
    ]
    for fact, on in steps:
        assert office("record", CASE, fact, "--on", on, "--now", f"{on}T15:00").code == 0
    now = ("--now", "2027-06-08T16:00")
    case = office("case", CASE, "--json", *now).json

    assert case["stage"] == "completed", "what nobody confirmed keeps it from closing"
    assert not [finding for finding in case["findings"] if finding["kind"] in ("term", "order", "duration")]
    assert [office(command, *now).code for command in ("verify", "overdue")] == [0, 0]
