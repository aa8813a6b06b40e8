"""An organisation's own regulation file with a mistake in it: one clear sentence, in its reader's language."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.merzim.conftest import ROOT, Merzim
from tests.workflow.test_programmes import HEAD, QUOTA, YEAR, obligation

CONFIG = '[database]\nurl = "sqlite:///office.db"\n[regulations]\nfolder = "own"\n'
BOILED = obligation("boiled", 'term = { count = 1, in = "working days", from = "poured" }')
POURED = obligation("poured", 'term = { count = 1, in = "working days", from = "boiled" }')


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize(
    ("law", "named"),
    [
        (obligation("x", "term = { soonish = 3 }"), "soonish"),
        (BOILED + POURED, "boiled, poured, boiled"),
        (obligation("x", 'term = "none"').replace('paragraph = "p. 2"\n', ""), "paragraph"),
        (QUOTA.replace('of = "staff", ', ""), "of"),
        (QUOTA.replace(', "staff"]', "]"), "staff"),
    ],
    ids=["unknown term", "circle", "no article", "quota of nothing", "quota without a staff number"],
)
def test_a_mistake_is_one_sentence(merzim: Merzim, tmp_path: Path, law: str, named: str, language: str) -> None:
    """It names the file and what is wrong; nothing else is said, and there is no traceback."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tea.2024-01-01.toml").write_text(HEAD + YEAR + law, encoding="utf-8")
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")

    said = merzim("procedures", "--lang", language)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("merzim: tea.2024-01-01.toml, ")
    assert said.err.count("\n") == 1
    assert named in said.err


def test_two_editions_in_force_at_once_are_refused(merzim: Merzim, tmp_path: Path) -> None:
    """The shipped file copied into one's own folder: nobody could say which of them is the law."""
    shipped = ROOT / "regulations" / "gift-handover.2025-09-18.toml"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / shipped.name).write_bytes(shipped.read_bytes())
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")

    said = merzim("procedures")

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "gift-handover.2025-09-18" in said.err
