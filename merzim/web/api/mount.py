"""Mounts the verbs of services as API operations: the body contains the command's fields, except those in the
path.

A request with an `Idempotency-Key` is run once; a repeated one gets the stored answer. The key is claimed
before the request is run, so that a request is never run twice: if the process dies in between, repetitions are
refused.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.fields import FieldInfo
from starlette.responses import Response

from merzim.services.context import RequestContext
from merzim.services.inputs import Digest, build
from merzim.services.results import Result
from merzim.services.verbs import Command, Verb
from merzim.web.api.answers import DAMAGED, PROBLEMS
from merzim.web.auth.dependencies import needs, reads_files
from merzim.web.http import BYTES
from merzim.web.ui.render import RequestTranslator, Translator

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=100,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text of yours, new for each thing to be done: repeated, it is done once.",
    ),
]
Answer = TypeVar("Answer", bound=BaseModel)
router = APIRouter(prefix="/api/v1", responses=PROBLEMS, generate_unique_id_function=attrgetter("name"))
"""Operations named like their functions, which may all answer with a problem."""


class IdempotentRequest:
    """Dependency of handlers that write: runs a command once per idempotency key of the request."""

    def __init__(self, request: Request, key: Key = None) -> None:
        self._request, self._key = request, key

    def __call__(
        self,
        ctx: RequestContext,
        body: BaseModel | None,
        run: Callable[[], Answer],
        answer: type[Answer],
        *,
        secret: str = "",
    ) -> Answer:
        """Run the command, or return the stored answer to an earlier request with the same key, without the
        field `secret`, which is never stored. Raises HTTPException 409: the key was used for another request,
        or the first never ended.
        """
        if self._key is None:
            return run()
        key, login = self._key, ctx.reader.login
        content = body.model_dump_json() if body else ""
        digest = sha256(f"{self._request.method} {self._request.url.path} {content}".encode()).hexdigest()
        claim = ctx.app.answers.claim(login, key, digest, now=ctx.now)
        if claim is not None:
            if claim.digest != digest:
                raise HTTPException(409, "web.problem.other_request")
            if claim.answer is None:
                raise HTTPException(409, "web.problem.never_ended")
            return answer.model_validate_json(claim.answer)
        try:
            result = run()
        except Exception as error:
            # Refused or failed before anything was written: the key may be used again. If the database was lost
            # during the write the result is unknown; then the key stays claimed, as if the process had died.
            if not getattr(error, "undecided", False):
                ctx.app.answers.release(login, key)
            raise
        stored = result.model_copy(update={secret: ""}) if secret else result
        ctx.app.answers.keep(login, key, stored.model_dump_json())
        return result


Writing = Annotated[IdempotentRequest, Depends(IdempotentRequest)]


C = TypeVar("C", bound=Command)
R = TypeVar("R")
_IN_PATH = re.compile(r"\{(\w+)\}")


def post(
    tag: str,
    path: str,
    verb: Verb[C, R],
    *,
    name: str = "",
    status: int = 200,
    files: bool = False,
    answer: type[Result] | None = None,
) -> None:
    """Add the operation of a verb at POST `path`; the fields in the path are not in the body. A verb that
    writes takes an `Idempotency-Key`. `name`: its id in the OpenAPI description, where the verb's is not clear
    enough; `files`: whether it reads an uploaded file, in separate threads; `answer`: the model made of the
    result.
    """
    in_path = tuple(_IN_PATH.findall(path))
    answered = answer or verb.result

    def operation(ctx: RequestContext, once: Any = None, body: BaseModel | None = None, **places: Any) -> Any:
        sent = {field: getattr(body, field) for field in body.model_fields_set} if body is not None else {}
        try:
            command = verb.command(**places, **sent)
        except ValidationError as error:
            raise RequestValidationError(
                [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
            ) from None

        def run() -> Any:
            result = verb(ctx, command)
            return answer.of(result, ctx.language) if answer else result

        return once(ctx, body, run, answered, secret=verb.secret) if once else run()

    context = Annotated[Any, Depends(needs(verb.needs, only_reads=not verb.writes))]
    parameters = [_parameter("ctx", context)]
    if verb.writes:
        parameters.append(_parameter("once", Writing))
    if body := _body_model(verb.command, in_path):
        parameters.append(_parameter("body", body))
    parameters += [_parameter(field, _annotation(verb.command.model_fields[field])) for field in in_path]
    _describe(operation, verb, name, parameters)
    router.add_api_route(
        path,
        reads_files(operation) if files else operation,
        methods=["POST"],
        response_model=answered,
        tags=[tag],
        status_code=status,
    )


def get(tag: str, path: str, query: Verb[C, Any], *, name: str = "") -> None:
    """Add the operation of a query at GET `path`; its fields are parameters of the path and the address."""
    in_path = _IN_PATH.findall(path)

    def operation(ctx: RequestContext, translator: Translator, **fields: Any) -> Any:
        return query(ctx, build(query.command, fields))

    parameters = [
        _parameter("ctx", Annotated[Any, Depends(needs(query.needs))]),
        _parameter("translator", RequestTranslator),
    ]
    for field_name, field in query.command.model_fields.items():
        place = Path if field_name in in_path else Query
        words = place(description=field.description, examples=field.examples)
        default = inspect.Parameter.empty if field.is_required() else field.default
        parameters.append(_parameter(field_name, Annotated[field.annotation, *field.metadata, words], default))
    _describe(operation, query, name, parameters)
    router.add_api_route(path, operation, methods=["GET"], response_model=query.result, tags=[tag])


def file(tag: str, path: str, handler: Callable[..., Response], *kinds: str, damaged: bool = False) -> None:
    """Add a handler of downloads at GET `path`. `kinds`: media types; `damaged`: whether a stored file may be
    so.
    """
    # "application/octet-stream" among them, so that generated clients know they get bytes.
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (*kinds, BYTES)}
    responses = {200: {"description": "The file itself.", "content": content}, **(DAMAGED if damaged else {})}
    router.get(path, tags=[tag], responses=responses, response_class=Response)(handler)


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _annotation(field: FieldInfo) -> Any:
    """Return the type of a field with its constraints."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _describe(
    operation: Callable[..., Any], verb: Verb[Any, Any], name: str, parameters: list[inspect.Parameter]
) -> None:
    """Give a function the signature, the name and the docstring FastAPI reads; `name` is "" for the verb's."""
    operation.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    operation.__name__ = name or verb.name
    operation.__doc__ = verb.run.__doc__


@cache
def _body_model(command: type[Command], without: tuple[str, ...]) -> type[BaseModel] | None:
    """Return a model of the command's fields except these; None when no field is left. A file is its digest."""
    has_file = "content" in command.model_fields
    if not without and not has_file:
        return command
    fields: dict[str, Any] = {
        name: (_annotation(field), field)
        for name, field in command.model_fields.items()
        if name not in without and not field.exclude
    }
    if has_file:
        fields["file"] = (Digest, ...)
    if not fields:
        return None
    name, config = f"{command.__name__}Body", ConfigDict(extra="forbid")
    return create_model(name, __doc__=command.__doc__, __config__=config, **fields)
