"""`merzim score --inputs`: points and their arithmetic from plain numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim

INPUTS = {
    "P1.T1.S1": {"present": False},
    "P1.T1.S3": {"done": 19, "of": 20},
    "P1.T3.S3": {"coverage": {"done": 997, "of": 1000}, "risks": {"found": 10, "removed": 4, "completed": 2}},
    "P2.T2.S1": {"count": 41},
    "P4.T2.S3": {"per_month": [6, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]},
}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """The example of the contract as a file."""
    return _file(tmp_path, json.dumps(INPUTS))


def _file(folder: Path, text: str) -> Path:
    path = folder / "inputs.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_answer_for_machines_has_points_as_decimal_strings(merzim: Merzim, inputs: Path) -> None:
    """No floats; no ceiling is null; the total is their sum."""
    answer = merzim("score", "--inputs", inputs, "--json").json

    assert {indicator["id"]: (indicator["points"], indicator["max"]) for indicator in answer["indicators"]} == {
        "P1.T1.S1": ("-10", None),
        "P1.T1.S3": ("2.7", "3"),
        "P1.T3.S3": ("57.7", None),
        "P2.T2.S1": ("6", "18"),
        "P4.T2.S3": ("16", "120"),
    }
    assert answer["total"] == "72.4"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"P1.T1.S3": {"done": 1, "done": 2, "of": 3}}', '"done" stands twice'),
        ('{"P2.T2.S1": {"count": 1}, "P2.T2.S1": {"count": 2}}', '"P2.T2.S1" stands twice'),
        ("[]", "Indicators with their numbers are needed"),
        (
            '{"P1.T1.S3": {"done": "19", "of": 20}}',
            'P1.T1.S3.done: a whole number without quotes is needed, not "19"',
        ),
        ('{"P1.T1.S3": {"done": NaN, "of": 20}}', "P1.T1.S3.done: a whole number"),
        ('{"P1.T1.S3": {"done": 1e400, "of": 20}}', "P1.T1.S3.done: a whole number"),
        ('{"P1.T1.S3": {"done": ' + "9" * 4000 + ', "of": 20}}', "P1.T1.S3.done: the number is too large"),
        ('{"P1.T1.S3": {"done": ' + "9" * 5000 + ', "of": 20}}', "not JSON"),
        ('{"P1.T1.S9": {"done": 19, "of": 20}}', 'no such indicator: "P1.T1.S9"'),
    ],
)
def test_what_cannot_be_scored_is_one_line(merzim: Merzim, tmp_path: Path, text: str, told: str) -> None:
    """Exit code 2, nothing on stdout, never a traceback."""
    result = merzim("score", "--inputs", _file(tmp_path, text), "--json")

    assert result.code == 2
    assert result.out == ""
    assert len(result.err.splitlines()) == 1
    assert told in result.err
