"""Pages of the texts of acts: administrators load them, every user opens them at a paragraph."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from services.context import RequestContext
from services.inputs import FileInput, OpenFile, build
from services.law import act_texts
from services.law.act_texts import AskActTexts, LoadActText, OpenActText
from services.verbs import NotFound
from web.auth.dependencies import Own, Setting
from web.auth.reading import run_in_reading_thread
from web.http import ActPath
from web.pages.administration.common import onward, show
from web.ui.preferences import preferences
from web.ui.render import page
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
    async with request.form(max_files=1, max_fields=5, max_part_size=MAX_FIELD_BYTES) as typed:
        return await run_in_reading_thread(request, _load, request, ctx, typed)


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
    spoken = preferences(request).language
    language = text or (spoken if spoken in ("kk", "ru") else None)
    command = build(OpenActText, {"act": act, "language": language, "number": number, "place": place})
    reading = act_texts.open_act_text(ctx, command)
    versions = act_texts.list_act_texts(ctx, AskActTexts(act=act)).acts[0]
    return page(request, ctx, "act_text.html", reading=reading, versions=versions)


def _load(request: Request, ctx: RequestContext, typed: FormData) -> Response:
    upload = typed.get("file")
    file = (
        build(FileInput, {"content": OpenFile(upload.filename or "", upload.file)})
        if isinstance(upload, UploadFile) and upload.filename
        else FileInput()
    )
    fields: dict[str, object] = {
        "act": str(typed.get("act", "")),
        "language": typed.get("language") or None,
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
