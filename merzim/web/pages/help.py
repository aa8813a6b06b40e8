"""The help pages: the guides, and a search in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from merzim.services.context import RequestContext
from merzim.services.law.acts import acts_here
from merzim.web.auth.dependencies import Own
from merzim.web.ui.form_values import one_line
from merzim.web.ui.guides import GUIDE_OF, GUIDES, Guide, find_sections, guide, shown_sections
from merzim.web.ui.render import page

router = APIRouter(include_in_schema=False)


@router.get("/help")
def help_page(ctx: Own, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """List the guides, that of the first day and the reader's own first; above them the sections that match the
    search words.
    """
    text = one_line(q)
    own_guide = GUIDE_OF[ctx.request.state.reader.access]
    order = dict.fromkeys(("first-day", own_guide, *GUIDES))
    return page(
        ctx,
        "help.html",
        text=text,
        hits=find_sections(text, ctx.language, acts_here(ctx)),
        guides=[_guide(ctx, id) for id in order],
        own=own_guide,
    )


@router.get("/help/{guide_id}")
def guide_page(ctx: Own, guide_id: str) -> Response:
    if guide_id not in GUIDES:
        raise HTTPException(404, "web.problem.not_found")
    return page(ctx, "guide.html", guide=_guide(ctx, guide_id))


def _guide(ctx: RequestContext, id: str) -> Guide:
    """Return a guide without what acts that are not adopted would bring, in the reader's language."""
    whole = guide(id, ctx.language)
    return replace(whole, sections=shown_sections(whole.sections, acts_here(ctx)))
