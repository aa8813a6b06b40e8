"""The saved views of a list, as they stand above it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request

from services.context import RequestContext
from services.saved_views import ListViews, ViewResult, clean_query, list_views


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedViews:
    """The views of a list, and what the list is narrowed to now.

    Attributes:
        list: the address of the list without its first slash.
        query: of the present address, as a view would keep it; `current`: the view that has the same.
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
        unit: id of the unit the list is narrowed to, which a view keeps in place of a name that was typed.
    """
    place = request.url.path.strip("/")
    found = list_views(ctx, ListViews(list=place))
    given = request.query_params.multi_items()
    query = clean_query(urlencode([(name, unit if unit and name == "unit" else text) for name, text in given]))
    return SavedViews(list=place, query=query, views=tuple(found.views), may_share=found.may_share)
