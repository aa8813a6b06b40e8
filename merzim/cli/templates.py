"""The commands `merzim template list|show|take|choose`: the organisation's own templates of forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import add_group

if TYPE_CHECKING:
    from merzim.services.documents.templates import FormView, TemplateView

FormArgument = Annotated[str, typer.Argument(metavar="FORM")]
Language = Annotated[str, typer.Argument(metavar="kk|ru")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(app, "template", list=listed, show=show, take=take, choose=choose)


def listed(ctx: typer.Context) -> None:
    call = CommandContext.of(ctx)
    forms = _forms(call)
    if call.json:
        call.answer({"forms": [form.model_dump(mode="json") for form in forms]})
        return
    rows = [
        (form.id, form.title[call.law_language], *(_in_use(call, template) for template in form.templates))
        for form in forms
    ]
    call.table(("form", "title", "template_kk", "template_ru"), rows)


def show(ctx: typer.Context, form: FormArgument) -> None:
    call = CommandContext.of(ctx)
    (form_view,) = _forms(call, form)
    if call.json:
        call.answer(form_view.model_dump(mode="json"))
        return
    call.table(
        ("placeholder", "title", "group"),
        [
            (
                f"{{{{ {placeholder.name} }}}}",
                placeholder.title[call.law_language],
                placeholder.group[call.law_language] if placeholder.group else "",
            )
            for placeholder in form_view.placeholders
        ],
    )
    steps = [(template.language, step) for template in form_view.templates for step in template.steps]
    if steps:
        call.table(
            ("language", "template_number", "file", "at", "by", "sha256"),
            [(language, step.number, step.name, step.at, step.by, step.sha256) for language, step in steps],
        )


def take(
    ctx: typer.Context,
    form: FormArgument,
    language: Language,
    file: Annotated[str, typer.Argument(metavar="FILE")],
) -> None:
    from merzim.services.documents.templates import TakeTemplate, take_template
    from merzim.services.inputs import FileInput, OpenFile, build

    call = CommandContext.of(ctx)
    path = call.given(file, "docx")
    with path.open("rb") as content:
        sent = FileInput(content=OpenFile(path.name, content))
        command = build(TakeTemplate, {"form": form, "language": language, "file": sent})
        _answer(call, take_template(call.ctx, command))


def choose(
    ctx: typer.Context,
    form: FormArgument,
    language: Language,
    number: Annotated[str, typer.Argument(metavar="N")],
) -> None:
    from merzim.services.documents.templates import ChooseTemplate, choose_template
    from merzim.services.inputs import build

    call = CommandContext.of(ctx)
    command = build(ChooseTemplate, {"form": form, "language": language, "number": number})
    _answer(call, choose_template(call.ctx, command))


def _forms(call: CommandContext, form: str | None = None) -> list[FormView]:
    from merzim.services.documents.templates import AskTemplates, list_templates
    from merzim.services.inputs import build

    return list_templates(call.ctx, build(AskTemplates, {"form": form})).forms


def _in_use(call: CommandContext, template: TemplateView) -> str:
    number = template.steps[-1].number if template.steps else 0
    return call.say("web.templates.number", number=number) if number else call.say("web.templates.ours")


def _answer(call: CommandContext, template: TemplateView) -> None:
    if call.json:
        call.answer(template.model_dump(mode="json"))
        return
    call.print(_in_use(call, template))
    lacking = [field[call.law_language] for field in template.steps[-1].lacking] if template.steps else []
    if lacking:
        call.print(call.say("web.templates.lacking"))
        for field in lacking:
            call.print(f"  {field}")
