"""Administration pages for people who left."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.people import retention
from merzim.services.people.retention import Anonymised, AnonymisePerson, AskFormer
from merzim.web.auth.dependencies import Setting
from merzim.web.pages.administration.common import show
from merzim.web.ui.form_values import Fields, parse_date, tidy
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
PLACE = "/administration/people/former"


@router.get("/administration/people/former")
def former_page(request: Request, ctx: Setting) -> Response:
    """Show the people who left."""
    return _page(request, ctx, {})


@router.post("/administration/people/former")
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
            "also": [tidy(name) for name in typed.get("also", "").split(",") if tidy(name)],
            "preview": typed["do"] == "preview",
        }
        anonymised = retention.anonymise_person(ctx, build(AnonymisePerson, fields))
    except Refusal as refusal:
        return _page(request, ctx, typed, refusal=refusal)
    return _page(request, ctx, typed if anonymised.preview else {}, anonymised=anonymised)


def _page(
    request: Request,
    ctx: RequestContext,
    typed_texts: Mapping[str, str],
    *,
    anonymised: Anonymised | None = None,
    refusal: Refusal | None = None,
) -> Response:
    return show(
        request,
        ctx,
        "former_people.html",
        status=200 if refusal is None else 422,
        place=PLACE,
        former=retention.list_former(ctx, AskFormer()),
        form=typed_texts,
        done=anonymised,
        refusal=refusal,
    )
