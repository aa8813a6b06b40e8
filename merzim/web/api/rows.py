"""Rows: of the registers of a case, of the registers of the office, and of campaigns.

The fields of a row, in bodies and in answers, are those of the register's file.
"""

from __future__ import annotations

from merzim.services.campaigns import verbs as campaigns
from merzim.services.campaigns import views as campaign_views
from merzim.services.cases import rows
from merzim.services.documents.row_papers import show_with_papers
from merzim.services.registers import tables as register_tables
from merzim.services.registers import verbs as registers
from merzim.services.registers import views as register_views
from merzim.web import downloads
from merzim.web.api import mount
from merzim.web.api.answers import api_router

router = api_router(tags=["risks"])
CASE = "/cases/{case}"


mount.get(router, f"{CASE}/registers", rows.list_case_rows)
mount.post(router, f"{CASE}/registers/{{register_id}}/rows", rows.enter_row, name="add_case_row")
mount.post(router, f"{CASE}/rows/{{row}}/edits", rows.edit_row, name="edit_case_row")
mount.post(router, f"{CASE}/rows/{{row}}/actions/{{action}}", rows.act_on_row, name="act_on_case_row")
mount.post(router, f"{CASE}/risks/plan", rows.import_plan, files=True)
mount.post(router, f"{CASE}/cartogram", rows.record_cartogram, files=True)


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
