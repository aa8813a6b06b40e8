"""The inbox page: events of cases that concern the reader, and letters the reader has not acknowledged."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from merzim.services.cases import comments
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.names import author_names, case_title, person_name
from merzim.web.auth.dependencies import Own
from merzim.web.pages.cases.page import redirect
from merzim.web.ui.form_values import Fields, parse_event_number
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import page
from notifications.notice import Notice
from workflow.board.sums import base
from workflow.cases.case import Case

router = APIRouter(include_in_schema=False)
MAX_LETTERS = 20
"""Letters the page shows at most, the newest first."""


@router.get("/inbox")
def inbox_page(
    request: Request, ctx: Own, number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1
) -> Response:
    """Show the reader's inbox, the newest first."""
    view = comments.list_inbox(ctx, comments.ListInbox(page=number))
    heads = ctx.reads.heads({entry.case for entry in view.entries})
    office = ctx.reads.office()
    people = {entry.person: person_name(office, entry.person) for entry in view.entries if entry.person}
    letters = comments.unread_letters(ctx, limit=MAX_LETTERS)
    heads = {**heads, **ctx.reads.heads({letter.case for letter in letters})}
    language = preferences(request).language
    about = {letter.key: _about(ctx, heads[letter.case], letter, language) for letter in letters}
    return page(
        request,
        ctx,
        "inbox.html",
        place="/inbox",
        view=view,
        number=number,
        more=len(view.entries) == comments.INBOX_PAGE,
        titles={name: case_title(head, ctx.library.of(head)) for name, head in heads.items()},
        people=people,
        names=author_names(ctx, {entry.by for entry in view.entries}),
        letters=letters,
        about=about,
    )


def _about(ctx: RequestContext, case: Case, letter: Notice, language: str) -> str:
    """Return what a letter is about: the obligation and the case."""
    procedure = ctx.library.of(case)
    obligation = procedure.by_id.get(base(letter.obligation))
    name = case_title(case, procedure)[language]
    return f"{obligation.title[language]} ({name})" if obligation else name


@router.post("/inbox/read")
def mark_as_read(request: Request, ctx: Own, answers: Fields) -> Response:
    """Mark all entries, or one, as read; then show the inbox, or the entry's place in its case."""
    case, line = answers.get("case", ""), answers.get("line", "")
    fields = {"in_case": case, "line": parse_event_number(line) if line else 0}
    comments.read_inbox(ctx, build(comments.ReadInbox, fields))
    if case and line:
        return redirect(request, f"/cases/{case}", place=answers.get("place", "")[:40] or f"comment-{line}")
    return redirect(request, "/inbox")
