"""All routes of the dashboard, built once and shared by all applications."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from inspect import iscoroutinefunction
from typing import ParamSpec, TypeVar

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from merzim.services.app import AppContext

P = ParamSpec("P")
T = TypeVar("T")

ROOMS = {
    "merzim.web.pages.account": ("login", "provider", "second_factor", "digest_choice"),
    "merzim.web": ("health",),
    "merzim.web.pages": (
        *("case_list", "overview", "inbox", "assignments", "search", "help", "portfolio"),
        *("notice_journal", "calendar"),
    ),
    "merzim.web.pages.reports": ("page",),
    "merzim.web.pages.case_creation": ("by_hand", "schedules", "planner"),
    "merzim.web.pages.my_tasks": ("pages",),
    "merzim.web.pages.cases": ("reading", "writing", "managing", "registers"),
    "merzim.web.pages.campaigns": ("pages", "confirm", "letter_answer"),
    "merzim.web.pages.registers": ("pages", "writing"),
    "merzim.web.api": (
        *("reading", "cases", "files", "case_rows", "register_rows", "campaigns"),
        *("documents", "notices", "monitoring", "opening", "calendar", "account"),
        *("administration", "audit", "changes"),
    ),
    "merzim.web.pages.administration": (
        *("pages", "accounts", "office", "feeds", "settings"),
        "operations",
    ),
}
"""Modules with a `router`, by package, in the order of matching."""


@cache
def every_route() -> tuple[BaseRoute, ...]:
    """Return the pages and the API, in the order of matching; shared routes hold no state of an application."""
    modules = (f"{package}.{module}" for package, names in ROOMS.items() for module in names)
    routes = tuple(route for module in modules for route in import_module(module).router.routes)
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
