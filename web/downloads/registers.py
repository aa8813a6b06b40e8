"""The files of registers: templates, lists and forms of rows, stored files."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.responses import Response

from services.campaigns.views import signed_files
from services.context import RequestContext
from services.documents.row_papers import paper_of_row, papers_of_list
from services.evidence import clean_file_name
from services.outgoing.audit import record
from services.registers import tables as register_tables
from services.registers.access import seen_register
from services.registers.queries import ListRows
from services.registers.views import AskRow, show_row
from web.auth.dependencies import Reading
from web.http.files import BYTES, DOCX, XLSX, ZIP, as_file, stream_file
from web.http.parameters import Digest, FormId, PaperLanguage, RegisterPath, RowPath
from web.ui.render import RequestTranslator


def get_register_template(ctx: Reading, register_id: RegisterPath, translator: RequestTranslator) -> Response:
    """Return the empty spreadsheet of a register, to be filled in and imported."""
    content = register_tables.template(ctx, register_id, translator.language)
    return as_file(content, XLSX, f"{_file_name(ctx, register_id, translator.language)}.xlsx")


def get_row_file(ctx: Reading, row: RowPath, digest: Digest) -> Response:
    """Return a file of a row, after checking its bytes against the recorded hash."""
    detail = show_row(ctx, AskRow(row=row))
    stored = [*detail.row.values.values()]
    stored += [value for event in detail.history for change in event.changes for value in (change.after,)]
    stored += signed_files(ctx, [row]).get(row, ())
    files = {value["sha256"]: value for value in stored if isinstance(value, dict) and "sha256" in value}
    if digest not in files:
        raise HTTPException(404, "web.problem.no_file")
    content = ctx.app.evidence.open(digest)
    record(ctx, "file", "row_file_read", name=row, case=detail.row.case)
    return stream_file(content, BYTES, clean_file_name(str(files[digest].get("name", ""))))


def get_row_paper(ctx: Reading, row: RowPath, form: FormId, language: PaperLanguage) -> Response:
    """Return the form of a row as DOCX, filled with the fields visible to the reader."""
    return as_file(paper_of_row(ctx, row, form, language), DOCX, f"{form}-{row}-{language}.docx")


def rows_file(ctx: RequestContext, query: ListRows, language: str) -> Response:
    """Return the rows a query matches as a workbook."""
    name = f"{_file_name(ctx, query.register_id, language)} {ctx.today.isoformat()}.xlsx"
    return as_file(register_tables.export(ctx, query, language), XLSX, name)


def papers_file(ctx: RequestContext, query: ListRows, language: str) -> Response:
    """Return the forms of the rows a query matches as an archive."""
    return as_file(papers_of_list(ctx, query, language), ZIP, f"{query.register_id}-{language}.zip")


def _file_name(ctx: RequestContext, register_id: str, language: str) -> str:
    """Return the title of a register as files are called."""
    return clean_file_name(seen_register(ctx, register_id).title[language])
