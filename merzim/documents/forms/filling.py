"""Fills a form with values; leaves ruled lines for missing values and lists them. Pure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.rel import Relationships
from docxtpl.template import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from merzim.documents.forms.checks import FormNote, check_form
from merzim.documents.forms.definitions import Field, Form, Rows, template
from merzim.documents.forms.values import format_value, join_parts, value_or_default, variables
from workflow.refusal import Refusal, closest_first

Row = Mapping[str, object]
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class FormData:
    """Values of a form: its fields, its rows, and the groups whose register was looked up for them."""

    fields: Mapping[str, object] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    looked_up: Collection[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A missing value: a field, or a part of the n-th row (1 is the first); `rows` when there is no row at
    all.
    """

    field: str
    row: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FilledForm:
    """A filled form: the DOCX file, the missing values, and the remarks of the checks."""

    document: bytes
    missing: tuple[Missing, ...]
    notes: tuple[FormNote, ...]


def fill(
    form: Form,
    values: Mapping[str, object],
    language: str,
    *,
    rows: Iterable[Row] = (),
    looked_up: Collection[str] = (),
    office_template: bytes | None = None,
) -> FilledForm:
    """Fill a form with values.

    Args:
        values: field -> text, date, (first, last), number, list or truth value; None when missing.
        language: kk or ru.
        rows: each part -> value; in a form with groups also the group's id (or its number).
        looked_up: groups ("" where there are none) whose register was read: if it has no rows, the form says
            so.
        office_template: the organisation's own template; None for ours.

    Raises:
        Refusal: a value or a part of a row that the form does not have; a row of no group.
        Refusal: another language, or the organisation's own template is none, or asks for what the form does
            not have.
    """
    row_list = list(rows)
    context, missing = _build_context(form, values, language, row_list, looked_up=looked_up)
    document = _render(office_template or template(form.id, language), context, form.id)
    notes = check_form(form, values, row_list)
    if empty := _without_rows(form, row_list, looked_up):
        notes += (FormNote(code="form.note.none_found", arguments={"rows": empty}),)
    return FilledForm(document=_without_timestamps(document), missing=missing, notes=notes)


def missing_values(
    form: Form, values: Mapping[str, object], language: str, *, rows: Iterable[Row] = ()
) -> tuple[Missing, ...]:
    """Return the values `fill` would leave blank, without making the document."""
    return _build_context(form, values, language, list(rows))[1]


def _build_context(
    form: Form,
    values: Mapping[str, object],
    language: str,
    rows: Sequence[Row],
    *,
    looked_up: Collection[str] = (),
) -> tuple[dict[str, object], tuple[Missing, ...]]:
    """Return the variables of a form's template, and the required values that are missing. Raises Refusal."""
    if language not in ("kk", "ru"):
        raise Refusal("form_language", language=language, allowed=("kk", "ru"))
    _check_names(form, values, rows)
    missing: list[Missing] = []
    context: dict[str, object] = {}
    for form_field in form.fields.values():
        value = value_or_default(values, form_field, language)
        context |= variables(form_field, value, language, year=values.get("year"))
        if not context[f"{form_field.id}_known"] and not form_field.optional:
            missing.append(Missing(field=form_field.id))
    if form.rows is not None:
        context |= _row_variables(form.rows, rows, language, missing, looked_up=looked_up)
    return context, tuple(missing)


def group_of(rows: Rows, row: Row) -> int:
    """Return the index (from 0) of the group a row belongs to.

    Raises:
        Refusal: it belongs to no group.
    """
    text = row.get(rows.group_by)
    if (place := rows.group_called(text)) is None:
        allowed = tuple(group.id for group in rows.groups)
        raise Refusal("form_group_unknown", text=str(text or ""), column=rows.group_by, allowed=allowed)
    return place


def _check_names(form: Form, values: Mapping[str, object], rows: Sequence[Row]) -> None:
    """Raise Refusal for a value or a part of a row that the form does not have."""
    for name in values:
        form.field(name)
    columns = form.rows.columns if form.rows else ()
    for row in rows:
        for name in row:
            if name not in columns:
                allowed = closest_first(name, columns)
                raise Refusal("form_part_unknown", field=name, form=form.id, allowed=allowed)


def _row_variables(
    rows: Rows,
    filled_rows: Sequence[Row],
    language: str,
    missing: list[Missing],
    *,
    looked_up: Collection[str],
) -> dict[str, object]:
    """Return the template variables of the rows, and add their missing parts to `missing`."""
    if not filled_rows and not looked_up:
        missing.append(Missing(field="rows"))
    groups = {f"group_{place}": group for place, group in enumerate(rows.groups, 1)}
    parts_of = {name: group.parts for name, group in groups.items()} or {"rows": rows.parts}
    context: dict[str, list[dict[str, str]]] = {name: [] for name in parts_of}
    for number, row in enumerate(filled_rows, 1):
        name = f"group_{group_of(rows, row) + 1}" if groups else "rows"
        parts, written = parts_of[name], context[name]
        written.append(_row_texts(rows, parts, row, language, at=len(written) + 1))
        missing += [
            Missing(field=part.id, row=number)
            for part in parts.values()
            if not part.optional and format_value(part, row.get(part.id), language) is None
        ]
    for name, parts in parts_of.items():
        blank = dict.fromkeys(_row_texts(rows, parts, {}, language, at=1), "")
        if context[name]:
            continue
        if rows.nothing and (groups[name].id if groups else "") in looked_up:
            context[name] = [blank | _nothing(rows, next(iter(parts)), rows.nothing[language])]
        else:
            context[name] = [blank] * rows.blank
    return dict(context)


def _without_rows(form: Form, rows: Sequence[Row], looked_up: Collection[str]) -> list[int]:
    """Return the numbers of the groups (1 is the first) whose register has no row; of flat rows, 1."""
    if form.rows is None or not form.rows.nothing or not looked_up:
        return []
    if not form.rows.groups:
        return [] if rows else [1]
    filled = {group_of(form.rows, row) for row in rows}
    return [
        place + 1
        for place, group in enumerate(form.rows.groups)
        if group.id in looked_up and place not in filled
    ]


def _row_texts(rows: Rows, parts: Mapping[str, Field], row: Row, language: str, *, at: int) -> dict[str, str]:
    """Return what a template may say of a row: its number, each part by its name, parts `joined` in one text,
    and all of them, one paragraph each (`lines`) or in one sentence (`sentence`).
    """
    texts = {part.id: format_value(part, row.get(part.id), language) or "" for part in parts.values()}
    filled = [(part, text) for part, text in texts.items() if text]
    joined = {
        name: join_parts([pair for part in names for pair in filled if pair[0] == part], language)
        for name, names in rows.joined.items()
    }
    sentence = f"{at}) " + join_parts(filled, language, between="; ")
    return {"number": f"{at}.", **texts, **joined, "lines": join_parts(filled, language), "sentence": sentence}


def _nothing(rows: Rows, first: str, text: str) -> dict[str, str]:
    """Return the texts of a row saying that there is nothing: in its first part, and where that is joined."""
    return dict.fromkeys(
        ["lines", "sentence", first, *(name for name, of in rows.joined.items() if of[0] == first)], text
    )


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
