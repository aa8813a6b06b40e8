"""The inbox, with events of cases and unread letters of the reader; the list of assignments, and giving one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from merzim.services.cases import assignments
from merzim.services.cases.assignments import AssignmentResult, ListAssignments
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.names import Name, author_names, case_title, person_name
from merzim.services.results import MAX_EXPORTED, require_exportable
from merzim.web.auth.dependencies import Assigning, Own, Reading
from merzim.web.http import PageNumber, WebContext, redirect
from merzim.web.pages.cases.writing import parameters_of
from merzim.web.ui.command_forms import command_fields, read_command
from merzim.web.ui.form_values import Fields, RejectedForm, parse_event_number, shown_again, typed_into
from merzim.web.ui.render import page
from merzim.web.ui.tables import Column, page_heads, workbook_response
from workflow.board.rows import base
from workflow.cases.registers.assignments import AssignmentState, Whose
from workflow.cases.registers.rows import period_in

router = APIRouter(include_in_schema=False)
LETTERS_LOOKED_THROUGH = 100
"""The newest unread letters among which those about visible cases are looked for."""
MAX_LETTERS = 20
"""Letters the page shows at most, the newest first."""


@router.get("/inbox")
def inbox_page(ctx: Own, number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1) -> Response:
    """Show a page of the reader's inbox and their letters not yet acknowledged, the newest first."""
    view = assignments.list_inbox(ctx, assignments.ListInbox(page=number))
    person, office, library = ctx.reader.person, ctx.reads.office(), ctx.library
    unread = ctx.app.outbox.unread(person, limit=LETTERS_LOOKED_THROUGH) if person else ()
    heads = ctx.reads.heads({entry.case for entry in view.entries} | {letter.case for letter in unread})
    titles = {name: case_title(head, library.of(head)) for name, head in heads.items()}

    letters = [letter for letter in unread if letter.case in heads][:MAX_LETTERS]
    return page(
        ctx,
        "inbox.html",
        place="/inbox",
        view=view,
        number=number,
        more=len(view.entries) == assignments.PAGE,
        titles=titles,
        people={entry.person: person_name(office, entry.person) for entry in view.entries if entry.person},
        names=author_names(ctx, {entry.by for entry in view.entries}),
        letters=letters,
        period_in=period_in,
        steps={
            letter.key: library.of(heads[letter.case]).by_id.get(base(letter.obligation)) for letter in letters
        },
    )


@router.post("/inbox/read")
def mark_as_read(ctx: Own, answers: Fields) -> Response:
    """Mark all entries, or one, as read; then show the inbox, or the entry's place in its case."""
    case, line = answers.get("case", ""), answers.get("line", "")
    fields = {"in_case": case, "line": parse_event_number(line) if line else 0}
    assignments.read_inbox(ctx, build(assignments.ReadInbox, fields))
    if case and line:
        return redirect(ctx, f"/cases/{case}", element=answers.get("place", "")[:40] or f"comment-{line}")
    return redirect(ctx, "/inbox")


async def _assignment_query(
    ctx: Reading, whose: Whose | None = None, state: AssignmentState = "open", number: PageNumber = 1
) -> ListAssignments:
    """Return the query of assignments in the address. By default those the reader gave, if they may give any;
    else their own; all for an account without a person.
    """
    first: Whose = "given" if ctx.reader.may("assign") else "mine" if ctx.reader.person else "all"
    return ListAssignments(whose=whose or first, state=state, page=number)


GIVEN_BY_READER = ListAssignments(whose="given")
AssignmentQuery = Annotated[ListAssignments, Depends(_assignment_query)]


@router.get("/assignments")
def assignments_page(ctx: Reading, query: AssignmentQuery) -> Response:
    """Show a page of the list, and the form to give an assignment without a case."""
    return _page(ctx, query)


@router.get("/assignments.xlsx")
def assignments_workbook(ctx: Reading, query: AssignmentQuery) -> Response:
    rows, total = assignments.query_assignments(ctx, query, limit=MAX_EXPORTED)
    require_exportable(total)
    columns = _columns(_names(ctx, rows))
    return workbook_response(ctx, columns, rows, title="web.assignments")


def _page(
    ctx: WebContext, query: ListAssignments = GIVEN_BY_READER, *, tried: RejectedForm | None = None
) -> Response:
    view = assignments.list_assignments(ctx, query)
    names = _names(ctx, view.assignments)
    heads = ctx.reads.heads({assignment.case for assignment in view.assignments if not assignment.alone})
    return page(
        ctx,
        "assignments.html",
        place="/assignments",
        view=view,
        query=query,
        names=names,
        heads=page_heads(_columns(names)),
        titles={name: case_title(head, ctx.library.of(head)) for name, head in heads.items()},
        assigning=command_fields(
            ctx, assignments.GiveAlone, typed_into(tried, "assignment"), root=ctx.reader.root
        ),
        tried=tried,
    )


@router.post("/assignments")
@shown_again(_page, "assignment")
def give_alone(ctx: Assigning, answers: Fields) -> Response:
    """Give an assignment without a case, then show the case opened for it."""
    command = read_command(ctx, assignments.GiveAlone, answers, root=ctx.reader.root)
    result = assignments.give_alone(ctx, command)
    return redirect(ctx, f"/cases/{result.case}", element="given-1", **parameters_of(ctx, result))


def _names(ctx: RequestContext, results: list[AssignmentResult]) -> dict[str, Name]:
    """Return the names of assignees and givers, by key or login."""
    keys = {key for assignment in results for key in (assignment.person, assignment.giver) if key}
    logins = {assignment.by for assignment in results if not assignment.giver}
    return {**author_names(ctx, logins), **{key: person_name(ctx.reads.office(), key) for key in keys}}


def _columns(names: dict[str, Name]) -> tuple[Column[AssignmentResult], ...]:
    return (
        Column("letter.heading_do", lambda _, given: given.text, ""),
        Column("web.assignments.by", lambda _, given: given.until, "col-due"),
        Column("head.state", lambda t, given: t.say(f"web.assignments.is.{given.state}"), ""),
        Column("head.to_whom", lambda t, given: t.name(names.get(given.person, given.person)), "col-who"),
        Column(
            "web.assignments.giver",
            lambda t, given: t.name(names.get(given.giver or given.by, given.by)),
            "col-who",
        ),
        Column("web.assignments.given_on", lambda _, given: given.given_on),
        Column("head.case", lambda _, given: given.case),
        Column("web.assignments.answered_on", lambda _, given: given.answered_on),
        Column("web.assignments.said", lambda _, given: given.answer or given.refused),
    )
