"""The command line. `main` is the entry point.

Command modules import services inside their functions, so that `merzim --help` stays fast.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.main import get_command

from merzim import COLLECTIONS
from merzim.cli.call import BAD_INPUT, DONE, CommandContext
from merzim.cli.common import CommonOptions, split
from merzim.cli.failures import print_error
from merzim.cli.help import Group, register_shells
from merzim.storage.origin import ORIGIN, Origin
from workflow.refusal import Refusal

STATIONS: Mapping[str, tuple[str, ...]] = {
    "calendar": ("calendar", "calendar-change"),
    "editions": ("law", "editions"),
    "law": ("procedures", "plan", "audit"),
    "papers": ("import", "people"),
    "cases": (
        *("open", "open-year", "cases", "case", "portfolio", "record", "record-many", "decide", "comment"),
        *("replan", "correct", "withdraw", "passport", "cancel", "exempt", "reopen"),
        *("migrate", "explain"),
    ),
    "evidence": ("attach", "evidence", "package"),
    "due": ("due", "overdue"),
    "risks": ("risks", "positions", "cartogram", "remarks", "assignment"),
    "register": ("register",),
    "campaign": ("campaign",),
    "reminders": ("remind", "deliver", "rehearse", "snooze", "notices"),
    "contact_settings": ("digest", "uploads-through", "office-time", "acts", "telegram"),
    "forms": ("form", "forms"),
    "score": ("score",),
    "consolidated": ("yearly-clock", "consolidated", "uploads"),
    "users": ("user",),
    "audit_log": ("audit-log",),
    "retention": ("retention",),
    "readers": ("reader",),
    "maintenance": (
        *("verify", "seal", "baseline", "rebuild", "backup", "restore", "restore-drill", "migrate-to"),
        *("serve", "worker", "installation", "secret-key"),
    ),
    "installation_checks": ("check-config", "doctor", "completion", "test-mail"),
    "i18n": ("i18n",),
}
"""Modules of commands, in the order of the help, each with the names it adds."""
COMPLETION = "_MERZIM_COMPLETE"
"""The variable by which a shell asks for completions; the script of `merzim completion` sets it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; return the exit code: 0 success, 1 a negative answer, 2 bad input."""
    call = CommandContext(CommonOptions())
    origin = ORIGIN.set(Origin(way="cli"))
    if arguments is None:
        gc.set_threshold(*COLLECTIONS)
        _speak_utf8()
    try:
        common, command_arguments = split(sys.argv[1:] if arguments is None else arguments)
        call = CommandContext(common)
        call.check()
        code = _run(call, command_arguments)
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


def application(*stations: str) -> typer.Typer:
    """Return the Typer application with the commands of these modules; with every command if none is given."""
    app = typer.Typer(
        cls=Group,
        help="cli.help",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        invoke_without_command=True,
    )
    app.callback(invoke_without_command=True)(_version)
    for station in stations or STATIONS:
        import_module(f"merzim.cli.{station}").add_to(app)
    return app


@cache
def _command(*stations: str) -> Any:
    return get_command(application(*stations))


def _run(call: CommandContext, arguments: list[str]) -> int:
    if COMPLETION in os.environ:
        register_shells()
    answer = _command(*_stations(arguments)).main(
        args=arguments, prog_name="merzim", standalone_mode=False, obj=call
    )
    sys.stdout.flush()
    return answer if isinstance(answer, int) else DONE


def _stations(arguments: list[str]) -> list[str]:
    """Return the module of the command that a line begins with; none where every command is needed: for help,
    completion and unknown names.
    """
    if COMPLETION in os.environ:
        return []
    return [station for station, names in STATIONS.items() if arguments and arguments[0] in names]


def _version(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="cli.option.version")] = False,
) -> None:
    if version:
        from merzim.version import running

        CommandContext.of(ctx).print(f"merzim {running()}")
        raise typer.Exit


def _speak_utf8() -> None:
    """Set the output to UTF-8, so that Kazakh letters appear on any terminal or pipe."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


def _close_quietly() -> None:
    """Close the output after the reader of our pipe has gone (`merzim cases | head`), without an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


__all__ = ["BAD_INPUT", "Refusal", "application", "main"]
