"""The state machine of a case: current state and permitted commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from calendars.terms import After
from tests.law import CALENDAR, ROOT, TODAY, analysis, case, library
from workflow import machine
from workflow.cases.case import Case, State
from workflow.deadlines.resolver import deadlines
from workflow.law.procedure import Obligation, Titled
from workflow.machine import diagram, machine_of, open_commands, stage

START = date(2026, 4, 13)
README = (ROOT / "README.md").read_text("utf-8")


def standing(sample_case: Case) -> str:
    return stage(analysis(), sample_case, deadlines(sample_case, analysis(), CALENDAR, today=TODAY))


def test_a_case_stands_at_the_earliest_stage_with_something_blocking() -> None:
    """Preparation blocks nothing, so the announcement is first; facts move the case on, and a note signed
    does not carry it past an order never signed. What is missed blocks nothing: an analysis that ended
    unannounced goes on to its discussion, and an order never signed still holds it."""
    announced, ordered = {"start_announced": date(2026, 3, 30)}, {"order_signed": date(2026, 4, 6)}
    ended = {"analysis_started": START, "analysis_ended": date(2026, 5, 26)}

    assert standing(case()) == "announcement"
    assert standing(case(facts=announced | ordered)) == "analysis"
    assert standing(case(facts=announced | {"note_signed": date(2026, 5, 12)})) == "order"
    assert standing(case(facts=ended | ordered)) == "discussion"
    assert standing(case(facts=ended)) == "order"


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


@pytest.mark.parametrize("id", ["closed", "cancelled", "order"])
def test_a_stage_called_like_a_state_or_another_stage_is_refused(id: str) -> None:
    """The library itself would take it, and a case would stand at two places at once."""
    twice = analysis().replaced(stages=(*analysis().stages, Titled.model_construct(id=id, title={})))

    with pytest.raises(ValueError, match=id):
        machine_of(twice)


def test_no_stage_is_passed_over_and_none_comes_back() -> None:
    """Each is the state of some case: the one whose own obligation alone holds it."""
    signing = analysis().by_id["order_signed"]

    for edition in library().all():
        walked = [
            stage(edition, case(procedure=edition), [Owing(obligation=signing.replaced(stage=held.id))])
            for held in edition.stages
        ]
        assert walked == [held.id for held in edition.stages]


@dataclass(frozen=True)
class Owing:
    """A deadline that is awaited."""

    obligation: Obligation
    due: date | None = None
    reminds_from: date | None = None
    state: State = "open"


MISSION = [
    *("schedule", "announcement", "order", "analysis", "discussion"),
    *("note", "plan", "publication", "monitoring"),
]
"""The chain of the mission, in its words."""


def chain_in(text: str, arrow: str) -> list[str]:
    """The steps of the line with the most arrows."""
    return max(text.splitlines(), key=lambda line: line.count(arrow)).strip().split(f" {arrow} ")


def test_the_chain_of_the_mission_stands_in_the_machine_the_readme_and_the_law() -> None:
    """The first lines of the module, the diagram of the README's first screen, the stages of the file."""
    words = str(machine.__doc__)
    stages = [stage.id for stage in analysis().stages]

    assert chain_in("\n".join(words.splitlines()[:6]), "->") == MISSION
    assert chain_in("\n".join(README.splitlines()[:20]), "-->") == MISSION
    assert stages == ["preparation", *MISSION[1:], "following"]
    assert "the first is called `preparation`" in words
    assert "one more stands at the end, `following`" in " ".join(words.split())
    assert "**state machine**, [workflow/machine.py](workflow/machine.py)" in README


def test_a_case_with_a_duty_nobody_confirmed_is_completed_and_not_closed() -> None:
    """The act names no number of days for the publication of the results (P1.T2.S2): it is owed all the same.
    What it only recommends, and what was open before the office kept records, is not."""
    owed = analysis().by_id["discussion_results_published"]
    recommended = owed.replaced(force="recommended")

    def ends(owing: Owing) -> str:
        return stage(analysis(), case(), [owing])

    assert ends(Owing(obligation=owed, reminds_from=date(2026, 5, 19))) == "completed"
    assert ends(Owing(obligation=recommended, reminds_from=date(2026, 5, 19))) == "closed"
    assert ends(Owing(obligation=owed)) == "closed"


def test_the_terms_named_with_the_chain_are_those_of_the_law() -> None:
    """10 and 5 working days before the start, 10 after the end, 10 after the note, 3 after the approval."""
    words = " ".join(str(machine.__doc__).split())
    law = analysis().by_id

    for said, obligation, count in (
        ("announced at least 10 working days before it starts", "start_announced", -10),
        ("ordered at least 5 before", "order_signed", -5),
        ("signed within 10 working days of its end", "note_signed", 10),
        ("the plan approved within 10 of the note", "plan_approved", 10),
        ("published within 3 of its approval", "published", 3),
    ):
        assert said in words
        term = law[obligation].term
        assert isinstance(term, After)
        assert term.count == count
