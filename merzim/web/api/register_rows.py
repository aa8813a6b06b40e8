"""Registers outside cases: the list of registers, their rows, one row with its history; adding and changing
rows.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from merzim.services.documents.row_papers import RowWithPapers, show_with_papers
from merzim.services.inputs import build
from merzim.services.registers import tables as register_tables
from merzim.services.registers import verbs as registers
from merzim.services.registers import views as register_views
from merzim.services.registers.queries import ListRows
from merzim.services.registers.views import AskRegisters, RegisterList, RowList
from merzim.web.api import mount
from merzim.web.api.answers import api_router, file_answer
from merzim.web.auth.dependencies import Asking, Own, Reading
from merzim.web.downloads import registers as downloads
from merzim.web.downloads.registers import papers_file, rows_file
from merzim.web.http import DOCX, XLSX, ZIP, PaperLanguage, RegisterPath, RowPath, SearchText
from merzim.web.ui.render import RequestTranslator
from merzim.web.ui.unit_filter import RequiredUnit, UnitParam

router = api_router(tags=["register rows"])
TABLE = file_answer(XLSX)
RowsFileInput: Any = mount.body_model(ListRows, ("register_id", "page", "size"), "RowsFileBody")


@router.get("/registers")
def list_registers(ctx: Reading, unit: RequiredUnit) -> RegisterList:
    """Return the registers visible to the reader, with their fields and the number of rows in each."""
    return register_views.list_registers(ctx, AskRegisters(unit=unit))


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


@router.get("/registers/{register_id}/forms/{language}", responses=file_answer(ZIP), response_class=Response)
def get_register_papers(
    ctx: Reading, register_id: RegisterPath, language: PaperLanguage, unit: UnitParam, search: SearchText = ""
) -> Response:
    """Return the filled forms of the rows of a register as an archive (300 at most)."""
    fields = {"register_id": register_id, "unit": unit, "search": search}
    return papers_file(ctx, build(ListRows, fields), language)


mount.file(router, "/registers/{register_id}/template", downloads.get_register_template, XLSX)
mount.file(router, "/rows/{row}/files/{digest}", downloads.get_row_file, damaged=True)
mount.file(router, "/rows/{row}/forms/{form}/{language}", downloads.get_row_paper, DOCX)
mount.post(router, "/registers/{register_id}/rows", registers.add_row, status=201)
mount.post(router, "/registers/{register_id}/rows/query", register_views.list_rows)
mount.post(router, "/registers/{register_id}/rows/import", register_tables.import_rows, files=True)
mount.post(router, "/rows/{row}/edits", registers.edit_row)
mount.post(router, "/rows/{row}/withdrawal", registers.withdraw_row)
mount.post(router, "/rows/{row}/erasure", registers.erase_row)
