"""All routes of the dashboard, built once and shared by all applications."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from inspect import iscoroutinefunction
from typing import ParamSpec, TypeVar

from fastapi.routing import APIRoute, APIRouter
from starlette.routing import BaseRoute

from merzim.services.app import AppContext

P = ParamSpec("P")
T = TypeVar("T")

ROOMS = {
    "merzim.web.pages.account": ("login", "provider", "second_factor"),
    "merzim.web": ("health",),
    "merzim.web.pages": (
        *("letter_links", "case_list", "overview", "inbox", "search", "help", "portfolio", "acts", "calendar"),
        *("desk", "campaigns", "confirm", "reports.page"),
    ),
    "merzim.web.pages.case_creation": ("by_hand", "schedules"),
    "merzim.web.pages.cases": ("page", "date_statement", "workbook", "writing", "registers"),
    "merzim.web.pages.registers": ("pages", "writing"),
    "merzim.web.api": ("cases", "papers", "rows", "monitoring", "calendar", "office"),
    "merzim.web.pages.administration": ("people", "accounts", "office", "operations"),
}
"""Modules with routers, by package, in the order of matching."""


@cache
def every_route() -> tuple[BaseRoute, ...]:
    """Return the pages and the API, in the order of matching; shared routes hold no state of an application."""
    modules = (f"{package}.{module}" for package, names in ROOMS.items() for module in names)
    parts = (part for module in modules for part in vars(import_module(module)).values())
    routes = tuple(route for part in parts if isinstance(part, APIRouter) for route in part.routes)
    for route in routes:
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            handler = route.dependant.call
            if handler is not None and not iscoroutinefunction(handler):
                route.dependant.call = _in_one_transaction(handler)
    return routes


def _in_one_transaction(handler: Callable[P, T]) -> Callable[P, T]:
    """Let all reads of a handler share one transaction, which begins and ends in the thread that runs it.

    One that lasted from thread to thread would hold a connection while the request waits for a thread.
    """

    @wraps(handler)
    def read(*args: P.args, **kwargs: P.kwargs) -> T:
        with AppContext.one_snapshot():
            return handler(*args, **kwargs)

    return read
