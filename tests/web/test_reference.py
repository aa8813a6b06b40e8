"""The API reference: a page for every operation of the description, no foreign resources."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest

from merzim.web.pages.reference import describe
from tests.web.conftest import Site


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_list_leads_to_a_page_of_every_operation(site: Site, language: str) -> None:
    """In the reader's language around descriptions that say that they are in English."""
    with site.client("auditor") as browser:
        document = browser.get("/api/openapi.json").json()
        list_page = browser.get("/help/api", params={"lang": language}).text
        linked = set(re.findall(r'href="/help/api/(\w+)"', list_page))
        page = browser.get("/help/api/record_fact", params={"lang": language}).text

    assert linked == {operation["operationId"] for _, _, operation in operations(document)}
    assert {"kk": "міндетті", "ru": "обязательно", "en": "required"}[language] in page
    assert "POST /api/v1/cases/{case}/facts" in page
    assert "order_signed" in page


def test_every_page_names_each_parameter_field_and_answer_once(site: Site) -> None:
    """Also the models that models name; a link within a page leads to something on it."""
    with site.client("officer") as browser:
        document = browser.get("/api/openapi.json").json()
        for method, path, operation in operations(document)[::7]:
            text = browser.get(f"/help/api/{operation['operationId']}").text
            titles = re.findall(r'<h2 id="model-(\w+)"', text)
            inside = set(re.findall(r'href="#model-(\w+)"', text))

            assert method.upper() in text, path
            assert len(titles) == len(set(titles)), path
            assert inside <= set(titles), path
            for parameter in operation.get("parameters", ()):
                assert f"<code>{parameter['name']}</code>" in text, path


def test_the_example_of_a_call_is_one_the_shell_and_the_api_understand(site: Site) -> None:
    """One line of curl whose body is JSON with every field that must be there."""
    with site.client("officer") as browser:
        document = browser.get("/api/openapi.json").json()
    schemas = document["components"]["schemas"]
    bodies = 0
    for method, path, operation in operations(document):
        words = shlex.split(describe(document, method, path, operation).call)
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            assert "-d" not in words, path
            continue
        sent, schema = json.loads(words[words.index("-d") + 1]), content["schema"]
        if "$ref" in schema:
            required = schemas[schema["$ref"].rpartition("/")[2]].get("required", ())
            assert set(required) <= sent.keys(), path
            bodies += 1

    assert bodies > 50


def test_there_is_no_page_of_what_is_no_operation_and_none_for_strangers(site: Site) -> None:
    """404 and the log-in."""
    with site.client("officer") as browser:
        assert browser.get("/help/api/nothing").status_code == 404
    assert site.stranger().get("/help/api").status_code == 303
