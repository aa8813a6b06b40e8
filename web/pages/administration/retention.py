"""Administration page for people who left: who is due to be anonymised, and the order that does it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from services.context import RequestContext
from services.inputs import build
from services.people import retention
from services.people.retention import Anonymised, AnonymisePerson, AskFormer
from web.auth.dependencies import Setting
from web.pages.administration.common import show
from web.ui.form_values import Fields, parse_date, tidy
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False, prefix="/administration/people/former")
PLACE = "/administration/people/former"


@router.get("")
def former_page(request: Request, ctx: Setting) -> Response:
    """Show the people who left."""
    return _page(request, ctx, {})


@router.post("")
def anonymise(request: Request, ctx: Setting, typed: Fields) -> Response:
    """Show how many records an order would change; after confirmation, carry it out."""
    if typed.get("do") not in ("preview", "anonymise"):
        raise HTTPException(422)
    try:
        fields = {
            "person": typed.get("person", ""),
            "act": tidy(typed.get("act", "")),
            "act_on": parse_date(typed.get("act_on", "")),
            "ground": typed.get("ground", ""),
            "also": [tidy(one) for one in typed.get("also", "").split(",") if tidy(one)],
            "preview": typed["do"] == "preview",
        }
        done = retention.anonymise_person(ctx, build(AnonymisePerson, fields))
    except Refusal as refusal:
        return _page(request, ctx, typed, refusal=refusal)
    return _page(request, ctx, typed if done.preview else {}, done=done)


def _page(
    request: Request,
    ctx: RequestContext,
    typed: Mapping[str, str],
    *,
    done: Anonymised | None = None,
    refusal: Refusal | None = None,
) -> Response:
    return show(
        request,
        ctx,
        "former_people.html",
        status=200 if refusal is None else 422,
        place=PLACE,
        former=retention.list_former(ctx, AskFormer()),
        form=typed,
        done=done,
        refusal=refusal,
    )
