"""Makes commands of functions and of verbs: arguments and options from their parameters or fields."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.parsing import day, named_days, named_numbers, named_texts, number
from merzim.cli.printing import titles
from merzim.documents.sheets.texts import is_web_address
from merzim.services.inputs import BadInput, EvidenceInput, OpenFile, build
from merzim.services.results import CommandResult
from workflow.cases.case import event_word
from workflow.law.names import known_fact, known_option
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.services.verbs import Verb
    from workflow.law.procedure import Procedure

Function = TypeVar("Function", bound=Callable[..., object])
Run = Callable[[CommandContext, dict[str, Any], ExitStack], object]
COMMANDS: dict[str, Callable[..., object]] = {}
"""Commands of the modules imported so far, by name."""
FLAGS = {"preview": "dry-run", "values": "value", "facts": "fact", "edition": "to"}
"""Names of options that differ from their field's."""
METAVARS: Mapping[Any, str | None] = {bool: None, date: "DATE", int: "N", Path: "FILE"}
CHANGE = (
    *("case", "events", "seq", "kind", "name", "on", "moved", "obligation", "from", "to", "dropped"),
    *("opened", "overdue", "tells", "lost", "out_of_order"),
)
"""What the text shows of a change of a case."""
_LISTED = ("dropped", "opened", "overdue", "lost")
"""Fields of a change that are lists of names."""
_WORD = re.compile(r"[a-z-]+")
_KIND = re.compile(r"([a-z_:-]+)=(.+)", re.DOTALL)
_DATED = re.compile(r"(.+)@(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.\d{2,4})", re.DOTALL)
_LINK = re.compile(r"https?:", re.IGNORECASE)


def command(usage: str, *, writes: bool = False) -> Callable[[Function], Function]:
    """Return the decorator that makes a command of a function.

    The function gets the context, then the arguments `usage` names (`calendar add DATE N`), then its options,
    as values of the annotated types. What it returns decides the exit code: 1 for False.

    Args:
        writes: whether a database that does not exist may be created.
    """

    def add(function: Function) -> Function:
        _, *parameters = inspect.signature(function, eval_str=True).parameters.values()
        fields = {
            each.name: FieldInfo.from_annotation(each.annotation)
            if each.default is each.empty
            else FieldInfo.from_annotated_attribute(each.annotation, each.default)
            for each in parameters
        }

        def run(call: CommandContext, values: dict[str, Any], _: ExitStack) -> object:
            return function(call, **values)

        places = dict(zip(fields, _metavars(usage), strict=False))
        _add(usage, fields, places, run, function.__doc__, writes=writes)
        return function

    return add


def mount(
    usage: str,
    verb: Verb[Any, Any],
    *shows: str,
    says: str = "",
    otherwise: Callable[[CommandContext, Any], None] | None = None,
) -> None:
    """Make a command of a verb; its help is the verb's, its answer the verb's result.

    Args:
        usage: how it is typed, with the fields given by position in capitals: `reader add CASE PERSON`.
        shows: what the text shows of the result; of a change of a case where nothing is named.
        says: the sentence of the catalogue that the text is, of the fields of command and result.
        otherwise: what is done where no option is given, with the arguments: it shows what could be changed.
    """
    places = {"content" if word.startswith("FILE") else word.lower(): word for word in _metavars(usage)}
    known = {**verb.command.model_fields, "content": FieldInfo.from_annotation(OpenFile)}
    options = [name for name in _ordered(verb) if name not in ("file", "content")]
    fields = {name: known[name] for name in (*places, *options)}

    def run(call: CommandContext, values: dict[str, Any], files: ExitStack) -> None:
        if otherwise and not values.keys() - {*places, "preview"}:
            otherwise(call, values)
            return
        if isinstance(values.get("evidence"), list):
            items = evidence_inputs(values["evidence"], *_fact_of(call, values))
            values["evidence"] = files.enter_context(items)
        asked = build(verb.command, values)
        result = verb(call.ctx, asked)
        if says:
            call.tell(result, says, **{**dict(asked), **dict(result)})
        else:
            give_change(call, result, *shows)

    _add(usage, fields, places, run, verb.run.__doc__, writes=verb.writes)


def _metavars(usage: str) -> list[str]:
    """Return the arguments in a usage, after the words of the command."""
    return [word for word in usage.split() if not _WORD.fullmatch(word)]


def _add(
    usage: str,
    fields: Mapping[str, FieldInfo],
    places: Mapping[str, str],
    run: Run,
    help: str | None,
    *,
    writes: bool,
) -> None:
    """Put a command among the COMMANDS; a refused value is named by the option it was given by.

    Args:
        places: the fields given by position, each with its name in the help.
    """
    where = {
        name: places.get(name) or "--" + FLAGS.get(name, name).rstrip("_").replace("_", "-") for name in fields
    }

    def parsed(ctx: typer.Context, **texts: Any) -> int:
        call = CommandContext.of(ctx, writes=writes)
        with ExitStack() as files:
            values = {
                name: _parse(fields[name], text, where[name], files)
                for name, text in texts.items()
                if text not in (None, False, [])
            }
            try:
                answer = run(call, values, files)
            except BadInput as refusal:
                field = str(refusal.arguments.get("field"))
                raise BadInput(
                    refusal.code, **{**refusal.arguments, "field": where.get(field, field)}
                ) from None
        return NOT_SO if answer is False else DONE

    parsed.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            _parameter("ctx", typer.Context),
            *(_declared(name, where[name], fields[name]) for name in fields),
        ]
    )
    parsed.__annotations__ = {}
    parsed.__doc__ = help
    COMMANDS[" ".join(word for word in usage.split() if _WORD.fullmatch(word))] = parsed


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _declared(name: str, place: str, info: FieldInfo) -> inspect.Parameter:
    """Return the parser's parameter for a field: an argument, or an option (a switch for yes or no, repeatable
    for a list or mapping).
    """
    kind = _bare(info.annotation)
    several = get_origin(kind) in (list, dict) and not _is_period(kind)
    annotation: Any = bool if kind is bool else list[str] | None if several else str | None
    default: Any = False if kind is bool else None
    if info.is_required() and not several and kind is not bool:
        annotation, default = str, inspect.Parameter.empty
    if not place.startswith("--"):
        return _parameter(
            name, Annotated[annotation, typer.Argument(metavar=place, show_default=False)], default
        )
    help = info.description or next((words for words in info.metadata if isinstance(words, str)), None)
    option = typer.Option(place, metavar=_metavar(name, kind), help=help, show_default=False)
    return _parameter(name, Annotated[annotation, option], default)


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


def _parse(info: FieldInfo, text: Any, where: str, files: ExitStack) -> Any:
    """Return the value of a field; a file is open within `files`. Raises Refusal."""
    kind = _bare(info.annotation)
    if get_origin(kind) is dict:
        value = _bare(get_args(kind)[1])
        parse = named_numbers if value is Decimal else named_days if value is date else named_texts
        return parse(text, where=where)
    if kind is date:
        return day(text, where=where)
    if _is_period(kind):
        return [day(part, where=where) for part in text.split("..") if part.strip()]
    if kind is int:
        return number(text, where=where, first=_bound(info, "ge"), last=_bound(info, "le"))
    if kind is OpenFile:
        return files.enter_context(sent_file(text))
    return Path(text) if kind is Path else text


def _bound(info: FieldInfo, name: str) -> int | None:
    """Return the least (`ge`) or the greatest (`le`) value of a whole number; None for any."""
    return next((getattr(of, name) for of in info.metadata if hasattr(of, name)), None)


def _ordered(verb: Verb[Any, Any]) -> list[str]:
    """Return the fields of a verb, required ones first, those common to many commands last."""
    own_fields = inspect.get_annotations(verb.command)
    fields = verb.command.model_fields
    return sorted(fields, key=lambda name: (not fields[name].is_required(), name not in own_fields))


def _fact_of(call: CommandContext, values: Mapping[str, Any]) -> tuple[Procedure, str]:
    """Return the procedure of a command's case, and the fact it records, itself or by answering a decision."""
    procedure = call.view(values["case"]).procedure
    if "decision" in values:
        return procedure, known_option(procedure, values["decision"], values["option"]).fact
    return procedure, values["fact"]


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


@contextmanager
def sent_file(file: str) -> Iterator[OpenFile]:
    """Yield a file of a command, open while it runs."""
    path = Path(file)
    with path.open("rb") as content:
        yield OpenFile(path.name, content)


@contextmanager
def evidence_inputs(texts: Iterable[str], procedure: Procedure, fact: str) -> Iterator[list[EvidenceInput]]:
    """Yield several --evidence arguments for a fact as fields of a command, with their files open."""
    with ExitStack() as files:
        yield [_evidence_input(text, procedure, fact, files) for text in texts]


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
