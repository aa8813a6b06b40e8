"""What pages and the API both serve: files of cases and rows, reports to sign; and the filters of two lists."""

from __future__ import annotations

import logging
from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Query
from starlette.responses import Response

from merzim.documents.evidence import EvidenceDamaged
from merzim.services.audit import DIGEST_DIGITS, record
from merzim.services.context import RequestContext, whole_case
from merzim.services.documents.case_documents import filled_form, package_of_case
from merzim.services.documents.notice_list import NoticeFilter
from merzim.services.documents.year_reports import report_form, year_report
from merzim.services.inputs import clean_file_name
from merzim.services.law.regulations import row_words
from merzim.services.names import seen_unit
from merzim.services.registers.views import AskRow, show_row
from merzim.web.auth.dependencies import Reading
from merzim.web.http import ZIP, CaseId, Digest, FormId, PaperLanguage, Quarter, RowPath, as_file, stream_file
from merzim.web.ui.name_fields import NameText, PersonParam, UnitParam
from merzim.web.ui.render import RequestTranslator
from workflow.cases.registers.evidence_list import stored_file
from workflow.cases.registers.risks import RecommendationFilter

log = logging.getLogger("merzim.web")


def get_evidence(ctx: Reading, case: CaseId, digest: Digest) -> Response:
    """Return a stored file of the case, after checking its SHA-256; the audit log names the reader."""
    stored_case, _ = whole_case(ctx, case)
    # Of a document the reader may not open the case, as they see it, has no digest.
    item = stored_file(stored_case, digest)
    if item is None:
        raise HTTPException(404, "web.problem.no_file")
    response = stored_file_response(ctx, digest, item.name or "", of=case)
    record(ctx, "file", "evidence_read", name=digest[:DIGEST_DIGITS], case=case)
    return response


def stored_file_response(ctx: RequestContext, digest: str, name: str, *, of: str) -> Response:
    """Return a stored file of that SHA-256 as a download; `of`: the case, row or campaign it belongs to.

    Raises EvidenceDamaged, and logs it, where the file is missing or altered.
    """
    name = clean_file_name(name)
    try:
        return stream_file(ctx.app.evidence.open(digest), name)
    except EvidenceDamaged as damage:
        log.error("%s of %s: %s %s", digest, of, damage.damage, damage.problem)
        raise damage.of(of, name) from None


def get_form(ctx: Reading, case: CaseId, form: FormId, language: PaperLanguage) -> Response:
    """Return a form of the case, filled with the known values, as DOCX."""
    name, document = filled_form(ctx, case, form, language)
    return as_file(document, name)


def get_package(ctx: Reading, case: CaseId, translator: RequestTranslator) -> Response:
    """Return the export package (ZIP), without restricted files; readers without access do not see their names.

    Missing or altered files are left out and listed in its index; its name then says `incomplete`. The audit
    log names the reader.
    """
    stored_case, _ = whole_case(ctx, case)
    content, is_whole = package_of_case(ctx, stored_case, translator.language)
    record(ctx, "file", "package_read", case=case)
    kind = "package" if is_whole else "package-incomplete"
    return stream_file(content, f"{case}-{kind}.zip", ZIP)


Short = Annotated[str, Query(max_length=40)]
Flag = Annotated[Literal["", "1"], Query()]


def recommendation_filter(
    unit: UnitParam,
    status: Short = "",
    direction: Short = "",
    legal: Flag = "",
    late: Flag = "",
    search: Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = "",
) -> RecommendationFilter:
    """Return the filter of a list of recommendations, from the address."""
    return RecommendationFilter(
        unit=unit,
        status=status,
        direction=direction,
        legal=bool(legal),
        late=bool(late),
        search=search.strip(),
        words=row_words(search),
    )


async def _notice_filter(
    person: PersonParam, case: Short = "", state: Short = "", channel: Short = ""
) -> NoticeFilter:
    """Return the filter of a list of notices, from the address; "" does not narrow it."""
    return {"case": case.strip(), "person": person, "state": state, "channel": channel}


RecommendationQuery = Annotated[RecommendationFilter, Depends(recommendation_filter)]
NoticeQuery = Annotated[NoticeFilter, Depends(_notice_filter)]


def get_row_file(ctx: Reading, row: RowPath, digest: Digest) -> Response:
    """Return a file that a row has or had, after checking its SHA-256; the audit log names the reader."""
    detail = show_row(ctx, AskRow(row=row))
    stored = [*detail.row.values.values()]
    stored += [change.after for event in detail.history for change in event.changes]
    files = {value["sha256"]: value for value in stored if isinstance(value, dict) and "sha256" in value}
    if digest not in files:
        raise HTTPException(404, "web.problem.no_file")
    response = stored_file_response(ctx, digest, str(files[digest].get("name", "")), of=row)
    record(ctx, "file", "row_file_read", name=row)
    return response


def get_report(
    ctx: Reading,
    form: FormId,
    language: PaperLanguage,
    year: Annotated[int, Query(ge=1, le=9999)],
    unit: NameText = "",
    quarter: Quarter = None,
) -> Response:
    """Return a report about a year or quarter of a unit as DOCX, from the registers the reader sees."""
    report = year_report(ctx, unit=seen_unit(ctx, unit), form=report_form(form), year=year, quarter=quarter)
    name, document = report.file(language)
    return as_file(document, name)
