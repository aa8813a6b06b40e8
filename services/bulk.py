"""One day, remark and document recorded for steps of several cases: each is recorded or refused by itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

import i18n
from calendars import OutOfRange
from services.cases import MAX_REMARK, foresee_change
from services.context import RequestContext, require_visible, stamp
from services.evidence import store_evidence
from services.inputs import CaseCommand, Day, EvidenceInput, Name, Text
from services.register_views import Titles
from services.results import CommandResult, command_result, preview_result
from services.verbs import Command, verb
from workflow.cases.commands.desk import CaseCommands, Change
from workflow.cases.commands.payloads import CannotRecord
from workflow.cases.registers.entries import is_entry
from workflow.refusal import Refusal

MAX_ROWS = 100


class StepOfCase(CaseCommand):
    """One step to record: the fact of a case, with its period where it recurs."""

    fact: Name


class RecordMany(Command):
    """Steps of cases to record as happened on one day, with the same remark and evidence.

    `evidence_follows`: each is recorded with the promise of its evidence.
    """

    steps: list[StepOfCase] = Field(min_length=1, max_length=MAX_ROWS)
    on: Day
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=10)
    remark: Text = ""
    evidence_follows: bool = False
    preview: Annotated[bool, Field(description="Only answer what would change; nothing is written.")] = False


class StepResult(BaseModel):
    """What became of one step: the result of its recording, or the sentence of its refusal."""

    case: str
    fact: str
    result: CommandResult | None = None
    refusal: Titles | None = None


class ManyResult(BaseModel):
    """The result of each step, in the order they were sent; `recorded`: how many were, or would be."""

    preview: bool
    recorded: int
    refused: int
    steps: list[StepResult]


@verb("record")
def record_many(ctx: RequestContext, command: RecordMany) -> ManyResult:
    """Record steps of several cases; a refused one leaves the others as they are."""
    evidence = () if command.preview else store_evidence(ctx, command.evidence)

    def act(desk: CaseCommands, step: StepOfCase) -> Change:
        return desk.record(
            step.case,
            step.fact,
            on=command.on,
            evidence=evidence,
            remark=command.remark.strip()[:MAX_REMARK],
            evidence_follows=command.evidence_follows,
            **stamp(ctx),
        )

    def result_of(step: StepOfCase) -> StepResult:
        try:
            require_visible(ctx, step.case)
            _require_plain_fact(ctx, step)
            if command.preview:
                foreseen, people = foresee_change(ctx, step.case, lambda desk: act(desk, step))
                result = preview_result(foreseen, tells=len(people))
            else:
                result = command_result(act(ctx.desk, step))
        except (Refusal, OutOfRange) as refusal:
            sentences = {language: i18n.refusal(refusal, language) for language in i18n.LANGUAGES}
            return StepResult(case=step.case, fact=step.fact, refusal=Titles(**sentences))
        return StepResult(case=step.case, fact=step.fact, result=result)

    unique = {(step.case, step.fact): step for step in command.steps}
    steps = [result_of(step) for step in unique.values()]
    recorded = sum(step.result is not None and step.result.changed for step in steps)
    refused = sum(step.refusal is not None for step in steps)
    return ManyResult(preview=command.preview, recorded=recorded, refused=refused, steps=steps)


def _require_plain_fact(ctx: RequestContext, step: StepOfCase) -> None:
    """Raise CannotRecord for a decision, whose answer differs from case to case, and for a register's row."""
    procedure = ctx.library.of(ctx.reads.heads([step.case])[step.case])
    question = procedure.decisions.get(step.fact)
    if question is not None:
        raise CannotRecord("bulk.decision", title=question.title)
    if is_entry(step.fact):
        raise CannotRecord("bulk.register", row=step.fact)
