"""The overview, and the lists its figures open."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from notifications.notice import Notice
from web.addresses import elsewhere
from web.deadlines import Asking, deadlines
from web.entrance import Reading
from web.house import House
from web.office import person_name
from web.overview import overview
from web.render import page
from workflow.sums import Urgency

FAILED = 10
"""So many letters that did not arrive stand on the overview."""
router = APIRouter(include_in_schema=False)

Name = Annotated[str | None, Query(max_length=200)]
Number = Annotated[int, Query(alias="page", ge=1, le=100_000)]


@router.get("/")
def the_overview(request: Request, home: Reading, unit: Name = None) -> Response:
    """What a manager sees first."""
    _, today = home.clock()
    view = overview(home.reads, home.library, home.calendar, today=today, unit=unit or None)
    failed = _failed(home)
    office = home.reads.office() if failed else None
    names = {one.person: person_name(office, one.person) for one in failed} if office else {}
    faults = home.post.faults() if home.post and home.reader.may("manage") else ()
    return page(
        request,
        home,
        "overview.html",
        today=today,
        view=view,
        failed=failed,
        failed_names=names,
        faults=faults,
    )


@router.get("/deadlines")
def the_deadlines(
    request: Request,
    home: Reading,
    urgency: Urgency = "open",
    on: Annotated[date | None, Query()] = None,
    unit: Name = None,
    stage: Name = None,
    person: Name = None,
    number: Number = 1,
) -> Response:
    """A list a figure opens; what it is narrowed to stands in the address."""
    onward = elsewhere(request)
    if onward is not None:
        return onward
    _, today = home.clock()
    asking = Asking(urgency=urgency, on=on, unit=unit or None, stage=stage or None, person=person or None)
    view = deadlines(home.reads, home.library, home.calendar, asking, today=today, number=number)
    return page(request, home, "deadlines.html", today=today, view=view)


def _failed(home: House) -> list[Notice]:
    """Letters that did not arrive, of cases the reader may see."""
    found = home.post.failed(limit=FAILED) if home.post else ()
    seen = home.reads.heads({one.case for one in found}) if found else {}
    return [one for one in found if one.case in seen]
