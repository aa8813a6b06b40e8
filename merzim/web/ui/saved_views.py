"""The saved views of a list, as shown above it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request

from merzim.services.cases.saved_views import ListViews, ViewResult, clean_query, list_views
from merzim.services.context import RequestContext


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedViews:
    """The saved views of a list, and its present filters.

    Attributes:
        list: the address of the list without its first slash.
        query: of the present address in the format of a view; `current`: the view with the same query.
    """

    list: str
    query: str
    views: tuple[ViewResult, ...]
    may_share: bool

    @property
    def current(self) -> ViewResult | None:
        return next((view for view in self.views if view.query == self.query), None)


def saved_views(request: Request, ctx: RequestContext, *, unit: str = "") -> SavedViews:
    """Return the saved views of the list at the address of a request.

    Args:
        unit: id of the unit the list is filtered by, stored in a view in place of a typed name.
    """
    place = request.url.path.strip("/")
    view_list = list_views(ctx, ListViews(list=place))
    parameters = request.query_params.multi_items()
    query = clean_query(
        urlencode([(name, unit if unit and name == "unit" else text) for name, text in parameters])
    )
    return SavedViews(list=place, query=query, views=tuple(view_list.views), may_share=view_list.may_share)
