"""A paper: a form with what is known of it. Its document, where ruled lines stand for what is missing. Pure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.rel import Relationships
from docxtpl.template import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from merzim.documents.forms.definitions import Field, Form, RowGroup, Rows, template
from merzim.documents.forms.values import format_value, join_parts, variables
from workflow.languages import PAPER_LANGUAGES
from workflow.refusal import Refusal, closest_first

Row = Mapping[str, object]
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Paper:
    """A form with its values, in the language of the paper.

    Attributes:
        values: field -> text, date, (first, last), number, list or truth value; None when missing.
        rows: each part -> value; in a form with groups also the group's id (or its number).
        looked_up: groups ("" where there are none) whose register was read: if it has no rows, the form says
            so.
    """

    form: Form
    language: str
    values: Row
    rows: Sequence[Row] = ()
    looked_up: Collection[str] = ()

    def with_values(self, values: Row) -> Paper:
        """Return the paper with these values, in the place of those it has of the same fields."""
        return replace(self, values={**self.values, **values})

    def value_of(self, field: Field) -> object:
        """Return the value of a field; without one its default in the language, if it has any."""
        value = self.values.get(field.id)
        return field.default.get(self.language, value) if value in (None, "", (), []) else value


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A missing value: a field, or a part of the n-th row (1 is the first); `rows` when there is no row at
    all.
    """

    field: str
    row: int | None = None


def missing_values(paper: Paper) -> list[Missing]:
    """Return the required values that the document of a paper leaves blank. Raises Refusal as `fill` does."""
    _check_names(paper)
    form, language, rows = paper.form, paper.language, paper.form.rows
    missing = [
        Missing(field=field.id)
        for field in form.fields.values()
        if not field.optional and format_value(field, paper.value_of(field), language) is None
    ]
    if rows is None:
        return missing
    if not paper.rows and not paper.looked_up:
        missing.append(Missing(field="rows"))
    return missing + [
        Missing(field=part.id, row=number)
        for number, row in enumerate(paper.rows, 1)
        for part in rows.group_of(row).parts.values()
        if not part.optional and format_value(part, row.get(part.id), language) is None
    ]


def fill(paper: Paper, office_template: bytes | None = None) -> bytes:
    """Return the DOCX of a paper. `office_template`: the organisation's own template; None for ours.

    Raises:
        Refusal: a value or a part of a row that the form does not have; a row of no group.
        Refusal: another language, or the organisation's own template is none, or asks for what the form does
            not have.
    """
    _check_names(paper)
    form, language, context = paper.form, paper.language, dict[str, object]()
    for field in form.fields.values():
        context |= variables(field, paper.value_of(field), language, year=paper.values.get("year"))
    if form.rows:
        context |= _row_variables(paper, form.rows)
    return _without_timestamps(_render(office_template or template(form.id, language), context, form.id))


def _check_names(paper: Paper) -> None:
    """Raise Refusal for a language without papers, and a value or part of a row that the form does not have."""
    form = paper.form
    if paper.language not in PAPER_LANGUAGES:
        raise Refusal("form_language", language=paper.language, allowed=PAPER_LANGUAGES)
    for name in paper.values:
        form.field(name)
    columns = form.rows.columns if form.rows else ()
    if unknown := next((name for row in paper.rows for name in row if name not in columns), None):
        allowed = closest_first(unknown, columns)
        raise Refusal("form_part_unknown", field=unknown, form=form.id, allowed=allowed)


def groups_without_rows(paper: Paper) -> list[int]:
    """Return the numbers of the groups (1 is the first) whose register was read and has no row."""
    rows = paper.form.rows
    filled = {rows.group_of(row).id for row in paper.rows} if rows else set[str]()
    return [
        place
        for place, group in enumerate(rows.groups if rows and rows.nothing else (), 1)
        if group.id in paper.looked_up and group.id not in filled
    ]


def _row_variables(paper: Paper, rows: Rows) -> dict[str, object]:
    """Return what a template may say of the rows: a list by variable of each group."""
    written: dict[str, list[dict[str, str]]] = {group.id: [] for group in rows.groups}
    for row in paper.rows:
        group = rows.group_of(row)
        at = len(written[group.id]) + 1
        written[group.id].append(_row_texts(rows, group, row, paper.language, at=at))
    context = dict[str, object]()
    for name, group in rows.by_variable.items():
        blank = dict.fromkeys(_row_texts(rows, group, {}, paper.language, at=1), "")
        if rows.nothing and group.id in paper.looked_up:
            none_found = [blank | _nothing(rows, next(iter(group.parts)), rows.nothing[paper.language])]
        else:
            none_found = [blank] * rows.blank
        context[name] = written[group.id] or none_found
    return context


def _row_texts(rows: Rows, group: RowGroup, row: Row, language: str, *, at: int) -> dict[str, str]:
    """Return what a template may say of a row: its number, each part by its name, parts `joined` in one text,
    and all of them, one paragraph each (`lines`) or in one sentence (`sentence`).
    """
    texts = {part.id: format_value(part, row.get(part.id), language) or "" for part in group.parts.values()}
    filled = [(part, text) for part, text in texts.items() if text]
    joined = {
        name: join_parts([pair for part in names for pair in filled if pair[0] == part], language)
        for name, names in rows.joined.items()
    }
    sentence = f"{at}) " + join_parts(filled, language, between="; ")
    return {"number": f"{at}.", **texts, **joined, "lines": join_parts(filled, language), "sentence": sentence}


def _nothing(rows: Rows, first: str, text: str) -> dict[str, str]:
    """Return the texts of a row saying that there is nothing: in its first part, and where that is joined."""
    joined = (name for name, of in rows.joined.items() if of[0] == first)
    return dict.fromkeys(["lines", "sentence", first, *joined], text)


def _render(docx: bytes, context: Mapping[str, object], form: str) -> bytes:
    """Return the DOCX template filled with the variables. Raises Refusal for a template that cannot be.

    Values are escaped and never run as template code; what a template may say itself is bounded by a sandbox.
    """
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        document = DocxTemplate(io.BytesIO(docx))
        unknown = document.get_undeclared_template_variables(environment) - context.keys()
        if unknown:
            names = tuple(sorted(unknown))
            allowed = closest_first(names[0], (name for name in context if not name.endswith("_known")))
            raise Refusal("form_template_unknown", form=form, names=names, allowed=allowed)
        document.init_docx()
        _name_properties(cast(Document, document.docx).part.package.rels)
        document.render(dict(context), environment, autoescape=True)
    except (TemplateError, zipfile.BadZipFile, ValueError, KeyError, TypeError, ArithmeticError) as problem:
        raise Refusal("form_template_broken", form=form, problem=str(problem)) from problem
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _name_properties(relations: Relationships) -> None:
    """Give the properties of a file that LibreOffice wrote the name Word knows them by.

    Else python-docx adds a second part of the same name, and Word calls the document damaged.
    """
    for id, relation in list(relations.items()):
        if relation.reltype.endswith("/officedocument/2006/relationships/metadata/core-properties"):
            relations.get_or_add(RELATIONSHIP_TYPE.CORE_PROPERTIES, relation.target_part)
            del relations[id]


def _without_timestamps(docx: bytes) -> bytes:
    """Return the same file without timestamps, so that equal values give equal bytes."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx)) as original,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for item in original.infolist():
            archive.writestr(
                zipfile.ZipInfo(item.filename, _EPOCH), original.read(item), compress_type=zipfile.ZIP_DEFLATED
            )
    return target.getvalue()
