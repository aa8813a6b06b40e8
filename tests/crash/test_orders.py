"""Random command sequences: a few of them; `python -m tests.crash.orders` runs for minutes."""

from __future__ import annotations

from pathlib import Path

from tests.crash import orders


def test_the_desk_keeps_what_it_was_told_in_any_order(tmp_path: Path) -> None:
    """Refusals, conflicts, events, stages and rows are those of a plain model, over memory and over SQLite."""
    orders.run(orders.pattern(tmp_path), examples=48, steps=40, repeatable=True)

    assert {"fact", "planned", "again", "conflict", "fact_in_future"} <= set(orders.Orders.seen)
