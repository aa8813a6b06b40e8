"""The worked examples in the regulation files, run as tests."""

from __future__ import annotations

from pathlib import Path

from merzim.services.law.regulations import shared_law
from tests.law import CALENDAR, library
from workflow.cases.commands.planning import mismatches, plan
from workflow.law.editions import read_edition

OWN = Path(__file__).parents[2] / "examples" / "own-law"


def test_the_worked_example_comes_out_as_its_file_says() -> None:
    """Every date and every finding a regulation file names is what the engine computes; those given as examples
    of an office's own law too."""
    own_procedures = [
        read_edition(file.name, file.read_bytes(), shared_law()) for file in sorted(OWN.glob("*.toml"))
    ]

    assert own_procedures
    assert [
        (procedure.edition, wrong)
        for procedure in (*library().all(), *own_procedures)
        for wrong in mismatches(procedure, CALENDAR)
    ] == []


def test_the_second_procedure_needs_no_code() -> None:
    """A gift received on 20 October 2025 is due by the 28th, though no module knows of gifts."""
    from datetime import date

    plan_result = plan(
        library(), "gift-handover", facts={"gift_received": date(2025, 10, 20)}, planned={}, calendar=CALENDAR
    )

    assert {deadline.id: deadline.due for deadline in plan_result.deadlines}["gift_handed_over"] == date(
        2025, 10, 28
    )
