"""`merzim risks`: a plan of measures is taken in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim, Prepare, import_example

CASE, NOW = "2026-0001", ("--now", "2026-06-20")
PLAN = (
    "n,risk_or_recommendation,measure,completion_form,responsible,term_as_written\n"
    '1,internal documents not up to date,"revise internal documents, align with law",orders,'
    "Антикоррупционная комплаенс-служба,III квартал 2026 года\n"
    "2,possible risks in hiring,check completeness of documents of candidates,report,nobody we know,Постоянно\n"
    "3,weak control,quarterly monitoring of this plan with information,report,,Ежеквартально\n"
)


@pytest.fixture
def planned(prepared: Prepare) -> Merzim:
    """A case with its note signed, its plan approved and taken in."""
    return prepared(import_example, _plan)


def _plan(office: Merzim) -> None:
    Path("plan.csv").write_text(PLAN, encoding="utf-8")
    assert office("record", CASE, "note_signed", "--on", "2026-06-01", *NOW).code == 0
    assert office("record", CASE, "plan_approved", "--on", "2026-06-10", *NOW).code == 0
    assert office("risks", "import", CASE, "plan.csv", *NOW).code == 0


def test_a_plan_is_taken_in_once(planned: Merzim) -> None:
    """The second import changes nothing; findings and unknown people are reported each time."""
    answer = planned("risks", "import", CASE, "plan.csv", "--json", *NOW).json

    assert (answer["measures"], answer["changed"]) == (3, False)
    assert answer["unmatched"] == ["nobody we know"]
    assert {finding["code"] for finding in answer["findings"]} >= {
        "risk.measure_no_date",
        "risk.measure_no_responsible",
    }
