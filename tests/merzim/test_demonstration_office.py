"""The example office of `make run`, built by the product's own commands."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from pathlib import Path

import pytest

from merzim.cli import main
from merzim.demonstration import run

ROOT = Path(__file__).parents[2]
FILE = ROOT / "examples" / "demonstration.txt"
DAY = ("--now", "2026-04-06", "--json")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    config = tmp_path / "config.toml"
    config.write_text('[office]\nname = "АО «Өркен»"\n', encoding="utf-8")
    monkeypatch.setenv("MERZIM_CONFIG", str(config))
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("MERZIM_BY", "")  # put back after each: who the file names last stays the author
    return config


def test_the_example_office_is_worth_looking_at(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Analyses of every unit at every stage, some of them overdue, and rows in registers; the order of the
    schedule really published is due on the demonstration day, 6 April 2026; a late step has moved one that is
    overdue. Lists are in one language."""
    assert run(FILE) == 0, capsys.readouterr().err
    capsys.readouterr()

    assert main(["cases", *DAY]) == 0
    cases = json.loads(capsys.readouterr().out)["cases"]
    assert main(["due", *DAY]) == 0
    due = json.loads(capsys.readouterr().out)["obligations"]
    main(["overdue", *DAY])
    overdue = json.loads(capsys.readouterr().out)["obligations"]
    assert main(["register", "trainings", *DAY]) == 0
    trainings = json.loads(capsys.readouterr().out)
    assert main(["register", "risks", "list", *DAY]) == 0
    risks = capsys.readouterr().out
    assert main(["due", "--until", "2026-04-30", *DAY]) == 0
    assignments = capsys.readouterr().out
    assert main(["people", "--lang", "kk"]) == 0
    people = capsys.readouterr().out
    assert main(["cases", "--lang", "kk"]) == 0
    output = capsys.readouterr().out

    for name in ("Персоналды басқару бөлімі", "Бөлім бастығы", "әдеп жөніндегі уәкіл"):
        assert name in people
    assert "hr" not in people.split()
    assert "Активтерді басқару департаменті" in output
    assert Counter(case["procedure"] for case in cases) == {"internal-analysis": 29, "assignment": 1}
    assert len({case["unit"] for case in cases if case["unit"]}) >= 6
    assert len(Counter(case["stage"] for case in cases)) >= 6
    assert [
        obligation["due"]
        for obligation in due
        if (obligation["case"], obligation["id"]) == ("2026-0001", "order_signed")
    ] == ["2026-04-06"]
    # The note due on 2 March was signed on 12 March: the plan is due ten working days later.
    assert [
        obligation["due"]
        for obligation in overdue
        if (obligation["case"], obligation["id"]) == ("2026-0006", "plan_approved")
    ] == ["2026-03-31"]
    assert len({obligation["unit"] for obligation in overdue}) >= 3
    assert {"closed", "cancelled"} <= {case["stage"] for case in cases}
    assert "Член комиссии может быть родственником" in risks
    assert "Представить перечень договоров аренды" in assignments
    assert len(trainings["rows"]) == 3


def test_a_ministry_is_another_example(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The yearly programmes of the acts that bind it, its analyses, and rows of the standard's registers."""
    assert run(ROOT / "examples" / "ministry.txt") == 0, capsys.readouterr().err
    capsys.readouterr()

    assert main(["cases", *DAY]) == 0
    cases = json.loads(capsys.readouterr().out)["cases"]
    assert main(["register", "gifts", "list", *DAY]) == 0

    procedures = Counter(case["procedure"] for case in cases)
    assert procedures["internal-analysis"] == 3
    assert {"mne-standard-year", "tbn4-project-2", "tbn4-project-4", "gift-handover"} <= procedures.keys()


def test_whoever_it_names_is_the_author_of_what_follows(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The account of this machine is nobody of the office."""
    file = tmp_path / "office.txt"
    opening = 'open internal-analysis --object-ru "Закупки" --object-kk "Сатып алу" --now 2026-04-01T10:00'
    file.write_text(f"as head\n{opening}\nas officer\n{opening}\n", encoding="utf-8")
    assert run(file) == 0
    capsys.readouterr()

    authors = []
    for case in ("2026-0001", "2026-0002"):
        assert main(["case", case, *DAY]) == 0
        authors.append(json.loads(capsys.readouterr().out))

    assert [case["events"][0]["by"] for case in authors] == ["head", "officer"]


def test_it_stops_at_the_first_command_that_fails(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And names its line, so that a half-made office is never taken for the example."""
    file = tmp_path / "office.txt"
    file.write_text("# a remark\nrecord 2026-0001 order_signed --on 2026-04-06\ncases\n", encoding="utf-8")

    assert run(file) == 2
    assert f"{file}:2: record" in capsys.readouterr().err


def test_every_line_of_it_is_a_command_on_a_day_of_its_own() -> None:
    """The clock is given, so that the office is the same whenever it is made."""
    lines = [shlex.split(line, comments=True) for line in FILE.read_text(encoding="utf-8").splitlines()]

    assert [line for line in lines if line and line[0] != "as" and line[-2] != "--now"] == []
