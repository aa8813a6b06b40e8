"""All routes of the dashboard, built once and shared by all applications."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from starlette.routing import BaseRoute

ROOMS = {
    "web.pages.account": ("login", "provider", "second_factor", "digest_choice"),
    "web": ("health",),
    "web.pages": (
        *("case_list", "overview", "public", "inbox", "assignments", "search", "reference", "portfolio"),
        *("saved_views", "reports", "calendar"),
    ),
    "web.pages.case_creation": ("by_hand", "schedules", "past", "planner"),
    "web.pages.my_tasks": ("pages",),
    "web.pages.cases": ("reading", "writing", "managing", "registers"),
    "web.pages.campaigns": ("pages", "confirm", "letter_answer"),
    "web.pages.registers": ("pages", "writing"),
    "web.api": (
        *("reading", "cases", "files", "statistics", "case_rows", "register_rows", "campaigns"),
        *("documents", "notices", "monitoring", "consolidated", "opening", "calendar", "account"),
        *("administration", "audit", "changes", "act_texts"),
    ),
    "web.pages.administration": (
        *("pages", "accounts", "invitations", "people_records", "office", "feeds", "webhooks", "settings"),
        *("loaded_files", "operations"),
    ),
}
"""Modules with a `router`, by package, in the order of matching."""


@cache
def every_route() -> tuple[BaseRoute, ...]:
    """Return the pages and the API, in the order of matching; shared routes hold no state of an application.

    They are one flat list, because routes of a router included in another are matched twice for each request.
    """
    modules = (f"{package}.{module}" for package, names in ROOMS.items() for module in names)
    return tuple(route for module in modules for route in import_module(module).router.routes)
