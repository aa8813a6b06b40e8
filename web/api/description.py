"""The description of the API (OpenAPI) as other programs' tools read it: servers, security, tags, problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

LICENSE = {"name": "MIT", "identifier": "MIT"}
ABOUT = (
    "Deadlines of the internal analysis of corruption risks: cases, registers, calendar, notices. "
    "Dates are local (Asia/Almaty), moments UTC. Texts are in the language of `lang`: kk, ru, en."
)
TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API token of an account, given by `merzim user token` or on the account's page.",
}
TAGS = {
    "account": "One's own account: sessions, letters, feeds.",
    "administration": "Units, people, accounts, settings of the office.",
    "board": "What is due and overdue, and its figures.",
    "calendar": "Working days, acts that change them, statistics of a year.",
    "campaigns": "Campaigns of confirmations and their answers.",
    "cases": "Cases: opened, recorded, decided, planned anew.",
    "desk": "The reader's own tasks.",
    "documents": "Papers filled in from a case, and evidence.",
    "files": "Files brought in and taken out.",
    "law": "Procedures, editions, acts.",
    "monitoring": "Recommendations and their carrying out.",
    "notices": "Letters and messages, and what became of them.",
    "opening": "Cases opened from schedules and for a year.",
    "register rows": "Rows of registers.",
    "registers": "Registers and their fields.",
    "risks": "Risks of a case and the measures against them.",
    "service": "Whether the service answers.",
}
OPEN_PATHS = frozenset({"/healthz", "/health", "/ready"})
"""What is answered without a token."""


def describe_api(pages: FastAPI, *, address: str) -> None:
    """Have an application describe its API in full. `address`: where it answers."""

    def describe() -> dict[str, Any]:
        if not pages.openapi_schema:
            document = get_openapi(title=pages.title, version=pages.version, routes=pages.routes)
            pages.openapi_schema = _completed(document, _names(pages), address)
        return pages.openapi_schema

    pages.openapi = describe  # type: ignore[method-assign]


def _names(pages: FastAPI) -> Mapping[str, str]:
    """Return short names of operations by the ones the library gives; without those that are not unique."""
    routes = [route for route in pages.routes if isinstance(route, APIRoute) and route.include_in_schema]
    count = Counter(route.name for route in routes)
    return {route.unique_id: route.name for route in routes if count[route.name] == 1}


def _completed(document: dict[str, Any], names: Mapping[str, str], address: str) -> dict[str, Any]:
    document["info"] |= {"description": ABOUT, "license": LICENSE, "contact": {"url": address}}
    document |= {
        "servers": [{"url": address}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
    }
    document["components"]["securitySchemes"] = {"token": TOKEN}
    for path, item in document["paths"].items():
        for operation in item.values():
            operation["operationId"] = names.get(operation["operationId"], operation["operationId"])
            if path in OPEN_PATHS:
                operation["security"] = []
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                if "application/problem+json" in content:
                    # A problem is never sent as plain JSON.
                    content["application/problem+json"] |= content.pop("application/json", {})
    _give_items(document["components"]["schemas"])
    return document


def _give_items(schema: Any) -> None:
    """Name the items of arrays of a fixed length, too: tools of OpenAPI ask for them."""
    if isinstance(schema, dict):
        if schema.get("type") == "array" and "prefixItems" in schema and "items" not in schema:
            schema["items"] = schema["prefixItems"][0]
        for part in schema.values():
            _give_items(part)
    elif isinstance(schema, list):
        for part in schema:
            _give_items(part)
