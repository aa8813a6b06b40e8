"""The values of a command from a submitted form: each field is read by its type in the command's model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from merzim.services.context import RequestContext
from merzim.services.inputs import Names
from merzim.services.verbs import Command
from merzim.web.ui.form_values import (
    InvalidForm,
    parse_date,
    parse_event_number,
    parse_numbers,
    parse_text,
    parse_whole_number,
)
from merzim.web.ui.name_fields import person_names

NOT_CHOSEN = {"fact": "web.refusal.no_fact", "name": "web.refusal.no_record"}
"""Sentences about required fields that are chosen from a list."""
OF_THE_PAGE = frozenset({"case", "campaign", "preview"})
"""Fields the address or the page gives."""


def command_values(
    ctx: RequestContext, command: type[Command], answers: Mapping[str, str], *, root: str = ""
) -> dict[str, object]:
    """Return the values of the fields a form has, or must have; an optional one left blank is "" or None.

    Args:
        root: the unit whose people a name may mean, with all below it; "" is all.

    Raises:
        InvalidForm: a field is not in the format of its type, or nothing was chosen.
    """
    values: dict[str, object] = {}
    for name, info in command.model_fields.items():
        required = info.is_required()
        kind, names = _kind(info.annotation, info.metadata)
        if name in OF_THE_PAGE or not (name in answers or required or kind is dict):
            continue
        text = answers.get(name, "").strip()
        if kind is dict:
            values[name] = parse_numbers(answers)
        elif kind is bool:
            values[name] = text == "yes"
        elif not text and not required:
            values[name] = None if kind in (date, int) else ""
        elif not text and name in NOT_CHOSEN:
            raise InvalidForm(NOT_CHOSEN[name])
        else:
            values[name] = _value(ctx, kind, names, text, root)
    return values


def _value(ctx: RequestContext, kind: object, names: str, text: str, root: str) -> object:
    """Return a typed text as a value of that type; `names`: what it names (`_kind`). Raises InvalidForm."""
    if kind is date:
        return parse_date(text)
    if kind in (int, Decimal):
        return parse_event_number(text) if names == "event" else parse_whole_number(text)
    if names == "person":
        return person_names(ctx.reads.office(), root).resolve(text)
    return parse_text(text)


def _kind(annotation: Any, marks: list[Any]) -> tuple[object, str]:
    """Return the bare type of a field, and what its values name ("person", "event"); "" for nothing."""
    marks = list(marks)
    while get_origin(annotation) is Annotated or get_origin(annotation) in (Union, UnionType):
        if get_origin(annotation) is Annotated:
            marks += annotation.__metadata__
            annotation = annotation.__origin__
        else:
            annotation = next(part for part in get_args(annotation) if part is not NoneType)
    names = next((mark.what for mark in marks if isinstance(mark, Names)), "")
    return get_origin(annotation) or annotation, names
