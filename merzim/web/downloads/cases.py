"""The files of a case: evidence, filled forms, the export package, its letters."""

from __future__ import annotations

import logging
from functools import partial

from fastapi import HTTPException
from starlette.responses import Response

from merzim.documents.sheets.unreadable import EvidenceDamaged
from merzim.services.context import whole_case
from merzim.services.documents.case_documents import filled_form
from merzim.services.documents.case_documents import package as package_of_case
from merzim.services.evidence import clean_file_name
from merzim.services.outgoing.audit import DIGEST_DIGITS, record, record_paper
from merzim.web.auth.dependencies import Reading
from merzim.web.downloads.reports import notices_file
from merzim.web.http import (
    BYTES,
    DOCX,
    ZIP,
    CaseId,
    Digest,
    FormId,
    NoticesEnding,
    PaperLanguage,
    as_file,
    stream_file,
)
from merzim.web.ui.render import RequestTranslator
from workflow.cases.registers.evidence_list import stored_file
from workflow.languages import law_language

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
    language = translator.language
    code = partial(record_paper, ctx, "package_read", language=law_language(language), case=case)
    package = package_of_case(ctx.app, case, language, ctx.reads.scope_in(stored_case), code)
    kind = "package" if package.whole else "package-incomplete"
    return stream_file(package.content, ZIP, f"{case}-{kind}.zip")


def get_case_notices_file(
    ctx: Reading, case: CaseId, ending: NoticesEnding, translator: RequestTranslator
) -> Response:
    """Return the letters about a case as a workbook or a page to sign."""
    whole_case(ctx, case)
    name = f"{case}-register.{ending}"
    return notices_file(ctx, ctx.reads.notices(case), ending, name, translator.language)
