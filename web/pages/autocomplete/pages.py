"""What may be meant by what is typed so far: units the reader may see, people for whose forms ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from services.context import RequestContext
from web.auth.dependencies import Own
from web.ui.name_fields import Suggestion, suggest_any, suggest_people, suggest_units

router = APIRouter(include_in_schema=False, prefix="/suggest")
Typed = Annotated[str, Query(max_length=300)]


@router.get("/unit")
def unit(ctx: Own, q: Typed = "") -> Response:
    """Units: of all for whoever sets the office up, else of the reader's own with those below."""
    root = "" if ctx.reader.may("settings") else ctx.reader.root
    return _answer(suggest_units(ctx.reads.office(), q, root=root))


@router.get("/person")
def person(ctx: Own, q: Typed = "") -> Response:
    """People: anybody for those whose forms name one, else those of the reader's own units."""
    root = "" if _names_people(ctx) else ctx.reader.root
    return _answer(suggest_people(ctx.reads.office().written_down, q, root=root))


@router.get("/responsible")
def responsible(ctx: Own, q: Typed = "") -> Response:
    """Units and people a text of a schedule may mean."""
    return _answer(suggest_any(ctx.reads.office().written_down, q) if _names_people(ctx) else ())


def _names_people(ctx: RequestContext) -> bool:
    return ctx.reader.may("settings") or ctx.reader.may("manage")


def _answer(found: Sequence[Suggestion]) -> Response:
    return JSONResponse([{"value": one.typed, "label": one.beside} for one in found])
