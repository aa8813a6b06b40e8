"""Administration pages for the organisation's own templates of forms: upload, choose, remove."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from documents import UnreadablePaper
from services.context import RequestContext
from services.documents import templates
from services.documents.templates import AskTemplates, ChooseTemplate, TakeTemplate
from services.inputs import FileInput, OpenFile, build
from services.verbs import NotFound
from web.auth.dependencies import Setting
from web.auth.reading import run_in_reading_thread
from web.downloads.administration import get_own_template
from web.http import FormId
from web.pages.administration.common import onward, show
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False, prefix="/administration/templates")
MAX_FIELD_BYTES = 1024
router.get("/{form}/{language}/{number}")(get_own_template)


@router.get("")
def template_list(request: Request, ctx: Setting) -> Response:
    """Show the forms, and which have a template of the organisation's own."""
    forms = templates.list_templates(ctx, AskTemplates()).forms
    return show(request, ctx, "templates.html", forms=forms)


@router.get("/{form}")
def template_page(request: Request, ctx: Setting, form: FormId) -> Response:
    """Show the placeholders of a form, and its own templates."""
    return _form_page(request, ctx, form)


@router.post("/{form}")
async def save_template(request: Request, ctx: Setting, form: FormId) -> Response:
    """Use an uploaded template from now on, or an earlier one, or ours."""
    async with request.form(max_files=1, max_fields=5, max_part_size=MAX_FIELD_BYTES) as typed:
        return await run_in_reading_thread(request, _save, request, ctx, form, typed)


def _save(request: Request, ctx: RequestContext, form: str, typed: FormData) -> Response:
    fields = {"form": form, "language": typed.get("language", "")}
    try:
        if typed.get("do") == "choose":
            number = str(typed.get("number", ""))
            templates.choose_template(ctx, build(ChooseTemplate, {**fields, "number": number}))
        else:
            upload = typed.get("file")
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
    (shown,) = templates.list_templates(ctx, AskTemplates(form=form)).forms
    return show(
        request,
        ctx,
        "template.html",
        status=200 if refusal is None else 422,
        place=f"/administration/templates/{form}",
        form=shown,
        refusal=refusal,
        errors=refusal.errors if isinstance(refusal, UnreadablePaper) else (),
    )
