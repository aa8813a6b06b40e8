"""The worked examples in the regulation files, run as tests."""

from __future__ import annotations

from pathlib import Path

from merzim.services.law.regulations import shared_law
from tests.law import CALENDAR, library
from workflow.cases.commands.planning import mismatches
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
