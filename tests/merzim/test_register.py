"""Commands of reminders: the register of notices, digests, steps that change, a rehearsal."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from tests.merzim.conftest import Merzim

DAY = ("--now", "2026-04-07T10:00")


@pytest.fixture
def told(office: Merzim) -> Merzim:
    """An office with a case whose announcement was reminded of, twice."""
    planned = "analysis_started=2026-04-13"
    office("open", "internal-analysis", "--object", "Құрылыс", "--planned", planned, "--now", "2026-03-02")
    for moment in ("2026-03-18T10:00", "2026-03-30T10:00"):
        assert office("remind", "--now", moment).code == 0
        assert office("deliver", "--now", moment).code == 0
    return office


def test_the_workbook_has_every_letter_with_its_answer(told: Merzim, tmp_path: Path) -> None:
    """Person, step, time, answer of the server, and the full hash of the text."""
    assert told("notices", "--case", "2026-0002", "--export", "r.xlsx", *DAY, "--lang", "ru").code == 0
    rows = list(openpyxl.load_workbook(tmp_path / "r.xlsx").active.iter_rows(values_only=True))
    lines = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    announced = [line for line in lines if line["Обязанность"] == "Объявление о начале анализа"]
    first = next(line for line in announced if line["Ступень"] == "за 5 рабочих дней до срока")

    assert (first["Момент отправки"], first["Состояние"]) == ("18.03.2026 10:00", "записано в файл")
    assert first["Ответ сервера"].endswith(".eml")
    assert len(first["Хеш текста (SHA-256)"]) == 64


def test_a_dry_run_says_who_and_why(office: Merzim) -> None:
    """A table: who, what, why they, through what, from when."""
    planned = "analysis_started=2026-04-13"
    office("open", "internal-analysis", "--object", "Құрылыс", "--planned", planned, "--now", "2026-03-02")
    result = office("remind", "--dry-run", "--now", "2026-03-17T23:00", "--lang", "en")
    later = office("remind", "--dry-run", "--now", "2026-03-18T07:00", "--lang", "en")

    assert result.code == later.code == 0
    assert "2026-03-18 09:00" in later.out
    assert re.search("Announcement of the start +5 working days before the due date", later.out)
    assert "Announcement of the start" not in result.out


def test_notices_are_listed_by_title_and_in_words(told: Merzim) -> None:
    """Neither the check before the announcement, open since 30 March, nor a slipped plan tells a due date."""
    told("record", "2026-0002", "analysis_started", "--on", "2026-04-13", "--now", "2026-04-13")
    day = ("--now", "2026-04-14T10:00")
    told("remind", *day)
    listed = told("notices", *day, "--lang", "en").out
    stored = told("notices", "--case", "2026-0002", "--json", *day).json["notices"]
    lines = {notice["obligation"]: notice["step"] for notice in stored}

    assert lines["start_announced"] in ("-5", "1")
    assert not [name for name in lines if name in listed]
    assert re.search(r"\n2026-03-30 .* Announcement of the start +obligatory +5 working days before", listed)
    assert re.search(r"\n +2026-0002 .* no term, open for 11 working days ", listed)
    assert re.search(r"\n +2026-0001 +Start of the analysis .* 1 working day after the planned day ", listed)
    assert "open+" not in listed


def test_a_digest_is_chosen_and_named(office: Merzim) -> None:
    """An unknown person, and what is no choice, is refused with what there is."""
    person = "a.akhmetova@example.kz"
    chosen = office("digest", person, "daily", "--lang", "en")
    result = office("digest", person, "--json")
    unknown = office("digest", "akhmetova", "daily", "--lang", "en")
    wrong = office("digest", person, "hourly", "--lang", "en")

    assert "in one letter a day" in chosen.out
    assert result.json["digest"] == "daily"
    assert (unknown.code, wrong.code) == (2, 2)
    assert person in unknown.err
    assert "daily, weekly" in wrong.err


def test_the_workbook_names_a_measure_by_what_is_to_be_done(office: Merzim, tmp_path: Path) -> None:
    """Not by the number of its row: who reads the list has no register at hand."""
    case = office("open", "internal-analysis", "--fact", "plan_approved=2026-06-10", "--json").json["id"]
    risk = ("register", "risks", "--case", case, "add", "description=Непрозрачный выбор поставщика")
    office(*risk, "--now", "2026-06-11")
    plan = ("register", "measures", "--case", case, "add", "risk=1", "action=Утвердить правила закупок")
    added = office(*plan, "completion=приказ", "responsible=юрист", "term=до 30.06.2026", "--now", "2026-06-11")
    office("remind", "--now", "2026-06-30T09:00")
    office("notices", "--case", case, "--export", "m.xlsx", "--now", "2026-06-30", "--lang", "ru")
    rows = openpyxl.load_workbook(tmp_path / "m.xlsx").active.iter_rows(values_only=True, min_row=2)

    assert added.code == 0, added.err
    assert "Утвердить правила закупок" in {row[2] for row in rows}


def test_a_library_that_is_not_installed_is_asked_for_by_name(
    office: Merzim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram is an extra; config.toml naming it without the package gives the install command."""
    settings = '[channels]\nuse = ["telegram"]\n[channels.telegram]\nbot = "B"\n'
    (tmp_path / "config.toml").write_text(settings, encoding="utf-8")
    monkeypatch.setattr("notifications.channels.telegram.find_spec", lambda name: None)
    result = office("remind", "--now", "2026-04-06")

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert 'pip install ".[telegram]"' in result.err


def test_changed_reminder_steps_hold_from_the_next_round_which_says_so(office: Merzim, tmp_path: Path) -> None:
    """The announcement due on 12 May is told of ten working days before (7 May and 11 May are
    days off), not five; said once, done once."""
    (tmp_path / "config.toml").write_text("[reminders]\nsteps = [-10, 0]\n", encoding="utf-8")
    first = office("remind", "--now", "2026-04-01")
    second = office("remind", "--now", "2026-04-01T13:00")
    office("record", "2026-0001", "analysis_started", "--on", "2026-04-13", "--now", "2026-04-13")
    days = office("rehearse", "--from", "2026-04-14", "--until", "2026-05-20", "--json").json["days"]
    steps = {
        (day["date"], notice["step"])
        for day in days
        for notice in day["notices"]
        if notice["obligation"] == "discussion_announced"
    }

    assert "The reminder steps of config.toml have changed (-10 0)" in first.err
    assert "steps" not in second.err
    assert ("2026-04-23", "-10") in steps
    assert "-5" not in {step for _, step in steps}


def test_a_rehearsal_leaves_no_trace(office: Merzim, tmp_path: Path) -> None:
    """Day by day on a copy: the ledger, the notices and the letters stay as they were."""
    answer = office("rehearse", "--from", "2026-03-30", "--until", "2026-04-30", "--json").json

    days = {date.fromisoformat(day["date"]) for day in answer["days"]}
    assert date(2026, 4, 6) in days
    assert office("notices", "--json").json == {"notices": []}
    assert not (tmp_path / "var" / "letters").exists()
