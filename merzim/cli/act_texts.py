"""The command `merzim acts`: the acts a unit adopted (`acts UNIT`), and the loaded full texts of acts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.contact_settings import acts
from merzim.cli.help import add_group
from merzim.cli.printing import paragraph

ActArgument = Annotated[str, typer.Argument(metavar="ACT")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(app, "acts", "adopted", adopted=acts, list=listed, load=load, show=show)


def listed(ctx: typer.Context) -> None:
    from merzim.services.law.act_texts import AskActTexts, list_act_texts

    call = CommandContext.of(ctx)
    act_texts = list_act_texts(call.ctx, AskActTexts())
    if call.json:
        call.answer(act_texts.model_dump(mode="json"))
        return
    rows: list[tuple[object, ...]] = [
        (act.act, act.title[call.law_language], step.language, step.number, step.places, step.at, step.by)
        for act in act_texts.acts
        for step in act.steps
    ]
    rows += [
        (act.act, act.title[call.law_language], "–", "", "", "", "") for act in act_texts.acts if not act.steps
    ]
    call.table(("act", "title", "language", "text_number", "places", "at", "by"), rows)


def load(
    ctx: typer.Context,
    act: ActArgument,
    file: Annotated[str, typer.Argument(metavar="FILE")],
    language: Annotated[str, typer.Option("--text", metavar="kk|ru", help="cli.option.act_text")] = "",
) -> None:
    from merzim.services.inputs import FileInput, OpenFile, build
    from merzim.services.law.act_texts import LoadActText, load_act_text

    call, path = CommandContext.of(ctx), Path(file)
    call.creates_database = True
    with path.open("rb") as content:
        sent = FileInput(content=OpenFile(path.name, content))
        command = build(LoadActText, {"act": act, "language": language or None, "file": sent})
        loaded = load_act_text(call.ctx, command)
    if call.json:
        call.answer(loaded.model_dump(mode="json"))
        return
    last = loaded.steps[-1]
    call.print(
        call.say(
            "cli.acts.loaded",
            act=loaded.title[call.law_language],
            language=last.language,
            number=last.number,
            headings=last.headings,
            places=last.places,
        )
    )


def show(
    ctx: typer.Context,
    act: ActArgument,
    place: Annotated[str, typer.Argument(metavar="PLACE")] = "",
    language: Annotated[str, typer.Option("--text", metavar="kk|ru", help="cli.option.act_text")] = "",
) -> None:
    from merzim.services.inputs import build
    from merzim.services.law.act_texts import OpenActText, open_act_text

    call = CommandContext.of(ctx)
    law_language = call.law_language
    text_language = law_language if law_language in ("kk", "ru") else None
    command = build(OpenActText, {"act": act, "place": place, "language": language or text_language})
    reading = open_act_text(call.ctx, command)
    if call.json:
        call.answer(reading.model_dump(mode="json"))
        return
    call.print(reading.title[call.law_language] + "\n")
    if place and not reading.found:
        call.print(call.say("web.acts.not_found"))
    for act_paragraph in reading.passage or reading.paragraphs:
        call.print(paragraph(act_paragraph.text))
