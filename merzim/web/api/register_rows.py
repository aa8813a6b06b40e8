"""Registers outside cases: the list of registers, their rows, one row with its history; adding and changing
rows.
"""

from __future__ import annotations

from merzim.services.documents.row_papers import RowWithPapers, show_with_papers
from merzim.services.registers import tables as register_tables
from merzim.services.registers import verbs as registers
from merzim.services.registers import views as register_views
from merzim.services.registers.views import AskRegisters, RegisterList, RowList
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.auth.dependencies import Own, Reading
from merzim.web.downloads import registers as downloads
from merzim.web.http import RowPath
from merzim.web.ui.render import RequestTranslator
from merzim.web.ui.unit_filter import RequiredUnit

router = api_router(tags=["register rows"])


@router.get("/registers")
def list_registers(ctx: Reading, unit: RequiredUnit) -> RegisterList:
    """Return the registers visible to the reader, with their fields and the number of rows in each."""
    return register_views.list_registers(ctx, AskRegisters(unit=unit))


@router.get("/account/rows")
def list_own_rows(ctx: Own) -> RowList:
    """Return the rows that name the reader, with the fields of their own rows they may see."""
    return register_views.list_my_rows(ctx, AskRegisters())


@router.get("/rows/{row}")
def get_row(ctx: Reading, row: RowPath, translator: RequestTranslator) -> RowWithPapers:
    """Return a row of a register, with the fields visible to the reader, its history and notes on its forms."""
    return show_with_papers(ctx, row, translator.language)


mount.file(router, "/rows/{row}/files/{digest}", downloads.get_row_file, damaged=True)
mount.post(router, "/registers/{register_id}/rows", registers.add_row, status=201)
mount.post(router, "/registers/{register_id}/rows/query", register_views.list_rows)
mount.post(router, "/registers/{register_id}/rows/import", register_tables.import_rows, files=True)
mount.post(router, "/rows/{row}/edits", registers.edit_row)
mount.post(router, "/rows/{row}/withdrawal", registers.withdraw_row)
mount.post(router, "/rows/{row}/erasure", registers.erase_row)
