"""Handlers of the forms of saved views, shown above the lists."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from merzim.services.cases import saved_views
from merzim.services.inputs import build
from merzim.web.auth.dependencies import Own
from merzim.web.ui.form_values import Fields, parse_event_number, tidy

router = APIRouter(include_in_schema=False)


@router.post("/views")
def save(ctx: Own, answers: Fields) -> Response:
    """Save the filters of a list, then show the list with them."""
    fields = {**_content(answers), "list": answers.get("list", ""), "query": answers.get("query", "")}
    return _shown(saved_views.save_view(ctx, build(saved_views.SaveView, fields)))


@router.post("/views/change")
def change(ctx: Own, answers: Fields) -> Response:
    """Rename a view, share it or make it private, then show the list with it."""
    fields = {**_content(answers), "number": parse_event_number(answers.get("number", ""))}
    return _shown(saved_views.change_view(ctx, build(saved_views.ChangeView, fields)))


@router.post("/views/delete")
def delete(ctx: Own, answers: Fields) -> Response:
    """Delete a view, then show its list."""
    number = parse_event_number(answers.get("number", ""))
    saved_views.delete_view(ctx, build(saved_views.DeleteView, {"number": number}))
    query = build(saved_views.ListViews, {"list": answers.get("list", "")})
    return RedirectResponse(f"/{query.list}", status_code=303)


def _content(answers: Fields) -> dict[str, object]:
    return {"name": tidy(answers.get("name", "")), "shared": answers.get("shared") == "1"}


def _shown(view: saved_views.ViewResult) -> Response:
    return RedirectResponse(f"/{view.list}" + (f"?{view.query}" if view.query else ""), status_code=303)
