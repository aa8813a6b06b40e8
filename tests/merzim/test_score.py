"""Points: scored from inputs without a database, and what a page of points has at stake by an obligation."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from merzim.services.law.acts import ChangeAct, change_act
from merzim.services.scoring import Stakes
from tests.merzim.conftest import Merzim
from tests.merzim.test_points_by_hand import IA, P4, Recorded
from workflow.scoring.prospects import Stake

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


MINISTRY = (("min", "", "central_body"), ("first", "min", ""), ("second", "min", ""))
TODAY, DUE = date(2026, 6, 15), date(2026, 7, 1)
SCHEDULE, ORDER, ANNOUNCED = "P1.T1.S1", "P1.T1.S2", "P1.T1.S3"


@pytest.fixture
def ministry(tmp_path: Path) -> Recorded:
    """A ministry of two departments, assessed in points."""
    office = Recorded(tmp_path, MINISTRY)
    change_act(office.ctx(), ChangeAct(act="tbn4-2024"))
    return office


def stake(
    office: Recorded, unit: str, indicator: str, due: date | None = DUE, period: str | None = None
) -> Stake | None:
    return Stakes(office.ctx(TODAY)).of(unit, indicator, period, due)


def test_a_deduction_can_come_until_one_case_of_the_body_has_its_order(ministry: Recorded) -> None:
    """The second analysis of the year then has nothing to lose by its own order (P1.T1.S2)."""
    assert stake(ministry, "second", ORDER) == Stake(Decimal(10), deducted=True)

    ministry.record((("first", IA, "order_signed"),))

    assert [stake(ministry, unit, ORDER) for unit in ("first", "second", "min", "")] == [None] * 4
    assert stake(ministry, "second", SCHEDULE) == Stake(Decimal(10), deducted=True)


def test_a_share_has_points_at_stake_by_units_that_it_does_not_count_yet(ministry: Recorded) -> None:
    """Of two departments one announced: the other can still bring the rest of the 3 points (P1.T1.S3)."""
    ministry.record((("first", IA, "start_announced"),))

    assert stake(ministry, "first", ANNOUNCED) is None
    assert stake(ministry, "second", ANNOUNCED) == Stake(Decimal("1.5"), deducted=False)


def test_nothing_is_at_stake_this_year_by_what_is_due_in_another(ministry: Recorded) -> None:
    """The points of a year are of what was done in it; what is owed for its last quarter is its own though
    due in the next."""
    assert stake(ministry, "first", ORDER, None) == Stake(Decimal(10), deducted=True)
    assert stake(ministry, "first", ORDER, date(2027, 1, 11)) is None
    assert stake(ministry, "first", ORDER, date(2025, 12, 1)) is None
    assert stake(ministry, "first", ORDER, date(2027, 1, 5), "2026Q4") == Stake(Decimal(10), deducted=True)


def test_a_month_gone_by_brings_no_points_and_one_to_come_no_more_than_its_own(ministry: Recorded) -> None:
    """A talk is a point, ten a month at most (P4.T2.S4): of 70 at stake in June 10 are by talks of June."""
    ministry.case("min", P4)

    assert Stakes(ministry.ctx(TODAY)).total("") >= 70
    assert stake(ministry, "min", "P4.T2.S4", None, "2026-05") is None
    assert stake(ministry, "min", "P4.T2.S4", None, "2026-06") == Stake(Decimal(10), deducted=False)


def test_who_adopted_no_act_of_points_is_shown_none(tmp_path: Path) -> None:
    """Projects and points bind who adopted them."""
    assert stake(Recorded(tmp_path, MINISTRY), "first", ORDER) is None
