"""The search page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.law.act_texts import loaded_languages
from services.search import Hit, Search, search
from web.auth.dependencies import Reading
from web.ui.preferences import preferences
from web.ui.render import page

router = APIRouter(include_in_schema=False)


@router.get("/search")
def search_page(request: Request, ctx: Reading, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Show the results for the search words in the address."""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in q).split())
    reader = replace(ctx, language=preferences(request).language)
    found = search(reader, Search(text=text)) if text else None
    acts = [hit.id for group in found.groups for hit in group.hits if hit.kind == "act"] if found else []
    texts = loaded_languages(ctx, acts) if acts else {}
    of_law = {_procedure(hit) for group in found.groups for hit in group.hits} - {""} if found else set()
    kept = ctx.reads.with_cases(of_law)
    return page(
        *(request, ctx, "search.html"),
        place="/search",
        text=text,
        found=found,
        texts=texts,
        address=lambda hit: hit_address(hit, kept),
    )


def _procedure(hit: Hit) -> str:
    """Return the procedure a result leads to; "" of any other result."""
    return {"procedure": hit.id, "obligation": hit.within}.get(hit.kind, "")


def hit_address(hit: Hit, kept: Collection[str]) -> str:
    """Return the page of what was found; an act has one where its text is loaded.

    Args:
        kept: procedures with cases; of any other the planner shows what it asks and when.
    """
    id = quote(hit.id, safe="")
    if (procedure := _procedure(hit)) and procedure not in kept:
        return f"/planner?procedure={quote(procedure, safe='')}"
    match hit.kind:
        case "case":
            return f"/cases/{id}"
        case "case_row":
            kind, _, number = hit.id.partition(".")
            return f"/cases/{quote(hit.within, safe='')}/risks#{kind}-{number}"
        case "file":
            return f"/cases/{quote(hit.within, safe='')}/evidence/{id}"
        case "obligation":
            return f"/cases?procedure={quote(hit.within, safe='')}"
        case "person":
            return f"/deadlines?person={id}"
        case "unit":
            return f"/cases?unit={id}"
        case "register_row":
            return f"/registers/{hit.within}/{id}"
        case "procedure":
            return f"/cases?procedure={id}"
        case "act":
            return f"/acts/{id}"
        case "indicator":
            return f"/scores#{id}"
    raise ValueError(hit.kind)
