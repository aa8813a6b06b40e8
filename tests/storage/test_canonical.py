"""Canonical text of values for hashes."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from merzim.storage.tables.base import canonical, moment


def test_the_order_of_keys_does_not_matter() -> None:
    """Equal values have one text."""
    assert canonical({"б": 1, "а": [date(2026, 4, 6), None]}) == canonical({"а": ["2026-04-06", None], "б": 1})


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), object()])
def test_what_is_no_json_is_an_error(value: object) -> None:
    """Better no event than one that cannot be checked."""
    with pytest.raises((TypeError, ValueError)):
        canonical({"x": value})


def test_a_moment_is_written_in_utc_seconds() -> None:
    """Whatever zone it came in."""
    assert moment(datetime(2026, 1, 1, 3, 0, tzinfo=timezone(timedelta(hours=5)))) == "2025-12-31T22:00:00Z"
