"""Commands without a database: which create it, what the others answer, which settings file counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from merzim.cli import main
from tests.merzim.conftest import PEOPLE, Merzim
from tests.postgres import administer

READING = (
    "due",
    "overdue",
    "cases",
    "case 2026-0001",
    "explain 2026-0001 order_signed",
    "people",
    "notices",
    "remind --dry-run",
    "rehearse --from 2026-04-06 --until 2026-04-07",
    "score --year 2026",
    "register risks list",
    "acts",
    "verify",
    "backup copy.sqlite",
    "digest a@example.kz",
)


@pytest.mark.parametrize("line", READING)
def test_a_reading_command_refuses_a_folder_without_a_database(
    merzim: Merzim, tmp_path: Path, line: str
) -> None:
    """In the wrong folder "nothing is due" would be a lie: exit code 2, one sentence, no file."""
    answer = merzim(*line.split())

    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert str(tmp_path / "var" / "merzim.sqlite") in answer.err
    assert "does not exist" in answer.err
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("line", [("people", PEOPLE), ("seal",), ("remind",), ("installation",)])
def test_a_writing_command_creates_the_database(merzim: Merzim, line: tuple[object, ...]) -> None:
    """After it the reading ones answer."""
    assert merzim(*line).code in (0, 1)
    assert merzim("due", "--now", "2026-04-06").code == 0


@pytest.mark.postgresql
def test_a_reading_command_leaves_an_empty_postgresql_database_empty(
    postgresql: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server's database without our tables is none of ours, either."""
    administer(postgresql, "CREATE DATABASE nobodys")
    file = tmp_path / "config.toml"
    url = postgresql.format(name="nobodys")
    file.write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")

    for _ in range(2):
        assert main(["due", "--lang", "en", "--config", str(file)]) == 2
        assert "does not exist" in capsys.readouterr().err
    assert main(["seal", "--config", str(file)]) == 1  # it made our tables, and finds nothing to seal
    assert main(["due", "--now", "2026-04-06", "--config", str(file)]) == 0


def test_the_variable_names_the_file_of_settings(
    merzim: Merzim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever one stands; an option goes before it, and an empty variable names nothing."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.toml").write_text("[office]\n", encoding="utf-8")
    monkeypatch.setenv("MERZIM_CONFIG", str(tmp_path / "a" / "config.toml"))
    assert merzim("people", PEOPLE).code == 0
    assert (tmp_path / "a" / "var" / "merzim.sqlite").exists()

    assert merzim("due", "--now", "2026-04-06").code == 0
    refused = merzim("due", "--config", tmp_path / "b" / "config.toml")
    assert refused.code == 2
    assert str(tmp_path / "b") in refused.err
    monkeypatch.setenv("MERZIM_CONFIG", "")
    assert merzim("due").code == 2
    monkeypatch.setenv("MERZIM_CONFIG", str(tmp_path / "c.toml"))
    missing = merzim("due")
    assert missing.code == 2
    assert "c.toml" in missing.err
