"""Points beside an obligation, in lists, cases and letters: what the page of points has at stake by it.

The figures are of the assessment of TBN No. 4 (tbn4-scoring), P1.T1: a schedule and an order are there once a
year for the whole body, or 10 are deducted; an announcement is counted for each unit.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from merzim.services.law.acts import ChangeAct, change_act
from merzim.services.scoring import Stakes
from tests.merzim.test_points_by_hand import IA, P4, Recorded
from workflow.scoring.prospects import Stake

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
