"""Administration page for the synchronisation of people with the directory: differences, and applying them."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from services.context import RequestContext
from services.inputs import build
from services.people import sync as people_sync
from services.people.sync import AskSync, SyncPeople, SyncResult
from web.auth.dependencies import Setting
from web.pages.administration.common import show
from web.ui.form_values import Fields
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False, prefix="/administration/people/sync")
SHOWN = 200


@router.get("")
def sync_page(request: Request, ctx: Setting) -> Response:
    """Show when people were last compared with the directory, without contacting it."""
    return _page(request, ctx)


@router.post("")
def compare(request: Request, ctx: Setting, typed: Fields) -> Response:
    """Compare people with the directory; apply the differences that were shown."""
    if typed.get("do") not in ("look", "apply"):
        raise HTTPException(422)
    fields = {"apply": typed["do"] == "apply", "mark": typed.get("mark", "")[:40]}
    try:
        command = build(SyncPeople, {**fields, "many_leave": bool(typed.get("many_leave"))})
        found = people_sync.sync_people(ctx, command)
    except Refusal as refusal:
        return _page(request, ctx, refusal=refusal)
    return _page(request, ctx, found=found)


def _page(
    request: Request,
    ctx: RequestContext,
    *,
    found: SyncResult | None = None,
    refusal: Refusal | None = None,
) -> Response:
    return show(
        request,
        ctx,
        "people_sync.html",
        status=200 if refusal is None else 422,
        place="/administration/people/sync",
        sync=people_sync.get_sync_state(ctx, AskSync()),
        found=found,
        changes=found.changes[:SHOWN] if found else (),
        more=max(0, len(found.changes) - SHOWN) if found else 0,
        refusal=refusal,
    )
