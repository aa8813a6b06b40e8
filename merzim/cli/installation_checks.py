"""Checks of an installation: `check-config`."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from merzim import settings_file
from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import Command


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("check-config", cls=Command, help="cli.help.check_config")(check_config)


def check_config(ctx: typer.Context) -> int:
    from services import configuration

    call = CommandContext.of(ctx)
    read = settings_file.check(call.settings_file, at=Path.cwd(), environment=os.environ)
    problems = [*read.problems, *configuration.problems(read.settings, os.environ)]
    values = () if problems else configuration.values(read.settings)
    rows = [(key, value, read.sources.get(key, "")) for key, value in values]
    in_clear = read.settings.in_clear
    if call.json:
        call.answer(
            {
                "file": read.file,
                "problems": [{"code": one.code, "message": call.refusal(one)} for one in problems],
                "in_clear": in_clear,
                "settings": [{"key": key, "value": value, "source": source} for key, value, source in rows],
            }
        )
        return NOT_SO if problems else DONE
    for problem in problems:
        call.print(call.refusal(problem))
    if not problems:
        lines = [(key, source or call.say("cli.built_in"), _line(value)) for key, value, source in rows]
        call.table(("key", "source", "value"), lines)
        call.print("\n" + call.say("cli.config_holds"))
    for key in in_clear:
        call.note(call.say("cli.secret_in_clear", file=str(read.file), key=key))
    return NOT_SO if problems else DONE


def _line(value: object) -> str:
    """Return a value in one line."""
    from json import dumps

    from merzim.cli.printing import plain

    value = "" if value is None else plain(value)
    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)
