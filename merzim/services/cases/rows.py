"""Verbs on rows of a case's registers: risks, measures, exposed positions, remarks.

A register's file defines the fields and actions of a row. The command of each verb is made from it, and so are
the API's body, the form's fields and the options of the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache, partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, create_model

from i18n import say
from merzim.documents.cartogram import read_cartogram
from merzim.documents.child import read
from merzim.documents.measure_plan import read_measures
from merzim.services.cases.risks import case_rows, keep_responsible, next_due_dates
from merzim.services.context import RequestContext, stamp
from merzim.services.evidence import require_file, store_evidence
from merzim.services.inputs import (
    CaseCommand,
    Day,
    EvidenceInput,
    FileInput,
    Ground,
    Line,
    Number,
    Text,
    WebAddress,
)
from merzim.services.law.regulations import case_registers
from merzim.services.results import CommandResult, result_of
from merzim.services.verbs import Verb, verb
from workflow.cases.commands.case_rows import NewRow
from workflow.cases.commands.case_rows import record_cartogram as record_lines
from workflow.cases.commands.risk_import import numbers_of, rows_to_enter, withdrawn_rows
from workflow.cases.registers.rows import is_extra
from workflow.registers.definition import Register, RegisterField, RowEntry

RowNumber = Annotated[int, Field(ge=1, le=9999)]
FieldName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
RowName = Annotated[str, StringConstraints(pattern=r"^(risk|measure|position|remark)\.[1-9][0-9]{0,3}$")]
_TYPES: Mapping[str, Any] = {
    "text": Line,
    "long_text": Text,
    "term": Line,
    "date": Day,
    "number": Number,
    "money": Number,
    "yes_no": bool,
    "row": RowNumber,
    "link": WebAddress,
}
_UNFILLED: Mapping[str, Any] = {"text": "", "long_text": "", "term": "", "yes_no": False}


class EditCaseRow(CaseCommand):
    """New values of the fields to change, by name, as texts: a day as 2026-04-13, `yes` or nothing for a
    checkbox, a term as in plans.
    """

    row: RowName
    fields: Annotated[dict[FieldName, Text], Field(min_length=1, max_length=20)]


class EnterCaseRow(CaseCommand):
    """A new row of a register of the case: values of its fields by name, as texts like those of an edit."""

    of_register: FieldName
    fields: Annotated[dict[FieldName, Text], Field(min_length=1, max_length=40)]


class RecordCartogram(CaseCommand, FileInput):
    """The published cartogram (XLSX, CSV), and its day."""

    on: Day
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class ImportPlan(CaseCommand, FileInput):
    """A plan of measures (XLSX, CSV). `year`: for terms without a year."""

    year: Annotated[int, Field(ge=1, le=9999)] | None = None


class TermTaken(BaseModel):
    """The term of a row as written, and the next day it is due; `note` says why it has no day."""

    row: int
    text: str
    due: date | None
    note: str


class PlanTaken(BaseModel):
    """The result of importing a plan. `measures`: number of its rows; `entered`: number of events written;
    `unmatched`: responsible texts that match nobody; `withdrawn`: measures that were withdrawn in the case and
    are not recorded again; `unread`: columns and sheets that were not read.
    """

    measures: int
    entered: int
    terms: list[TermTaken]
    unmatched: list[str]
    withdrawn: list[str]
    unread: list[str]


@verb("record")
def record_cartogram(ctx: RequestContext, command: RecordCartogram) -> CommandResult:
    """Record the published cartogram from a file, all of it or nothing."""
    content, name = require_file(ctx, command)
    lines = read(read_cartogram, content.read(), name)
    evidence = store_evidence(ctx, command.evidence)
    return result_of(ctx, command.case, record_lines, lines, on=command.on, evidence=evidence)


@verb("record")
def import_plan(ctx: RequestContext, command: ImportPlan) -> PlanTaken:
    """Import a plan of measures as risks and measures; the whole file or nothing. The same plan again changes
    nothing.
    """
    content, name = require_file(ctx, command)
    # A file for no case need not be read.
    ctx.case_commands.view(command.case, today=ctx.today)
    plan = read(read_measures, content.read(), name, year=command.year)
    rows = partial(rows_to_enter, rows=plan.measures)
    change = ctx.case_commands.write(command.case, stamp(ctx), case_rows().add, rows, on=ctx.today)
    responsible = [measure.responsible for measure in plan.measures]
    due = next_due_dates(ctx.app, change.case, today=ctx.today)
    numbers = numbers_of(change.case, plan.measures)
    return PlanTaken(
        measures=len(plan.measures),
        entered=len(change.events),
        terms=[
            TermTaken(
                row=measure.row,
                text=measure.term.written,
                due=None if number is None else due.get(number),
                note=say(f"risk.dateless.{measure.term.reading}", {}, ctx.spoken_language)
                if measure.term.dateless
                else "",
            )
            for measure, number in zip(plan.measures, numbers, strict=True)
        ],
        unmatched=list(keep_responsible(ctx.app, responsible, at=stamp(ctx))),
        withdrawn=[row.action for row in withdrawn_rows(change.case, plan.measures)],
        unread=list(plan.unread),
    )


@verb("record")
def enter_row(ctx: RequestContext, command: EnterCaseRow) -> CommandResult:
    """Enter a row of a register of the case, of texts."""
    return _enter(ctx, command.of_register, command.case, None, command.fields)


@verb("record")
def edit_row(ctx: RequestContext, command: EditCaseRow) -> CommandResult:
    """Change fields of a row of a register of the case; only the differences are written."""
    result = result_of(ctx, command.case, case_rows().edit, command.row, command.fields)
    _keep_responsible(ctx, command.fields)
    return result


@cache
def new_row_verb(register_id: str) -> Verb[Any, CommandResult]:
    """Return the verb that enters a row of a register, made from the register's file."""
    register, entry = register_of(register_id)
    fields = _inputs(register.fields)
    if not entry.distinct:
        fields["number"] = (RowNumber | None, Field(None, description="Of a row there is: describes it anew."))
    command = create_model(f"{entry.row.title()}Input", __base__=CaseCommand, **fields)

    def run(ctx: RequestContext, command: Any) -> CommandResult:
        values = {name: getattr(command, name) for name in register.fields if name in command.model_fields_set}
        return _enter(ctx, register_id, command.case, getattr(command, "number", None), values)

    run.__doc__ = f"{entry.title.en}."
    return Verb(f"add_{entry.row}", "record", command, CommandResult, run)


@cache
def row_action_verb(register_id: str, action_id: str) -> Verb[Any, CommandResult]:
    """Return the verb of an action on a row, made from the register's file."""
    register, entry = register_of(register_id)
    action = register.actions[action_id]
    fields = {"number": (RowNumber, ...), **_inputs(action.fields)}
    if action.evidence:
        fields["evidence"] = (list[EvidenceInput], Field(default_factory=list, max_length=50))
    command = create_model(f"{entry.row.title()}{action_id.title()}Input", __base__=CaseCommand, **fields)

    def run(ctx: RequestContext, command: Any) -> CommandResult:
        values = {name: getattr(command, name) for name in action.fields}
        evidence = store_evidence(ctx, command.evidence) if action.evidence else ()
        row = (register_id, action_id, command.number)
        return result_of(ctx, command.case, case_rows().act, *row, values, evidence=evidence)

    run.__doc__ = f"{action.title.en}."
    return Verb(f"{action_id}_{entry.row}", "record", command, CommandResult, run)


def register_of(register_id: str) -> tuple[Register, RowEntry]:
    """Return a register of a case, and how its rows are entered as events. Raises UnknownRegister."""
    register = case_registers().latest(register_id)
    assert register.entry is not None
    return register, register.entry


def extra_fields(register_id: str) -> list[RegisterField]:
    """Return the fields defined only in the register's file; lists show them after all others."""
    register, entry = register_of(register_id)
    return [field for name, field in register.fields.items() if not field.fixed and is_extra(entry.row, name)]


def _enter(
    ctx: RequestContext, register_id: str, case: str, number: int | None, values: Mapping[str, object]
) -> CommandResult:
    """Enter a row by values or texts, or describe anew the one of that number; store whom its text means."""
    new = NewRow(register=register_id, number=number, values=values)
    result = result_of(ctx, case, case_rows().add, new, on=ctx.today)
    _keep_responsible(ctx, values)
    return result


def _keep_responsible(ctx: RequestContext, values: Mapping[str, object]) -> None:
    """Store the person or unit that the responsible text of a row means, if it has one that means any."""
    if "responsible" in values:
        keep_responsible(ctx.app, [str(values["responsible"])], at=stamp(ctx))


def _inputs(fields: Mapping[str, RegisterField]) -> dict[str, Any]:
    """Return the fields of a command by those of a register, as `create_model` takes them."""
    inputs: dict[str, Any] = {}
    for name, field in fields.items():
        type_ = Literal[field.option_ids] if field.kind == "choice" else _TYPES[field.kind]
        default = field.preset or _UNFILLED.get(field.kind)
        if field.required:
            type_ = Ground if field.kind in ("text", "long_text") else type_
            default = ...
        type_ = type_ | None if default is None else type_
        inputs[name] = (type_, Field(default, description=describe_field(field)))
    return inputs


def describe_field(field: RegisterField) -> str:
    """Return the title and help of a register's field in English, as sentences."""
    return " ".join(f"{text.en.rstrip('.')}." for text in (field.title, field.help) if text)
