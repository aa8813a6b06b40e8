"""The worked examples in the regulation files are tests a lawyer wrote."""

from __future__ import annotations

import pytest

from tests.law import CALENDAR, library
from workflow.cases.commands.planning import AssumedCase, plan
from workflow.law.procedure import Example, Procedure

EXAMPLES = [
    pytest.param(procedure, example, id=f"{procedure.edition}: {example.title}")
    for procedure in library().all()
    for example in procedure.examples
]


@pytest.mark.parametrize(("procedure", "example"), EXAMPLES)
def test_the_worked_example_comes_out_as_its_file_says(procedure: Procedure, example: Example) -> None:
    """Every date and every finding a regulation file names is what the engine computes."""
    made = plan(
        library(),
        procedure.id,
        facts=example.facts,
        planned=example.planned,
        calendar=CALENDAR,
        on=procedure.in_force,
        supposed=AssumedCase(
            kind=example.kind, object=example.object, values=example.values, signed_by=example.signed_by
        ),
    )

    by_id = {deadline.id: deadline for deadline in made.deadlines}
    assert {name: by_id[name].due for name in example.due} == dict(example.due)
    assert {name: by_id[name].safe_by for name in example.safe_by} == dict(example.safe_by)
    assert {name: by_id[name].state for name in example.state} == dict(example.state)
    if example.findings is not None:
        found = sorted(f"{finding.kind}:{finding.obligation}" for finding in made.findings)
        assert found == sorted(example.findings)


@pytest.mark.parametrize("procedure", library().all(), ids=lambda procedure: procedure.edition)
def test_every_edition_has_worked_examples(procedure: Procedure) -> None:
    """A procedure without a worked example does not land."""
    assert procedure.examples


def test_the_second_procedure_needs_no_code() -> None:
    """A gift received on 20 October 2025 is due by the 28th, though no module knows of gifts."""
    from datetime import date

    made = plan(
        library(), "gift-handover", facts={"gift_received": date(2025, 10, 20)}, planned={}, calendar=CALENDAR
    )

    assert {deadline.id: deadline.due for deadline in made.deadlines}["gift_handed_over"] == date(2025, 10, 28)
