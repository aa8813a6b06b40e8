"""Verbs on several cases at once: one step of each recorded, entries of each withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, Field

from i18n import LANGUAGES, refusal as refusal_in
from merzim.services.cases.verbs import C, RecordFact, SignedBy, Undo, Withdraw, record, undo_entry, withdraw
from merzim.services.context import RequestContext, require_visible
from merzim.services.inputs import (
    CaseCommand,
    Day,
    EvidenceInput,
    Ground,
    Name,
    Seq,
    Text,
    only_kind,
    store_evidence,
)
from merzim.services.results import CommandResult, Titles
from merzim.services.verbs import Command, verb
from workflow.cases.registers.rows import is_entry
from workflow.law.procedure import Obligation
from workflow.refusal import Refusal

MAX_ROWS = 100
"""Most steps recorded, or events withdrawn, at once."""


class StepOfCase(CaseCommand):
    """One step to record: the fact of a case, with its period where it recurs."""

    fact: Name


class RecordMany(Command):
    """Steps of cases to record as happened on one day, with the same remark and evidence. `signed_by`: who
    signed them, where an act asks who did. `evidence_follows`: that of each comes later.
    """

    steps: list[StepOfCase] = Field(min_length=1, max_length=MAX_ROWS)
    on: Day
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=10)
    signed_by: SignedBy = ""
    remark: Text = ""
    evidence_follows: bool = False
    preview: Annotated[bool, Field(description="Only answer what would change; nothing is written.")] = False


class LineOfCase(CaseCommand):
    """One event of a case's history, by its number (`seq`) from the result of recording it."""

    line: Seq


class WithdrawMany(Command):
    """Events of the histories of several cases to withdraw, with one ground."""

    lines: list[LineOfCase] = Field(min_length=1, max_length=MAX_ROWS)
    ground: Ground


class RowResult(BaseModel):
    """The outcome for one step (`fact`) or event (`line`): the result, or the sentence of its refusal."""

    case: str
    fact: str = ""
    line: int = 0
    result: CommandResult | None = None
    refusal: Titles | None = None


class ManyResult(BaseModel):
    """The result of each row, in order; `changed`: how many were recorded or withdrawn, or would be."""

    preview: bool
    changed: int
    refused: int
    rows: list[RowResult]


@verb("record")
def record_many(ctx: RequestContext, command: RecordMany) -> ManyResult:
    """Record steps of several cases, or only preview them; a refused one does not affect the others.

    Decisions and rows of registers are refused.
    """
    # Stored once for all of them.
    evidence = [] if command.preview else store_evidence(ctx, command.evidence)

    def result_of(step: StepOfCase) -> CommandResult:
        obligation = _obligation_of_step(ctx, step)
        kinds = obligation.evidence if obligation is not None else ()
        items = [
            EvidenceInput(content=replace(item, kind=item.kind or only_kind(kinds, is_link=item.name is None)))
            for item in evidence
        ]
        fact = RecordFact(
            case=step.case,
            fact=step.fact,
            on=command.on,
            evidence=items,
            signed_by=command.signed_by if obligation is not None and obligation.signed_by else "",
            remark=command.remark,
            evidence_follows=command.evidence_follows and not command.evidence,
            preview=command.preview,
        )
        return record(ctx, fact)

    return _each(ctx, command.steps, result_of, preview=command.preview)


def _obligation_of_step(ctx: RequestContext, step: StepOfCase) -> Obligation | None:
    """Return the obligation a step fulfils, None for a fact of none. Raises Refusal for decisions and rows of
    registers, which differ from case to case.
    """
    procedure = ctx.library.of(ctx.reads.heads([step.case])[step.case])
    if step.fact in procedure.decisions:
        raise Refusal("bulk.decision", title=procedure.decisions[step.fact].title)
    if is_entry(step.fact):
        raise Refusal("bulk.register", row=step.fact)
    return procedure.by_id.get(step.fact.partition(".")[0])


@verb("record")
def withdraw_many(ctx: RequestContext, command: WithdrawMany) -> ManyResult:
    """Withdraw what was recorded by mistake in several cases.

    A user without the right to withdraw can undo what they have just recorded; a refused event does not affect
    the others.
    """

    def withdraw_line(line: LineOfCase) -> CommandResult:
        if withdraw.allows(ctx, require_visible(ctx, line.case)):
            return withdraw(ctx, Withdraw(case=line.case, name=f"#{line.line}", ground=command.ground))
        return undo_entry(ctx, Undo(case=line.case, line=line.line, ground=command.ground))

    return _each(ctx, command.lines, withdraw_line)


def _each(
    ctx: RequestContext, rows: Sequence[C], act: Callable[[C], CommandResult], *, preview: bool = False
) -> ManyResult:
    """Do it to each row once; a refused one has the sentence of its refusal in each language."""
    results = []
    for row in dict.fromkeys(rows):
        outcome = RowResult(**row.model_dump())
        try:
            require_visible(ctx, row.case)
            outcome.result = act(row)
        except Refusal as refusal:
            sentences = {language: refusal_in(refusal, language) for language in LANGUAGES}
            outcome.refusal = Titles(**sentences)
        results.append(outcome)
    changed = sum(row.result is not None and row.result.changed for row in results)
    refused = sum(row.refusal is not None for row in results)
    return ManyResult(preview=preview, changed=changed, refused=refused, rows=results)
