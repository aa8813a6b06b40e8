"""Search by words: in the office, in the guides, and for what a text field means by the text typed so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import JSONResponse, Response

from merzim.services.context import RequestContext
from merzim.services.law.acts import acts_here
from merzim.services.names import case_title, nameable_root
from merzim.services.registers.results import register_view, seen_register
from merzim.services.registers.views import ListRows, list_rows
from merzim.services.search import Search, search
from merzim.services.verbs import NotAllowed
from merzim.web.auth.dependencies import Own, Reading
from merzim.web.ui.form_values import one_line
from merzim.web.ui.guides import GUIDE_OF, GUIDES, Guide, find_sections, guide, shown_sections
from merzim.web.ui.name_fields import MAX_SUGGESTIONS, Suggestion, own_units, person_names, unit_names
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import row_title
from workflow.board.rows import CaseFilter

router = APIRouter(include_in_schema=False)


@router.get("/search")
def search_page(ctx: Reading, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    text = one_line(q)
    latest = [ctx.library.latest(name) for name in ctx.library.ids()]
    return page(
        ctx,
        "search.html",
        place="/search",
        text=text,
        results=search(ctx, Search(text=text)) if text else None,
        acts={act.id: act for edition in latest for act in edition.acts.values()},
        procedures={edition.id: edition for edition in latest},
        in_use=ctx.reads.with_cases(ctx.library.ids()) if text else (),
    )


What = Annotated[str, Path(pattern=r"^(unit|person|responsible|case|row\.[a-z0-9-]{1,80})$")]
"""What a field asks for; a row of a register with the register's id."""
Typed = Annotated[str, Query(max_length=300)]


@router.get("/suggest/{what}")
def suggest(ctx: Own, what: What, q: Typed = "") -> Response:
    """Suggest what a field may mean by the text typed so far: a unit, person, either (`responsible`), a case or
    row of a register (`row.gifts`) the reader sees. Units and people are those of all the office for users
    whose forms name them; for others those at and below the reader's own unit, and nothing for either.
    """
    kind, _, register_id = what.partition(".")
    office, t = ctx.reads.office(), Translator(ctx.language)
    names_all = ctx.reader.may("settings") or ctx.reader.may("manage")
    found: Sequence[Suggestion] = ()
    if kind == "unit":
        found = (unit_names(office) if ctx.reader.may("settings") else own_units(ctx)).suggestions(q)
    elif kind == "person":
        found = person_names(office.written_down, nameable_root(ctx)).suggestions(q)
    elif kind == "responsible":
        either = (unit_names(office.written_down), person_names(office.written_down))
        found = [each for names in either for each in names.suggestions(q)] if names_all else ()
    elif not ctx.reader.may("read"):
        raise NotAllowed
    else:
        found = _rows(ctx, register_id, q, t) if register_id else _cases(ctx, q, t.language)
    return JSONResponse(
        [{"value": t.name(suggestion.typed), "label": t.name(suggestion.beside)} for suggestion in found]
    )


def _cases(ctx: RequestContext, q: str, language: str) -> list[Suggestion]:
    """Suggest cases the reader sees by words of them; none for no words."""
    cases = ctx.reads.page(CaseFilter(search=q.replace("\0", "")), first=0, count=MAX_SUGGESTIONS) if q else ()
    return [
        Suggestion(typed=case.id, beside=case_title(case, ctx.library.of(case))[language]) for case in cases
    ]


def _rows(ctx: RequestContext, register_id: str, q: str, t: Translator) -> list[Suggestion]:
    """Suggest rows of a register by words of them; the first ones for no words. Raises UnknownRegister."""
    register = register_view(ctx, seen_register(ctx, register_id))
    command = ListRows(register_id=register_id, search=one_line(q), size=MAX_SUGGESTIONS)
    return [
        Suggestion(typed=row.id, beside=row_title(register, row, t)) for row in list_rows(ctx, command).rows
    ]


@router.get("/help")
def help_page(ctx: Own, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """List the guides, the first day's and the reader's own first; above them the sections with the words."""
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
