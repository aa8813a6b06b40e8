"""The description of the API as tools of other programs need it, without those tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from starlette.testclient import TestClient

from tests.web.conftest import Home

OPEN = {"/healthz", "/health", "/ready"}


def test_every_operation_is_described_as_linters_ask(home: Home, browser: TestClient) -> None:
    """Servers, licence, a token, tags with descriptions, short names, one type of problems, items of arrays."""
    document = browser.get("/api/openapi.json").json()
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    schemes = document["components"]["securitySchemes"]
    names: Counter[str] = Counter()
    faults = [name for name in ("description", "license", "contact") if not document["info"].get(name)]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            names[operation["operationId"]] += 1
            security = operation.get("security", document["security"])
            if (path in OPEN) != (security == []) or any(not set(way) <= set(schemes) for way in security):
                faults.append(f"{where}: security")
            if not operation.get("summary") or not set(operation.get("tags", ["?"])) <= tags:
                faults.append(f"{where}: summary or tags")
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                problem = content.get("application/problem+json", {})
                if status.startswith("4") and ("application/json" in content or not problem.get("schema")):
                    faults.append(f"{where}: {status} is no problem")
    faults += [f"{name}: twice" for name, count in names.items() if count > 1]
    faults += [f"{where}: no items" for where in _arrays(document["components"]["schemas"], "")]

    assert document["servers"][0]["url"]
    assert faults == []


def test_whoever_has_no_token_is_told_what_to_bring(home: Home) -> None:
    """A 401 names its scheme (RFC 9110, 11.6.1)."""
    answer = home.stranger().get("/api/v1/board")

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="Merzim"')


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
