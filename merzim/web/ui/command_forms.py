"""Forms made from a command's model: its fields as pages draw them, and the command a submitted form fills.

A field is drawn and read by its type. The page alone says its label, and what may be chosen where the type does
not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from starlette.datastructures import ImmutableMultiDict

from merzim.services.context import RequestContext
from merzim.services.inputs import Names, bad_inputs
from merzim.services.registers.results import FieldView
from merzim.services.verbs import Command
from merzim.web.ui import form_values
from merzim.web.ui.name_fields import NameField, person_names, unit_names
from workflow.org.office import Office
from workflow.registers.definition import RegisterField
from workflow.registers.values import ValueProblem

C = TypeVar("C", bound=Command)
NOTHING: Mapping[str, Any] = MappingProxyType({})
SENT_AS = {"duties": "duty", "acts": "act", "people": "person"}
"""Names in forms of lists, whose items are sent one by one."""
LONG = 2000
"""Length from which a text has several lines."""
OF_KIND: Mapping[str, dict[str, object]] = {
    "date": {"type": "date", "min": "1900-01-01", "max": "2199-12-31"},
    "long_text": {"rows": 2},
    "link": {"type": "url", "placeholder": "https://", "maxlength": 2000},
    "number": {"inputmode": "decimal", "maxlength": 40},
    "money": {"inputmode": "decimal", "maxlength": 40},
    "whole": {"inputmode": "numeric", "maxlength": 4},
    "email": {"inputmode": "email", "maxlength": 254, "autocomplete": "off", "spellcheck": "false"},
    "password": {"type": "password", "maxlength": 200, "autocomplete": "new-password"},
    "file": {"type": "file"},
}
"""Attributes of an input by the kind of its field."""
KINDS: Mapping[object, str] = {
    date: "date",
    bool: "tick",
    int: "whole",
    dict: "numbers",
    list: "several",
    SecretStr: "password",
}
"""Kinds of fields by their type; of texts by their length, or what they name."""
NAMES = {"person": person_names, "unit": unit_names}
PARSERS: Mapping[str, Callable[[str], object]] = {
    "date": form_values.parse_date,
    "event": form_values.parse_event_number,
    "tick": lambda text: text.strip() not in ("", "no"),
    "password": SecretStr,
    "long_text": form_values.parse_text,
}
"""What reads the texts of fields that are not one line, by their kind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormField:
    """A field of a form with its value, of a register's row or of a command, whose title the page says. `name`:
    in the form that is sent; `value`: as typed or stored, `was`: as stored, several options as ids separated by
    `;`; `names`: for finding a person, unit or row; `file`: name of the stored file; `attributes`: of the
    input.
    """

    view: FieldView | RegisterField
    name: str
    value: str = ""
    was: str = ""
    names: NameField | None = None
    file: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)


class InvalidFields(form_values.InvalidForm):
    """Fields of a form cannot be read; `errors` lists all mistakes, the first one gives the sentence."""

    def __init__(self, problems: Sequence[ValueProblem]) -> None:
        self.errors = tuple(problems)
        super().__init__(problems[0].code, **problems[0].arguments)


def command_fields(
    ctx: RequestContext,
    command: type[Command],
    values: Mapping[str, Any],
    *,
    office: Office | None = None,
    root: str = "",
    numbers: Collection[str] = (),
    names: Mapping[str, NameField] = NOTHING,
) -> dict[str, FormField]:
    """Return the fields of a form that fills a command, by name. `values`: as typed after a refusal, else as
    they stand; `office`, `root`: of the units and people names mean, a unit with all below it, "" is all;
    `numbers`: those asked for, each with a field of its own; `names`: fields for names that offer others than
    all.
    """
    office, fields = office or ctx.reads.office(), list[FormField]()
    for name, info in command.model_fields.items():
        kind, longest = _kind(info)
        if kind == "numbers":
            for part in numbers:
                sent, view = f"value.{part}", _described(f"{name}.{part}", "number", required=False)
                value = values.get(sent, "")
                fields.append(FormField(view=view, name=sent, value=value, attributes=OF_KIND["number"]))
            continue
        default = "" if info.is_required() else info.get_default()
        value = values.get(SENT_AS.get(name, name), values.get(name, default))
        # A form that may move dates asks first.
        value = "yes" if name == "preview" else value
        text = ";".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
        found = NAMES[kind](office, root).field(text) if kind in NAMES else None
        fields.append(
            FormField(
                view=_described(name, kind, required=info.is_required()),
                name=SENT_AS.get(name, name),
                value=text,
                names=names.get(name, found),
                attributes=_attributes(ctx, name, kind, longest),
            )
        )
    return {field.view.id: field for field in fields}


def _described(name: str, kind: str, *, required: bool) -> RegisterField:
    """Return a field of a command as that of a register is described, without a title."""
    several = kind == "several"
    return RegisterField.model_construct(id=name, title=None, kind=kind, required=required, several=several)


def read_command(
    ctx: RequestContext,
    command: type[C],
    answers: Mapping[str, str],
    *,
    office: Office | None = None,
    root: str = "",
    **given: object,
) -> C:
    """Return the command a form fills; an optional field it lacks, or has left blank, keeps its default.
    `office`, `root`: as in `command_fields`; `given`: fields of the address or the page. Raises InvalidFields:
    what is not in the format of its type, was not chosen, or is not allowed.
    """
    values, problems, read = dict(given), dict[str, ValueProblem](), None
    for name, info in command.model_fields.items():
        kind, required = _kind(info)[0], info.is_required()
        is_sent = required or kind == "numbers" or SENT_AS.get(name, name) in answers
        if name in given or name == "preview" or not is_sent:
            continue
        text = answers.get(name, "")
        try:
            if kind == "numbers":
                values[name] = form_values.parse_numbers(answers)
            elif kind == "several" and isinstance(answers, ImmutableMultiDict):
                values[name] = answers.getlist(SENT_AS.get(name, name))
            elif required or text.strip():
                values[name] = (
                    NAMES[kind](office or ctx.reads.office(), root).resolve(form_values.one_line(text))
                    if kind in NAMES
                    else PARSERS.get(kind, form_values.one_line)(text)
                )
        except form_values.InvalidForm as wrong:
            problems[name] = ValueProblem(name, wrong.code, wrong.arguments)
    try:
        read = command.model_validate(values)
    except ValidationError as error:
        for name, bad in bad_inputs(error):
            problems.setdefault(name, ValueProblem(name, bad.code, bad.arguments))
    if read is None or problems:
        order = ["", *command.model_fields]
        raise InvalidFields(sorted(problems.values(), key=lambda problem: order.index(problem.field)))
    return read


def _kind(info: FieldInfo) -> tuple[str, int | None]:
    """Return as what a field is drawn and read, by its type, and the length of its longest text."""
    annotation: Any = info.annotation
    marks = [*info.metadata]
    while get_origin(annotation) in (Annotated, Union, UnionType):
        if get_origin(annotation) is Annotated:
            marks += annotation.__metadata__
        annotation = next(part for part in get_args(annotation) if part is not NoneType)
    longest = next(filter(None, (getattr(mark, "max_length", None) for mark in marks)), None)
    named = next((mark.what for mark in marks if isinstance(mark, Names)), "")
    kind = named or KINDS.get(get_origin(annotation) or annotation, "")
    if kind == "several":
        return kind, None
    return kind or ("long_text" if longest and longest >= LONG else "text"), longest


def _attributes(ctx: RequestContext, name: str, kind: str, longest: int | None) -> dict[str, object]:
    """Return what an input has by its kind; what happened is not after today, what is asked for not before."""
    attributes = ({"maxlength": longest} if longest else {}) | OF_KIND.get(kind, {"autocomplete": "off"})
    days: Mapping[str, dict[str, object]] = {
        "on": {"min": "2010-01-01", "max": ctx.today.isoformat()},
        "until": {"min": ctx.today.isoformat()},
    }
    return attributes | (days.get(name, {}) if kind == "date" else {})
