"""The state machine of a case: current state and permitted commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.law import CALENDAR, TODAY, analysis, case, library
from workflow.cases.case import Case
from workflow.cases.machine import (
    Definition,
    NotOpen,
    Transition,
    diagram,
    machine_of,
    open_commands,
    require,
    stage,
)
from workflow.deadlines.resolver import deadlines

START = date(2026, 4, 13)


def standing(sample_case: Case) -> str:
    return stage(analysis(), sample_case, deadlines(sample_case, analysis(), CALENDAR, today=TODAY))


def test_a_new_case_stands_at_the_earliest_stage_with_something_blocking() -> None:
    """Preparation blocks nothing, so the announcement is first."""
    assert standing(case()) == "announcement"


def test_a_case_moves_on_as_facts_come() -> None:
    """Announced and ordered, it is at the stage of analysis."""
    sample_case = case(facts={"start_announced": date(2026, 3, 30), "order_signed": date(2026, 4, 6)})

    assert standing(sample_case) == "analysis"


def test_what_is_missed_blocks_nothing() -> None:
    """An analysis that ended unannounced goes on to its discussion; an order never signed still holds it."""
    facts = {"analysis_started": START, "analysis_ended": date(2026, 5, 26)}
    sample_case = case(facts={**facts, "order_signed": date(2026, 4, 6)})

    assert standing(sample_case) == "discussion"
    assert standing(case(facts=facts)) == "order"


def test_an_earlier_gap_holds_the_case_back_whatever_comes_later() -> None:
    """A note signed does not carry the case past an order never signed."""
    sample_case = case(facts={"start_announced": date(2026, 3, 30), "note_signed": date(2026, 5, 12)})

    assert standing(sample_case) == "order"


def test_a_cancelled_case_is_cancelled_and_only_reopening_is_open() -> None:
    """The refusal names what is open now."""
    sample_case = replace(case(), standing="cancelled")

    assert standing(sample_case) == "cancelled"
    with pytest.raises(NotOpen) as refusal:
        require(analysis(), sample_case, "cancelled", "cancel")
    assert refusal.value.arguments["open"] == ("reopen",)


def test_what_is_open_follows_from_where_the_case_stands() -> None:
    """Of an active or a completed case cancelling and exempting, of a closed one reopening alone."""
    for stage_ in analysis().stages:
        assert open_commands(analysis(), stage_.id) == ("cancel", "exempt")
    assert open_commands(analysis(), "completed") == ("cancel", "exempt")
    assert open_commands(analysis(), "cancelled") == ("reopen",)
    assert open_commands(analysis(), "exempted") == ("reopen",)


def test_the_diagram_shows_every_step_with_its_guard_and_every_command() -> None:
    """Mermaid text: from stage to stage while nothing blocks, out of each by command, and back by reopening; a
    stage that asks a decision has that guard too."""
    law = library().latest("conflict-of-interest")
    lines = [line.strip() for line in diagram(law).splitlines()]
    stages = [stage.id for stage in law.stages]
    steps = zip(stages, [*stages[1:], "completed"], strict=True)
    guards = {"settlement": " & nothing_unanswered"}

    assert lines[:4] == ["---", "title: conflict-of-interest.2025-09-18", "---", "stateDiagram-v2"]
    expected = {
        f"[*] --> {stages[0]}",
        "closed --> [*]",
        "completed --> closed: advance [nothing_runs]",
        *(
            f"{stage} --> {next_stage}: advance [nothing_blocks{guards.get(stage, '')}]"
            for stage, next_stage in steps
        ),
        *(f"{stage} --> cancelled: cancel" for stage in (*stages, "completed", "closed")),
        *(f"{stage} --> exempted: exempt" for stage in (*stages, "completed", "closed")),
        f"cancelled --> {stages[0]}: reopen",
        f"exempted --> {stages[0]}: reopen",
    }
    assert {line for line in lines if "-->" in line} == expected


def test_every_edition_has_a_machine_and_a_diagram() -> None:
    """All that is shipped; an id the diagram could not write would be seen here."""
    for edition in library().all():
        drawn = diagram(edition)
        assert all(f'state "{stage.id}" as {stage.id}' in drawn for stage in edition.stages)
        assert all(stage.id.isidentifier() for stage in edition.stages)


@pytest.mark.parametrize(
    ("states", "transitions"),
    [
        ((), ()),
        (("a", "a"), ()),
        (("a",), (Transition(trigger="advance", sources=("a",), target="b"),)),
        (("a",), (Transition(trigger="advance", sources=("b",), target="a"),)),
        (
            ("a", "b"),
            (Transition(trigger="advance", sources=("a",), target="b", guards=(lambda event: True,)),),
        ),
    ],
)
def test_a_definition_names_known_states_and_guards_only(
    states: tuple[str, ...], transitions: tuple[Transition, ...]
) -> None:
    """The library itself would accept them, and a case would have no state."""
    with pytest.raises(ValueError, match=r"own\.2026-01-01"):
        Definition(edition="own.2026-01-01", states=states, transitions=transitions)


def test_cases_are_never_registered_with_the_machine() -> None:
    """A machine is the edition's: however many cases walk through it, it holds none of them."""
    for _ in range(3):
        standing(case())
    machine = machine_of(analysis())

    assert machine is machine_of(analysis())
    assert machine.models == []
