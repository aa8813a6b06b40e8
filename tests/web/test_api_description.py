"""The OpenAPI description as client generators need it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from merzim.web.api.description import operations, read_vocabulary
from tests.web.conftest import Site

OPEN = {"/healthz", "/health", "/ready"}


def test_every_operation_is_described_as_linters_ask(site: Site, browser: TestClient) -> None:
    """Servers, licence, a token, tags with descriptions, short names, one type of problems, items of arrays;
    every field and parameter in words, with examples that are valid."""
    document = browser.get("/api/openapi.json").json()
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    schemes = document["components"]["securitySchemes"]
    names: Counter[str] = Counter()
    faults = [name for name in ("description", "license", "contact") if not document["info"].get(name)]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            names[operation["operationId"]] += 1
            if not re.fullmatch(r"[a-z]+(_[a-z]+)*", operation["operationId"]):
                faults.append(f"{where}: no clean id")
            for parameter in operation.get("parameters", ()):
                field = {**parameter["schema"], "description": parameter.get("description")}
                faults += _field_faults(f"{where}?{parameter['name']}", field, document["components"])
            security = operation.get("security", document["security"])
            if (path in OPEN) != (security == []) or any(
                not set(requirement) <= set(schemes) for requirement in security
            ):
                faults.append(f"{where}: security")
            if not operation.get("summary") or not set(operation.get("tags", ["?"])) <= tags:
                faults.append(f"{where}: summary or tags")
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                problem = content.get("application/problem+json", {})
                if status.startswith("4") and ("application/json" in content or not problem.get("schema")):
                    faults.append(f"{where}: {status} is no problem")
    faults += [f"{name}: twice" for name, count in names.items() if count > 1]
    for model, schema in document["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items():
            faults += _field_faults(f"{model}.{name}", field, document["components"])
    faults += [f"{where}: no items" for where in _arrays(document["components"]["schemas"], "")]

    assert document["servers"][0]["url"]
    assert faults == [], "\n".join(faults)


def test_whoever_has_no_token_is_told_what_to_bring(site: Site) -> None:
    """A 401 names its scheme (RFC 9110, 11.6.1)."""
    answer = site.stranger().get("/api/v1/board")

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="Merzim"')


@pytest.mark.parametrize("path", ["/api/v1/board", "/api/v1/cases", "/", "/healthz", "/static/pages.css"])
def test_whatever_is_read_can_be_asked_for_its_head(path: str, browser: TestClient) -> None:
    """HEAD is answered as GET is, without the body (RFC 9110, 9.3.2); a write is not a thing to read."""
    head, get = browser.head(path), browser.get(path)

    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert browser.head("/api/v1/plan").status_code == 405


def test_the_words_for_fields_name_nothing_that_is_gone(browser: TestClient) -> None:
    """An entry of the vocabulary whose model or operation was renamed would describe nothing, unseen."""
    document, vocabulary = browser.get("/api/openapi.json").json(), read_vocabulary()
    models = document["components"]["schemas"].items()
    fields = {f"{model}.{name}" for model, schema in models for name in schema.get("properties", ())}
    parameters = {
        f"{operation['operationId']}.{parameter['name']}"
        for operation in operations(document)
        for parameter in operation.get("parameters", ())
    }
    bare = [{name.partition(".")[2] for name in names} | names for names in (fields, parameters)]

    assert set(vocabulary["fields"]) - bare[0] == set()
    assert set(vocabulary["parameters"]) - bare[1] == set()


def _field_faults(where: str, field: dict[str, Any], components: Any) -> Iterator[str]:
    """What is wrong with the words or the examples of a field."""
    if not field.get("description"):
        yield f"{where}: no description (web/api/vocabulary.toml)"
    parts = (field, *field.get("anyOf", ()))
    is_listed = any({"enum", "const", "$ref"} & set(part) or part.get("format") == "binary" for part in parts)
    if not (is_listed or field.get("examples")) and {part.get("type") for part in parts} & {
        "string",
        "integer",
    }:
        yield f"{where}: no example (web/api/vocabulary.toml)"
    check = Draft202012Validator({**field, "components": components})
    yield from (
        f"{where}: {example} is no example"
        for example in field.get("examples", ())
        if not check.is_valid(example)
    )


def _arrays(schema: Any, where: str) -> Iterator[str]:
    """Where arrays stand whose items are not named."""
    if isinstance(schema, dict):
        if schema.get("type") == "array" and "items" not in schema:
            yield where
        for name, part in schema.items():
            yield from _arrays(part, f"{where}/{name}")
    elif isinstance(schema, list):
        for part in schema:
            yield from _arrays(part, where)
