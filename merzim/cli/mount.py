"""Mounts the verbs of services as commands: arguments and options are the fields of the command's model.

The model is imported when the command is run or its help is shown, so that `merzim --help` stays fast.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, time
from decimal import Decimal
from functools import partial
from importlib import import_module
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

import typer

from merzim.cli.call import DONE, CommandContext
from merzim.cli.parsing import day, named_days, named_numbers, named_texts, number
from workflow.languages import LANGUAGES

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from merzim.services.verbs import Verb
    from workflow.law.procedure import Procedure
    from workflow.registers.definition import RegisterField

Show = Callable[[CommandContext, Any, Any], int | None]
"""Function that prints the result of a command for people: context, command, result."""
Answer = Callable[[Any], object]
"""Function that returns the value of --json from a result."""
Proves = Callable[[CommandContext, Mapping[str, object]], "tuple[Procedure, str]"]
"""Function that returns the procedure and fact whose kinds of evidence a command accepts."""
RESTRICTED = "restricted"
FLAGS = {"preview": "dry-run", "values": "value", "facts": "fact"}
"""Names of options that differ from their field's."""
METAVARS = {
    "decided_by": "DUTY",
    "signed_by": "DUTY",
    "asks": "PERSON",
    "edition": "EDITION",
    "evidence": "FILE|URL",
    "obligation": "OBLIGATION",
    "object": "O",
    "object_kk": "T",
    "object_ru": "T",
    "person": "KEY",
    "unit": "U",
}


def mount(
    verb: str,
    show: Show,
    *,
    arguments: Sequence[str] = ("case",),
    options: Mapping[str, str] | None = None,
    proves: Proves | None = None,
    json: Answer | None = None,
    today: str = "",
    restricts: bool = False,
) -> Callable[..., object]:
    """Return the command-line command of a verb, to be added to an application or a group.

    Args:
        verb: its module and name: `merzim.services.cases.verbs:cancel`.
        show: function that prints the result unless --json is given; may return the exit code.
        arguments: fields given by position; for one written `number:N` the help shows the second part.
        options: names of options that differ from their field's, by field.
        proves: the obligation whose kinds of evidence are accepted; without it any kind.
        json: function that returns the value of --json, if not the whole result.
        today: the date field that defaults to today.
        restricts: whether its evidence may be restricted, with a ground.
    """

    def command(ctx: typer.Context) -> None:
        raise NotImplementedError("replaced by what `load` returns")

    load = partial(_load, verb, show, arguments, {**FLAGS, **(options or {})}, proves, json, today, restricts)
    command.load = load  # type: ignore[attr-defined]
    return command


def _load(
    path: str,
    show: Show,
    arguments: Sequence[str],
    options: Mapping[str, str],
    proves: Proves | None,
    json: Answer | None,
    today: str,
    restricts: bool,
    help: str,
) -> Callable[..., object]:
    """Return the function behind a command, with the fields of its verb's model as parameters."""
    module, _, name = path.partition(":")
    verb: Verb[Any, Any] = getattr(import_module(module), name)
    shown_arguments = dict(argument.partition(":")[::2] for argument in arguments)
    fields = verb.command.model_fields
    flags = {
        field: "--" + (options.get(field) or _short(info) or field).replace("_", "-")
        for field, info in fields.items()
        if field not in shown_arguments
    }
    restricts = restricts and "evidence" in fields

    def run(ctx: typer.Context, **texts: Any) -> int:
        from merzim.services.inputs import BadInput, build

        call = CommandContext.of(ctx)
        call.creates_database = verb.writes
        with ExitStack() as files:
            ground = " ".join(texts.pop(RESTRICTED, "").split())
            values: dict[str, object] = {today: call.moment.today} if today in fields else {}
            for field, text in texts.items():
                if text not in (None, False, []) or (text is False and fields[field].is_required()):
                    where = flags.get(field, shown_arguments.get(field) or field.upper())
                    values[field] = _parse(fields[field], text, where)
            if isinstance(values.get("evidence"), list):
                items = files.enter_context(_evidence(call, values, proves))
                values["evidence"] = [item.model_copy(update={RESTRICTED: ground}) for item in items]
            try:
                order = build(verb.command, values)
            except BadInput as refusal:
                field = str(refusal.arguments.get("field"))
                arguments = {**refusal.arguments, "field": flags.get(field, field)}
                raise BadInput(refusal.code, **arguments) from None
            result = verb(call.ctx, order)
        if call.json:
            call.answer(json(result) if json else result.model_dump(mode="json", by_alias=True))
            return DONE
        return show(call, order, result) or DONE

    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *(_argument(field, metavar or field.upper()) for field, metavar in shown_arguments.items()),
        *(
            _option(field, flags[field], fields[field], help, is_today=field == today)
            for field in _ordered(verb)
            if field in flags
        ),
        *([_restricted()] if restricts else ()),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {}
    return run


def _ordered(verb: Verb[Any, Any]) -> list[str]:
    """Return the fields of a verb: required ones first, then optional ones, then those common to such
    commands.
    """
    own_fields = inspect.get_annotations(verb.command)
    fields = verb.command.model_fields
    return sorted(fields, key=lambda name: (not fields[name].is_required(), name not in own_fields))


def _argument(field: str, metavar: str) -> inspect.Parameter:
    annotation = Annotated[str, typer.Argument(metavar=metavar)]
    return inspect.Parameter(field, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)


def _restricted() -> inspect.Parameter:
    option = typer.Option("--restricted", metavar="GROUND", help="cli.option.restricted")
    return inspect.Parameter(
        RESTRICTED, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[str, option], default=""
    )


def _definition(info: FieldInfo) -> RegisterField | None:
    """Return the register field that a command's field is made from; None for others."""
    from merzim.services.cases.rows import MadeFrom

    return next((note.field for note in info.metadata if isinstance(note, MadeFrom)), None)


def _short(info: FieldInfo) -> str:
    definition = _definition(info)
    return definition.short if definition else ""


def _help(flag: str, info: FieldInfo, help: str) -> str:
    """Return the code of an option's help: `cli.option.`, the command's or group's name if necessary, and its
    own name.

    For a register field the code gives the field's title, help and options.
    """
    from i18n.entries import add_word, knows

    plain = flag.removeprefix("--").replace("-", "_")
    if (definition := _definition(info)) is None:
        owners = (f"{part}_" for part in reversed(help.split(".")[2:]))
        return next(code for owner in (*owners, "") if knows(code := f"cli.option.{owner}{plain}"))
    code = f"{help}.{plain}"
    texts = [definition.title, *([definition.help] if definition.help else [])]
    options = [", ".join(definition.option_ids)] if definition.options else []
    help_texts = {name: ": ".join([*(text[name] for text in texts), *options]) for name in LANGUAGES}
    add_word(code, help_texts)
    return code


def _option(field: str, flag: str, info: FieldInfo, help: str, *, is_today: bool = False) -> inspect.Parameter:
    code = "cli.option.risk_on" if is_today else _help(flag, info, help)
    kind = _bare(info.annotation)
    metavar = _metavar(field, kind)
    several = get_origin(kind) in (list, dict)
    annotation: Any = bool if kind is bool else list[str] | None if several else str | None
    if info.is_required() and not several and not is_today and kind is not bool:
        annotation = str
    default = inspect.Parameter.empty if annotation is str else False if kind is bool else None
    return inspect.Parameter(
        field,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        annotation=Annotated[annotation, typer.Option(flag, metavar=metavar, help=code)],
        default=default,
    )


def _bare(annotation: Any) -> Any:
    """Return a type without None and without its constraints."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(member for member in get_args(annotation) if member is not NoneType)
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _metavar(field: str, kind: Any) -> str | None:
    if get_origin(kind) is dict:
        value = _bare(get_args(kind)[1])
        return "NAME=NUMBER" if value is Decimal else "NAME=DATE" if value is date else "NAME=TEXT"
    if get_origin(kind) is list and field == "evidence":
        return "[KIND=]FILE|URL[@DATE]"
    return {bool: None, date: "DATE", time: "HH:MM", int: "N"}.get(kind, METAVARS.get(field, "TEXT"))


def _parse(info: FieldInfo, text: Any, where: str) -> object:
    """Return the value of a field. Raises BadArgument."""
    kind = _bare(info.annotation)
    if get_origin(kind) is dict:
        value = _bare(get_args(kind)[1])
        parse = named_numbers if value is Decimal else named_days if value is date else named_texts
        return parse(text, where=where)
    if kind is date:
        return day(text, where=where)
    return number(text, where=where, **_limits(info)) if kind is int else text


def _limits(info: FieldInfo) -> dict[str, int]:
    """Return the minimum and maximum a number field accepts."""
    inner = (extra for member in get_args(info.annotation) for extra in getattr(member, "__metadata__", ()))
    rules = [*info.metadata, *(rule for extra in inner for rule in extra.metadata)]
    names = {"ge": "first", "le": "last"}
    return {names[name]: getattr(rule, name) for rule in rules for name in names if hasattr(rule, name)}


def _evidence(call: CommandContext, values: Mapping[str, Any], proves: Proves | None) -> Any:
    from merzim.cli.proofs import evidence_inputs, free_evidence_inputs

    texts = values["evidence"]
    return evidence_inputs(texts, *proves(call, values)) if proves else free_evidence_inputs(texts)
