"""The search page, and suggestions for text fields: what matches the text typed so far."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from merzim.services.context import RequestContext
from merzim.services.names import case_title
from merzim.services.registers.access import reader_scope, seen_register
from merzim.services.registers.queries import ListRows
from merzim.services.registers.results import register_view
from merzim.services.registers.views import list_rows
from merzim.services.search import Hit, Search, search
from merzim.web.auth.dependencies import Own, Reading
from merzim.web.http import RegisterPath
from merzim.web.ui.form_values import tidy
from merzim.web.ui.name_fields import MAX_SUGGESTIONS, Suggestion, suggest_any, suggest_people, suggest_units
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import row_title
from workflow.board.rows import CaseFilter

router = APIRouter(include_in_schema=False)


@router.get("/search")
def search_page(request: Request, ctx: Reading, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Show the results for the search words in the address."""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in q).split())
    reader = replace(ctx, language=preferences(request).language)
    results = search(reader, Search(text=text)) if text else None
    hits = [hit for group in results.groups for hit in group.hits] if results else []
    latest = [ctx.library.latest(name) for name in ctx.library.procedures()]
    acts = {act.id: act for edition in latest for act in edition.acts.values()}
    duties = {
        (hit.within, hit.id): ctx.library.latest(hit.within).by_id[hit.id]
        for hit in hits
        if hit.kind == "obligation"
    }
    of_law = {_procedure(hit) for hit in hits} - {""}
    open_procedures = ctx.reads.with_cases(of_law)
    return page(
        *(request, ctx, "search.html"),
        place="/search",
        text=text,
        results=results,
        acts=acts,
        duties=duties,
        procedures={edition.id: edition for edition in latest},
        address=lambda hit: hit_address(hit, open_procedures),
    )


def _procedure(hit: Hit) -> str:
    """Return the procedure a result leads to; "" of any other result."""
    return {"procedure": hit.id, "obligation": hit.within}.get(hit.kind, "")


def hit_address(hit: Hit, open_procedures: Collection[str]) -> str:
    """Return the page of what was found; an act has one where its text is loaded.

    Args:
        open_procedures: procedures with cases; of any other the planner shows what it asks and when.
    """
    id = quote(hit.id, safe="")
    if (procedure := _procedure(hit)) and procedure not in open_procedures:
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
        case "indicator":
            return f"/reports/points#{id}"
    raise ValueError(hit.kind)


Typed = Annotated[str, Query(max_length=300)]


@router.get("/suggest/unit")
def unit(request: Request, ctx: Own, q: Typed = "") -> Response:
    """Suggest units: all for users who manage the office, else the reader's own and those below."""
    root = "" if ctx.reader.may("settings") else ctx.reader.root
    return _answer(request, suggest_units(ctx.reads.office(), q, root=root))


@router.get("/suggest/person")
def person(request: Request, ctx: Own, q: Typed = "") -> Response:
    """Suggest people: anybody for users whose forms name one, else those of the reader's own units."""
    root = "" if _names_people(ctx) else ctx.reader.root
    return _answer(request, suggest_people(ctx.reads.office().written_down, q, root=root))


@router.get("/suggest/responsible")
def responsible(request: Request, ctx: Own, q: Typed = "") -> Response:
    """Suggest units and people that a text of a schedule may mean."""
    return _answer(request, suggest_any(ctx.reads.office().written_down, q) if _names_people(ctx) else ())


@router.get("/suggest/case")
def case(request: Request, ctx: Reading, q: Typed = "") -> Response:
    """Suggest cases visible to the reader, by number or object."""
    language = preferences(request).language
    cases = ctx.reads.page(CaseFilter(search=q.replace("\0", "")), first=0, count=MAX_SUGGESTIONS) if q else ()
    return _answer(
        request,
        [Suggestion(typed=case.id, beside=case_title(case, ctx.library.of(case))[language]) for case in cases],
    )


@router.get("/suggest/row/{register_id}")
def row(request: Request, ctx: Reading, register_id: RegisterPath, q: Typed = "") -> Response:
    """Suggest visible rows of a register by their search texts."""
    translator = Translator(preferences(request).language)
    register = register_view(seen_register(ctx, register_id), reader_scope(ctx))
    command = ListRows(register_id=register_id, search=" ".join(tidy(q).split()), size=MAX_SUGGESTIONS)
    rows = list_rows(ctx, command).rows
    suggestions = [Suggestion(typed=row.id, beside=row_title(register, row, translator)) for row in rows]
    return _answer(request, suggestions)


def _names_people(ctx: RequestContext) -> bool:
    return ctx.reader.may("settings") or ctx.reader.may("manage")


def _answer(request: Request, suggestions: Sequence[Suggestion]) -> Response:
    t = Translator(preferences(request).language)
    return JSONResponse(
        [{"value": t.name(suggestion.typed), "label": t.name(suggestion.beside)} for suggestion in suggestions]
    )
