"""End to end by commands alone: from a published schedule to the right letters on the right days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.merzim.conftest import PEOPLE, SCHEDULE, Merzim

LINK = "https://example.kz/vakr"


def _round(merzim: Merzim, day: str) -> list[tuple[str, str]]:
    merzim("remind", "--now", day)
    second_round = merzim("remind", "--now", day, "--json").json
    merzim("deliver", "--now", day)
    sent = merzim("notices", "--json").json["notices"]
    assert second_round["queued"] == 0
    # Letters carry many items and are of none; the checks before an announcement have a test of their own.
    single = [
        notice
        for notice in sent
        if notice["obligation"] and notice["sent_at"].startswith(day) and "before" not in notice["step"]
    ]
    return sorted({(notice["obligation"], notice["step"]) for notice in single})


def test_going_through_the_days_makes_the_right_letters_once_each(merzim: Merzim, tmp_path: Path) -> None:
    """Five days before, one day before, on the day; nothing of what is done; and nothing on a day off."""
    merzim("people", PEOPLE)
    merzim("import", SCHEDULE, "--now", "2026-03-16")

    assert _round(merzim, "2026-03-16") == []
    # 30 March less five working days, the Nauryz days off left out.
    assert _round(merzim, "2026-03-20") == [("start_announced", "-5")]
    assert _round(merzim, "2026-03-21") == []
    assert _round(merzim, "2026-03-27") == [("start_announced", "-1")]
    merzim(
        *("record", "2026-0001", "start_announced", "--on", "2026-03-30", "--now", "2026-03-30T09:10"),
        *("--evidence", f"link:site={LINK}/a@2026-03-30", "--evidence", f"link:media={LINK}/b@2026-03-30"),
        *("--evidence", f"link:social={LINK}/c@2026-03-30"),
    )
    assert _round(merzim, "2026-03-30") == [("order_signed", "-5"), ("schedule_approved", "planned")]
    assert _round(merzim, "2026-04-03") == [("order_signed", "-1"), ("schedule_approved", "slipped+1")]
    assert _round(merzim, "2026-04-06") == [("order_signed", "0"), ("schedule_approved", "slipped+5")]
    assert _round(merzim, "2026-04-07") == [("order_signed", "+1")]
    merzim("record", "2026-0001", "order_signed", "--on", "2026-04-07", "--now", "2026-04-07T15:00")
    assert _round(merzim, "2026-04-13") == [
        ("analysis_started", "planned"),
        ("schedule_approved", "slipped+10"),
    ]
    assert merzim("overdue", "--now", "2026-04-13").code == 0
    late = merzim("case", "2026-0001", "--json", "--now", "2026-04-13").json["findings"]

    assert ("order_signed", "late", 1) in [
        (f["obligation"], f["code"], f["late_by_working_days"]) for f in late
    ]
    letters = list((tmp_path / "var" / "letters").glob("*.eml"))
    told = {
        (notice["person"], notice["sent_at"][:10])
        for notice in merzim("notices", "--json").json["notices"]
        if notice["sent_at"]
    }
    assert len(letters) == len(told), "one letter a person a day"


def test_a_rehearsal_leaves_no_trace(office: Merzim, tmp_path: Path) -> None:
    """Day by day on a copy: the ledger, the notices and the letters stay as they were."""
    answer = office("rehearse", "--from", "2026-03-30", "--until", "2026-04-30", "--json").json

    days = {date.fromisoformat(day["date"]) for day in answer["days"]}
    assert date(2026, 4, 6) in days
    assert office("notices", "--json").json == {"notices": []}
    assert not (tmp_path / "var" / "letters").exists()


def test_the_register_is_a_file_a_spreadsheet_opens(office: Merzim, tmp_path: Path) -> None:
    """Semicolons, a byte order mark, no cell a spreadsheet takes for a formula."""
    office("remind", "--now", "2026-04-06")
    assert office("notices", "--export", "register.csv").code == 0
    text = (tmp_path / "register.csv").read_text(encoding="utf-8")

    assert text.startswith("\ufeffDue;Case;")
    assert not any(cell[:1] in "=+-@" for line in text.splitlines() for cell in line.split(";") if cell)


@pytest.mark.parametrize("now", ["2026-10-05", "2026-11-02"])
def test_a_quarter_that_has_begun_shows_without_anybody_writing(office: Merzim, now: str) -> None:
    """What depends on the day is not stored: nobody wrote to the case since March. The note it begins with is
    not signed, so that nobody is late with it."""
    case = office("case", "2026-0001", "--json", "--now", now).json
    quarter = next(
        obligation for obligation in case["obligations"] if obligation["id"] == "quarter_reported.2026Q3"
    )
    overdue = {obligation["id"] for obligation in office("overdue", "--now", now, "--json").json["obligations"]}

    assert (quarter["state"], quarter["waiting_for"]) == ("open", "note_signed")
    assert "quarter_reported.2026Q3" not in overdue


def test_verify_agrees_on_any_later_day(office: Merzim) -> None:
    """Time passing is no difference between the board and its rebuild."""
    assert office("verify", "--now", "2026-12-01").code == 0
