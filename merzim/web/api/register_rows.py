"""Registers outside cases: the list of registers, their rows, one row with its history; adding and changing
rows.
"""

from __future__ import annotations

from merzim.services.documents.row_papers import show_with_papers
from merzim.services.registers import tables as register_tables
from merzim.services.registers import verbs as registers
from merzim.services.registers import views as register_views
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.downloads import registers as downloads

router = api_router(tags=["register rows"])


mount.get(router, "/registers", register_views.list_registers)
mount.get(router, "/account/rows", register_views.list_my_rows, name="list_own_rows")
mount.get(router, "/rows/{row}", show_with_papers, name="get_row")
mount.file(router, "/rows/{row}/files/{digest}", downloads.get_row_file, damaged=True)
mount.post(router, "/registers/{register_id}/rows", registers.add_row, status=201)
mount.post(router, "/registers/{register_id}/rows/query", register_views.list_rows)
mount.post(router, "/registers/{register_id}/rows/import", register_tables.import_rows, files=True)
mount.post(router, "/rows/{row}/edits", registers.edit_row)
mount.post(router, "/rows/{row}/withdrawal", registers.withdraw_row)
mount.post(router, "/rows/{row}/erasure", registers.erase_row)
