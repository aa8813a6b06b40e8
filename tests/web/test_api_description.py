"""The API: its description as client generators need it, its answers as described, its guide as it works."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import warnings
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from merzim.web.api.description import operations, read_vocabulary
from tests.checking import check_each
from tests.web.offices import ROOT, Site, example_office
from tests.web.serving import on_a_port

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


HERE = {"host": "127.0.0.1:8000"}
METHODS = {"get", "post", "put", "patch", "delete"}


LIVED_IN = True


def test_no_request_breaks_the_api_and_every_answer_is_described(office: Site) -> None:
    """With a token that may write: what is sent obeys the description, or does not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import schemathesis  # here: no other test should wait for its import
        from schemathesis.checks import not_a_server_error
        from schemathesis.specs.openapi import checks
    obeyed = (
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    )
    described: Any = schemathesis.openapi.from_asgi("/api/openapi.json", office.app, headers=HERE)
    tokens = {
        login: office.way_in(login, kind="token", scope="write") for login in ("officer", "administrator")
    }

    def ask(operation: Any) -> None:
        right = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
        wrong = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
        token = tokens["administrator" if operation.path.startswith("/api/v1/administration") else "officer"]

        @settings(
            max_examples=2,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=right | wrong, of_a_real_case=st.booleans())
        def send(case: Any, of_a_real_case: bool) -> None:
            if of_a_real_case and "{case}" in operation.path:
                case.path_parameters["case"] = "2026-0002"
            answer = case.call(headers={**HERE, "authorization": f"Bearer {token}"})
            case.validate_response(answer, checks=obeyed)

        send()

    operations = {
        f"{method} {path}": described[path][method]
        for path, methods in described.raw_schema["paths"].items()
        for method in methods
        if method in METHODS
    }
    assert len(operations) > 90
    check_each(dict(random.Random(14).sample(sorted(operations.items()), 30)), ask)


PDF = b"%PDF-1.7\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_what_the_guide_shows_works_as_it_stands(tmp_path: Path) -> None:
    """The blocks of docs/api.md, word by word, by curl against a port."""
    (tmp_path / "order.pdf").write_bytes(PDF)
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.S)
    office = example_office()
    with on_a_port(office.app) as port:
        environment = {
            "MERZIM": f"http://127.0.0.1:{port}",
            "TOKEN": office.way_in("officer", kind="token", scope="write"),
            "ADMIN_TOKEN": office.way_in("administrator", kind="token", scope="write"),
            "CASE": "2026-0001",
            "FILE": sha256(PDF).hexdigest(),
            "PATH": "/usr/bin:/bin:/usr/local/bin",
        }
        answers = [_answers(block, tmp_path, environment) for block in blocks]
        (second_case,) = _answers(blocks[1], tmp_path, environment)
    (board,), (opened_case,), (upload, recorded), (added, rows, handed), *others = answers
    (entered, ranked), (started, campaign_view), (log,), (feed,) = others

    assert board["due_count"] == len(board["due"])
    assert opened_case == second_case
    assert opened_case["object"] == "Кадровая служба"
    assert upload["file"] == environment["FILE"]
    assert recorded["changed"]
    assert [row["id"] for row in rows["rows"]] == [added["row"]["id"]] == [handed["row"]["id"]]
    assert handed["row"]["values"]["handed_on"] == "2026-04-03"
    assert [event["name"] for event in (*entered["events"], *ranked["events"])] == ["1", "1"]
    assert started["people"] == campaign_view["total"] == campaign_view["campaign"]["awaited"] > 5
    assert {"case.opened", "case.fact"} <= {event["type"] for event in feed["events"]}
    assert feed["cursor"] >= feed["events"][-1]["seq"]
    assert {"campaign", opened_case["id"]} & {entry["case"] or entry["topic"] for entry in log["entries"]}


def _answers(block: str, folder: Path, environment: dict[str, str]) -> list[Any]:
    """What the commands of a block print, one answer each."""
    run = subprocess.run(
        ["bash", "-euc", block],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    values, rest_text = [], run.stdout.strip()
    while rest_text:
        value, end = json.JSONDecoder().raw_decode(rest_text)
        values.append(value)
        rest_text = rest_text[end:].strip()
    return values
