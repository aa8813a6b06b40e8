"""End to end: one case from order to letter in four parts: opened, moved, late, closed.

Nothing is mocked: the published schedule, the command line, SQLite, letters in a folder."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from merzim.cli import main

ROOT = Path(__file__).parent.parent
CASE = "2026-0001"


class Office:
    """An officer at the command line, with letters arriving in a folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        (folder / "config.toml").write_text(
            '[office]\nname = "Акционерлік қоғам"\nofficer = "officer@example.kz"\n', encoding="utf-8"
        )

    def says(self, *arguments: str, now: str, expect: int = 0) -> str:
        config = str(self.folder / "config.toml")
        code = main([*arguments, "--now", now, "--config", config])
        output = self.capsys.readouterr()
        assert code == expect, output.err + output.out
        return output.out

    def json(self, *arguments: str, now: str, expect: int = 0) -> Any:
        return json.loads(self.says(*arguments, "--json", now=now, expect=expect))

    def day(self, day: str) -> list[EmailMessage]:
        """A morning: two rounds (the second must add nothing) and a delivery. The letters new since before."""
        before = set(self.letters())
        self.says("remind", now=f"{day}T09:05")
        self.says("remind", now=f"{day}T09:06")
        self.says("deliver", now=f"{day}T09:07")
        self.says("deliver", now=f"{day}T09:08")
        after = self.letters()
        return [after[name] for name in sorted(after) if name not in before]

    def letters(self) -> dict[str, EmailMessage]:
        messages = {}
        for file in (self.folder / "var" / "letters").glob("*.eml"):
            message = message_from_bytes(file.read_bytes(), policy=policy.default)
            assert isinstance(message, EmailMessage)
            messages[file.name] = message
        return messages


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """The schedule of a joint-stock company, approved on 30 March 2026 and imported that day."""
    office = Office(tmp_path, capsys)
    office.says("people", str(ROOT / "examples" / "people.csv"), now="2026-03-30T10:00")
    office.says("import", str(ROOT / "examples" / "real_schedule_2026_ru.xlsx"), now="2026-03-30T15:00")
    return office


def due(office: Office, obligation: str, *, now: str) -> str:
    case = office.json("case", CASE, now=now)
    return next(entry["due"] for entry in case["obligations"] if entry["id"] == obligation)


def test_act_one_a_schedule_becomes_a_case_whose_dates_defend_themselves(office: Office) -> None:
    """Imported once it is one case, imported twice still one; every date can say why."""
    second_answer = office.says(
        "import", str(ROOT / "examples" / "real_schedule_2026_ru.xlsx"), "--json", now="2026-03-30T16:00"
    )
    output = office.says("explain", CASE, "start_announced", "--lang", "ru", now="2026-03-30T16:00")

    assert [case["id"] for case in json.loads(second_answer)["cases"]] == [CASE]
    assert output.strip() == (
        "Объявление о начале анализа – не позднее 30 марта 2026 года. Основание: Инструкция по исполнению "
        "проектов ТБН №4, проект №1, задача 1, подзадача 3. Начало анализа – 13 апреля 2026 года (план), этот "
        "день не считается. 10 рабочих дней до него: 10, 9, 8, 7, 6, 3, 2, 1 апреля, 31, 30 марта. "
        "Выходные: 4–5, 11–12 апреля."
    )


def test_act_one_the_letter_arrives_once_on_the_day(office: Office) -> None:
    """The announcement is due on the day of the import: one letter about it, however often a round is run."""
    letters = office.day("2026-03-31")
    subjects = [str(letter["Subject"]) for letter in letters]

    assert office.day("2026-03-31") == []
    assert sum("хабарландыру" in subject or "бъявлени" in subject for subject in subjects) >= 1


def test_act_two_a_moved_start_moves_the_dates_and_what_people_hear(office: Office) -> None:
    """Replanned to 27 April, the order is due on 20 April; no more letters about 6 April."""
    office.says("replan", CASE, "analysis_started", "--on", "2026-04-27", now="2026-03-31T08:00")

    assert due(office, "order_signed", now="2026-03-31") == "2026-04-20"
    heard = [letter for letter in office.day("2026-04-06") if "2026-04-06" in str(letter["Subject"])]
    assert heard == []
    on_the_day = office.day("2026-04-20")
    said = [letter.get_body(("plain",)).get_content() for letter in on_the_day]
    assert any("бұйрыққа қол қою" in text or "приказа" in text for text in said)


def test_act_three_what_is_late_is_shown_told_and_recorded_all_the_same(office: Office) -> None:
    """The order is overdue on 7 April, escalated, and a finding of two days once recorded."""
    office.says("overdue", now="2026-04-07", expect=1)
    late = office.json("overdue", now="2026-04-08", expect=1)
    assert "order_signed" in json.dumps(late)
    climbed = office.day("2026-04-07")
    assert {str(letter["To"]) for letter in climbed}

    office.says("record", CASE, "order_signed", "--on", "2026-04-08", now="2026-04-08T15:00")
    case = office.json("case", CASE, now="2026-04-08T15:00")
    findings = [
        finding
        for finding in case["findings"]
        if finding["obligation"] == "order_signed" and finding["kind"] == "term"
    ]
    assert [finding["late_by_working_days"] for finding in findings] == [2]


def test_act_four_the_case_is_carried_to_its_end_and_the_ledger_is_whole(office: Office) -> None:
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
        office.says("record", CASE, fact, "--on", on, now=f"{on}T15:00")
    case = office.json("case", CASE, now="2027-06-08T16:00")

    assert case["stage"] == "completed", "what nobody confirmed keeps it from closing"
    assert not [finding for finding in case["findings"] if finding["kind"] in ("term", "order", "duration")]
    office.says("verify", now="2027-06-08T16:00")
    office.says("overdue", now="2027-06-08T16:00")
