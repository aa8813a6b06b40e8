"""Rows: of the registers of a case, of the registers of the office, and of campaigns.

The fields of a row, in bodies and in answers, are those of the register's file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, create_model

from merzim.services.campaigns import verbs as campaigns
from merzim.services.campaigns import views as campaign_views
from merzim.services.cases import rows
from merzim.services.cases.risks import MeasureLine, RiskLine, registers_of_case
from merzim.services.cases.rows import describe_field, edit_row, new_row_verb, register_of, row_action_verb
from merzim.services.context import whole_case
from merzim.services.documents.row_papers import show_with_papers
from merzim.services.registers import tables as register_tables
from merzim.services.registers import verbs as registers
from merzim.services.registers import views as register_views
from merzim.services.results import Result, at
from merzim.web import downloads
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.api.papers import ProofAnswer, proof_answer
from merzim.web.auth.dependencies import Reading
from merzim.web.http import CaseId
from merzim.web.ui.render import RequestTranslator
from workflow.cases.registers.rows import value_of
from workflow.registers.definition import RegisterField

router = api_router()
Proofs = Annotated[list[ProofAnswer], BeforeValidator(lambda items: [proof_answer(item) for item in items])]
_ANSWERS: Mapping[str, Any] = {"date": date | None, "yes_no": bool}
"""Types of fields in answers; all others are texts."""


class ReviewAnswer(Result):
    on: date
    outcome: str
    period: str
    done_on: date | None
    comment: str
    evidence: Proofs


class RankAnswer(Result):
    likelihood: int
    effect: int
    points: int
    band: str | None
    scale: str


class RemovalAnswer(Result):
    on: date
    completed: bool
    evidence: Proofs


class RequestAnswer(Result):
    """A request to a higher body, and its answer."""

    body: str
    asked: str
    on: date
    term: str = at("term", "written")
    answered_on: date | None
    answer: str


def _answer_fields(register_id: str) -> dict[str, RegisterField]:
    """Return the fields of a register that rows in answers contain unchanged."""
    fields = register_of(register_id)[0].fields
    return {name: field for name, field in fields.items() if not field.fixed and field.kind != "row"}


def _model(name: str, **types: Any) -> Any:
    """Return a model with required fields of these types."""
    fields: dict[str, Any] = {key: (type_, ...) for key, type_ in types.items()}
    return create_model(name, **fields)


def _list_of(model: Any) -> Any:
    return list.__class_getitem__(model)


def _row_model(name: str, register_id: str, **extra_fields: Any) -> Any:
    """Return the model of a row in answers: its number, the fields of its register, and `extra_fields`."""
    fields = {
        key: Annotated[_ANSWERS.get(field.kind, str), Field(description=describe_field(field))]
        for key, field in _answer_fields(register_id).items()
    }
    return _model(name, number=int, **fields, **extra_fields)


MeasureAnswer = _row_model(
    "MeasureAnswer",
    "measures",
    due=date | None,
    state=str | None,
    outcome=str | None,
    reviews=list[ReviewAnswer],
)
RiskAnswer = _row_model(
    "RiskAnswer",
    "risks",
    found_on=date | None,
    rank=RankAnswer | None,
    removal=RemovalAnswer | None,
    request=RequestAnswer | None,
    measures=_list_of(MeasureAnswer),
)
PositionAnswer = _row_model("PositionAnswer", "positions", cleared_on=date | None)
RemarkAnswer = _row_model("RemarkAnswer", "remarks", answered_on=date | None, taken=bool | None, answer=str)


RegisterAnswer = _model(
    "RegisterAnswer",
    case=str,
    scale=str,
    risks=_list_of(RiskAnswer),
    positions=_list_of(PositionAnswer),
    remarks=_list_of(RemarkAnswer),
)


@router.get("/cases/{case}/risks", tags=["risks"], response_model=RegisterAnswer)
def get_case_registers(ctx: Reading, case: CaseId, translator: RequestTranslator) -> Any:
    """Return the risks with their measures, the exposed positions and the remarks of a case.

    `scale`: the edition whose scale applies to a rank given today.
    """
    case_record, _ = whole_case(ctx, case)
    deadlines = ctx.case_commands.view_of(case_record, today=ctx.today, bare=False).deadlines
    view = registers_of_case(case_record, deadlines, today=ctx.today)
    return RegisterAnswer(
        case=case,
        scale=view.scale.id,
        risks=[_risk_answer(line, translator.language) for line in view.lines],
        positions=[_answer(PositionAnswer, "positions", position) for position in view.positions],
        remarks=[_answer(RemarkAnswer, "remarks", remark) for remark in view.remarks],
    )


def _risk_answer(line: RiskLine, language: str) -> Any:
    risk, band = line.risk, line.band.title[language] if line.band else None
    return _answer(
        RiskAnswer,
        "risks",
        risk,
        rank=RankAnswer.of(risk.rank, band=band) if risk.rank else None,
        removal=RemovalAnswer.of(risk.removal) if risk.removal else None,
        request=RequestAnswer.of(risk.request) if risk.request else None,
        measures=[_measure_answer(measure) for measure in line.measures],
    )


def _measure_answer(line: MeasureLine) -> Any:
    deadline = line.deadline
    return _answer(
        MeasureAnswer,
        "measures",
        line.measure,
        due=deadline.due if deadline else None,
        state=deadline.state if deadline else None,
        reviews=[ReviewAnswer.of(review) for review in line.measure.reviews],
    )


def _answer(model: Any, register_id: str, row: Any, **extra_fields: object) -> Any:
    """Return a row as its model: the register's fields, `extra_fields`, and all others by attribute."""
    values = {name: _plain(field, value_of(row, name)) for name, field in _answer_fields(register_id).items()}
    besides = {name: getattr(row, name) for name in model.model_fields if name not in (*values, *extra_fields)}
    return model(**values, **besides, **extra_fields)


def _plain(field: RegisterField, value: object) -> object:
    """Return a value as answers show it: of a term its words, None for no date, a text for all other kinds."""
    if isinstance(value, Mapping):
        return value["written"]
    return value or None if field.kind == "date" else bool(value) if field.kind == "yes_no" else str(value)


CASE = "/cases/{case}"
mount.post(router, f"{CASE}/rows/{{row}}/edits", edit_row, name="edit_case_row", tags=["risks"])
mount.post(router, f"{CASE}/risks/plan", rows.import_plan, tags=["risks"], files=True)
mount.post(router, f"{CASE}/cartogram", rows.record_cartogram, tags=["registers"], files=True)
mount.post(router, f"{CASE}/risks", new_row_verb("risks"), tags=["risks"])
mount.post(
    router,
    f"{CASE}/risks/{{number}}/measures",
    new_row_verb("measures"),
    tags=["risks"],
    renamed={"number": "risk"},
)
for path, tag, register_id, action in (
    ("risks/{number}/rank", "risks", "risks", "rank"),
    ("measures/{number}/reviews", "risks", "measures", "review"),
    ("risks/{number}/removal", "risks", "risks", "remove"),
    ("risks/{number}/request", "risks", "risks", "ask"),
    ("risks/{number}/answer", "risks", "risks", "answer"),
    ("positions/{number}/talks", "registers", "positions", "talk"),
    ("positions/{number}/clearing", "registers", "positions", "clear"),
    ("remarks/{number}/answer", "registers", "remarks", "answer"),
):
    mount.post(router, f"{CASE}/{path}", row_action_verb(register_id, action), tags=[tag])
for register_id in ("positions", "remarks"):
    mount.post(router, f"{CASE}/{register_id}", new_row_verb(register_id), tags=["registers"])


register_rows = api_router(tags=["register rows"])


mount.get(register_rows, "/registers", register_views.list_registers)
mount.get(register_rows, "/account/rows", register_views.list_my_rows, name="list_own_rows")
mount.get(register_rows, "/rows/{row}", show_with_papers, name="get_row")
mount.file(register_rows, "/rows/{row}/files/{digest}", downloads.get_row_file, damaged=True)
mount.post(register_rows, "/registers/{register_id}/rows", registers.add_row, status=201)
mount.post(register_rows, "/registers/{register_id}/rows/query", register_views.list_rows)
mount.post(register_rows, "/registers/{register_id}/rows/import", register_tables.import_rows, files=True)
mount.post(register_rows, "/rows/{row}/edits", registers.edit_row)
mount.post(register_rows, "/rows/{row}/withdrawal", registers.withdraw_row)
mount.post(register_rows, "/rows/{row}/erasure", registers.erase_row)


campaigns_router = api_router(tags=["campaigns"])


mount.get(campaigns_router, "/campaigns", campaign_views.list_campaigns)
mount.post(campaigns_router, "/campaigns", campaigns.start_campaign, status=201)
mount.post(campaigns_router, "/campaigns/{campaign}/people/query", campaign_views.show_campaign)
mount.post(campaigns_router, "/campaigns/{campaign}/reminders", campaigns.remind_campaign)
mount.post(campaigns_router, "/campaigns/{campaign}/extension", campaigns.extend_campaign)
mount.post(campaigns_router, "/campaigns/{campaign}/answers", campaigns.record_answer)
mount.post(campaigns_router, "/campaigns/{campaign}/closing", campaigns.close_campaign)
mount.post(campaigns_router, "/campaigns/{campaign}/reopening", campaigns.reopen_campaign)
