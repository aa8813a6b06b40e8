"""Pages of an organisation's own templates of forms."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from merzim.documents import UnreadablePaper
from merzim.services.context import RequestContext
from merzim.services.documents import templates
from merzim.services.documents.templates import AskTemplates, ChooseTemplate, TakeTemplate
from merzim.services.inputs import FileInput, OpenFile, build
from merzim.services.verbs import NotFound
from merzim.web.auth.dependencies import Setting
from merzim.web.auth.reading import run_in_reading_thread
from merzim.web.downloads.administration import get_own_template
from merzim.web.http import FormId
from merzim.web.pages.administration.common import onward, show
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
MAX_FIELD_BYTES = 1024


router.get("/administration/templates/{form}/{language}/{number}")(get_own_template)


@router.get("/administration/templates")
def template_list(request: Request, ctx: Setting) -> Response:
    """Show the forms, and which have a template of the organisation's own."""
    forms = templates.list_templates(ctx, AskTemplates()).forms
    return show(request, ctx, "templates.html", forms=forms)


@router.get("/administration/templates/{form}")
def template_page(request: Request, ctx: Setting, form: FormId) -> Response:
    """Show the placeholders of a form, and its own templates."""
    return _form_page(request, ctx, form)


@router.post("/administration/templates/{form}")
async def save_template(request: Request, ctx: Setting, form: FormId) -> Response:
    """Use an uploaded template from now on, or an earlier one, or ours."""
    async with request.form(max_files=1, max_fields=5, max_part_size=MAX_FIELD_BYTES) as form_data:
        return await run_in_reading_thread(request, _save, request, ctx, form, form_data)


def _save(request: Request, ctx: RequestContext, form: str, form_data: FormData) -> Response:
    fields = {"form": form, "language": form_data.get("language", "")}
    try:
        if form_data.get("do") == "choose":
            number = str(form_data.get("number", ""))
            templates.choose_template(ctx, build(ChooseTemplate, {**fields, "number": number}))
        else:
            upload = form_data.get("file")
            file = (
                build(FileInput, {"content": OpenFile(upload.filename or "", upload.file)})
                if isinstance(upload, UploadFile) and upload.filename
                else FileInput()
            )
            templates.take_template(ctx, build(TakeTemplate, {**fields, "file": file}))
    except NotFound:
        raise
    except Refusal as refusal:
        return _form_page(request, ctx, form, refusal=refusal)
    return onward(request, f"/administration/templates/{form}", said="saved")


def _form_page(request: Request, ctx: RequestContext, form: str, *, refusal: Refusal | None = None) -> Response:
    (form_view,) = templates.list_templates(ctx, AskTemplates(form=form)).forms
    return show(
        request,
        ctx,
        "template.html",
        status=200 if refusal is None else 422,
        place=f"/administration/templates/{form}",
        form=form_view,
        refusal=refusal,
        errors=refusal.errors if isinstance(refusal, UnreadablePaper) else (),
    )
