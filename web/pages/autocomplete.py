"""Suggestions for text fields: units and people, cases and register rows that match what is typed so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from services.context import RequestContext
from services.names import case_title
from services.registers.access import reader_scope, seen_register
from services.registers.queries import ListRows
from services.registers.results import register_view
from services.registers.views import list_rows
from web.auth.dependencies import Own, Reading
from web.http import RegisterPath
from web.ui.form_values import tidy
from web.ui.name_fields import MAX_SUGGESTIONS, Suggestion, suggest_any, suggest_people, suggest_units
from web.ui.preferences import preferences
from web.ui.register_cells import row_title
from web.ui.render import Translator
from workflow.board.rows import CaseFilter

router = APIRouter(include_in_schema=False, prefix="/suggest")
Typed = Annotated[str, Query(max_length=300)]


@router.get("/unit")
def unit(request: Request, ctx: Own, q: Typed = "") -> Response:
    """Suggest units: all for users who manage the office, else the reader's own and those below."""
    root = "" if ctx.reader.may("settings") else ctx.reader.root
    return _answer(request, suggest_units(ctx.reads.office(), q, root=root))


@router.get("/person")
def person(request: Request, ctx: Own, q: Typed = "") -> Response:
    """Suggest people: anybody for users whose forms name one, else those of the reader's own units."""
    root = "" if _names_people(ctx) else ctx.reader.root
    return _answer(request, suggest_people(ctx.reads.office().written_down, q, root=root))


@router.get("/responsible")
def responsible(request: Request, ctx: Own, q: Typed = "") -> Response:
    """Suggest units and people that a text of a schedule may mean."""
    return _answer(request, suggest_any(ctx.reads.office().written_down, q) if _names_people(ctx) else ())


@router.get("/case")
def case(request: Request, ctx: Reading, q: Typed = "") -> Response:
    """Suggest cases visible to the reader, by number or object."""
    language = preferences(request).language
    found = ctx.reads.page(CaseFilter(search=q.replace("\0", "")), first=0, count=MAX_SUGGESTIONS) if q else ()
    return _answer(
        request,
        [Suggestion(typed=one.id, beside=case_title(one, ctx.library.of(one))[language]) for one in found],
    )


@router.get("/row/{register_id}")
def row(request: Request, ctx: Reading, register_id: RegisterPath, q: Typed = "") -> Response:
    """Suggest visible rows of a register by their search texts."""
    translator = Translator(preferences(request).language)
    register = register_view(seen_register(ctx, register_id), reader_scope(ctx))
    command = ListRows(register_id=register_id, search=" ".join(tidy(q).split()), size=MAX_SUGGESTIONS)
    rows = list_rows(ctx, command).rows
    found = [Suggestion(typed=one.id, beside=row_title(register, one, translator)) for one in rows]
    return _answer(request, found)


def _names_people(ctx: RequestContext) -> bool:
    return ctx.reader.may("settings") or ctx.reader.may("manage")


def _answer(request: Request, found: Sequence[Suggestion]) -> Response:
    t = Translator(preferences(request).language)
    return JSONResponse([{"value": t.name(one.typed), "label": t.name(one.beside)} for one in found])
