"""Mounts the verbs of services as API operations: the body is the command without the fields of the path."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from services.verbs import Command, Verb
from web.api.idempotency import Writing
from web.auth.dependencies import needs

C = TypeVar("C", bound=Command)
R = TypeVar("R", bound=BaseModel)
_IN_PATH = re.compile(r"\{(\w+)\}")


def post(
    router: APIRouter, path: str, verb: Verb[C, R], *, tags: Sequence[str] = (), status: int = 200
) -> None:
    """Serve a verb at POST `path`; fields named in the path are taken from it."""
    in_path = tuple(_IN_PATH.findall(path))
    body = body_model(verb.command, in_path)

    def operation(**values: Any) -> BaseModel:
        ctx, once, body = values.pop("ctx"), values.pop("once"), values.pop("body", None)
        fields = {name: getattr(body, name) for name in body.model_fields_set} if body is not None else {}
        try:
            command = verb.command(**values, **fields)
        except ValidationError as error:
            raise RequestValidationError(
                [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
            ) from None
        answer: BaseModel = once(ctx, body, lambda: verb(ctx, command), verb.result, secret=verb.secret)
        return answer

    context = Annotated[Any, Depends(needs(verb.needs, asking=not verb.writes))]
    parameters = {
        "ctx": context,
        "once": Writing,
        **{name: verb.command.model_fields[name].annotation for name in in_path},
    }
    if body is not None:
        parameters["body"] = body
    for name in in_path:
        field = verb.command.model_fields[name]
        parameters[name] = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    operation.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
            for name, annotation in parameters.items()
        ]
    )
    operation.__name__ = verb.name
    operation.__doc__ = verb.run.__doc__
    router.add_api_route(
        path, operation, methods=["POST"], response_model=verb.result, tags=list(tags), status_code=status
    )


@cache
def body_model(command: type[Command], without: tuple[str, ...]) -> type[BaseModel] | None:
    """Return a model of the command's fields except these; None when no field is left."""
    fields: dict[str, Any] = {
        name: (Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation, field)
        for name, field in command.model_fields.items()
        if name not in without
    }
    if not fields:
        return None
    return create_model(
        command.__name__, __doc__=command.__doc__, __config__=ConfigDict(extra="forbid"), **fields
    )
