"""The page of acts: those the organisation adopted, and what each of the others would add."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from merzim.services.law.acts import ChangeAct, adoptable_acts, change_act, unit_of_acts
from merzim.web.auth.dependencies import Managing, Reading
from merzim.web.http import WebContext, redirect
from merzim.web.ui.command_forms import read_command
from merzim.web.ui.form_values import Fields, RejectedForm, shown_again
from merzim.web.ui.render import page
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
Key = Annotated[str, Query(max_length=500)]


@router.get("/acts")
def acts_page(ctx: Reading, unit: Key = "") -> Response:
    """Show the acts; of an office of several organisations, those of the chosen one."""
    return _page(ctx, unit)


def _page(ctx: WebContext, unit: str = "", *, tried: RejectedForm | None = None) -> Response:
    """Return the page; after a refusal that of the unit the form was about."""
    unit, refusal = (tried.answers.get("unit", ""), tried.refusal) if tried else (unit, None)
    office = ctx.reads.office()
    tops = [office.units[top] for top in office.tops]
    place = ""
    try:
        place = unit_of_acts(ctx, unit or (tops[0].id if len(tops) > 1 and not ctx.reader.root else ""))
    except Refusal as refused:
        refusal = refusal or refused
    return page(
        ctx,
        "acts.html",
        status=422 if tried else 200,
        acts=adoptable_acts(ctx, place) if place else (),
        unit=office.units.get(place),
        organisations=tops if len(tops) > 1 and not ctx.reader.root else (),
        refusal=refusal,
    )


@router.post("/acts")
@shown_again(_page)
def change(ctx: Managing, answers: Fields) -> Response:
    """Adopt an act for a unit and all below it, or leave it: its open obligations are then exempted."""
    command = read_command(ctx, ChangeAct, answers)
    change_act(ctx, command)
    return redirect(ctx, "/acts", unit=command.unit)
