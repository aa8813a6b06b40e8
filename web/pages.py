"""The pages one reads: the board."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from notifications.notice import Notice
from web.board import board
from web.entrance import Reading
from web.house import House
from web.office import person_name
from web.render import page

FAILED = 50
"""So many letters that did not arrive stand on the board."""
router = APIRouter(include_in_schema=False)

Name = Annotated[str | None, Query(max_length=200)]


@router.get("/")
def the_board(request: Request, home: Reading, unit: Name = None, stage: Name = None) -> Response:
    _, today = home.clock()
    view = board(home.reads, home.library, home.calendar, today=today, unit=unit or None, stage=stage or None)
    failed = _failed(home)
    names = {one.person: person_name(home.reads.office(), one.person) for one in failed}
    return page(request, home, "board.html", today=today, board=view, failed=failed, failed_names=names)


def _failed(home: House) -> list[Notice]:
    """Letters that did not arrive, of cases the reader may see."""
    found = home.post.failed(limit=FAILED) if home.post else ()
    seen = home.reads.heads({one.case for one in found}) if found else {}
    return [one for one in found if one.case in seen]
