"""The OpenAPI description of the API: servers, security, tags, problems."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.encoders import jsonable_encoder
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from merzim.web.api.answers import Problem

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
CHALLENGE = {"WWW-Authenticate": {"description": "The scheme to use.", "schema": {"type": "string"}}}
OPEN_PATHS = frozenset({"/healthz", "/health", "/ready"})
"""Paths answered without a token."""


EXAMPLES = {"date": "2026-04-06", "date-time": "2026-04-06T05:00:00Z", "boolean": True}
"""Examples by format or type, where a field has none of its own."""


@cache
def description(routes: Callable[[], tuple[BaseRoute, ...]], address: str) -> dict[str, Any]:
    """Return the OpenAPI description of operations reached at an address, with what the library leaves out:
    address, security, tags, problems, words of fields.
    """
    document = get_openapi(title="Merzim", version="1", routes=routes())
    document["info"] |= {"description": ABOUT, "license": LICENSE, "contact": {"url": address}}
    document |= {
        "servers": [{"url": address}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": text} for name, text in read_vocabulary()["tags"].items()],
    }
    problem = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    problem = jsonable_encoder(problem, exclude_none=True)  # as the library writes the schemas of models
    schemas = {**document["components"]["schemas"], **problem.pop("$defs"), "Problem": problem}
    document["components"] = {"schemas": dict(sorted(schemas.items())), "securitySchemes": {"token": TOKEN}}
    for path in OPEN_PATHS:
        for operation in document["paths"].get(path, {}).values():
            operation["security"] = []
    for operation in operations(document):
        if "401" in operation["responses"]:
            operation["responses"]["401"]["headers"] = CHALLENGE
    _describe_fields(document)
    return document


def _describe_fields(document: dict[str, Any]) -> None:
    """Add descriptions and examples from `vocabulary.toml` to properties and parameters without them."""
    vocabulary = read_vocabulary()
    for model, schema in document["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items():
            _describe(field, field, vocabulary["fields"], model, name)
    for operation in operations(document):
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            # The library writes a parameter's description into its schema, too.
            schema.pop("description", None)
            _describe(parameter, schema, vocabulary["parameters"], operation["operationId"], parameter["name"])


def operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for item in document["paths"].values() for operation in item.values())


@cache
def read_vocabulary() -> Mapping[str, Mapping[str, Any]]:
    """Return descriptions and examples of fields and parameters, and descriptions of tags, by name."""
    return tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text(encoding="utf-8"))


def _describe(
    described: dict[str, Any], schema: dict[str, Any], words: Mapping[str, list[Any]], owner: str, name: str
) -> None:
    """Give a field or parameter the description and examples it lacks. `words`: by `owner.name`, else by
    `name`.
    """
    text, *examples = words.get(f"{owner}.{name}") or words.get(name) or [""]
    if text:
        described.setdefault("description", text)
    kind = example_kind(schema)
    examples = examples or [EXAMPLES[kind]] if kind in EXAMPLES else examples
    if examples and kind and "examples" not in schema:
        schema["examples"] = examples


def example_kind(schema: Mapping[str, Any]) -> str:
    """Return the format or type of a schema's values; "" for an enumeration or a reference."""
    for part in (schema, *schema.get("anyOf", ())):
        kind = part.get("format") or part.get("type")
        if kind and kind != "null":
            return "" if "enum" in part or "const" in part else str(kind)
    return ""
