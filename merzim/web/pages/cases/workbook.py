"""The tables of a case as one workbook: deadlines, documents, risks with their measures."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from merzim.services.reports.monitoring import lines_of_case
from merzim.web.auth.dependencies import Reading
from merzim.web.http import CaseId, as_workbook
from merzim.web.pages.cases.case_view import ShownObligation, StagePart, build_case_view
from merzim.web.pages.cases.evidence import ShownProof, shown_proof
from merzim.web.pages.reports.monitoring import workbook_columns
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Column, table_of
from workflow.cases.registers.evidence_list import proofs

router = APIRouter(include_in_schema=False)
Entry = tuple[StagePart, ShownObligation]
DEADLINES: tuple[Column[Entry], ...] = (
    Column("head.stage", lambda t, row: row[0].stage.title[t.language]),
    Column(
        "head.obligation", lambda t, row: t.titled(row[1].deadline.obligation.title, row[1].deadline.period)
    ),
    Column("head.force", lambda t, row: t.say(f"force.{row[1].deadline.obligation.force}")),
    Column("head.due", lambda _, row: row[1].deadline.due),
    Column("head.state", lambda t, row: t.say(f"look.{row[1].look}")),
    Column("web.assignments.answered_on", lambda _, row: row[1].deadline.done_on),
    Column("web.past.head.late_by", lambda _, row: row[1].deadline.late_by),
    Column("web.who", lambda t, row: t.names(row[1].who.names) or row[1].who.written),
    Column("web.evidence", lambda t, row: _evidence_texts(t, row[1])),
)
DOCUMENTS: tuple[Column[ShownProof], ...] = (
    Column(
        "head.evidence", lambda t, proof: proof.item.name or proof.item.reference or t.say("web.restricted")
    ),
    Column("web.case.workbook.kind", lambda t, proof: _kind(t, proof.item.kind)),
    Column("head.obligation", lambda t, proof: _proved_title(t, proof)),
    Column("web.case.written", lambda _, proof: proof.item.written_on),
    Column("web.case.recorded", lambda t, proof: proof.item.recorded_at and t.moment(proof.item.recorded_at)),
    Column("web.case.published", lambda _, proof: proof.item.published_on),
    Column("web.restricted", lambda _, proof: proof.item.restricted),
)


@router.get("/cases/{case}/xlsx")
def get_case_workbook(ctx: Reading, case: CaseId) -> Response:
    """Return the deadlines, documents and risks of a case as one workbook."""
    view, t = build_case_view(ctx, case), Translator(ctx.language)
    entries = [(part, entry) for part in view.parts for entry in part.required]
    documents = [shown_proof(item, view) for item in proofs(view.case)]
    sheets = [
        table_of(t, DEADLINES, entries, name=t.say("web.case.tab.deadlines")),
        table_of(t, DOCUMENTS, documents, name=t.say("form.field.proof")),
    ]
    if risks := lines_of_case(ctx, view.case):
        sheets.append(table_of(t, workbook_columns(), risks, name=t.say("web.case.tab.risks")))
    return as_workbook(sheets, f"{case} {t.short(ctx.today)}")


def _kind(t: Translator, kind: str) -> str:
    return t.say(f"evidence.{kind}") if kind else ""


def _evidence_texts(t: Translator, entry: ShownObligation) -> str:
    """Return the documents recorded for an obligation; while it is not done, those its act asks for."""
    if entry.fact is None:
        return "; ".join(_kind(t, kind) for kind in entry.deadline.obligation.evidence)
    return "; ".join(_kind(t, item.kind) or item.name or item.reference for item in entry.fact.evidence)


def _proved_title(t: Translator, proof: ShownProof) -> str:
    """Return what a piece of evidence proves: a fact by its title, a register row by its event."""
    return t.titled(proof.title, proof.period or None) if proof.title else t.say(f"event.{proof.event}")
