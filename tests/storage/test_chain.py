"""Canonical text of an event for its hash."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from merzim.storage.chain import canonical, line, link, moment

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=8,
)


def test_an_event_is_one_canonical_line() -> None:
    """Sorted keys, no spaces, letters as they are, seconds, UTC: the form is part of the promise."""
    at = datetime(2026, 4, 6, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=5)))

    text = line(
        case="2026-0001",
        seq=2,
        kind="fact",
        name="order_signed",
        on=date(2026, 4, 6),
        at=at,
        by="Әлия",
        payload="{}",
    )

    assert text == (
        '{"at":"2026-04-06T07:00:00Z","by":"Әлия","case":"2026-0001","kind":"fact","name":"order_signed"'
        ',"on":"2026-04-06","payload":{},"seq":2}'
    )


@given(payload=some.dictionaries(some.text(), JSON), by=some.text(), on=some.none() | some.dates())
def test_the_line_is_the_canonical_json_of_its_values(
    payload: dict[str, object], by: str, on: date | None
) -> None:
    """Putting it together by hand saves time and changes nothing."""
    at = datetime(2026, 4, 6, tzinfo=UTC)
    values = {
        "case": "c",
        "seq": 1,
        "kind": "fact",
        "name": "n",
        "on": on,
        "at": at,
        "by": by,
        "payload": payload,
    }

    text = line(case="c", seq=1, kind="fact", name="n", on=on, at=at, by=by, payload=canonical(payload))

    assert text == canonical(values)


def test_the_order_of_keys_does_not_matter() -> None:
    """Equal values have one text."""
    assert canonical({"б": 1, "а": [date(2026, 4, 6), None]}) == canonical({"а": ["2026-04-06", None], "б": 1})


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), object()])
def test_what_is_no_json_is_an_error(value: object) -> None:
    """Better no event than one that cannot be checked."""
    with pytest.raises((TypeError, ValueError)):
        canonical({"x": value})


def test_a_link_depends_on_what_went_before() -> None:
    """The same event after another one has another hash."""
    assert link("", "x") != link(link("", "y"), "x")
    assert len(link("", "Ә")) == 64


def test_a_moment_is_written_in_utc_seconds() -> None:
    """Whatever zone it came in."""
    assert moment(datetime(2026, 1, 1, 3, 0, tzinfo=timezone(timedelta(hours=5)))) == "2025-12-31T22:00:00Z"
