"""The built-in procedure of assignments that belong to no case; no act requires it, so it has no file."""

from __future__ import annotations

from datetime import date

from workflow.law.procedure import EscalationPolicy, Procedure, Stage, Step, Text

TITLE = Text("Тапсырма", "Поручение", "Assignment")
_ASSIGNEE = ("duty",)
ALONE = Procedure(
    id="assignment",
    in_force=date(2000, 1, 1),
    in_force_assumed=False,
    last_checked_on=date(2000, 1, 1),
    title=TITLE,
    begins_with="",
    acts={},
    stages=(
        Stage(
            id="execution",
            title=Text("Тапсырманы орындау", "Исполнение поручения", "Carrying out the assignment"),
        ),
    ),
    obligations=(),
    ladders={
        "default": EscalationPolicy(
            id="default",
            rungs=(
                Step(at=-5, to=_ASSIGNEE),
                Step(at=-1, to=_ASSIGNEE),
                Step(at=0, to=_ASSIGNEE),
                Step(at=1, to=(*_ASSIGNEE, "head_of_unit")),
                Step(at=5, to=(*_ASSIGNEE, "head_of_unit", "officer", "head"), last=True),
            ),
        )
    },
    indicators={},
)
"""The built-in procedure: its case has one assignment and is closed when that is done, refused or withdrawn."""
