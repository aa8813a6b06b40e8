"""End to end by commands alone: from a published schedule to the right letters on the right days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

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
