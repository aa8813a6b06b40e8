"""The files of the administration: the table of people, the organisation's own templates of forms."""

from __future__ import annotations

from starlette.responses import Response

from documents.people.sheet import people_sheets
from documents.sheets.listing import tables_workbook
from services.documents import templates
from services.people.staff import recorded_office
from web.auth.dependencies import Setting
from web.http.files import DOCX, XLSX, as_file
from web.http.parameters import FormId, PaperLanguage
from web.ui.render import RequestTranslator


def get_people_table(ctx: Setting, translator: RequestTranslator) -> Response:
    """Return all people as a workbook that can be imported again."""
    sheets = people_sheets(recorded_office(ctx), translator.language, ctx.library.own_titles)
    return as_file(tables_workbook(sheets), XLSX, "people.xlsx")


def get_own_template(ctx: Setting, form: FormId, language: PaperLanguage, number: int) -> Response:
    """Return an own template as uploaded, after checking its SHA-256."""
    name, content = templates.template_file(ctx, form, language, number)
    return as_file(content, DOCX, name)
