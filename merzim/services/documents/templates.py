"""The organisation's own DOCX templates of forms: placeholders of each form, uploading and choosing
templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from i18n import LANGUAGES, say
from merzim.documents.child import read
from merzim.documents.forms import Form, Note, form, form_marks, names, title
from merzim.documents.forms.own_template import MAX_TEMPLATE_BYTES, Placeholder, check_template, placeholders
from merzim.documents.sheets.unreadable import EvidenceDamaged, UnreadablePaper
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.evidence import open_file, store_file
from merzim.services.inputs import FileInput, OpenFile
from merzim.services.moments import almaty
from merzim.services.verbs import Command, NotFound, verb
from merzim.storage.org.template_steps import TemplateStep, append_step, template_steps
from workflow.languages import PAPER_LANGUAGES
from workflow.law.procedure import Text

FormId = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,60}$")]
PaperLanguage = Literal["kk", "ru"]
Titles = dict[str, str]


class UnknownTemplate(NotFound):
    """There is no such form, or it has no own template with that number."""

    not_found = "web.problem.no_template"


class AskTemplates(Command):
    """Request the forms and their own templates: of all forms, or of one."""

    form: FormId | None = None


class TakeTemplate(Command):
    """Use a DOCX file as the template of a form in a language."""

    form: FormId
    language: PaperLanguage
    file: FileInput


class ChooseTemplate(Command):
    """Use an earlier template of a form again by its number, or ours with 0."""

    form: FormId
    language: PaperLanguage
    number: Annotated[int, Field(ge=0)]


class PlaceholderView(BaseModel):
    """A placeholder as written in a template. `group`: the heading of the rows it belongs to."""

    name: str
    title: Titles
    kind: str
    optional: bool
    group: Titles | None


class TemplateStepView(BaseModel):
    """A step in the history of a template. `number`: from 1, equal for equal files; 0: the return to ours.

    `lacking`: titles of obligatory fields without a placeholder in it.
    """

    number: int
    name: str
    sha256: str
    at: datetime
    by: str
    lacking: list[Titles]


class TemplateView(BaseModel):
    """The own templates of a form in a language, in order; the last is in use. If there are none, ours is."""

    form: str
    language: PaperLanguage
    steps: list[TemplateStepView]


class FormView(BaseModel):
    """A form with its placeholders and its own templates."""

    id: str
    title: Titles
    placeholders: list[PlaceholderView]
    templates: list[TemplateView]


class FormList(BaseModel):
    """The forms that may have an own template."""

    forms: list[FormView]


@verb("settings", writes=False)
def list_templates(ctx: RequestContext, command: AskTemplates) -> FormList:
    """Return forms with their placeholders and the organisation's own templates."""
    listed_forms = [_form(command.form)] if command.form else [form(name) for name in names()]
    steps: dict[tuple[str, str], list[TemplateStep]] = {}
    for step in template_steps(ctx.app.engine):
        steps.setdefault((step.form, step.language), []).append(step)
    return FormList(
        forms=[
            FormView(
                id=listed_form.id,
                title=_titles(listed_form.title),
                placeholders=[_placeholder(item) for item in placeholders(listed_form)],
                templates=[
                    _template(listed_form, "kk", steps.get((listed_form.id, "kk"), [])),
                    _template(listed_form, "ru", steps.get((listed_form.id, "ru"), [])),
                ],
            )
            for listed_form in listed_forms
        ]
    )


@verb("settings")
def take_template(ctx: RequestContext, command: TakeTemplate) -> TemplateView:
    """Check a DOCX file and use it as the template of a form; if it is in use already, nothing changes.

    Raises:
        UnknownTemplate: there is no such form.
        UnreadablePaper: it cannot be used; `errors` lists every wrong placeholder and part.
        EvidenceRefused: it is not a DOCX file, or cannot be stored.
    """
    about = _form(command.form)
    opened_file = open_file(ctx, command.file)
    if opened_file is None:
        raise UnreadablePaper("form_template_no_file")
    content, name = opened_file
    if not name.lower().endswith(".docx"):
        raise UnreadablePaper("form_template_no_docx", name=name)
    data = content.read(MAX_TEMPLATE_BYTES + 1)
    lacking = read(check_template, data, name, form=about.id)
    content.seek(0)
    stored = store_file(ctx, FileInput(content=OpenFile(name, content)))
    return _take(ctx, command, name=name, sha256=str(stored["sha256"]), lacking=lacking)


@verb("settings")
def choose_template(ctx: RequestContext, command: ChooseTemplate) -> TemplateView:
    """Use an earlier template of a form again, or ours (0).

    Raises:
        UnknownTemplate: there is no such form, or it has no template with that number.
    """
    if command.number == 0:
        return _take(ctx, command, name="", sha256="", lacking=())
    step = _numbered(ctx, command.form, command.language, command.number)
    return _take(ctx, command, name=step.name, sha256=step.sha256, lacking=step.lacking)


def template_file(ctx: RequestContext, form: str, language: str, number: int) -> tuple[str, bytes]:
    """Return name and bytes of an own template, after checking its hash.

    Raises:
        UnknownTemplate: the form has no template with that number.
        EvidenceDamaged: the stored file is missing or altered.
    """
    step = _numbered(ctx, form, language, number)
    with ctx.app.evidence.open(step.sha256) as content:
        return step.name, content.read()


def _take(
    ctx: RequestContext,
    command: TakeTemplate | ChooseTemplate,
    *,
    name: str,
    sha256: str,
    lacking: tuple[str, ...],
) -> TemplateView:
    """Append the step unless the template is in use already; return the steps after it."""
    about = _form(command.form)
    steps = template_steps(ctx.app.engine, about.id, command.language)
    if sha256 != (steps[-1].sha256 if steps else ""):
        append_step(
            ctx.app.engine,
            TemplateStep(
                form=about.id,
                language=command.language,
                sha256=sha256,
                name=name,
                lacking=lacking,
                at=ctx.now,
                by=ctx.reader.login,
            ),
            on=ctx.today,
        )
        steps = template_steps(ctx.app.engine, about.id, command.language)
    return _template(about, command.language, steps)


def _form(name: str) -> Form:
    if name not in names():
        raise UnknownTemplate("web.problem.no_template")
    return form(name)


def _numbered(ctx: RequestContext, form: str, language: str, number: int) -> TemplateStep:
    steps = template_steps(ctx.app.engine, form, language)
    files = list({step.sha256: step for step in steps if step.sha256}.values())
    if not 0 < number <= len(files):
        raise UnknownTemplate("web.problem.no_template")
    return files[number - 1]


def _template(about: Form, language: PaperLanguage, steps: list[TemplateStep]) -> TemplateView:
    files = dict.fromkeys(step.sha256 for step in steps if step.sha256)
    numbers = {sha256: at for at, sha256 in enumerate(files, 1)}
    placeholders_by_name = {placeholder.name: placeholder for placeholder in placeholders(about)}
    return TemplateView(
        form=about.id,
        language=language,
        steps=[
            TemplateStepView(
                number=numbers.get(step.sha256, 0),
                name=step.name,
                sha256=step.sha256,
                at=step.at,
                by=step.by,
                lacking=[_lacking(placeholders_by_name, name) for name in step.lacking],
            )
            for step in steps
        ],
    )


def _lacking(placeholders_by_name: dict[str, Placeholder], name: str) -> Titles:
    """Return the title of a missing placeholder: of a field, or of a list with the heading of its group."""
    if name in placeholders_by_name:
        return _title(placeholders_by_name[name])
    group = next(
        (
            placeholder.group
            for placeholder in placeholders_by_name.values()
            if placeholder.name.startswith(f"{name}.")
        ),
        None,
    )
    rows = _titles_of("form.placeholder.rows")
    return (
        {language: f"{rows[language]}: {text}" for language, text in _titles(group).items()} if group else rows
    )


def _placeholder(placeholder: Placeholder) -> PlaceholderView:
    return PlaceholderView(
        name=placeholder.name,
        title=_title(placeholder),
        kind=placeholder.field.kind if placeholder.field else "list",
        optional=placeholder.field.optional if placeholder.field else True,
        group=_titles(placeholder.group) if placeholder.group else None,
    )


def _title(placeholder: Placeholder) -> Titles:
    """Return the title of a placeholder's value, with the inflected form it shows."""
    if placeholder.field is None:
        return _titles_of("form.placeholder.told")
    field = placeholder.field.id
    if not placeholder.ending:
        return {language: title(field, language) for language in LANGUAGES}
    code = f"form.placeholder{placeholder.ending}{'_date' if placeholder.field.kind == 'date' else ''}"
    return {language: say(code, {"title": title(field, language)}, language) for language in LANGUAGES}


def _titles(text: Mapping[str, str] | Text) -> Titles:
    """Return a text in each language; texts of documents have no English and are shown in Russian."""
    if isinstance(text, Text):
        return {language: text[language] for language in LANGUAGES}
    return {language: text.get(language, text["ru"]) for language in LANGUAGES}


def _titles_of(code: str) -> Titles:
    return {language: say(code, {}, language) for language in LANGUAGES}


InUse = Mapping[tuple[str, str], "TemplateStep"]
"""Form and language -> the template in use; ours is used for those without an entry."""


def templates_in_use(app: AppContext) -> InUse:
    """Return the organisation's own templates in use."""
    last = {(step.form, step.language): step for step in template_steps(app.engine)}
    return {place: step for place, step in last.items() if step.sha256}


def own_template(app: AppContext, form: str, language: str) -> bytes | None:
    """Return the organisation's own template of a form after checking its hash; None where ours is used.

    Raises:
        EvidenceDamaged: the stored file is missing, altered or unreadable.
    """
    steps = template_steps(app.engine, form, language)
    if not steps or not steps[-1].sha256:
        return None
    try:
        with app.evidence.open(steps[-1].sha256) as content:
            return content.read()
    except EvidenceDamaged as damage:
        raise damage.of(form, steps[-1].name) from None


def layout_notes(form: Form, templates: InUse) -> tuple[Note, ...]:
    """Return the remarks on a form's layout: whose it is, its language, and the own template used."""
    used_templates = {
        language: templates[form.id, language]
        for language in PAPER_LANGUAGES
        if (form.id, language) in templates
    }
    ours = [language for language in PAPER_LANGUAGES if (form.id, language) not in templates]
    marks = form_marks(form, ours[-1]) if ours else ()
    chosen = {
        language: {"name": step.name, "on": step.at.astimezone(almaty()).date()}
        for language, step in used_templates.items()
    }
    return (
        *marks,
        *(
            Note(code=f"form.mark.own_{language}", arguments=arguments)
            for language, arguments in chosen.items()
        ),
    )
