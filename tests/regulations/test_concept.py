"""The Concept's plan checked independently: who is responsible for each item, by its last column."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.law import library
from workflow.law.procedure import Body

PLAN = library().named("concept-plan.2022-02-02")
BY_AGREEMENT = "*"
"""Our mark for (келісім бойынша)."""
RESPONSIBLE = (Path(__file__).parent / "concept_bodies.txt").read_text(encoding="utf-8")
"""The last column of the plan, copied by hand: an item a line."""
LINES = [line.split(": ") for line in RESPONSIBLE.strip().splitlines()]


def test_all_73_items_are_read() -> None:
    """One obligation each, and none besides them but the Concept itself and the information on its course."""
    read = {f"measure_{item.replace('.', '_')}" for item, _ in LINES}

    assert len(read) == 73
    assert {obligation.id for obligation in PLAN.obligations} - read == {
        "concept_approved",
        "progress_reported",
    }


@pytest.mark.parametrize(("item", "column"), LINES, ids=lambda value: value.partition(",")[0])
def test_the_bodies_are_those_of_the_column(item: str, column: str) -> None:
    """Those responsible in their order, those by agreement apart."""
    measure = PLAN.by_id[f"measure_{item.replace('.', '_')}"]
    body_names = column.split(", ")
    agreeing_bodies = [name.removesuffix(BY_AGREEMENT) for name in body_names if name.endswith(BY_AGREEMENT)]

    assert [PLAN.bodies[body].short.kk for body in measure.bodies] == [
        name for name in body_names if BY_AGREEMENT not in name
    ]
    assert [PLAN.bodies[body].short.kk for body in measure.by_agreement] == agreeing_bodies
    assert measure.sources == (f"plan:{item}",)


@pytest.mark.parametrize(
    "body", [body for body in PLAN.bodies.values() if body.abolished_on], ids=lambda body: body.id
)
def test_what_is_no_more_has_somebody_after_it(body: Body) -> None:
    """Successors that are in the table, that still stand, and a day after the Concept's own."""
    assert body.successors
    assert all(PLAN.bodies[successor].abolished_on is None for successor in body.successors)
    assert body.abolished_on is not None
    assert body.abolished_on > PLAN.in_force
