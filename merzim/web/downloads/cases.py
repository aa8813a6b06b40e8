"""The files of a case: evidence, filled forms, the export package, its letters."""

from __future__ import annotations

import logging

from fastapi import HTTPException
from starlette.responses import Response

from merzim.documents.sheets.listing import tables_workbook
from merzim.documents.sheets.unreadable import EvidenceDamaged
from merzim.services.context import whole_case
from merzim.services.documents.case_documents import filled_form
from merzim.services.documents.case_documents import package as package_of_case
from merzim.services.documents.notice_list import notices_table
from merzim.services.evidence import clean_file_name
from merzim.services.outgoing.audit import DIGEST_DIGITS, record
from merzim.web.auth.dependencies import Reading
from merzim.web.http import (
    BYTES,
    DOCX,
    XLSX,
    ZIP,
    CaseId,
    Digest,
    FormId,
    PaperLanguage,
    as_file,
    stream_file,
)
from merzim.web.ui.render import RequestTranslator
from workflow.cases.registers.evidence_list import stored_file

log = logging.getLogger("merzim.web")


def get_evidence(ctx: Reading, case: CaseId, digest: Digest) -> Response:
    """Return a stored file of the case, after checking its SHA-256."""
    stored_case, _ = whole_case(ctx, case)
    # Of a document the reader may not open the case, as they see it, has no digest.
    item = stored_file(stored_case, digest)
    if item is None:
        raise HTTPException(404, "web.problem.no_file")
    name = clean_file_name(item.name or "")
    try:
        content = ctx.app.evidence.open(digest)
    except EvidenceDamaged as damage:
        log.error("%s of case %s: %s %s", digest, case, damage.damage, damage.problem)
        raise damage.of(case, name) from None
    record(ctx, "file", "evidence_read", name=digest[:DIGEST_DIGITS], case=case)
    return stream_file(content, BYTES, name)


def get_form(ctx: Reading, case: CaseId, form: FormId, language: PaperLanguage) -> Response:
    """Return a form of the case, filled with the known values, as DOCX."""
    stored_case, _ = whole_case(ctx, case)
    document = filled_form(ctx.app, case, form, language, ctx.reads.scope_in(stored_case), today=ctx.today)
    return as_file(document, DOCX, f"{case}-{form}-{language}.docx")


def get_package(ctx: Reading, case: CaseId, translator: RequestTranslator) -> Response:
    """Return the export package (ZIP), without restricted files; readers without access do not see their names.

    Missing or altered files are left out and listed in its index; its name then says `incomplete`.
    """
    stored_case, _ = whole_case(ctx, case)
    package = package_of_case(ctx.app, case, translator.language, ctx.reads.scope_in(stored_case))
    record(ctx, "file", "package_read", case=case)
    kind = "package" if package.whole else "package-incomplete"
    return stream_file(package.content, ZIP, f"{case}-{kind}.zip")


def get_case_notices_file(ctx: Reading, case: CaseId, translator: RequestTranslator) -> Response:
    """Return the letters about a case as a workbook."""
    whole_case(ctx, case)
    table = notices_table(ctx.app, ctx.reads.notices(case), translator.language)
    return as_file(tables_workbook([table]), XLSX, f"{case}-register.xlsx")
