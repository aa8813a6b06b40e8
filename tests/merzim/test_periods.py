"""Periods without an end: the next one exists before it begins, regardless of the last writer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim
from tests.workflow.test_programmes import HEAD, MONTHLY, YEAR

LAW = HEAD + YEAR + MONTHLY.replace("years = 1", "open_ended = true")
CONFIG = """\
[database]
url = "sqlite:///office.db"
[regulations]
folder = "own"
[channels]
use = ["folder"]
"""


@pytest.fixture
def kitchen(merzim: Merzim, tmp_path: Path) -> Merzim:
    """A case of an open-ended programme, opened on 12 January 2026."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tea.2024-01-01.toml").write_text(LAW, encoding="utf-8")
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    opened_case = merzim("open", "tea", "--planned", "year_begun=2026-01-01", "--now", "2026-01-12")
    assert opened_case.code == 0, opened_case.err
    return merzim


def periods(merzim: Merzim, until: str, now: str) -> list[str]:
    """The months the board keeps."""
    rows = merzim("due", "--until", until, "--now", now, "--json").json["obligations"]
    return [row["id"] for row in rows if row["id"].startswith("talk_held")]


def test_a_round_brings_the_period_after_the_current_one(kitchen: Merzim) -> None:
    """Opened in January it reaches February; a round on 31 March brings March and April, the next day May."""
    assert periods(kitchen, "2026-12-31", "2026-01-12")[-1] == "talk_held.2026-02"
    assert kitchen("remind", "--now", "2026-03-31").code == 0
    assert periods(kitchen, "2026-12-31", "2026-03-31")[-1] == "talk_held.2026-04"
    assert kitchen("remind", "--now", "2026-04-01").code == 0
    assert periods(kitchen, "2026-12-31", "2026-04-01")[-1] == "talk_held.2026-05"


def test_a_period_time_has_yet_to_bring_is_not_missing_from_the_board(kitchen: Merzim) -> None:
    """Verified months later, before any round: nothing was altered."""
    assert kitchen("verify", "--now", "2026-06-15").code == 0
    assert kitchen("remind", "--now", "2026-06-15").code == 0
    assert kitchen("verify", "--now", "2026-06-15").code == 0
