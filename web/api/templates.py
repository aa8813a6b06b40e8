"""Administration: the organisation's own templates of forms."""

from __future__ import annotations

from starlette.responses import Response

from services.documents import templates
from services.documents.templates import AskTemplates, FormList
from web.api import mount
from web.api.answers import DAMAGED, api_router
from web.api.files import file_answer
from web.auth.dependencies import Setting
from web.pages.administration.templates import FormPath, LanguagePath, template_response
from web.pages.cases.documents import DOCX

router = api_router("/api/v1/administration", tags=["administration"])
FILE = {**file_answer(DOCX), **DAMAGED}


@router.get("/templates")
def list_templates(ctx: Setting) -> FormList:
    """Return the forms with their placeholders and the organisation's own templates."""
    return templates.list_templates(ctx, AskTemplates())


@router.get("/templates/{form}/{language}/{number}", responses=FILE, response_class=Response)
def get_own_template(ctx: Setting, form: FormPath, language: LanguagePath, number: int) -> Response:
    """Return an own template as uploaded, after checking its SHA-256."""
    return template_response(ctx, form, language, number)


mount.post(router, "/templates/{form}/{language}", templates.take_template, files=True)
mount.post(router, "/templates/{form}/{language}/choice", templates.choose_template)
