"""End to end by commands alone: from a published schedule to the right letters on the right days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.merzim.conftest import Merzim


def test_a_rehearsal_leaves_no_trace(office: Merzim, tmp_path: Path) -> None:
    """Day by day on a copy: the ledger, the notices and the letters stay as they were."""
    answer = office("rehearse", "--from", "2026-03-30", "--until", "2026-04-30", "--json").json

    days = {date.fromisoformat(day["date"]) for day in answer["days"]}
    assert date(2026, 4, 6) in days
    assert office("notices", "--json").json == {"notices": []}
    assert not (tmp_path / "var" / "letters").exists()
