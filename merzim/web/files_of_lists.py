"""The files of the administration: its lists, the table of people, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import HTTPException, Query
from starlette.responses import Response

from merzim.documents.forms import form as form_named
from merzim.documents.people.sheet import people_sheets
from merzim.services.audit import AskAudit, AuditLine, exported_entries, record
from merzim.services.campaigns.views import (
    AskCampaigns,
    CampaignView,
    ShowCampaign,
    list_campaigns,
    proof_sheet,
)
from merzim.services.context import RequestContext
from merzim.services.documents.row_papers import (
    paper_in_campaign,
    paper_of_row,
    papers_of_campaign,
    papers_of_list,
)
from merzim.services.evidence import clean_file_name, paper_file_name
from merzim.services.inputs import build
from merzim.services.moments import almaty
from merzim.services.people.staff import recorded_office
from merzim.services.registers import tables as register_tables
from merzim.services.registers.queries import ListRows
from merzim.services.registers.results import seen_register
from merzim.services.registers.views import AskRow, show_row
from merzim.web.auth.dependencies import Auditing, Reading, Setting
from merzim.web.http import (
    BYTES,
    DOCX,
    XLSX,
    ZIP,
    AuditQuery,
    CampaignPath,
    Digest,
    FormId,
    PaperLanguage,
    PersonPath,
    RegisterPath,
    RowPath,
    SearchText,
    as_file,
    as_workbook,
    stream_file,
)
from merzim.web.ui.name_fields import UnitParam
from merzim.web.ui.render import RequestTranslator
from merzim.web.ui.tables import Column, workbook_response


def _local(at: datetime | None) -> datetime | None:
    """Return a moment as a cell of a sheet has it: by the clock of the office."""
    return at.astimezone(almaty()).replace(tzinfo=None) if at else None


AUDIT_COLUMNS: tuple[Column[AuditLine], ...] = (
    Column("numbered.head", lambda _, line: line.seq),
    Column("web.audit.when", lambda _, line: _local(line.at), ""),
    Column("web.audit.who", lambda _, line: line.who, ""),
    Column("web.login.name", lambda _, line: line.by),
    Column("web.audit.what", lambda t, line: t.capital(line.what), ""),
    Column("web.audit.topic", lambda t, line: t.say(f"audit.topic.{line.topic}")),
    Column("web.cases.head.id", lambda _, line: line.case),
    Column("web.audit.where", lambda _, line: line.address, ""),
    Column("web.audit.way", lambda t, line: t.say(f"audit.way.{line.way}")),
)


def get_audit_workbook(ctx: Auditing, filters_query: AuditQuery, translator: RequestTranslator) -> Response:
    """Return the entries of the audit log a filter matches as a workbook, the newest first."""
    filters = {name: text for name, text in filters_query.items() if text}
    entries = exported_entries(ctx, build(AskAudit, {**filters, "language": translator.language}))
    return workbook_response(ctx, AUDIT_COLUMNS, entries, title="web.audit.title")


def get_people_table(ctx: Setting, translator: RequestTranslator) -> Response:
    """Return all people as a workbook that can be imported again."""
    sheets = people_sheets(recorded_office(ctx), translator.language)
    return as_workbook(sheets, "people")


def get_register_template(ctx: Reading, register_id: RegisterPath, translator: RequestTranslator) -> Response:
    """Return the empty spreadsheet of a register, to be filled in and imported."""
    content = register_tables.template(ctx, register_id, translator.language)
    return as_file(content, XLSX, f"{_file_name(ctx, register_id, translator.language)}.xlsx")


def get_row_file(ctx: Reading, row: RowPath, digest: Digest) -> Response:
    """Return a file of a row, after checking its bytes against the recorded hash."""
    detail = show_row(ctx, AskRow(row=row))
    stored = [*detail.row.values.values()]
    stored += [value for event in detail.history for change in event.changes for value in (change.after,)]
    files = {value["sha256"]: value for value in stored if isinstance(value, dict) and "sha256" in value}
    if digest not in files:
        raise HTTPException(404, "web.problem.no_file")
    content = ctx.app.evidence.open(digest)
    record(ctx, "file", "row_file_read", name=row)
    return stream_file(content, BYTES, clean_file_name(str(files[digest].get("name", ""))))


def get_row_paper(ctx: Reading, row: RowPath, form: FormId, language: PaperLanguage) -> Response:
    """Return the form of a row as DOCX, filled with the fields visible to the reader."""
    document = paper_of_row(ctx, row, form, language)
    return as_file(document, DOCX, paper_file_name(form_named(form).title[language], row))


def rows_file(ctx: RequestContext, query: ListRows, language: str) -> Response:
    name = f"{_file_name(ctx, query.register_id, language)} {ctx.today.isoformat()}.xlsx"
    return as_file(register_tables.export(ctx, query, language), XLSX, name)


def papers_file(ctx: RequestContext, query: ListRows, language: str) -> Response:
    return as_file(papers_of_list(ctx, query, language), ZIP, f"{query.register_id}-{language}.zip")


def _file_name(ctx: RequestContext, register_id: str, language: str) -> str:
    """Return the title of a register as files are called."""
    return clean_file_name(seen_register(ctx, register_id).title[language])


State = Annotated[Literal["", "awaited", "answered", "refused", "left", "unreached"], Query()]

CAMPAIGN_COLUMNS: tuple[Column[CampaignView], ...] = (
    Column("web.campaigns.campaign", lambda t, campaign: campaign.title[t.language], ""),
    Column("numbered.head", lambda t, campaign: t.row(campaign.id)),
    Column("web.campaigns.register", lambda t, campaign: campaign.register_title[t.language]),
    Column("web.campaigns.units", lambda t, campaign: "; ".join(campaign.unit_names) or t.say("web.unit.all")),
    Column(
        "web.campaigns.state",
        lambda t, campaign: t.say(f"web.campaigns.{'open' if campaign.is_open else 'ended'}"),
        "",
    ),
    Column("campaign.sheet.started", lambda _, campaign: campaign.started_on),
    Column("web.campaigns.last_day", lambda _, campaign: campaign.until, ""),
    Column("web.campaigns.answers", lambda _, campaign: campaign.answered, "col-sum"),
    Column("campaign.sheet.count_refused", lambda _, campaign: campaign.refused),
    Column("campaign.sheet.count_awaited", lambda _, campaign: campaign.awaited),
    Column("campaign.sheet.count_left", lambda _, campaign: campaign.left),
    Column("campaign.sheet.count_asked", lambda _, campaign: campaign.asked),
)


def get_campaigns_file(ctx: Reading) -> Response:
    """Return the campaigns visible to the reader as a workbook, the newest first."""
    rows = list_campaigns(ctx, AskCampaigns()).campaigns
    return workbook_response(ctx, CAMPAIGN_COLUMNS, rows, title="web.campaigns.title")


def people_filter(state: str, unit: str, search: str = "") -> dict[str, Any]:
    return {
        "state": "" if state == "unreached" else state,
        "unreached": state == "unreached",
        "unit": unit,
        "search": search.replace("\0", ""),
    }


def get_campaign_sheet(ctx: Reading, campaign: CampaignPath, translator: RequestTranslator) -> Response:
    """Return everybody a campaign asks, with the dates, as a spreadsheet."""
    return as_file(proof_sheet(ctx, campaign, translator.language), XLSX, f"campaign-{campaign}.xlsx")


def get_campaign_papers(
    ctx: Reading,
    campaign: CampaignPath,
    language: PaperLanguage,
    unit: UnitParam,
    state: State = "",
    search: SearchText = "",
) -> Response:
    """Return the forms of the people a campaign asks: with their answers, or to be signed (300 at most)."""
    command = build(ShowCampaign, {"campaign": campaign, **people_filter(state, unit, search)})
    content = papers_of_campaign(ctx, command, language)
    return as_file(content, ZIP, f"campaign-{campaign}-{language}.zip")


def get_campaign_paper(
    ctx: Reading, campaign: CampaignPath, number: PersonPath, language: PaperLanguage
) -> Response:
    """Return the form of one person of a campaign as DOCX."""
    name, content = paper_in_campaign(ctx, campaign, number, language)
    return as_file(content, DOCX, name)
