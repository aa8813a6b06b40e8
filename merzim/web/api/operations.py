"""Every operation of the API, in the order of its description: verbs and queries, each at its address."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Annotated, Any

from fastapi import File as Part, Path, Query, UploadFile
from starlette.responses import StreamingResponse

from calendars.layout import build_year
from merzim.services import administration as office, yearly
from merzim.services.accounts import verbs as accounts
from merzim.services.audit import AskAudit, ask_audit, export_lines, list_changes
from merzim.services.board.deadlines import get_board, list_deadlines
from merzim.services.board.desk import list_own_tasks
from merzim.services.campaigns import verbs as campaigns, views as campaign_views
from merzim.services.cases import assignments, bulk, rows, verbs as cases, views
from merzim.services.cases.faces import FACES
from merzim.services.cases.views import list_cases, list_portfolio
from merzim.services.context import require_visible, whole_case
from merzim.services.documents.case_documents import case_papers
from merzim.services.documents.imported_schedules import take_schedule
from merzim.services.documents.row_papers import show_with_papers
from merzim.services.documents.year_reports import report_form, year_report
from merzim.services.inputs import Day, build, clean_file_name, keep_upload
from merzim.services.law.calendar_acts import adopt_act
from merzim.services.letters import resend_letter
from merzim.services.names import known_year, seen_unit
from merzim.services.people import staff
from merzim.services.people.feeds import own_person, set_digest
from merzim.services.registers import tables as register_tables, verbs as registers, views as register_views
from merzim.services.reports import monitoring
from merzim.services.results import PlanResult, ProofResult
from merzim.services.scoring import ScoresAnswer, points_of_year
from merzim.services.search import search
from merzim.services.upkeep import operations
from merzim.web import downloads
from merzim.web.api import answers
from merzim.web.api.mount import Writing, file, get, post, router
from merzim.web.auth.dependencies import Asking, Auditing, Own, Reading
from merzim.web.downloads import RecommendationQuery
from merzim.web.http import DOCX, XLSX, ZIP, AuditQuery, CaseId, FormId, PageNumber, Quarter
from merzim.web.ui.form_values import InvalidForm
from merzim.web.ui.render import RequestTranslator
from notifications.letter_links import DAILY
from workflow.cases.commands.planning import plan
from workflow.cases.registers.evidence_list import proofs

get("board", "/board", get_board)
get("board", "/deadlines", list_deadlines)
get("desk", "/desk", list_own_tasks)
get("cases", "/cases", list_cases)
get("cases", "/cases/{case}", views.get_case)
get("cases", "/cases/{case}/events", views.list_events)
get("cases", "/search", search, name="search_everything")
get("cases", "/portfolio", list_portfolio, name="get_portfolio")


@router.get("/procedures", tags=["law"])
def list_procedures(ctx: Reading, translator: RequestTranslator) -> list[answers.ProcedureAnswer]:
    """List all editions of all procedures, with the names of their facts."""
    return [answers.ProcedureAnswer.of(edition, translator.language) for edition in ctx.library.all()]


post("cases", "/cases", cases.open_case, status=201)
post("cases", "/facts", bulk.record_many, name="record_facts")
post("cases", "/withdrawals", bulk.withdraw_many, name="withdraw_entries")
for face in FACES:
    if face.api:
        post("cases", f"/cases/{{case}}/{face.api}", face.verb)


@router.post("/plan", tags=["law"])
def plan_dates(ctx: Asking, body: answers.WhatIf, translator: RequestTranslator) -> PlanResult:
    """Return the deadlines and findings that follow from given dates; nothing is written."""
    planned = plan(
        ctx.library, body.procedure, facts=body.facts, planned=body.planned, calendar=ctx.calendar, on=body.on
    )
    return PlanResult.of(planned, translator.language, calendar_version=ctx.calendar.version)


get("cases", "/assignments", assignments.list_assignments, name="get_assignments")
post("cases", "/assignments", assignments.give_alone, status=201)

post("opening", "/schedules", take_schedule, name="import_schedule", files=True, answer=answers.ScheduleTaken)
get("opening", "/years/{year}", yearly.preview_year)
post("opening", "/years", yearly.open_year, answer=answers.YearDone)
post("opening", "/years/undo", yearly.undo_year)


BINARY = Part(json_schema_extra={"format": "binary"})
"""Format of a file in the description, which generated clients need; the library only states the media type."""


@router.post("/files", tags=["files"], status_code=201)
def send_file(ctx: Own, once: Writing, file: Annotated[UploadFile, BINARY]) -> answers.UploadedFile:
    """Upload a file: evidence, a schedule, a table. It is stored for a day, only for its sender.

    The request that refers to it decides its use, and checks its type and size.
    """
    name, content = clean_file_name(file.filename or ""), file.file.read()
    if not content:
        raise InvalidForm("web.refusal.empty_file", name=name)
    uploaded = answers.UploadedFile(file=sha256(content).hexdigest(), name=name, size=len(content))

    def store() -> answers.UploadedFile:
        keep_upload(ctx, content, name)
        return uploaded

    return once(ctx, uploaded, store, answers.UploadedFile)


@router.get("/cases/{case}/documents", tags=["documents"])
def list_documents(ctx: Reading, case: CaseId, translator: RequestTranslator) -> answers.DocumentsAnswer:
    """List the forms of a case with their missing fields, and its evidence."""
    case_record, _ = whole_case(ctx, case)
    return answers.DocumentsAnswer(
        case=case,
        forms=case_papers(ctx, case_record, translator.language),
        evidence=[
            answers.EvidenceAnswer(kind=proof.kind, of=proof.of, document=ProofResult.of_item(proof.evidence))
            for proof in proofs(case_record)
        ],
    )


@router.get("/reports/{form}", tags=["documents"])
def get_report_notes(
    ctx: Reading,
    form: FormId,
    translator: RequestTranslator,
    year: Annotated[int, Query(ge=1, le=9999)],
    unit: Annotated[str, Query(max_length=300)] = "",
    quarter: Quarter = None,
) -> answers.ReportAnswer:
    """Return the remarks on a report about a year or quarter of a unit, which its document does not print."""
    report = year_report(ctx, report_form(form), unit=seen_unit(ctx, unit), year=year, quarter=quarter)
    return answers.ReportAnswer(
        id=form,
        title=report.form.title[translator.language],
        year=year,
        quarter=report.quarter,
        languages=["kk", "ru"],
        notes=[translator.say(mark.code, **mark.arguments) for mark in report.marks()],
    )


file("documents", "/cases/{case}/documents/{form}/{language}", downloads.get_form, DOCX)
file("documents", "/cases/{case}/evidence/{digest}", downloads.get_evidence, XLSX, DOCX, ZIP, damaged=True)
file("documents", "/cases/{case}/package", downloads.get_package, ZIP)
file("documents", "/reports/{form}/{language}", downloads.get_report, DOCX)


@router.get("/notices", tags=["notices"])
def list_notices(
    ctx: Reading,
    translator: RequestTranslator,
    asked: downloads.NoticeQuery,
    number: PageNumber = 1,
    limit: answers.Limit = 100,
) -> answers.NoticeList:
    """List notices with recipient, time, channel and delivery state; the newest first."""
    notices = ctx.reads.notices_matching(**asked, limit=limit + 1, skip=(number - 1) * limit)
    office = ctx.reads.office()
    notice_answers = [answers.notice_answer(notice, office, translator) for notice in notices[:limit]]
    return answers.NoticeList(notices=notice_answers, more=len(notices) > limit)


@router.get("/cases/{case}/notices", tags=["notices"])
def list_case_notices(ctx: Reading, translator: RequestTranslator, case: CaseId) -> list[answers.NoticeAnswer]:
    """List the letters about a case, the newest first."""
    letters, office = ctx.reads.notices(require_visible(ctx, case)), ctx.reads.office()
    return [answers.notice_answer(letter, office, translator) for letter in letters]


post("notices", "/cases/{case}/notices/resending", resend_letter)


get("risks", "/cases/{case}/registers", rows.list_case_rows)
post("risks", "/cases/{case}/registers/{register_id}/rows", rows.enter_row, name="add_case_row")
post("risks", "/cases/{case}/rows/{row}/edits", rows.edit_row, name="edit_case_row")
post("risks", "/cases/{case}/rows/{row}/actions/{action}", rows.act_on_row, name="act_on_case_row")
post("risks", "/cases/{case}/risks/plan", rows.import_plan, files=True)
post("risks", "/cases/{case}/cartogram", rows.record_cartogram, files=True)

get("register rows", "/registers", register_views.list_registers)
get("register rows", "/account/rows", register_views.list_my_rows, name="list_own_rows")
get("register rows", "/rows/{row}", show_with_papers, name="get_row")
file("register rows", "/rows/{row}/files/{digest}", downloads.get_row_file, damaged=True)
post("register rows", "/registers/{register_id}/rows", registers.add_row, status=201)
post("register rows", "/registers/{register_id}/rows/query", register_views.list_rows)
post("register rows", "/registers/{register_id}/rows/import", register_tables.import_rows, files=True)
post("register rows", "/rows/{row}/edits", registers.edit_row)
post("register rows", "/rows/{row}/withdrawal", registers.withdraw_row)
post("register rows", "/rows/{row}/erasure", registers.erase_row)

get("campaigns", "/campaigns", campaign_views.list_campaigns)
post("campaigns", "/campaigns", campaigns.start_campaign, status=201)
post("campaigns", "/campaigns/{campaign}/people/query", campaign_views.show_campaign)
post("campaigns", "/campaigns/{campaign}/reminders", campaigns.remind_campaign)
post("campaigns", "/campaigns/{campaign}/extension", campaigns.extend_campaign)
post("campaigns", "/campaigns/{campaign}/answers", campaigns.record_answer)
post("campaigns", "/campaigns/{campaign}/closing", campaigns.close_campaign)
post("campaigns", "/campaigns/{campaign}/reopening", campaigns.reopen_campaign)


Further = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/monitoring", tags=["monitoring"])
def get_monitoring(
    ctx: Reading, filters: RecommendationQuery, number: PageNumber = 1, silent: Further = 1
) -> answers.MonitoringAnswer:
    """Return recommendations with their status, 100 on a page; shared risks; unreported quarters, 40 cases of
    each on a page (`silent`: its number).
    """
    view = monitoring(ctx, filters, number=number, further_page=silent)
    return answers.MonitoringAnswer.of(view)


@router.get("/scores", tags=["monitoring"])
def get_scores(
    ctx: Reading,
    translator: RequestTranslator,
    unit: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    number: PageNumber = 1,
) -> ScoresAnswer:
    """Return the points of a year: earned, lost, at stake, with the calculation. A parameter named like a
    reading chooses it.
    """
    return points_of_year(ctx, unit, year, ctx.query, number=number).answer


AsOf = Annotated[Day | None, Query(description="As it was known on that day.")]
YearNumber = Annotated[int, Path(ge=1, le=9999)]


@router.get("/days/{day}", tags=["calendar"])
def get_day(ctx: Reading, day: Day) -> answers.DayAnswer:
    """Return the kind of a day in the office's calendar and whether it is a working day."""
    calendar = ctx.calendar
    return answers.DayAnswer.of(
        calendar.day(day), knowledge=calendar.knowledge(day, day), calendar_version=calendar.version
    )


@router.get("/calendar/{number}", tags=["calendar"])
def get_calendar_year(ctx: Reading, number: YearNumber, as_of: AsOf = None) -> answers.YearAnswer:
    """Return the production calendar of a year: its months and its special days."""
    known_year(ctx, number)
    layout = build_year(number, ctx.calendar.as_known(as_of))
    due = ctx.reads.days(date(number, 1, 1), date(number, 12, 31), limit=1)
    unusual = [answers.DayLine.of(day, due=due[day.on][0] if day.on in due else 0) for day in layout.unusual]
    return answers.YearAnswer.of(layout, year=number, calendar_version=layout.version, unusual=unusual)


post("calendar", "/calendar/acts", adopt_act, name="adopt_calendar_act", files=True, answer=answers.ActAnswer)


@router.get("/account", tags=["account"])
def get_own_account(ctx: Own) -> answers.AccountAnswer:
    """Return the account of the token, with its sessions, tokens and feeds."""
    login, choosing = ctx.reader.login, own_person(ctx)
    own = accounts.details(ctx, login)
    return answers.AccountAnswer(
        **{**own.model_dump(), "unit": ctx.reader.unit},
        digest=(choosing.digest or DAILY) if choosing else None,
        language=choosing.language if choosing else None,
        recovery_codes_left=ctx.accounts.recovery_codes(login).left if own.second_factor else None,
    )


post("account", "/account/digest", set_digest)

get("administration", "/administration/units", staff.list_units)
post("administration", "/administration/units", staff.save_unit)
post("administration", "/administration/units/removal", staff.remove_unit)
get("administration", "/administration/people", staff.list_people)
post("administration", "/administration/people", staff.save_person)
post("administration", "/administration/people/removal", staff.remove_person)
get("administration", "/administration/accounts", accounts.list_accounts)
ACCOUNT = "/administration/accounts/{login}"
get("administration", ACCOUNT, accounts.show_account, name="get_account")
post("administration", "/administration/accounts", accounts.add, name="add_account", status=201)
post("administration", ACCOUNT, accounts.change, name="change_account")
post("administration", f"{ACCOUNT}/closing", accounts.close, name="close_account")
post("administration", f"{ACCOUNT}/reopening", accounts.reopen, name="reopen_account")
post("administration", f"{ACCOUNT}/invitations", accounts.invite, name="invite_account", status=201)
post("administration", f"{ACCOUNT}/tokens", accounts.give_token, status=201)
get("administration", "/administration/channels", office.list_channels)
get("administration", "/administration/operations", operations.get_operations)

EntryNumber = Annotated[int | None, Query(ge=0, le=2**53, description="The number of an entry: a cursor.")]
JSON_LINES = "application/jsonl"
# Generated clients know no JSON lines, but text.
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {"schema": {"type": "string"}} for media in (JSON_LINES, "text/plain")}}
}

get("administration", "/audit", ask_audit, name="list_audit_entries")


@router.get("/audit/file/jsonl", tags=["administration"], responses=FILE, response_class=StreamingResponse)
def get_audit_file(
    ctx: Auditing, translator: RequestTranslator, query: AuditQuery, after: EntryNumber = None
) -> StreamingResponse:
    """Return the entries that fit the filters, after a number, as lines of JSON, in order."""
    lines = export_lines(ctx, build(AskAudit, {**query, "after": after}))
    return StreamingResponse(
        lines,
        media_type=JSON_LINES,
        headers={"content-disposition": f'attachment; filename="audit-{ctx.today.isoformat()}.jsonl"'},
    )


get("changes", "/events", list_changes, name="list_change_events")
