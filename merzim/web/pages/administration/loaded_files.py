"""Pages of files an office loads: texts of acts, which every user opens, and own templates of forms."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from merzim.documents import UnreadablePaper
from merzim.services.context import RequestContext
from merzim.services.documents import templates
from merzim.services.documents.templates import AskTemplates, ChooseTemplate, TakeTemplate
from merzim.services.inputs import FileInput, OpenFile, build
from merzim.services.law import act_texts
from merzim.services.law.act_texts import AskActTexts, LoadActText, OpenActText
from merzim.services.verbs import NotFound
from merzim.web.auth.dependencies import Own, Setting
from merzim.web.auth.reading import run_in_reading_thread
from merzim.web.downloads.administration import get_own_template
from merzim.web.http import ActPath, FormId
from merzim.web.pages.administration.common import onward, show
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import page
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
MAX_FIELD_BYTES = 1024


@router.get("/administration/acts")
def act_list(request: Request, ctx: Setting) -> Response:
    """Show the acts editions rest on, and which have a loaded text."""
    return _list(request, ctx)


@router.post("/administration/acts")
async def load_act(request: Request, ctx: Setting) -> Response:
    """Load the text of an act from a file."""
    async with request.form(max_files=1, max_fields=5, max_part_size=MAX_FIELD_BYTES) as form_data:
        return await run_in_reading_thread(request, _load, request, ctx, form_data)


@router.get("/acts/{act}")
def act_page(
    request: Request,
    ctx: Own,
    act: ActPath,
    text: Annotated[str, Query(pattern="^(kk|ru)?$")] = "",
    number: Annotated[int | None, Query(ge=1)] = None,
    place: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    """Show the text of an act: the cited passage, and below it the whole."""
    reader_language = preferences(request).language
    language = text or (reader_language if reader_language in ("kk", "ru") else None)
    command = build(OpenActText, {"act": act, "language": language, "number": number, "place": place})
    reading = act_texts.open_act_text(ctx, command)
    versions = act_texts.list_act_texts(ctx, AskActTexts(act=act)).acts[0]
    return page(request, ctx, "act_text.html", reading=reading, versions=versions)


def _load(request: Request, ctx: RequestContext, form_data: FormData) -> Response:
    upload = form_data.get("file")
    file = (
        build(FileInput, {"content": OpenFile(upload.filename or "", upload.file)})
        if isinstance(upload, UploadFile) and upload.filename
        else FileInput()
    )
    fields: dict[str, object] = {
        "act": str(form_data.get("act", "")),
        "language": form_data.get("language") or None,
        "file": file,
    }
    try:
        act_texts.load_act_text(ctx, build(LoadActText, fields))
    except NotFound:
        raise
    except Refusal as refusal:
        return _list(request, ctx, refusal=refusal, chosen=fields)
    return onward(request, "/administration/acts", said="taken")


def _list(
    request: Request,
    ctx: RequestContext,
    *,
    refusal: Refusal | None = None,
    chosen: dict[str, object] | None = None,
) -> Response:
    return show(
        request,
        ctx,
        "act_texts.html",
        status=200 if refusal is None else 422,
        place="/administration/acts",
        acts=act_texts.list_act_texts(ctx, AskActTexts()).acts,
        refusal=refusal,
        chosen=chosen or {"act": "", "language": ""},
    )


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
