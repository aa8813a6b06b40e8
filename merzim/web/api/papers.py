"""Files brought in, documents of a case with its evidence, reports, and the register of notices."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from fastapi import File as Part
from fastapi import Query, UploadFile
from pydantic import BaseModel

from merzim.services import letters
from merzim.services.context import require_visible, whole_case
from merzim.services.documents.case_documents import FormAnswer, case_papers
from merzim.services.documents.year_reports import quarter_of_report, report_marks, year_report
from merzim.services.inputs import clean_file_name, keep_upload
from merzim.services.names import seen_unit
from merzim.services.results import ProofResult
from merzim.web import downloads
from merzim.web.api import mount
from merzim.web.api.answers import Limit, NoticeAnswer, api_router, notice_answer
from merzim.web.api.mount import Writing
from merzim.web.auth.dependencies import Own, Reading
from merzim.web.http import DOCX, XLSX, ZIP, CaseId, FormId, PageNumber, Quarter
from merzim.web.ui.form_values import InvalidForm
from merzim.web.ui.render import RequestTranslator
from workflow.cases.registers.evidence_list import proofs

router = api_router()
BINARY = Part(json_schema_extra={"format": "binary"})
"""Format of a file in the description, which generated clients need; the library only states the media type."""


class UploadedFile(BaseModel):
    """An uploaded file. `file`: the SHA-256 of its bytes, by which requests refer to it for a day."""

    file: str
    name: str
    size: int


@router.post("/files", tags=["files"], status_code=201)
def send_file(ctx: Own, once: Writing, file: Annotated[UploadFile, BINARY]) -> UploadedFile:
    """Upload a file: evidence, a schedule, a table. It is stored for a day, only for its sender.

    The request that refers to it decides its use, and checks its type and size.
    """
    name, content = clean_file_name(file.filename or ""), file.file.read()
    if not content:
        raise InvalidForm("web.refusal.empty_file", name=name)
    uploaded = UploadedFile(file=sha256(content).hexdigest(), name=name, size=len(content))

    def store() -> UploadedFile:
        keep_upload(ctx, content, name)
        return uploaded

    return once(ctx, uploaded, store, UploadedFile)


documents = api_router(tags=["documents"])


class ReportAnswer(BaseModel):
    """What is said beside a report but not printed on it. `quarter`: 0 for the whole year; `languages`: those
    its document is made in; `notes`: what to check before it is signed.
    """

    id: str
    title: str
    year: int
    quarter: int
    languages: list[str]
    notes: list[str]


class EvidenceAnswer(BaseModel):
    """A piece of evidence. `kind`: `fact`, or the register's row; `of`: the name of the fact or row."""

    kind: str
    of: str
    document: ProofResult


class DocumentsAnswer(BaseModel):
    case: str
    forms: list[FormAnswer]
    evidence: list[EvidenceAnswer]


@documents.get("/cases/{case}/documents")
def list_documents(ctx: Reading, case: CaseId, translator: RequestTranslator) -> DocumentsAnswer:
    """List the forms of a case with their missing fields, and its evidence."""
    case_record, _ = whole_case(ctx, case)
    return DocumentsAnswer(
        case=case,
        forms=case_papers(ctx, case_record, translator.language),
        evidence=[
            EvidenceAnswer(kind=proof.kind, of=proof.of, document=ProofResult.of_item(proof.evidence))
            for proof in proofs(case_record)
        ],
    )


@documents.get("/reports/{form}")
def get_report_notes(
    ctx: Reading,
    form: FormId,
    translator: RequestTranslator,
    year: Annotated[int, Query(ge=1, le=9999)],
    unit: Annotated[str, Query(max_length=300)] = "",
    quarter: Quarter = None,
) -> ReportAnswer:
    """Return the remarks on a report about a year or quarter of a unit, which its document does not print."""
    report, of = year_report(form), seen_unit(ctx, unit)
    about = quarter_of_report(report, year, quarter, today=ctx.today)
    marks = report_marks(ctx, report, unit=of, year=year, quarter=about)
    return ReportAnswer(
        id=form,
        title=report.title[translator.language],
        year=year,
        quarter=about,
        languages=["kk", "ru"],
        notes=[translator.say(mark.code, **mark.arguments) for mark in marks],
    )


mount.file(documents, "/cases/{case}/documents/{form}/{language}", downloads.get_form, DOCX)
mount.file(documents, "/cases/{case}/evidence/{digest}", downloads.get_evidence, XLSX, DOCX, ZIP, damaged=True)
mount.file(documents, "/cases/{case}/package", downloads.get_package, ZIP)
mount.file(documents, "/reports/{form}/{language}", downloads.get_report, DOCX)


notices = api_router(tags=["notices"])


class NoticeList(BaseModel):
    """A page of notices. `more`: whether there is a next page."""

    notices: list[NoticeAnswer]
    more: bool


@notices.get("/notices")
def list_notices(
    ctx: Reading,
    translator: RequestTranslator,
    asked: downloads.NoticeQuery,
    number: PageNumber = 1,
    limit: Limit = 100,
) -> NoticeList:
    """List notices with recipient, time, channel and delivery state; the newest first."""
    notices = ctx.reads.notices_matching(**asked, limit=limit + 1, skip=(number - 1) * limit)
    office = ctx.reads.office()
    notice_answers = [notice_answer(notice, office, translator) for notice in notices[:limit]]
    return NoticeList(notices=notice_answers, more=len(notices) > limit)


@notices.get("/cases/{case}/notices")
def list_case_notices(ctx: Reading, translator: RequestTranslator, case: CaseId) -> list[NoticeAnswer]:
    """List the letters about a case, the newest first."""
    letters, office = ctx.reads.notices(require_visible(ctx, case)), ctx.reads.office()
    return [notice_answer(letter, office, translator) for letter in letters]


mount.post(notices, "/cases/{case}/notices/resending", letters.resend_letter)
