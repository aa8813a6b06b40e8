"""Verbs on rows of a case's registers: risks, measures, exposed positions, remarks.

A register's file defines the fields and actions of a row; values are given by field, as for rows of other
registers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache, partial
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, StringConstraints

from i18n import say
from merzim.documents.case_tables import read_cartogram, read_measures, read_term
from merzim.documents.child import read
from merzim.services.context import RequestContext, whole_case, write_case
from merzim.services.inputs import (
    CaseCommand,
    Day,
    EvidenceInput,
    FileInput,
    Name,
    require_file,
    store_evidence,
)
from merzim.services.law.regulations import case_registers, shipped_files
from merzim.services.names import keep_responsible
from merzim.services.registers.results import FieldView, field_view
from merzim.services.registers.verbs import RowText
from merzim.services.results import CommandResult, FindingResult, ProofResult, Titles, result_of
from merzim.services.verbs import verb
from merzim.storage.database import writing
from workflow.cases.case import Case, evidence_of, row_name
from workflow.cases.commands.case_commands import Drafts, View
from workflow.cases.commands.case_rows import (
    CaseRows,
    NewRow,
    numbers_of,
    record_cartogram as record_lines,
    rows_to_enter,
    withdrawn_rows,
)
from workflow.cases.registers.risks import Band, Rank, RiskScale
from workflow.cases.registers.rows import OWN_FIELDS, as_written, number_of, row_kind, rows_of
from workflow.deadlines.deadline import Deadline, Row
from workflow.findings.of_risks import risk_findings
from workflow.law.files import Editions, read_file
from workflow.registers.definition import Register, RegisterField, RowEntry
from workflow.registers.values import is_filled

RowName = Annotated[str, StringConstraints(pattern=r"^(risk|measure|position|remark)\.[1-9][0-9]{0,3}$")]
CaseValue = bool | int | float | RowText | None
"""A value for a field: a text (a date as 2026-04-13, a term as plans write it, a row by its number), a number,
true or false; null or an empty text clears it.
"""
CaseValues = Annotated[dict[Name, CaseValue], Field(max_length=40)]


class EnterCaseRow(CaseCommand):
    """A new row of a register of the case; with the `number` of one there is, that one described anew."""

    register_id: Name
    values: CaseValues
    number: Annotated[int, Field(ge=1, le=9999)] | None = None


class EditCaseRow(CaseCommand):
    """New values of the fields of a row to change."""

    row: RowName
    values: CaseValues


class ActOnCaseRow(CaseCommand):
    """An action on a row, by its id in the register's file, with its fields and what proves it."""

    row: RowName
    action: Name
    values: CaseValues = Field(default_factory=dict)
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class RecordCartogram(CaseCommand, FileInput):
    """The published cartogram (XLSX, CSV), and its day."""

    on: Day
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class CartogramTaken(CommandResult):
    """The result of recording a cartogram. `unread`: columns and sheets that were not read."""

    unread: list[str]


class ImportPlan(CaseCommand, FileInput):
    """A plan of measures (XLSX, CSV). `year`: for terms without a year."""

    year: Annotated[
        int | None, Field(ge=2010, le=2099, description="The year of the plan, for terms that name none.")
    ] = None


class TermTaken(BaseModel):
    """The term of a row as written, and the next day it is due; `note` says why it has no day."""

    row: int
    text: str
    due: date | None
    note: str


class PlanTaken(BaseModel):
    """The result of importing a plan. `measures`: number of its rows; `entered`: number of events written;
    `unmatched`: responsible texts that match nobody; `withdrawn`: measures that were withdrawn in the case and
    are not recorded again; `unread`: columns and sheets that were not read; `findings`: what the risks and
    measures of the case lack now.
    """

    case: str
    changed: bool
    measures: int
    entered: int
    terms: list[TermTaken]
    unmatched: list[str]
    withdrawn: list[str]
    unread: list[str]
    findings: list[FindingResult]


@verb("record")
def record_cartogram(ctx: RequestContext, command: RecordCartogram) -> CartogramTaken:
    """Record the published cartogram from a file, all of it or nothing."""
    content, name = require_file(ctx, command)
    lines, unread = read(read_cartogram, content.read(), name)
    evidence = store_evidence(ctx, command.evidence)
    result = result_of(ctx, command.case, record_lines, lines, on=command.on, evidence=evidence)
    return CartogramTaken(**dict(result), unread=list(unread))


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
    responsible = [measure.responsible for measure in plan.measures]
    with writing(ctx.app.engine):
        change = write_case(ctx, command.case, case_rows().add, rows, on=ctx.today)
        unmatched = keep_responsible(ctx, responsible)
    deadlines = ctx.case_commands.view_of(change.case, today=ctx.today).deadlines
    of_measures = by_number(deadlines, "measure")
    numbers = numbers_of(change.case, plan.measures)
    upcoming = [next_of(of_measures.get(number or 0, ())) for number in numbers]
    return PlanTaken(
        case=command.case,
        changed=bool(change.events),
        measures=len(plan.measures),
        entered=len(change.events),
        terms=[
            TermTaken(
                row=measure.row,
                text=measure.term.written,
                due=deadline.due if deadline else None,
                note=say(f"risk.dateless.{measure.term.reading}", {}, ctx.spoken_language)
                if measure.term.dateless
                else "",
            )
            for measure, deadline in zip(plan.measures, upcoming, strict=True)
        ],
        unmatched=list(unmatched),
        withdrawn=[row.action for row in withdrawn_rows(change.case, plan.measures)],
        unread=list(plan.unread),
        findings=[
            FindingResult.of(finding, ctx.spoken_language) for finding in risk_findings(change.case, deadlines)
        ],
    )


@verb("record")
def enter_row(ctx: RequestContext, command: EnterCaseRow) -> CommandResult:
    """Enter a row of a register of the case."""
    new = NewRow(register=command.register_id, number=command.number, values=command.values)
    return _write_row(ctx, command, partial(case_rows().add, rows=new, on=ctx.today))


@verb("record")
def edit_row(ctx: RequestContext, command: EditCaseRow) -> CommandResult:
    """Change fields of a row of a register of the case; only the differences are written."""
    return _write_row(ctx, command, partial(case_rows().edit, row=command.row, values=command.values))


def _write_row(
    ctx: RequestContext, command: EnterCaseRow | EditCaseRow, decide: Callable[[View], Drafts]
) -> CommandResult:
    """Write a row, and the person or unit that its responsible text means, if it has one that means any."""
    with writing(ctx.app.engine):
        result = result_of(ctx, command.case, decide)
        if "responsible" in command.values:
            keep_responsible(ctx, [str(command.values["responsible"])])
    return result


@verb("record")
def act_on_row(ctx: RequestContext, command: ActOnCaseRow) -> CommandResult:
    """Record what was done about a row: that it is ranked, reviewed, answered, taken off the list."""
    evidence = store_evidence(ctx, command.evidence)
    action = (command.row, command.action, command.values)
    return result_of(ctx, command.case, case_rows().act, *action, evidence=evidence)


class RowRecord(BaseModel):
    """What was recorded of a row by an action of its register."""

    action: str
    on: date | None
    values: dict[str, Any]
    evidence: list[ProofResult]


class CaseRegisterRow(BaseModel):
    """A row of a register of a case. `on`: the day it was entered for; `values`: its filled fields, as texts,
    true or false; `due`, `state`: of what must be done about it, null where nothing must.
    """

    case: str
    id: str
    on: date | None
    values: dict[str, Any]
    due: date | None
    state: str | None
    records: list[RowRecord]


class CaseRegister(BaseModel):
    """A register of a case with its rows. `actions`: the fields of each action on a row."""

    id: str
    title: Titles
    fields: list[FieldView]
    actions: dict[str, list[FieldView]]
    rows: list[CaseRegisterRow]


class CaseRegisterList(BaseModel):
    """The registers of a case."""

    registers: list[CaseRegister]


@verb("read", writes=False)
def list_case_rows(ctx: RequestContext, command: CaseCommand) -> CaseRegisterList:
    """List the rows of a case's registers: risks, measures, exposed positions, remarks of the public."""
    case, _ = whole_case(ctx, command.case)
    return CaseRegisterList(
        registers=[
            CaseRegister(
                id=register.id,
                title=Titles.of(register.title),
                fields=[field_view(field) for field in register.fields.values()],
                actions={
                    id: [field_view(field) for field in action.fields.values()]
                    for id, action in register.actions.items()
                },
                rows=rows_in(ctx, case, register.id),
            )
            for register in case_registers().all()
        ]
    )


def rows_in(ctx: RequestContext, case: Case, register_id: str) -> list[CaseRegisterRow]:
    """Return the rows of a register in a case, by number."""
    register, entry = register_of(register_id)
    fields = [field for field in register.fields.values() if not field.fixed]
    deadlines = ctx.case_commands.view_of(case, today=ctx.today).deadlines
    of_rows = by_number(deadlines, "request" if entry.row == "risk" else entry.row)
    rows = list[CaseRegisterRow]()
    for number, row in rows_of(case, entry.row).items():
        id, deadline = f"{entry.row}.{number}", next_of(of_rows.get(number, ()))
        values = {
            field.id: bool(row[field.id]) if field.kind == "yes_no" else as_written(row[field.id])
            for field in fields
        }
        rows.append(
            CaseRegisterRow(
                case=case.id,
                id=id,
                on=row.first_on,
                values={name: value for name, value in values.items() if is_filled(value)},
                due=deadline.due if deadline else None,
                state=deadline.state if deadline else None,
                records=_records(case, register, id),
            )
        )
    return rows


def _records(case: Case, register: Register, row: str) -> list[RowRecord]:
    """Return what was recorded of a row by the actions of its register, in order."""
    actions = {action.event: id for id, action in register.actions.items()}
    return [
        RowRecord(
            action=actions[event.kind],
            on=event.on,
            values={name: as_written(value) for name, value in event.payload.items() if name != "evidence"},
            evidence=[ProofResult.of_item(item) for item in evidence_of(event)],
        )
        for event in case.entries
        if event.kind in actions and row_name(event) == row
    ]


def register_of(register_id: str) -> tuple[Register, RowEntry]:
    """Return a register of a case, and how its rows are entered as events. Raises UnknownRegister."""
    register = case_registers().latest(register_id)
    assert register.entry is not None
    return register, register.entry


def extra_fields(register_id: str) -> list[RegisterField]:
    """Return the fields defined only in the register's file; lists show them after all others."""
    register, _ = register_of(register_id)
    return [field for name, field in register.fields.items() if name not in OWN_FIELDS]


Dated = TypeVar("Dated", Deadline, Row)


@cache
def _scales() -> Editions[RiskScale]:
    """Return the shipped risk scales."""
    return Editions(read_file(RiskScale, file.name, file.read_bytes()) for file in shipped_files("scales"))


def scale_on(on: date) -> RiskScale:
    """Return the risk scale in force on a day; for earlier days the first one."""
    return _scales().on("risk-scale", on)


def band_of(rank: Rank) -> Band | None:
    """Return the band of a rank on the scale it was given by; None if the scale's file no longer exists."""
    scale = _scales().find(rank.scale)
    return scale.band(rank) if scale else None


@cache
def case_rows() -> CaseRows:
    """Return the commands on rows of the registers of cases."""
    term = partial(read_term, where=case_registers().latest("measures").fields["term"].title)
    return CaseRows(case_registers(), read_term=term, scale_on=scale_on)


def by_number(entries: Iterable[Dated], kind: str) -> dict[int, list[Dated]]:
    """Return those of these deadlines or board rows that rows of a kind (`measure`) made, by their number."""
    found: dict[int, list[Dated]] = {}
    for entry in entries:
        id = entry.id if isinstance(entry, Deadline) else entry.obligation
        if row_kind(id) == kind:
            found.setdefault(number_of(id), []).append(entry)
    return found


def next_of(entries: Iterable[Dated]) -> Dated | None:
    """Return the earliest open deadline or board row, else the last one; None where none has a due date."""
    dated = sorted((entry for entry in entries if entry.due), key=lambda entry: entry.due or date.max)
    waiting = [entry for entry in dated if entry.state in ("open", "not_due_yet")]
    return waiting[0] if waiting else dated[-1] if dated else None
