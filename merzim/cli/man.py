"""The command `merzim man`: prints a manual page of all commands in roff, made from their `--help`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import typer
from typer.core import TyperGroup

import merzim
from merzim.cli.call import CommandContext
from merzim.cli.help import Command, OpenGroup, common_options, options_of, usage_of

VARIABLES = ("MERZIM_CONFIG", "MERZIM_LANG", "MERZIM_NOW", "MERZIM__SECTION__KEY")
STATUSES = ("0", "1", "2")
_SPECIAL = str.maketrans({"\\": r"\[rs]", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"})


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("man", cls=Command, help="cli.help.man")(man)


def man(ctx: typer.Context) -> None:
    call = CommandContext.of(ctx)
    call.print("\n".join(manual(ctx.find_root().command, call)))


def manual(root: Any, call: CommandContext) -> Iterator[str]:
    """Yield the lines of the manual page, in the call's language; its date is the call's day."""
    heading = _quoted(call.say("cli.man.heading"))
    yield "'\\\" -*- coding: UTF-8 -*-"
    yield f'.TH MERZIM 1 "{call.moment.today.isoformat()}" "Merzim {merzim.__version__}" "{heading}"'
    yield from (".nh", ".ad l")  # words of three languages, and commands to be copied: nothing is hyphenated
    yield from _section("name", call, [f"merzim \\- {_escaped(call.say('cli.man.what'))}"])
    word = call.say("cli.command_word")
    yield from _section("synopsis", call, [rf"\fBmerzim\fR \fI{_escaped(word)}\fR ..."])
    yield from _section(
        "description", call, [_escaped(call.say("cli.help")), ".PP", _escaped(call.say("cli.man.says"))]
    )
    yield from _section("common", call, _rows(common_options(call)))
    yield from _section("commands", call, _commands(root, call, "merzim"))
    yield from _section(
        "status", call, _rows((status, call.say(f"cli.man.status_{status}")) for status in STATUSES)
    )
    descriptions = (
        (name, call.say("cli.man." + name.strip("_").lower().replace("__", "_"))) for name in VARIABLES
    )
    yield from _section("environment", call, _rows(descriptions))
    yield from _section("files", call, _rows([("config.toml", call.say("cli.man.config"))]))


def _section(name: str, call: CommandContext, lines: Iterable[str]) -> Iterator[str]:
    yield f'.SH "{_quoted(call.say(f"cli.man.{name}"))}"'
    yield from lines


def _commands(group: Any, call: CommandContext, path: str) -> Iterator[str]:
    """Yield a subsection for each command of a group, then those of its subgroups."""
    for name, command in group.commands.items():
        command_path = f"{path} {name}"
        is_group = isinstance(command, TyperGroup)
        if not command.hidden and (not is_group or isinstance(command, OpenGroup)):
            yield from _command(command, call, command_path)
        if is_group:
            yield from _commands(command, call, command_path)


def _command(command: Any, call: CommandContext, path: str) -> Iterator[str]:
    parameters = [parameter for parameter in command.params if parameter.name != "help"]
    pieces = [usage for usage in map(usage_of, parameters) if usage]
    yield f'.SS "{_quoted(path)}"'
    yield " ".join([rf"\fB{_escaped(path)}\fR", *(_without_breaks(_escaped(piece)) for piece in pieces)])
    yield ".PP"
    yield _escaped(call.say(command.help or ""))
    yield from _rows(options_of(parameters, call))


def _rows(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield tagged entries: an option and its help."""
    for tag, text in rows:
        yield from (".TP", rf"\fB{_escaped(tag)}\fR", _escaped(text or "–"))


def _escaped(text: str) -> str:
    """Return a text escaped for roff, with hyphens that can be copied."""
    plain = re.sub(r"\s+", " ", text.strip()).translate(_SPECIAL)
    return rf"\&{plain}" if plain.startswith(".") else plain


def _quoted(text: str) -> str:
    """Return a text as a quoted argument of roff."""
    return _escaped(text).replace('"', r"\(dq")


def _without_breaks(text: str) -> str:
    return text.replace(" ", r"\ ")
