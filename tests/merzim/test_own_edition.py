"""An organisation's stricter rules as an edition of its own with its own start: readings 4, 5 and 6."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.merzim.conftest import ROOT, Merzim

SHIPPED = (ROOT / "regulations" / "internal-analysis.2024-01-01.toml").read_text(encoding="utf-8")
ANALYSIS = ("--fact", "analysis_started=2026-05-18", "--fact", "analysis_ended=2026-06-12")


@pytest.fixture
def own(merzim: Merzim, tmp_path: Path) -> Merzim:
    """The office of an organisation whose rules of 1 May 2026 differ from the instruction in three places."""
    text = SHIPPED[: SHIPPED.index("[[example]]")]
    for common, stricter in (
        ("in_force = 2024-01-01", "in_force = 2026-05-01"),
        ('term = { count = 10, in = "working days", from = "note_signed" }', _WITHIN_FIVE),
        (
            'term = { day = 5, of = "month after the period" }',
            'term = { day = 10, of = "month after the period" }',
        ),
        ('every = "quarter"', 'every = "month"'),
    ):
        assert common in text
        text = text.replace(common, stricter)
    held_at = text.index('id = "discussion_held"')
    text = text[:held_at] + text[held_at:].replace("duty =", 'force = "may"\nduty =', 1)
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "internal-analysis.2026-05-01.toml").write_text(text, encoding="utf-8")
    (tmp_path / "config.toml").write_text('[regulations]\nfolder = "own"\n', encoding="utf-8")
    return merzim


_WITHIN_FIVE = 'term = { count = 5, in = "working days", from = "note_signed" }'


def test_a_stricter_term_of_ones_own_holds_from_its_day(own: Merzim) -> None:
    """A note signed on 15 June 2026: the plan by the 22nd, five working days later, not ten. An analysis
    begun the day before the own rules came into force goes by the instruction."""
    due = _dues(own, *ANALYSIS, "--fact", "note_signed=2026-06-15")

    assert due["plan_approved"] == "2026-06-22"
    before = _dues(own, "--fact", "analysis_started=2026-04-30", "--fact", "note_signed=2026-06-15")

    assert before["plan_approved"] == "2026-06-29"


def test_an_own_rhythm_of_monitoring_is_a_period_and_a_day(own: Merzim) -> None:
    """Every month by the 10th: June by 10 July, July by 10 August 2026."""
    due = _dues(own, *ANALYSIS, "--fact", "note_signed=2026-06-15")

    assert due["quarter_reported.2026-06"] == "2026-07-10"
    assert due["quarter_reported.2026-07"] == "2026-08-10"
    assert "quarter_reported.2026Q2" not in due


def test_an_own_rule_that_only_allows_says_so(own: Merzim) -> None:
    """The discussion is allowed there; a finding on it would say that it is."""
    answer = own("plan", "internal-analysis", *ANALYSIS, "--json").json

    assert {obligation["id"]: obligation["force"] for obligation in answer["obligations"]}[
        "discussion_held"
    ] == "may"
    assert answer["edition"] == "internal-analysis.2026-05-01"


def _dues(merzim: Merzim, *facts: str) -> dict[str, str]:
    answer = merzim("plan", "internal-analysis", *facts, "--json").json
    return {obligation["id"]: obligation["due"] for obligation in answer["obligations"]}
