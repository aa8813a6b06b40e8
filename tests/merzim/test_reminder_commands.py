"""Reminders by commands: channels that cannot be set up, changed steps, a rehearsal."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim


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
