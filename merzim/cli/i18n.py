"""The command `merzim i18n`: exports sentences as PO files for translators, and counts translated ones. No
database.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import add_group
from merzim.cli.parsing import STDIN
from workflow.refusal import Refusal

FORMATS = ("po",)
Format = Annotated[str, typer.Option("--format", metavar="po", help="cli.option.i18n_format")]
Language = Annotated[str, typer.Option("--language", metavar="CODE", help="cli.option.i18n_language")]
Source = Annotated[str | None, typer.Option("--source", metavar="kk|ru|en", help="cli.option.i18n_source")]


class UnknownFormat(Refusal, ValueError):
    """The file is in another format than that of translators' files."""


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    commands: dict[str, Callable[..., object]] = {"export": export, "import": take_in, "check": check}
    add_group(app, "i18n", **commands)


def export(
    ctx: typer.Context,
    language: Language,
    file: Annotated[str, typer.Argument(metavar="FILE")] = STDIN,
    source: Source = None,
    format: Format = "po",
) -> None:
    from merzim.services.configuration.translations import export_po

    call = CommandContext.of(ctx)
    _refuse_other(format)
    data = export_po(call.settings, language, source, now=call.moment.now)
    if file == STDIN:
        sys.stdout.buffer.write(data)
        return
    Path(file).write_bytes(data)
    call.print(call.say("cli.i18n.written", file=file))


def take_in(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE")],
    language: Language = "",
    format: Format = "po",
) -> None:
    from merzim.services.configuration.translations import take_in_po

    call = CommandContext.of(ctx)
    _refuse_other(format)
    data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    translation = take_in_po(call.settings, data, language)
    count = sum(map(bool, translation.texts.values()))
    if call.json:
        call.answer({"language": translation.language, "source": translation.source, "sentences": count})
        return
    call.print(call.say("cli.i18n.taken_in", language=translation.language, count=count))


def check(ctx: typer.Context) -> int:
    from merzim.services.configuration.translations import check_languages

    call = CommandContext.of(ctx)
    states = list(check_languages(call.settings))
    faults = [(state.language, code, fault) for state in states for code, fault in state.faults]
    if call.json:
        call.answer(
            {
                "languages": [
                    {
                        "language": state.language,
                        "name": state.name,
                        "fallback": state.fallback,
                        "said": state.translated,
                        "missing": state.missing,
                        "faults": [code for code, _ in state.faults],
                    }
                    for state in states
                ]
            }
        )
        return NOT_SO if faults else DONE
    rows = [
        (state.language, state.name, state.translated, len(state.missing), len(state.faults), state.fallback)
        for state in states
    ]
    call.table(("language", "name", "sentences", "missing", "faults", "fallback"), rows)
    for language, code, fault in faults:
        call.print(f"{language}: " + call.say(fault.code, sentence=code, **fault.arguments))
    return NOT_SO if faults else DONE


def _refuse_other(format: str) -> None:
    if format not in FORMATS:
        raise UnknownFormat("languages.format", format=format, allowed=FORMATS)
