"""Makes commands of functions and of verbs, with arguments and options from their parameters or fields."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

import typer

from merzim.cli.call import CommandContext
from merzim.cli.parsing import day, named_days, named_numbers, named_texts, number, place
from merzim.cli.printing import titles
from merzim.documents.sheets.texts import is_web_address
from merzim.services.inputs import BadInput, EvidenceInput, OpenFile, build
from merzim.services.results import CommandResult
from workflow.cases.case import event_word
from workflow.law.names import known_fact, known_option
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from merzim.services.verbs import Verb
    from workflow.law.procedure import Procedure


_KIND = re.compile(r"([a-z_:-]+)=(.+)", re.DOTALL)
_DATED = re.compile(r"(.+)@(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.\d{2,4})", re.DOTALL)
_LINK = re.compile(r"https?:", re.IGNORECASE)


@contextmanager
def evidence_inputs(texts: Iterable[str], procedure: Procedure, fact: str) -> Iterator[list[EvidenceInput]]:
    """Yield several --evidence arguments for a fact as fields of a command, with their files open."""
    with ExitStack() as files:
        yield [_evidence_input(text, procedure, fact, files) for text in texts]


@contextmanager
def sent_file(file: str) -> Iterator[OpenFile]:
    """Yield a file of a command, open while it runs."""
    path = Path(file)
    with path.open("rb") as content:
        yield OpenFile(path.name, content)


def _evidence_input(text: str, procedure: Procedure, fact: str, files: ExitStack) -> EvidenceInput:
    """Parse an --evidence argument, `[KIND=]FILE|URL[@DATE]`; its file is opened within `files`.

    A kind may be given without its sort ("site" is "link:site"). Without a kind, the obligation's only kind of
    that sort is used, if there is just one.

    Raises:
        Refusal: a kind the obligation does not have; neither a link nor an existing file.
    """
    obligation = known_fact(procedure, fact)
    allowed = obligation.evidence
    kind, place, published = "", text, None
    if (match := _KIND.fullmatch(text)) and not _is_file(text):
        kind, place = match.groups()
        kind = next((name for name in allowed if kind in (name, name.partition(":")[2])), kind)
        if kind not in allowed:
            raise Refusal("cli.unknown_evidence", kind=kind, title=obligation.title, allowed=allowed)
    if match := _DATED.fullmatch(place):
        place, published = match[1], day(match[2], where="--evidence")
    is_link = bool(_LINK.match(place))
    if is_link and not is_web_address(place):
        raise Refusal("cli.bad_link", text=place[:100])
    if not is_link and not _is_file(place):
        raise Refusal("cli.no_such_file", file=place)
    of_sort = [name for name in allowed if name.startswith("link:" if is_link else "document:")]
    return EvidenceInput(
        kind=kind or (of_sort[0] if len(of_sort) == 1 else ""),
        address=place if is_link else None,
        content=None if is_link else files.enter_context(sent_file(place)),
        published_on=published,
    )


def _is_file(text: str) -> bool:
    """Return whether a file is at this path; False for a text that can be no path."""
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long to be a name, say
        return False


CHANGE = (
    *("case", "events", "seq", "kind", "name", "on", "moved", "obligation", "from", "to", "dropped"),
    *("opened", "overdue", "tells", "lost", "out_of_order"),
)
"""What the text shows of a change of a case."""
Function = TypeVar("Function", bound=Callable[..., object])
COMMANDS: dict[str, Callable[..., object]] = {}
"""Commands of the modules imported so far, by name."""
FLAGS = {"preview": "dry-run", "values": "value", "facts": "fact", "edition": "to"}
"""Names of options that differ from their field's."""
METAVARS = {bool: None, date: "DATE", int: "N"}


def command(name: str, *, writes: bool = False) -> Callable[[Function], Function]:
    """Return the decorator that makes a command of a function; its first argument is the context.

    Args:
        writes: whether a database that does not exist may be created.
    """

    def add(function: Function) -> Function:
        def run(ctx: typer.Context, **values: Any) -> object:
            return function(CommandContext.of(ctx, writes=writes), **values)

        _, *parameters = inspect.signature(function, eval_str=True).parameters.values()
        _add(name, run, parameters, function.__doc__)
        return function

    return add


def _add(
    name: str, run: Callable[..., object], parameters: Sequence[inspect.Parameter], help: str | None
) -> None:
    """Put a function among the COMMANDS, with these parameters and this help in place of its own; a refused
    value is named by the option it was given by.
    """
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)

    def named(ctx: typer.Context, **values: Any) -> object:
        try:
            return run(ctx, **values)
        except BadInput as refusal:
            field = str(refusal.arguments.get("field"))
            places = {str(known.name): place(known) for known in ctx.command.params}
            raise BadInput(refusal.code, **{**refusal.arguments, "field": places.get(field, field)}) from None

    named.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
    named.__annotations__ = {}
    named.__doc__ = help
    COMMANDS[name] = named


def mount(
    usage: str,
    verb: Verb[Any, Any],
    *shows: str,
    otherwise: Callable[[CommandContext, Any], None] | None = None,
) -> None:
    """Make a command of a verb; its help is the verb's, its answer the verb's result.

    Args:
        usage: how it is typed, with the fields given by position in capitals: `reader add CASE PERSON`.
        shows: what the text shows of the result; of a change of a case where nothing is named.
        otherwise: what is done where no option is given, with the arguments: it shows what could be changed.
    """
    fields, words = verb.command.model_fields, usage.split()
    arguments = [word.lower() for word in words if word.isupper()]
    flags = {
        field: "--" + FLAGS.get(field, field).replace("_", "-") for field in fields if field not in arguments
    }

    def run(ctx: typer.Context, **texts: Any) -> None:
        call = CommandContext.of(ctx, writes=verb.writes)
        where = {field: flags.get(field, field.upper()) for field in fields}
        with ExitStack() as files:
            values = {
                field: _parse(fields[field], text, where[field])
                for field, text in texts.items()
                if text not in (None, False, [])
            }
            if otherwise and not values.keys() - {*arguments, "preview"}:
                otherwise(call, values)
                return
            if isinstance(values.get("evidence"), list):
                items = evidence_inputs(values["evidence"], *_fact_of(call, values))
                values["evidence"] = files.enter_context(items)
            result = verb(call.ctx, build(verb.command, values))
        give_change(call, result, *shows)

    parameters = [
        *(_argument(field) for field in arguments),
        *(_option(field, flags[field], fields[field]) for field in _ordered(verb) if field in flags),
    ]
    _add(" ".join(word for word in words if not word.isupper()), run, parameters, verb.run.__doc__)


def _fact_of(call: CommandContext, values: Mapping[str, Any]) -> tuple[Procedure, str]:
    """Return the procedure of a command's case, and the fact it records, itself or by answering a decision."""
    procedure = call.view(values["case"]).procedure
    if "decision" in values:
        return procedure, known_option(procedure, values["decision"], values["option"]).fact
    return procedure, values["fact"]


_LISTED = ("dropped", "opened", "overdue", "lost")
"""Fields of a change that are lists of names."""


def give_change(call: CommandContext, result: Any, *shows: str) -> None:
    """Print the result of a verb; also that a preview writes nothing, or that nothing changed."""
    call.answer(result)
    call.show(_in_words(call, result), *(shows or CHANGE), titles=call.moved_titles, kind="event")
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
    return values | {key: [titled(name) for name in values[key]] for key in _LISTED}


def _ordered(verb: Verb[Any, Any]) -> list[str]:
    """Return the fields of a verb, required ones first, those common to many commands last."""
    own_fields = inspect.get_annotations(verb.command)
    fields = verb.command.model_fields
    return sorted(fields, key=lambda name: (not fields[name].is_required(), name not in own_fields))


def _argument(field: str) -> inspect.Parameter:
    annotation = Annotated[str, typer.Argument(metavar=field.upper(), show_default=False)]
    return inspect.Parameter(field, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)


def _option(field: str, flag: str, info: FieldInfo) -> inspect.Parameter:
    """Return a command's parameter for a field: a switch for yes or no, repeatable for a list or mapping."""
    kind = _bare(info.annotation)
    several = get_origin(kind) in (list, dict) and not _is_period(kind)
    annotation: Any = bool if kind is bool else list[str] | None if several else str | None
    default: Any = False if kind is bool else None
    if info.is_required() and not several and kind is not bool:
        annotation, default = str, inspect.Parameter.empty
    option = typer.Option(flag, metavar=_metavar(field, kind), help=info.description, show_default=False)
    return inspect.Parameter(
        field,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        annotation=Annotated[annotation, option],
        default=default,
    )


def _bare(annotation: Any) -> Any:
    """Return a type without None and without its constraints."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(member for member in get_args(annotation) if member is not NoneType)
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _is_period(kind: Any) -> bool:
    """Return whether a type is a list of days, written FIRST..LAST."""
    return get_origin(kind) is list and _bare(get_args(kind)[0]) is date


def _metavar(field: str, kind: Any) -> str | None:
    """Return the name of an option's value in the help; None for a switch, which has no value."""
    if get_origin(kind) is dict:
        value = _bare(get_args(kind)[1])
        return "NAME=NUMBER" if value is Decimal else "NAME=DATE" if value is date else "NAME=TEXT"
    if field == "evidence":
        return "[KIND=]FILE|URL[@DATE]"
    return "FIRST..LAST" if _is_period(kind) else METAVARS.get(kind, "TEXT")


def _parse(info: FieldInfo, text: Any, where: str) -> Any:
    """Return the value of a field. Raises Refusal."""
    kind = _bare(info.annotation)
    if get_origin(kind) is dict:
        value = _bare(get_args(kind)[1])
        parse = named_numbers if value is Decimal else named_days if value is date else named_texts
        return parse(text, where=where)
    if kind is date:
        return day(text, where=where)
    if _is_period(kind):
        return [day(part, where=where) for part in text.split("..") if part.strip()]
    return number(text, where=where) if kind is int else text
