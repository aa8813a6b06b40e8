"""Documentation inside the application: the guides, and the reference of the API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from merzim.web.auth.dependencies import Own
from merzim.web.ui.guides import GUIDE_OF, GUIDES, find_sections, guide
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import page

router = APIRouter(include_in_schema=False)
_MODEL = "#/components/schemas/"
_JSON = "application/json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A parameter, or a field of a body or an answer. `kind`: its type; `models`: models named in the type."""

    name: str
    where: str = ""
    kind: str
    models: tuple[str, ...]
    required: bool
    text: str
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A model of a body or an answer, or of a part of one."""

    name: str
    text: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An answer by HTTP status. `model`: "" if it is not an object."""

    status: str
    text: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """An operation with all data of its page."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    text: str
    parameters: tuple[Field, ...]
    body: str
    answers: tuple[Answer, ...]
    models: tuple[Model, ...]
    call: str


@router.get("/help/api")
def reference(request: Request, ctx: Own) -> Response:
    """List the operations of the API by subject."""
    document = request.app.openapi()
    tags: dict[str, list[tuple[str, str, dict[str, Any]]]] = {tag["name"]: [] for tag in document["tags"]}
    for method, path, operation in _operations(document):
        tags[operation["tags"][0]].append((method.upper(), path, operation))
    about = {tag["name"]: tag["description"] for tag in document["tags"]}
    groups = [(name, about[name], operations) for name, operations in tags.items() if operations]
    return page(request, ctx, "reference.html", groups=groups, version=document["info"]["version"])


@router.get("/help/api/{operation_id}")
def reference_of(request: Request, ctx: Own, operation_id: str) -> Response:
    """Show one operation."""
    document = request.app.openapi()
    for method, path, operation in _operations(document):
        if operation["operationId"] == operation_id:
            shown_operation = describe(document, method, path, operation)
            return page(request, ctx, "operation.html", operation=shown_operation)
    raise HTTPException(404, "web.problem.not_found")


def describe(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> Operation:
    """Return an operation of the OpenAPI description, with the models named in its body and answers."""
    schemas = document["components"]["schemas"]
    content = operation.get("requestBody", {}).get("content", {})
    body = next((media["schema"] for media in content.values() if "schema" in media), None)
    answers, model_names = [], _names(body or {})
    for status, answer in operation["responses"].items():
        media: tuple[str, dict[str, Any]] = next(iter(answer.get("content", {}).items()), ("", {}))
        schema = media[1].get("schema", {})
        answers.append(Answer(status=status, text=answer["description"], kind=_kind(schema) or media[0]))
        model_names += _names(schema)
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        tag=operation["tags"][0],
        summary=operation["summary"],
        text=operation.get("description", ""),
        parameters=tuple(
            _field(parameter["name"], parameter["schema"] | parameter, parameter)
            for parameter in operation.get("parameters", ())
        ),
        body=_kind(body) if body else "",
        answers=tuple(answers),
        models=tuple(_models(schemas, model_names)),
        call=_call(document, method, path, body if _JSON in content else None),
    )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def _models(schemas: Mapping[str, Any], model_names: list[str]) -> Iterator[Model]:
    """Yield the models with these names and all models they name, each once."""
    seen_models = dict.fromkeys(model_names)
    waiting = list(seen_models)
    for name in waiting:
        schema = schemas[name]
        required = schema.get("required", ())
        fields = tuple(
            _field(key, field, {"required": key in required})
            for key, field in schema.get("properties", {}).items()
        )
        for model in (model for field in fields for model in field.models):
            if model not in seen_models:
                seen_models[model] = None
                waiting.append(model)
        yield Model(name=name, text=schema.get("description", ""), fields=fields)


def _field(name: str, schema: Mapping[str, Any], about: Mapping[str, Any]) -> Field:
    examples = schema.get("examples", ())
    return Field(
        name=name,
        where=about.get("in", ""),
        kind=_kind(schema),
        models=tuple(dict.fromkeys(_names(schema))),
        required=bool(about.get("required")),
        text=schema.get("description", ""),
        example=json.dumps(examples[0], ensure_ascii=False) if examples else "",
    )


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the type of a schema in one line: `integer`, `string (date)`, `a | b`, `list of X`."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_MODEL)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_kind(variant) for variant in schema[several]))
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    kind = str(schema.get("type", ""))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {})) or 'any'}"
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _names(schema: Any) -> list[str]:
    """Return the models named in a schema."""
    if isinstance(schema, Mapping):
        own_names = [schema["$ref"].removeprefix(_MODEL)] if isinstance(schema.get("$ref"), str) else []
        return own_names + [name for part in schema.values() for name in _names(part)]
    return [name for part in schema for name in _names(part)] if isinstance(schema, list) else []


def _call(document: Mapping[str, Any], method: str, path: str, body: Mapping[str, Any] | None) -> str:
    """Return the operation as a curl command line, with an example body."""
    address = f"{document['servers'][0]['url']}{path}"
    lines = [f'curl -s "{address}" -H "Authorization: Bearer $TOKEN"']
    if method != "get" and body is None:
        lines[0] += f" -X {method.upper()}"
    if body is not None:
        example = json.dumps(_example(document["components"]["schemas"], body), ensure_ascii=False)
        lines += ['  -H "Content-Type: application/json"', "  -d '{}'".format(example.replace("'", "'\\''"))]
    return " \\\n".join(lines)


def _example(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """Return an example value of a schema; for an object its required fields, or all if none is required."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return _example(schemas, schemas[schema["$ref"].removeprefix(_MODEL)])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _example(schemas, schema[several][0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [_example(schemas, schema["items"])] if schema.get("items") else []
    fields = schema.get("properties", {})
    names = schema.get("required") or fields
    return {name: _example(schemas, fields[name]) for name in names} if fields else {}


@router.get("/help")
def help_page(request: Request, ctx: Own, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """List the guides, the reader's own first, or the sections that match the search words."""
    language = preferences(request).language
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in q).split())
    own_guide = GUIDE_OF[request.state.reader.access]
    order = dict.fromkeys(("first-day", own_guide, *GUIDES))
    return page(
        request,
        ctx,
        "help.html",
        text=text,
        hits=find_sections(text, language),
        guides=[guide(id, language) for id in order],
        own=own_guide,
    )


@router.get("/help/{guide_id}")
def guide_page(request: Request, ctx: Own, guide_id: str) -> Response:
    """Show one guide."""
    if guide_id not in GUIDES:
        raise HTTPException(404, "web.problem.not_found")
    language = preferences(request).language
    return page(request, ctx, "guide.html", guide=guide(guide_id, language))
