"""The command line. `main` is the entry point.

Command modules import services inside their functions, so that `merzim --help` stays fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import typer
from typer.main import get_command

from merzim.cli.call import BAD_INPUT, DONE, CommandContext
from merzim.cli.common import CommonOptions, split
from merzim.cli.failures import print_error
from merzim.cli.help import Group, register_shells
from storage.origin import ORIGIN, Origin
from workflow.refusal import Refusal

STATIONS = (
    "calendar",
    "calendar_change",
    "overlay",
    "editions",
    "law",
    "coverage",
    "papers",
    "cases",
    "evidence",
    "due",
    "risks",
    "positions",
    "assignments",
    "register",
    "campaign",
    "reminders",
    "contact_settings",
    "telegram",
    "forms",
    "templates",
    "act_texts",
    "score",
    "yearly_clock",
    "consolidated",
    "users",
    "audit_log",
    "webhooks",
    "settings",
    "retention",
    "readers",
    "maintenance",
    "installation_checks",
    "i18n",
    "man",
)
"""Modules of commands, in the order of the help."""
COMPLETION = "_MERZIM_COMPLETE"
"""The variable by which a shell asks for completions; the script of `merzim completion` sets it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; return the exit code: 0 success, 1 a negative answer, 2 bad input."""
    call = CommandContext(CommonOptions())
    origin = ORIGIN.set(Origin(way="cli"))
    if arguments is None:
        _speak_utf8()
    try:
        common, rest = split(sys.argv[1:] if arguments is None else arguments)
        call = CommandContext(common)
        call.check()
        code = _run(call, rest)
        call.finish()
        return code
    except BrokenPipeError:
        _close_quietly()
        return DONE
    except (Exception, KeyboardInterrupt) as trouble:
        return print_error(trouble, call)
    finally:
        call.close()
        ORIGIN.reset(origin)


def application() -> typer.Typer:
    """Return the Typer application with every command."""
    app = typer.Typer(
        cls=Group,
        help="cli.help",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        invoke_without_command=True,
    )
    app.callback(invoke_without_command=True)(import_module("merzim.cli.maintenance").version)
    for station in STATIONS:
        import_module(f"merzim.cli.{station}").add_to(app)
    return app


@cache
def _command() -> Any:
    return get_command(application())


def _run(call: CommandContext, rest: list[str]) -> int:
    if COMPLETION in os.environ:
        register_shells()
    answer = _command().main(args=rest, prog_name="merzim", standalone_mode=False, obj=call)
    sys.stdout.flush()
    return answer if isinstance(answer, int) else DONE


def _speak_utf8() -> None:
    """Set the output to UTF-8, so that Kazakh letters appear on any terminal or pipe."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


def _close_quietly() -> None:
    """Close the output after the reader of our pipe has gone (`merzim cases | head`), without an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


__all__ = ["BAD_INPUT", "Refusal", "application", "main"]
