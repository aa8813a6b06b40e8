"""Prints errors as one line on stderr, then bad rows if there are any; a traceback only with MERZIM_DEBUG."""

from __future__ import annotations

import os
import re
import sys

from typer import TyperException

from merzim.cli.call import BAD_INPUT, CommandContext
from merzim.documents.sheets.unreadable import UnreadablePaper
from workflow.refusal import Refusal

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
    """Print an error on stderr, bad rows of a file with --json on stdout; return its exit code.

    Raises:
        BaseException: the error itself, when MERZIM_DEBUG is set and it is an internal error.
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
    name = str(trouble.filename or "")
    if isinstance(trouble, FileNotFoundError) and name:
        return call.say("cli.no_such_file", file=name)
    if isinstance(trouble, IsADirectoryError) and name:
        return call.say("cli.not_a_file", file=name)
    return call.say("cli.file_trouble", file=name, problem=trouble.strerror or _one_line(str(trouble)))


def _error_records(trouble: UnreadablePaper, call: CommandContext) -> list[dict[str, object]]:
    """Return every bad row of a refused file; one entry for the file when it is the error itself."""
    rows: list[dict[str, object]] = [
        {"row": error.row, "code": error.code, "message": error} for error in trouble.errors
    ]
    return rows or [{"row": None, "code": trouble.code, "message": call.refusal(trouble)}]


def _print_errors(trouble: Refusal, call: CommandContext, *, said: str) -> None:
    """Print the single errors of a file or a row, one a line, each with the number of its row; not what was
    `said` already.
    """
    for error in trouble.errors:
        problem, row = call.say(error.code, **error.arguments), getattr(error, "row", 0)
        if row or problem != said:
            call.note(call.say("cli.bad_row", row=row, problem=problem) if row else problem)


def _print_line(sentence: str) -> None:
    """Print a sentence on stderr, as one line."""
    sys.stderr.write("merzim: " + _one_line(sentence) + "\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())
