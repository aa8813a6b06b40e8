"""Verbs on saved views: filters and order of a list, saved under a name, personal or shared.

A view stores only the query of an address: each reader sees only what they may see.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, Field, StringConstraints

from merzim.services.context import RequestContext
from merzim.services.inputs import Key
from merzim.services.results import Result
from merzim.services.verbs import Command, NotAllowed, NotFound, verb
from merzim.storage.accounts.saved_views import SqlSavedViews, StoredView
from workflow.org.access import NOWHERE, within
from workflow.refusal import Refusal

MAX_VIEWS = 100
"""Maximum number of views of one account."""
PASSING = frozenset({"lang", "theme", "page", "said", "opened", "replanned", "unchanged", "imported"})
"""Parameters of an address that are not stored in a view."""
ListName = Annotated[
    str,
    StringConstraints(pattern=r"^(cases|deadlines|portfolio|portfolio/stages|registers/[a-z0-9_-]{1,60})$"),
]
ViewName = Annotated[Key, StringConstraints(max_length=80, strip_whitespace=True)]
Query = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Number = Annotated[int, Field(ge=1, le=10**9)]


class TooManyViews(Refusal):
    """The account has reached the maximum number of saved views."""


class UnknownView(NotFound):
    """The reader has no such view of their own."""

    not_found = "web.problem.not_found"


class ListViews(Command):
    """Request the views of a list: `cases`, `deadlines`, `portfolio`, `portfolio/stages` or
    `registers/gifts`.
    """

    list: ListName


class SaveView(Command):
    """Save the filters of a list, given as the query of its address. An own view with the same name is
    replaced.
    """

    list: ListName
    name: ViewName
    query: Query = ""
    shared: bool = False


class ChangeView(Command):
    """Change a view: another name, other filters, shared or not; fields left out stay unchanged."""

    number: Number
    name: ViewName | None = None
    query: Query | None = None
    shared: bool | None = None


class DeleteView(Command):
    """Delete a view."""

    number: Number


class ViewResult(Result):
    """A saved view. `mine`: whether the reader saved it; `by`: the account that saved it."""

    number: int
    list: str
    name: str
    query: str
    shared: bool
    mine: bool
    by: str


class ViewList(BaseModel):
    """The views of a list: own and shared ones. `may_share`: whether the reader may share one."""

    views: list[ViewResult]
    may_share: bool


class DeletedView(BaseModel):
    """The number of the deleted view."""

    number: int


@verb("self", writes=False)
def list_views(ctx: RequestContext, command: ListViews) -> ViewList:
    """List the saved views of a list."""
    root = ctx.reader.root
    units = {"", *(ctx.reads.office().above(root) if root and root != NOWHERE else ())}
    stored_views = _stored(ctx).of(command.list, ctx.reader.login, units if root != NOWHERE else ())
    return ViewList(
        views=[_result(ctx, stored_view) for stored_view in stored_views], may_share=_may_share(ctx)
    )


@verb("self")
def save_view(ctx: RequestContext, command: SaveView) -> ViewResult:
    """Save the filters of a list under a name, for oneself or for everybody in one's unit."""
    _require_sharing(ctx, command.shared)
    stored = _stored(ctx)
    if stored.count(ctx.reader.login) >= MAX_VIEWS:
        raise TooManyViews("web.views.too_many", most=MAX_VIEWS)
    fields = command.model_dump()
    fields["query"] = clean_query(command.query)
    number = stored.save(**fields, login=ctx.reader.login, unit=ctx.reader.root)
    return _result(ctx, _own(ctx, number))


@verb("self")
def change_view(ctx: RequestContext, command: ChangeView) -> ViewResult:
    """Change a saved view of one's own."""
    stored_view = _own(ctx, command.number)
    shared = stored_view.shared if command.shared is None else command.shared
    _require_sharing(ctx, shared and not stored_view.shared)
    _stored(ctx).change(
        stored_view.number,
        name=command.name or stored_view.name,
        query=stored_view.query if command.query is None else clean_query(command.query),
        shared=shared,
        unit=ctx.reader.root,
    )
    return _result(ctx, _own(ctx, stored_view.number))


@verb("self")
def delete_view(ctx: RequestContext, command: DeleteView) -> DeletedView:
    """Delete an own saved view; with the right to manage, also one shared in one's units."""
    stored_view = _stored(ctx).view(command.number)
    manages = stored_view is not None and stored_view.shared and ctx.reader.may("manage")
    if (
        manages
        and stored_view is not None
        and not within(ctx.reads.office(), stored_view.unit, ctx.reader.root)
    ):
        manages = False
    if not manages:
        _own(ctx, command.number)
    _stored(ctx).delete(command.number)
    return DeletedView(number=command.number)


def clean_query(query: str) -> str:
    """Return a query without empty parameters and parameters that do not belong to a view."""
    parts = parse_qsl(query.removeprefix("?"))
    return urlencode([(name, value) for name, value in parts if value.strip() and name not in PASSING])


def _own(ctx: RequestContext, number: int) -> StoredView:
    stored_view = _stored(ctx).view(number)
    if stored_view is None or stored_view.login != ctx.reader.login:
        raise UnknownView("web.problem.not_found")
    return stored_view


def _may_share(ctx: RequestContext) -> bool:
    return ctx.reader.may("assign") or ctx.operator


def _require_sharing(ctx: RequestContext, shared: bool) -> None:
    if shared and not _may_share(ctx):
        raise NotAllowed


def _result(ctx: RequestContext, view: StoredView) -> ViewResult:
    name, _ = ctx.accounts.names({view.login}).get(view.login.casefold(), ("", ""))
    return ViewResult.of(view, mine=view.login == ctx.reader.login, by=name or view.login)


def _stored(ctx: RequestContext) -> SqlSavedViews:
    return SqlSavedViews(ctx.app.engine)
