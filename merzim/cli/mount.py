"""Makes commands of functions and of verbs: their parameters or fields are the arguments and options,
whose values are parsed as people write them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import partial
from os.path import isfile
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

import typer
from pydantic import Field
from pydantic.fields import FieldInfo

from merzim.cli.call import DONE, MINUS, NOT_SO, CommandContext
from merzim.cli.printing import titles
from merzim.documents.sheets.texts import is_web_address
from merzim.services.inputs import BadInput, EvidenceInput, OpenFile, build, only_kind
from merzim.services.results import CommandResult
from merzim.services.verbs import Verb
from workflow.cases.case import event_word
from workflow.law.library import known_fact, known_option
from workflow.law.procedure import Procedure
from workflow.refusal import Refusal
from workflow.registers.values import written_day, written_number

Unit = Annotated[str, "the unit"]
Year = Annotated[int, Field(ge=0, description="the calendar year")]
DryRun = Annotated[bool, "show what would be, write nothing"]
ProcedureOption = Annotated[str, "the procedure; internal-analysis by default"]
V = TypeVar("V")

_SHORT_YEAR = re.compile(r"\.(\d\d)$")
_KIND = re.compile(r"([a-z_:-]+)=(.+)", re.DOTALL)
_DATED = re.compile(r"(.+)@(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.\d{2,4})", re.DOTALL)


def day(text: str, where: str) -> date:
    """Parse a date as people write it: 2026-04-13, 13.04.2026 or 13.04.26. Raises Refusal."""
    with suppress(ValueError):
        if (on := written_day(_SHORT_YEAR.sub(r".20\1", text.strip()))) is not None:
            return on
    raise Refusal("impossible_date", text=text, where=where)


def period(text: str, where: str) -> list[date]:
    """Parse two days written FIRST..LAST. Raises Refusal."""
    return [day(part, where) for part in text.split("..") if part.strip()]


def number(text: str, where: str, *, first: int | None = None, last: int | None = None) -> int:
    """Parse a whole number, with either minus sign. Raises Refusal: none, or outside the bounds."""
    try:
        value = int(text.replace(MINUS, "-"))
    except ValueError:
        raise Refusal("cli.not_a_number", text=text, where=where) from None
    if (first is not None and value < first) or (last is not None and value > last):
        raise Refusal("cli.number_out_of_bounds", text=text, where=where, first=first, last=last)
    return value


def named(
    pairs: Iterable[str], where: str, value: Callable[[str, str], V | None], *, code: str, sign: str = "="
) -> dict[str, V]:
    """Parse any number of NAME=VALUE. Raises Refusal: one name with two values, or by `code` a pair without
    name, sign or proper value.
    """
    values: dict[str, V] = {}
    for pair in pairs:
        name, given, written = (part.strip() for part in pair.partition(sign))
        parsed = value(written, f"{where} {name}") if name and given else None
        if parsed is None:
            raise Refusal(code, text=pair, where=where)
        if values.setdefault(name, parsed) != parsed:
            raise Refusal("cli.named_twice", name=name, where=where)
    return values


named_days = partial(named, value=day, code="cli.not_a_named_date")
named_numbers = partial(named, value=lambda text, _: written_number(text), code="cli.not_named_number")
named_texts = partial(named, value=lambda text, _: text, code="cli.not_a_named_text")


def evidence(call: CommandContext, written: str, procedure: Procedure, fact: str) -> EvidenceInput:
    """Parse an --evidence argument, `[KIND=]FILE|URL[@DATE]`: a kind may lack its sort ("site" is "link:site");
    without one it is the obligation's only kind of that sort. Raises Refusal: a kind the obligation does not
    have; neither a link nor an existing file.
    """
    obligation = known_fact(procedure, fact)
    allowed = obligation.evidence
    kind, place, published = "", written, None
    # What is too long to be a path is no file either, at which Path.is_file() raises.
    if (match := _KIND.fullmatch(written)) and not isfile(written):  # noqa: PTH113
        kind, place = match.groups()
        kind = next((name for name in allowed if kind in (name, name.partition(":")[2])), kind)
        if kind not in allowed:
            raise Refusal("cli.unknown_evidence", kind=kind, title=obligation.title, allowed=allowed)
    if match := _DATED.fullmatch(place):
        place, published = match[1], day(match[2], "--evidence")
    is_link = place.lower().startswith(("http:", "https:"))
    if is_link and not is_web_address(place):
        raise Refusal("cli.bad_link", text=place[:100])
    if not is_link and not isfile(place):  # noqa: PTH113
        raise Refusal("cli.no_such_file", file=place)
    return EvidenceInput(
        kind=kind or only_kind(allowed, is_link=is_link),
        address=place if is_link else None,
        content=None if is_link else call.open_file(place),
        published_on=published,
    )


Function = TypeVar("Function", bound=Callable[..., object])
Run = Callable[[CommandContext, dict[str, Any]], object]
COMMANDS: dict[str, Callable[..., object]] = {}
"""Commands of the modules imported so far, by name."""
FLAGS = {"preview": "dry-run", "values": "value", "facts": "fact", "edition": "to"}
"""Names of options that differ from their field's."""
CHANGE = (
    *("case", "events", "seq", "kind", "name", "on", "moved", "obligation", "from", "to", "dropped"),
    *("opened", "overdue", "tells", "lost", "out_of_order"),
)
"""What the text shows of a change of a case."""
_WORD = re.compile(r"[a-z-]+")


class Kind(NamedTuple):
    """How values of a type are typed: their name in the help, and what parses them."""

    metavar: str | None
    parse: Callable[[Any, str], Any] = lambda typed, _: typed


TEXT = Kind("TEXT")
KINDS: Mapping[Any, Kind] = {
    bool: Kind(None),
    date: Kind("DATE", day),
    int: Kind("N", number),
    Path: Kind("FILE", lambda text, _: Path(text)),
    OpenFile: Kind("FILE"),
    list[date]: Kind("FIRST..LAST", period),
    list[EvidenceInput]: Kind("[KIND=]FILE|URL[@DATE]"),
    dict[str, date]: Kind("NAME=DATE", named_days),
    dict[str, Decimal]: Kind("NAME=NUMBER", named_numbers),
    dict[str, str]: Kind("NAME=TEXT", named_texts),
}
"""Kinds of values by type; of any other type they are texts."""


def command(usage: str, *, writes: bool = False) -> Callable[[Function], Function]:
    """Return the decorator that makes a command of a function, which gets the context, then the arguments
    `usage` names (`calendar add DATE N`), then its options, as values of the annotated types, and returns False
    for exit code 1. `writes`: whether a database that does not exist may be created.
    """

    def add(function: Function) -> Function:
        _, *parameters = inspect.signature(function, eval_str=True).parameters.values()
        fields = {
            each.name: FieldInfo.from_annotation(each.annotation)
            if each.default is each.empty
            else FieldInfo.from_annotated_attribute(each.annotation, each.default)
            for each in parameters
        }
        places = dict(zip(fields, _arguments(usage), strict=False))
        _add(usage, fields, places, lambda call, values: function(call, **values), function.__doc__, writes)
        return function

    return add


def mount(
    usage: str,
    verb: Verb[Any, Any],
    *shows: str,
    says: str = "",
    otherwise: Callable[[CommandContext, Any], None] | None = None,
) -> None:
    """Make a command of a verb; its help is the verb's, its answer the verb's result. `usage`: how it is typed,
    with the fields given by position in capitals (`reader add CASE PERSON`); `shows`: what the text shows of
    the result, of a change of a case by default; `says`: the sentence that the text is, of the fields of
    command and result; `otherwise`: what is done where no option is given: it shows what could be changed.
    """
    places = {"content" if word.startswith("FILE") else word.lower(): word for word in _arguments(usage)}
    known = {**verb.command.model_fields, "content": FieldInfo.from_annotation(OpenFile)}
    own = inspect.get_annotations(verb.command)
    options = sorted(  # required ones first, those common to many commands last
        (name for name in verb.command.model_fields if name not in (*places, "file", "content")),
        key=lambda name: (not known[name].is_required(), name not in own),
    )

    def run(call: CommandContext, values: dict[str, Any]) -> None:
        if otherwise and not values.keys() - {*places, "preview"}:
            otherwise(call, values)
            return
        if isinstance(typed := values.get("evidence"), list):
            procedure = call.view(values["case"]).procedure
            answered = "decision" in values and known_option(procedure, values["decision"], values["option"])
            fact = answered.fact if answered else values["fact"]
            values["evidence"] = [evidence(call, text, procedure, fact) for text in typed]
        asked = build(verb.command, values)
        result = verb(call.ctx, asked)
        if says:
            call.tell(result, says, **{**dict(asked), **dict(result)})
        else:
            give_change(call, result, *shows)

    _add(usage, {name: known[name] for name in (*places, *options)}, places, run, verb.run.__doc__, verb.writes)


def _arguments(usage: str) -> list[str]:
    """Return the arguments in a usage, after the words of the command."""
    return [word for word in usage.split() if not _WORD.fullmatch(word)]


def _add(
    usage: str,
    fields: Mapping[str, FieldInfo],
    places: Mapping[str, str],
    run: Run,
    help: str | None,
    writes: bool,
) -> None:
    """Put a command among the COMMANDS; a refused value is named by its option. `places`: the fields given by
    position, each with its name in the help.
    """
    where = {
        name: places.get(name) or "--" + FLAGS.get(name, name).rstrip("_").replace("_", "-") for name in fields
    }

    def parsed(ctx: typer.Context, **texts: Any) -> int:
        call: CommandContext = ctx.obj
        call.creates_database = writes
        given = {name: text for name, text in texts.items() if text not in (None, False, [])}
        values = {name: _parse(call, fields[name], text, where[name]) for name, text in given.items()}
        try:
            answer = run(call, values)
        except BadInput as refusal:
            field = str(refusal.arguments.get("field"))
            raise BadInput(refusal.code, **{**refusal.arguments, "field": where.get(field, field)}) from None
        return NOT_SO if answer is False else DONE

    declared = [
        _parameter("ctx", typer.Context),
        *(_declared(name, where[name], fields[name]) for name in fields),
    ]
    parsed.__signature__ = inspect.Signature(declared)  # type: ignore[attr-defined]
    parsed.__annotations__ = {}
    parsed.__doc__ = help
    COMMANDS[" ".join(word for word in usage.split() if _WORD.fullmatch(word))] = parsed


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _declared(name: str, place: str, info: FieldInfo) -> inspect.Parameter:
    """Return the parser's parameter for a field: an argument or option, repeatable for a list or mapping."""
    kind = _plain(info.annotation)
    annotation: Any = str | None
    default: Any = None
    if kind is bool:
        annotation, default = bool, False
    elif get_origin(kind) in (list, dict) and kind != list[date]:
        annotation = list[str] | None
    elif info.is_required():
        annotation, default = str, inspect.Parameter.empty
    if not place.startswith("--"):
        return _parameter(
            name, Annotated[annotation, typer.Argument(metavar=place, show_default=False)], default
        )
    help = info.description or next((words for words in info.metadata if isinstance(words, str)), None)
    option = typer.Option(place, metavar=KINDS.get(kind, TEXT).metavar, help=help, show_default=False)
    return _parameter(name, Annotated[annotation, option], default)


def _plain(annotation: Any) -> Any:
    """Return a type without None and constraints, also of items: `dict[str, date]`, `list[date]`."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _plain(parts[0])
    if origin in (Union, UnionType):
        return _plain(next(part for part in parts if part is not NoneType))
    return origin[tuple(map(_plain, parts))] if origin in (list, dict) else annotation


def _parse(call: CommandContext, info: FieldInfo, text: Any, where: str) -> Any:
    """Return the value of a field. Raises Refusal."""
    kind = _plain(info.annotation)
    if kind is OpenFile:
        return call.open_file(text)
    if kind is int:
        return number(text, where, first=_bound(info, "ge"), last=_bound(info, "le"))
    return KINDS.get(kind, TEXT).parse(text, where)


def _bound(info: FieldInfo, name: str) -> int | None:
    """Return the least (`ge`) or the greatest (`le`) value of a whole number; None for any."""
    return next((getattr(of, name) for of in info.metadata if hasattr(of, name)), None)


def give_change(call: CommandContext, result: Any, *shows: str) -> None:
    """Print the result of a verb; also that a preview writes nothing, or that nothing changed."""
    call.answer(result)
    call.show(_in_words(call, result), *(shows or CHANGE), kind="event")
    if getattr(result, "preview", False):
        call.print(call.say("cli.nothing_written"))
    elif not getattr(result, "changed", True):
        call.print(call.say("cli.nothing_changed"))


def _in_words(call: CommandContext, result: Any) -> Any:
    """Return the result of a command on a case with titles for the names of what it is about."""
    if not isinstance(result, CommandResult):
        return result
    titled = titles(call, call.view(result.case).case)
    values = result.model_dump(by_alias=True)
    for event in values["events"]:
        event["kind"] = event_word(event["kind"], event["name"], event["payload"])
    for line in (*values["events"], *values["moved"]):
        line.update({key: titled(line[key]) for key in ("name", "obligation") if line.get(key)})
    return values | {key: [*map(titled, values[key])] for key in ("dropped", "opened", "overdue", "lost")}
