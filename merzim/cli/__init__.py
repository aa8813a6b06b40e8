"""The command line. `main` is the entry point; what goes wrong is one line on stderr, with bad rows below.

A command's module is imported when its name is typed; `merzim --help` and an unknown name import them all.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import typer
from typer import TyperException
from typer.core import TyperGroup
from typer.main import get_command

from merzim.cli.call import BAD_INPUT, DONE, CommandContext, split_common_options
from merzim.cli.mount import COMMANDS
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.storage.events import ORIGIN, Origin
from merzim.version import running
from workflow.refusal import Refusal

COMMAND_MODULES: Mapping[str, tuple[str, ...]] = {
    "calendar": ("calendar", "calendar-change"),
    "law": ("procedures", "plan", "audit", "law", "editions"),
    "papers": ("import", "people", "attach", "evidence", "package", "form", "forms"),
    "cases": (),
    "board": ("due", "overdue", "score"),
    "register": ("register", "risks"),
    "reminders": ("remind", "deliver", "rehearse", "notices"),
    "office": ("acts", "digest", "user", "retention"),
    "maintenance": (
        *("verify", "seal", "rebuild", "backup", "restore", "migrate-to"),
        *("serve", "worker", "installation", "secret-key", "check-config", "doctor", "test-mail"),
    ),
}
"""Modules of commands, each with the first words of its commands; any other is a verb on a case."""
GROUPS = {
    "calendar": "Which days count: working days and days off.",
    "calendar-change": "An act that moves days: see what it moves, and adopt it.",
    "law": "The organisation's own procedures.",
    "editions": "Editions of procedures.",
    "risks": "The risk register: risk, rank, recommendation, measure, status.",
    "reader": "Who knows of a confidential case.",
    "user": "Who may log in.",
    "retention": "People who left, and their anonymising by an order.",
    "secret-key": "The key the secrets of second factors are encrypted with.",
}
"""What the commands of a first word are about, where there are several."""
HELP = "Merzim: the deadlines of internal analyses, computed, explained, reminded, shown; --version says which."
COMMON = (
    "Every command takes --config FILE, --lang kk|ru|en, --json and --now MOMENT (replaces the clock), "
    "anywhere on the line."
)


class CommandGroup(TyperGroup):
    """A group of commands: alone it shows its help; an unknown command is refused with the nearest."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; none at all asks for the help."""
        if not args:
            typer.echo(ctx.get_help())
            raise typer.Exit
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command named first. Raises UnknownCommand."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownCommand(args[0], tuple(get_close_matches(args[0], self.commands, n=2)))
        return super().resolve_command(ctx, args)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; return the exit code: 0 success, 1 a negative answer, 2 an error, 130 stopped."""
    call = CommandContext(split_common_options(())[0])
    origin = ORIGIN.set(Origin(way="cli"))
    if arguments is None:  # Kazakh letters appear on any terminal or pipe
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(encoding="utf-8")
    try:
        common, command_arguments = split_common_options(sys.argv[1:] if arguments is None else arguments)
        call = CommandContext(common)
        call.check()
        if common.version:
            call.write(f"merzim {running()}")
            return DONE
        return _run(call, command_arguments)
    except BrokenPipeError:
        # The reader of our pipe has gone (`merzim cases | head`), which is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (Exception, KeyboardInterrupt) as trouble:
        return print_error(trouble, call)
    finally:
        call.close()
        ORIGIN.reset(origin)


def application(*modules: str) -> typer.Typer:
    """Return the Typer application with the commands of these modules; with every command if none is given."""
    app = _group(HELP)
    app.callback()(lambda: None)  # a group, however few commands it has
    groups = {"": app}
    for module in modules or COMMAND_MODULES:
        import_module(f"merzim.cli.{module}")
    for name, function in COMMANDS.items():
        group, _, own_name = name.rpartition(" ")
        if group not in groups:
            groups[group] = _group(GROUPS[group])
            app.add_typer(groups[group], name=group)
        groups[group].command(own_name, epilog=COMMON)(function)
    return app


def module_of(word: str) -> str:
    """Return the module to look in for the commands with this first word."""
    return next((module for module, words in COMMAND_MODULES.items() if word in words), "cases")


def _group(help: str) -> typer.Typer:
    """Return a group without commands yet."""
    return typer.Typer(
        cls=CommandGroup,
        help=help,
        epilog=COMMON,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )


@cache
def _command(*modules: str) -> Any:
    """Return the parser of the commands of these modules; of all modules when none is named."""
    return get_command(application(*modules))


def _run(call: CommandContext, arguments: list[str]) -> int:
    """Run the command of these arguments; return its exit code."""
    word = arguments[0] if arguments else ""
    command = _command(module_of(word))
    if word not in command.commands:
        command = _command()
    try:
        # Not by `main`, which ends the process with 1 where nobody reads the pipe any more.
        with command.make_context("merzim", arguments, obj=call) as ctx:
            answer = command.invoke(ctx)
    except typer.Exit as done:
        answer = done.exit_code
    sys.stdout.flush()
    return answer if isinstance(answer, int) else DONE


DEBUG = "MERZIM_DEBUG"
STOPPED = 130
SUGGESTIONS = {
    "unknown_case": "merzim cases",
    "fact_in_future": "merzim replan",
    "fact_known": "merzim correct",
    "nothing_to_correct": "merzim record",
    "value_known": "merzim correct",
    "signatory_known": "merzim correct",
    "opened_once": "merzim open ... --again",
}
"""The command suggested after an error; the error's sentence is also shown on pages, which name no commands."""

_EXTRA = re.compile(r"Got unexpected extra argument\S* \((.*)\)")
"""The parser's message of more arguments than a command takes."""


class UnknownCommand(TyperException):
    """No command has this name; `nearest` lists similar ones."""

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        super().__init__(name)
        self.nearest = nearest


def print_error(trouble: BaseException, call: CommandContext) -> int:
    """Print an error on stderr, bad rows of a file with --json on stdout; return its exit code. Raises an
    internal error itself where MERZIM_DEBUG is set.
    """
    match trouble:
        case UnreadablePaper() if call.json:
            call.answer({"errors": _error_records(trouble, call)})
        case Refusal():
            sentence, command = call.refusal(trouble), SUGGESTIONS.get(trouble.code)
            _print_line(f"{sentence} ({command})" if command else sentence)
            _print_errors(trouble, call, said=sentence)
        case TyperException():
            _print_line(_usage(trouble, call))
        case OSError():
            _print_line(_file_trouble(trouble, call))
        case KeyboardInterrupt():
            return STOPPED
        case _:
            if os.environ.get(DEBUG):
                raise trouble
            _print_line(call.say("cli.broken", kind=type(trouble).__name__, message=_one_line(str(trouble))))
    return BAD_INPUT


def _usage(trouble: TyperException, call: CommandContext) -> str:
    """Return the parser's error in words; its classes are matched by name, as their module is private."""
    message, details = _one_line(trouble.message), vars(trouble)
    match type(trouble).__name__:
        case "NoSuchOption" | "UnknownCommand" as kind:
            code = "cli.no_such_option" if kind == "NoSuchOption" else "cli.no_such_command"
            nearest = tuple(details.get("possibilities") or details.get("nearest") or ())
            about = {"option": details.get("option_name"), "command": message, "nearest": nearest}
            return call.say(f"{code}_nearest" if nearest else code, **about)
        case "MissingParameter":
            parameter = details["param"]
            flag = next((name for name in parameter.opts if name.startswith("-")), parameter.metavar)
            return call.say("cli.missing_parameter", name=flag)
        case "BadOptionUsage":
            code = "cli.missing_value" if "requires" in message else "cli.takes_no_value"
            return call.say(code, option=details["option_name"])
    if extra := _EXTRA.fullmatch(message):
        return call.say("cli.extra_arguments", arguments=extra[1])
    return call.say("cli.bad_usage", problem=message)


def _file_trouble(trouble: OSError, call: CommandContext) -> str:
    """Return in words why a file cannot be read or written."""
    codes = {FileNotFoundError: "cli.no_such_file", IsADirectoryError: "cli.not_a_file"}
    name = str(trouble.filename or "")
    code = (name and codes.get(type(trouble))) or "cli.file_trouble"
    return call.say(code, file=name, problem=trouble.strerror or _one_line(str(trouble)))


def _error_records(trouble: UnreadablePaper, call: CommandContext) -> list[dict[str, object]]:
    """Return every bad row of a refused file; one entry for the file when it is the error itself."""
    rows: list[dict[str, object]] = [
        {"row": error.row, "code": error.code, "message": error} for error in trouble.errors
    ]
    return rows or [{"row": None, "code": trouble.code, "message": call.refusal(trouble)}]


def _print_errors(trouble: Refusal, call: CommandContext, *, said: str) -> None:
    """Print the errors of a file or a row, one a line, with the number of its row; not what was `said`."""
    for error in trouble.errors:
        problem, row = call.say(error.code, **error.arguments), getattr(error, "row", 0)
        if row or problem != said:
            call.note(call.say("cli.bad_row", row=row, problem=problem) if row else problem)


def _print_line(sentence: str) -> None:
    """Print a sentence on stderr, as one line."""
    sys.stderr.write("merzim: " + _one_line(sentence) + "\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())
