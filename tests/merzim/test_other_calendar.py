"""A calendar of the workalendar registry in config.toml or an edition: its dates and its notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.merzim.conftest import ROOT, Merzim

START = ("--planned", "analysis_started=2026-04-13")
BY_RULES = "by the library's rules, not by acts"


def announced(merzim: Merzim) -> tuple[str, str]:
    """When the announcement of an analysis planned for 13 April 2026 is due, and the explanation."""
    obligations = merzim("plan", "internal-analysis", *START, "--json").json["obligations"]
    (obligation,) = (row for row in obligations if row["id"] == "start_announced")
    return obligation["due"], " ".join(element["text"] for element in obligation["explanation"])


def test_the_calendar_of_the_settings_counts(merzim: Merzim, tmp_path: Path) -> None:
    """Ten working days before 13 April 2026: Good Friday and Easter Monday are days off in Germany."""
    assert announced(merzim)[0] == "2026-03-30"
    assert BY_RULES not in announced(merzim)[1]
    (tmp_path / "config.toml").write_text('[office]\ncalendar = "DE"\n', encoding="utf-8")
    due, explanation = announced(merzim)

    assert due == "2026-03-26"
    assert BY_RULES in explanation
    assert merzim("calendar", "add", "2026-04-13", "-10").out == "2026-03-26\n"
    for line in (("day", "2026-04-06"), ("year", "2026")):
        assert BY_RULES in merzim("calendar", *line).out


def test_an_edition_may_name_its_own(merzim: Merzim, tmp_path: Path) -> None:
    """It goes before the office's; the other editions stay with theirs."""
    shipped = (ROOT / "regulations" / "internal-analysis.2024-01-01.toml").read_text(encoding="utf-8")
    text = shipped[: shipped.index("[[example]]")].replace("in_force = 2024-01-01", "in_force = 2026-01-01")
    own_folder = tmp_path / "own"
    own_folder.mkdir()
    file = own_folder / "internal-analysis.2026-01-01.toml"
    file.write_text('calendar = "DE"\n' + text, encoding="utf-8")
    (tmp_path / "config.toml").write_text('[regulations]\nfolder = "own"\n', encoding="utf-8")

    due, explanation = announced(merzim)
    assert due == "2026-03-26"
    assert BY_RULES in explanation
    assert merzim("calendar", "add", "2026-04-13", "-10").out == "2026-03-30\n"

    file.write_text('calendar = "DX"\n' + text, encoding="utf-8")
    left_out = merzim("plan", "internal-analysis", *START, "--json")
    assert "2026-01-01" not in left_out.json["edition"]
    assert "DX" in left_out.err
    assert "DE" in left_out.err


@pytest.mark.parametrize("code", ["XX", "de", "CN", ""])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_calendar_nobody_registered_is_refused(
    merzim: Merzim, tmp_path: Path, code: str, language: str
) -> None:
    """In one sentence that names the key; so is one that does not know all the years."""
    (tmp_path / "config.toml").write_text(f'[office]\ncalendar = "{code}"\n', encoding="utf-8")
    refused = merzim("calendar", "day", "2026-04-06", "--lang", language)

    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert "office.calendar" in refused.err
    assert "workalendar" in refused.err
