"""Fixtures of the command-line tests: an empty folder, and `merzim` run there without a new process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from merzim.cli import main

ROOT = Path(__file__).parents[2]
SCHEDULE = ROOT / "examples" / "real_schedule_2026_ru.xlsx"
PEOPLE = ROOT / "examples" / "people.csv"
PAST = ROOT / "examples" / "past_analyses.csv"
CASE = "2026-0001"
"""The case of the example's schedule."""
PLAN = (
    "n,risk_or_recommendation,measure,completion_form,responsible,term_as_written\n"
    '1,internal documents not up to date,"revise internal documents, align with law",orders,'
    "Антикоррупционная комплаенс-служба,III квартал 2026 года\n"
    "2,possible risks in hiring,check completeness of documents of candidates,report,nobody we know,Постоянно\n"
)
"""Two measures: one by a quarter, one without a day, of a responsible whom nobody knows."""


@dataclass(frozen=True)
class Said:
    """Result of one command line."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Merzim = Callable[..., Said]
Fill = Callable[[Merzim], None]
Prepare = Callable[..., Merzim]


@pytest.fixture
def merzim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Merzim:
    """`merzim("calendar", "add", "2026-05-12", "-5")`, in a folder of its own and in English."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MERZIM_LANG", "en")

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run


@pytest.fixture
def empty_office(merzim: Merzim) -> Merzim:
    """The same, with an empty database made on the first day of 2026."""
    assert merzim("installation", "--now", "2026-01-01").code == 0
    return merzim


@pytest.fixture
def prepared(
    merzim: Merzim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Prepare:
    """`prepared(first, second)`: the folder as these two leave it, filled once and then copied."""
    templates: dict[tuple[Fill, ...], Path] = request.getfixturevalue("templates")

    def template(fills: tuple[Fill, ...]) -> Path:
        if fills not in templates:
            folder = request.getfixturevalue("tmp_path_factory").mktemp("template")
            if fills[:-1]:
                shutil.copytree(template(fills[:-1]), folder, dirs_exist_ok=True)
            monkeypatch.chdir(folder)
            fills[-1](merzim)
            monkeypatch.chdir(tmp_path)
            templates[fills] = folder
        return templates[fills]

    def prepare(*fills: Fill) -> Merzim:
        if any(tmp_path.iterdir()):  # settings of the test's own, which decide what the commands do
            for fill in fills:
                fill(merzim)
        else:
            shutil.copytree(template(fills), tmp_path, dirs_exist_ok=True)
        return merzim

    return prepare


@pytest.fixture
def office(prepared: Prepare) -> Merzim:
    """The same, with the example's people and its schedule taken in on the day it was approved."""
    return prepared(import_example)


@pytest.fixture(scope="session")
def templates() -> dict[tuple[Fill, ...], Path]:
    """The folders that were filled by commands an operator types, by what filled them."""
    return {}


def import_example(merzim: Merzim) -> None:
    """Take in the example's people and its schedule."""
    assert merzim("people", PEOPLE).code == 0
    assert merzim("import", SCHEDULE, "--now", "2026-03-30").code == 0


def take_plan(office: Merzim, plan: str, now: tuple[str, str]) -> None:
    """Record the note and the approval of the plan of the example's case, and take the plan in."""
    Path("plan.csv").write_text(plan, encoding="utf-8")
    for line in (
        ("record", CASE, "note_signed", "--on", "2026-06-01"),
        ("record", CASE, "plan_approved", "--on", "2026-06-10"),
        ("risks", "import", CASE, "plan.csv"),
    ):
        result = office(*line, *now)
        assert result.code == 0, result.err
