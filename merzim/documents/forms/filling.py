"""Fills a form with values; leaves ruled lines for missing values and lists them. Pure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from docxtpl.template import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from merzim.documents.forms.building import template
from merzim.documents.forms.checks import FormNote, check_form
from merzim.documents.forms.form import Field, Form, Rows
from merzim.documents.forms.tables import group_variable
from merzim.documents.forms.values import (
    NEW_PARAGRAPH,
    clean_text,
    format_value,
    inflected,
    inflections,
    items,
    join_parts,
    placeholder,
    value_or_default,
)
from workflow.refusal import Refusal, closest_first

Row = Mapping[str, object]
_EPOCH = (1980, 1, 1, 0, 0, 0)


class UnknownFormField(Refusal, LookupError):
    """The form has no such field; `allowed` lists its fields."""


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
        UnknownField: a value or a part of a row that the form does not have.
        Refusal: a row of no group.
        Refusal: another language, or the organisation's own template is none, or asks for what the form does
            not have.
    """
    row_list = list(rows)
    if office_template is not None:
        # Text around a value in our own sentences is not part of it in another template.
        form = replace(
            form, fields={id: replace(field, shown=None, blank=None) for id, field in form.fields.items()}
        )
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
    if language not in ("kk", "ru"):
        raise Refusal("form_language", language=language, allowed=("kk", "ru"))
    _check_names(form, values, rows)
    missing: list[Missing] = []
    context: dict[str, object] = {}
    for field in form.fields.values():
        value = value_or_default(values, field, language)
        if field.kind == "list":
            item_lines = [f"{number}. {item}" for number, item in enumerate(items(value), 1)]
            context[field.id] = item_lines or ["_" * 60] * field.lines
            text = "known" if item_lines else None
        else:
            text = format_value(field, value, language)
            context[field.id] = placeholder(field, language, year=values.get("year")) if text is None else text
            context |= {
                f"{field.id}{name}": wording for name, wording in inflected(field, value, language).items()
            }
            for name in inflections(field):
                context.setdefault(f"{field.id}{name}", context[field.id])
        context[f"{field.id}_known"] = text is not None
        if text is None and not field.optional:
            missing.append(Missing(field=field.id))
    if form.rows is not None:
        context |= _row_variables(form, form.rows, rows, language, missing, looked_up=looked_up)
    return context, tuple(missing)


def group_of(rows: Rows, row: Row) -> int:
    """Return the index (from 0) of the group a row belongs to.

    Raises:
        Refusal: it belongs to no group.
    """
    name = clean_text(str(row.get(rows.group_by) or ""))
    for place, group in enumerate(rows.groups):
        if name.casefold() in (group.id.casefold(), str(place + 1)):
            return place
    allowed = tuple(group.id for group in rows.groups)
    raise Refusal("form_group_unknown", text=name, column=rows.group_by, allowed=allowed)


def _check_names(form: Form, values: Mapping[str, object], rows: Sequence[Row]) -> None:
    """Raise UnknownField for a value or a part of a row that the form does not have."""
    for name in values:
        if name not in form.fields:
            raise UnknownFormField(
                "form_field_unknown", field=name, form=form.id, allowed=closest_first(name, form.fields)
            )
    columns = form.rows.columns if form.rows else ()
    for row in rows:
        for name in row:
            if name not in columns:
                raise UnknownFormField(
                    "form_part_unknown", field=name, form=form.id, allowed=closest_first(name, columns)
                )


def _row_variables(
    form: Form,
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
    by_group: dict[int, list[dict[str, str]]] = {place: [] for place in range(len(rows.groups) or 1)}
    for number, row in enumerate(filled_rows, 1):
        place = group_of(rows, row) if rows.groups else 0
        parts = rows.groups[place].parts if rows.groups else rows.parts
        by_group[place].append(_row_cells(form, parts, row, language, at=len(by_group[place]) + 1))
        missing += [
            Missing(field=part.id, row=number)
            for part in parts
            if not part.optional and format_value(part, row.get(part.id), language) is None
        ]
    empty = rows.nothing[language] if rows.nothing else ""
    if not rows.groups:
        nothing = [_row_of_nothing(form, rows.parts, empty)] if empty and looked_up else []
        return {"rows": by_group[0] or nothing or _blank_rows(form, rows.parts, rows.blank)}
    context: dict[str, object] = {}
    for place, group in enumerate(rows.groups):
        if empty and group.id in looked_up and not by_group[place]:
            by_group[place] = [_row_of_nothing(form, group.parts, empty)]
        context[group_variable(place)] = by_group[place] or _blank_rows(form, group.parts, rows.blank)
        context[f"{group_variable(place)}_told"] = NEW_PARAGRAPH.join(row["told"] for row in by_group[place])
    return context


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


def _row_of_nothing(form: Form, parts: Sequence[Field], text: str) -> dict[str, str]:
    """Return the row saying that there is nothing, in the first column besides the number and the label."""
    (row,) = _blank_rows(form, parts, 1)
    places = [place for place, column in enumerate(form.columns) if column.shows[0] not in ("number", "label")]
    names = {f"c{places[0]}"} if places else {parts[0].id}
    return {**row, **dict.fromkeys(names, text), "told": text}


def _row_cells(form: Form, parts: Sequence[Field], row: Row, language: str, *, at: int) -> dict[str, str]:
    """Return the cells of one row: `c0`, `c1` ..., each part by its name, and all parts joined as `told`."""
    texts = {
        part.id: text for part in parts if (text := format_value(part, row.get(part.id), language)) is not None
    }
    cells = {"number": f"{at}.", "items": join_parts(list(texts.items()), language)}
    variables = {"number": f"{at}.", **{part.id: texts.get(part.id, "") for part in parts}}
    for place, column in enumerate(form.columns):
        name = column.shows[0]
        if len(column.shows) > 1:
            variables[f"c{place}"] = join_parts(
                [(part_id, texts[part_id]) for part_id in column.shows if part_id in texts], language
            )
        else:
            variables[f"c{place}"] = cells.get(name, texts.get(name, ""))
    variables["told"] = f"{at}) " + join_parts(list(texts.items()), language, between="; ")
    return variables


def _blank_rows(form: Form, parts: Sequence[Field], count: int) -> list[dict[str, str]]:
    cells = {f"c{place}": "" for place in range(len(form.columns))}
    return [cells | {"number": "", "told": ""} | {part.id: "" for part in parts}] * count


def _render(docx: bytes, context: Mapping[str, object], form: str) -> bytes:
    """Return the DOCX template filled with the variables.

    Values are escaped and never run as template code; what a template may say itself is bounded by a sandbox.
    """
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        document = DocxTemplate(io.BytesIO(docx))
        unknown = document.get_undeclared_template_variables(environment) - context.keys()
        if unknown:
            raise Refusal("form_template_unknown", form=form, names=tuple(sorted(unknown)))
        document.render(dict(context), environment, autoescape=True)
    except (TemplateError, zipfile.BadZipFile, ValueError, KeyError) as problem:
        raise Refusal("form_template_broken", form=form, problem=str(problem)) from problem
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


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
