"""Prints errors as one line on stderr, then bad rows if there are any; a traceback only with MERZIM_DEBUG."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

from typer import TyperException

from merzim.cli.call import BAD_INPUT, CommandContext
from merzim.cli.parsing import place
from merzim.documents.sheets.unreadable import UnreadablePaper
from workflow.refusal import Refusal

DEBUG = "MERZIM_DEBUG"
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
            command, sentence = SUGGESTIONS.get(trouble.code), _sentence(trouble.code, trouble.arguments, call)
            _print_line(sentence + (f" ({command})" if command else ""))
            _print_errors(trouble, call, said=sentence)
        case TyperException():
            _print_line(_usage(trouble, call))
        case OSError():
            _print_line(_file_trouble(trouble, call))
        case KeyboardInterrupt():
            return 130
        case _:
            if os.environ.get(DEBUG):
                raise trouble
            _print_line(call.say("cli.broken", kind=type(trouble).__name__, message=_one_line(str(trouble))))
    return BAD_INPUT


def _sentence(code: str, arguments: Mapping[str, object], call: CommandContext) -> str:
    """Return the sentence of a code; the code itself when the catalogue lacks it, so that the error stays
    visible.
    """
    try:
        return call.say(code, **arguments)
    except LookupError:
        return f"{code} {dict(arguments)}"


def _usage(trouble: TyperException, call: CommandContext) -> str:
    """Return the parser's error in words; its classes are matched by name, as their module is private."""
    parameter = getattr(trouble, "param", None)
    name = place(parameter) if parameter is not None else ""
    match type(trouble).__name__:
        case "NoSuchOption":
            suggestions = tuple(getattr(trouble, "possibilities", None) or ())
            code = "cli.no_such_option_nearest" if suggestions else "cli.no_such_option"
            return call.say(code, option=getattr(trouble, "option_name", ""), nearest=suggestions)
        case "MissingParameter":
            return call.say("cli.missing_parameter", name=name)
        case "BadOptionUsage":
            return call.say("cli.missing_value", option=getattr(trouble, "option_name", ""))
        case "BadParameter":
            return call.say("cli.bad_parameter", name=name, problem=_one_line(trouble.message))
        case "UnknownCommand":
            suggestions = tuple(getattr(trouble, "nearest", ()))
            code = "cli.no_such_command_nearest" if suggestions else "cli.no_such_command"
            return call.say(code, command=trouble.message, nearest=suggestions)
        case _:
            extra = _EXTRA.fullmatch(_one_line(trouble.message))
            if extra:
                return call.say("cli.extra_arguments", arguments=extra[1])
            return call.say("cli.bad_usage", problem=_one_line(trouble.message))


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
