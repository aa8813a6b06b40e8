"""Where a case stands, and which commands are a step from there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.law import CALENDAR, TODAY, analysis, case
from workflow.cases.case import Case
from workflow.cases.machine import NotOpen, diagram, require, stage
from workflow.deadlines.resolver import deadlines

START = date(2026, 4, 13)


def standing(told: Case) -> str:
    return stage(analysis(), told, deadlines(told, analysis(), CALENDAR, today=TODAY))


def test_a_new_case_stands_at_the_earliest_stage_with_something_blocking() -> None:
    """Preparation blocks nothing, so the announcement is first."""
    assert standing(case()) == "announcement"


def test_a_case_moves_on_as_facts_come() -> None:
    """Announced and ordered it stands at the analysis."""
    told = case(facts={"start_announced": date(2026, 3, 30), "order_signed": date(2026, 4, 6)})

    assert standing(told) == "analysis"


def test_what_is_missed_blocks_nothing() -> None:
    """An analysis that ended unannounced goes on to its discussion; an order never signed still holds it."""
    facts = {"analysis_started": START, "analysis_ended": date(2026, 5, 26)}
    told = case(facts={**facts, "order_signed": date(2026, 4, 6)})

    assert standing(told) == "discussion"
    assert standing(case(facts=facts)) == "order"


def test_an_earlier_gap_holds_the_case_back_whatever_comes_later() -> None:
    """A note signed does not carry the case past an order never signed."""
    told = case(facts={"start_announced": date(2026, 3, 30), "note_signed": date(2026, 5, 12)})

    assert standing(told) == "order"


def test_a_cancelled_case_is_cancelled_and_only_reopening_is_open() -> None:
    """The refusal names what is open now."""
    told = replace(case(), standing="cancelled")

    assert standing(told) == "cancelled"
    with pytest.raises(NotOpen) as refusal:
        require(analysis(), told, "cancelled", "cancel")
    assert refusal.value.arguments["open"] == ("reopen",)


def test_the_diagram_shows_every_stage() -> None:
    """Mermaid text from the first stage to completed."""
    shown = diagram(analysis())

    assert all(stage.id in shown for stage in analysis().stages)
    assert shown.startswith("stateDiagram-v2")
