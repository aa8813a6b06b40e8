"""Administration: the organisation's own templates of forms."""

from __future__ import annotations

from services.documents import templates
from services.documents.templates import AskTemplates, FormList
from web.api import mount
from web.api.answers import api_router
from web.auth.dependencies import Setting
from web.downloads.administration import get_own_template
from web.http.files import DOCX

router = api_router("/api/v1/administration", tags=["administration"])


@router.get("/templates")
def list_templates(ctx: Setting) -> FormList:
    """Return the forms with their placeholders and the organisation's own templates."""
    return templates.list_templates(ctx, AskTemplates())


mount.file(router, "/templates/{form}/{language}/{number}", get_own_template, DOCX, damaged=True)
mount.post(router, "/templates/{form}/{language}", templates.take_template, files=True)
mount.post(router, "/templates/{form}/{language}/choice", templates.choose_template)
