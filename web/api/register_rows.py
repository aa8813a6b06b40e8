"""Registers outside cases: the list of registers, their rows, one row with its history; adding and changing
rows.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from starlette.responses import Response

from services.documents.row_papers import RowWithPapers, show_with_papers
from services.inputs import build
from services.registers import tables as register_tables
from services.registers import verbs as registers
from services.registers import views as register_views
from services.registers.queries import ListRows
from services.registers.views import AskRegisters, RegisterList, RowList
from web.api import mount
from web.api.answers import DAMAGED, RequestTranslator, api_router
from web.api.files import file_answer
from web.auth.dependencies import Asking, Own, Reading
from web.pages.cases.documents import DOCX, XLSX, ZIP
from web.pages.registers.pages import (
    Digest,
    FormId,
    PaperLanguage,
    RegisterPath,
    SearchText,
    file_of_row,
    paper_file,
    papers_file,
    rows_file,
    template_file,
)
from web.ui.unit_filter import RequiredUnit, UnitParam

router = api_router(tags=["register rows"])
TABLE = file_answer(XLSX)
RowsFileInput: Any = mount.body_model(ListRows, ("register_id", "page", "size"), "RowsFileBody")
RowPath = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,120}$")]


@router.get("/registers")
def list_registers(ctx: Reading, unit: RequiredUnit) -> RegisterList:
    """Return the registers visible to the reader, with their fields and the number of rows in each."""
    return register_views.list_registers(ctx, AskRegisters(unit=unit))


@router.get("/registers/{register_id}/template", responses=TABLE, response_class=Response)
def get_register_template(ctx: Reading, register_id: RegisterPath, translator: RequestTranslator) -> Response:
    """Return the empty spreadsheet of a register, to be filled in and imported."""
    return template_file(ctx, register_id, translator.language)


@router.post("/registers/{register_id}/rows/file", responses=TABLE, response_class=Response)
def get_rows_file(
    ctx: Asking, register_id: RegisterPath, translator: RequestTranslator, body: RowsFileInput
) -> Response:
    """Return all rows a query matches as a spreadsheet."""
    query = build(ListRows, {**body.model_dump(by_alias=True), "register_id": register_id})
    return rows_file(ctx, query, translator.language)


@router.get("/account/rows")
def list_own_rows(ctx: Own) -> RowList:
    """Return the rows that name the reader, with the fields of their own rows they may see."""
    return register_views.list_my_rows(ctx, AskRegisters())


@router.get("/rows/{row}")
def get_row(ctx: Reading, row: RowPath, translator: RequestTranslator) -> RowWithPapers:
    """Return a row of a register, with the fields visible to the reader, its history and notes on its forms."""
    return show_with_papers(ctx, row, translator.language)


@router.get("/rows/{row}/files/{digest}", responses={**file_answer(), **DAMAGED})
def get_row_file(ctx: Reading, row: RowPath, digest: Digest) -> Response:
    """Return a file of a row, after checking its bytes against the recorded hash."""
    return file_of_row(ctx, row, digest)


@router.get("/registers/{register_id}/forms/{language}", responses=file_answer(ZIP), response_class=Response)
def get_register_papers(
    ctx: Reading, register_id: RegisterPath, language: PaperLanguage, unit: UnitParam, search: SearchText = ""
) -> Response:
    """Return the filled forms of the rows of a register as an archive (300 at most)."""
    fields = {"register_id": register_id, "unit": unit, "search": search}
    return papers_file(ctx, build(ListRows, fields), language)


@router.get("/rows/{row}/forms/{form}/{language}", responses=file_answer(DOCX), response_class=Response)
def get_row_paper(ctx: Reading, row: RowPath, form: FormId, language: PaperLanguage) -> Response:
    """Return the form of a row as DOCX, filled with the fields visible to the reader."""
    return paper_file(ctx, row, form, language)


mount.post(router, "/registers/{register_id}/rows", registers.add_row, status=201)
mount.post(router, "/registers/{register_id}/rows/query", register_views.list_rows)
mount.post(router, "/registers/{register_id}/rows/import", register_tables.import_rows, files=True)
mount.post(router, "/rows/{row}/edits", registers.edit_row)
mount.post(router, "/rows/{row}/withdrawal", registers.withdraw_row)
mount.post(router, "/rows/{row}/erasure", registers.erase_row)
