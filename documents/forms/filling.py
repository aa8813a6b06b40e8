"""Filling a form: what is known stands in its place, what is not is left as ruled lines and named. Pure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from documents.forms.building import template
from documents.forms.checks import Note, notes
from documents.forms.form import Field, Form, Rows
from documents.forms.tables import name_of
from documents.forms.values import NEW_PARAGRAPH, blank, clean, items, known, shown, told
from workflow.closest_matches import closest_first
from workflow.refusal import Refusal

Row = Mapping[str, object]
_EPOCH = (1980, 1, 1, 0, 0, 0)


class UnknownField(Refusal, LookupError):
    """The form asks no such thing; `allowed` are those it asks."""


class UnknownGroup(Refusal, LookupError):
    """A row belongs to no group of the form; `allowed` are its groups."""


class NotALanguageOfPapers(Refusal, ValueError):
    """Forms are in Kazakh and in Russian."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """Something not known yet: a field, or a part of the n-th row (1 is the first); `rows`: no row at all."""

    field: str
    row: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FilledForm:
    """A form filled: the DOCX file, what is left for the hand, and what the checks say."""

    document: bytes
    missing: tuple[Missing, ...]
    notes: tuple[Note, ...]


def fill(form: Form, values: Mapping[str, object], language: str, *, rows: Iterable[Row] = ()) -> FilledForm:
    """The form with these values.

    Args:
        values: field -> text, date, (first, last), number, list or truth value; None is not known.
        language: kk or ru.
        rows: each part -> value; in a form with groups also the group's id (or its number).

    Raises:
        UnknownField: a value or a part of a row the form does not ask.
        UnknownGroup: a row of no group.
        NotALanguageOfPapers: another language.
    """
    given = list(rows)
    context, missing = _context(form, values, language, given)
    document = _rendered(template(form.id, language), context)
    return FilledForm(document=document, missing=missing, notes=notes(form, values, given))


def lacking(
    form: Form, values: Mapping[str, object], language: str, *, rows: Iterable[Row] = ()
) -> tuple[Missing, ...]:
    """What `fill` would leave for the hand, without making the document."""
    return _context(form, values, language, list(rows))[1]


def _context(
    form: Form, values: Mapping[str, object], language: str, given: Sequence[Row]
) -> tuple[dict[str, object], tuple[Missing, ...]]:
    if language not in ("kk", "ru"):
        raise NotALanguageOfPapers("form_language", language=language, allowed=("kk", "ru"))
    _known_names(form, values, given)
    missing: list[Missing] = []
    context: dict[str, object] = {}
    for field in form.fields.values():
        value = known(values, field, language)
        if field.kind == "list":
            listed = [f"{number}. {item}" for number, item in enumerate(items(value), 1)]
            context[field.id] = listed or ["_" * 60] * field.lines
            text = "known" if listed else None
        else:
            text = shown(field, value, language)
            context[field.id] = blank(field, language, year=values.get("year")) if text is None else text
        if text is None and not field.optional:
            missing.append(Missing(field=field.id))
    if form.rows is not None:
        context |= _rows(form, form.rows, given, language, missing)
    return context, tuple(missing)


def group_of(rows: Rows, row: Row) -> int:
    """Which group a row belongs to, from 0.

    Raises:
        UnknownGroup: none.
    """
    said = clean(str(row.get(rows.group_by) or ""))
    for place, group in enumerate(rows.groups):
        if said.casefold() in (group.id.casefold(), str(place + 1)):
            return place
    allowed = tuple(group.id for group in rows.groups)
    raise UnknownGroup("form_group_unknown", text=said, column=rows.group_by, allowed=allowed)


def _known_names(form: Form, values: Mapping[str, object], rows: Sequence[Row]) -> None:
    for name in values:
        if name not in form.fields:
            raise UnknownField(
                "form_field_unknown", field=name, form=form.id, allowed=closest_first(name, form.fields)
            )
    columns = form.rows.columns if form.rows else ()
    for row in rows:
        for name in row:
            if name not in columns:
                raise UnknownField(
                    "form_part_unknown", field=name, form=form.id, allowed=closest_first(name, columns)
                )


def _rows(
    form: Form, rows: Rows, given: Sequence[Row], language: str, missing: list[Missing]
) -> dict[str, object]:
    if not given:
        missing.append(Missing(field="rows"))
    by_group: dict[int, list[dict[str, str]]] = {place: [] for place in range(len(rows.groups) or 1)}
    for number, row in enumerate(given, 1):
        place = group_of(rows, row) if rows.groups else 0
        parts = rows.groups[place].parts if rows.groups else rows.parts
        by_group[place].append(_row(form, parts, row, language, at=len(by_group[place]) + 1))
        missing += [
            Missing(field=part.id, row=number)
            for part in parts
            if not part.optional and shown(part, row.get(part.id), language) is None
        ]
    if not rows.groups:
        return {"rows": by_group[0] or _empty(form, rows.parts, rows.blank)}
    context: dict[str, object] = {}
    for place, group in enumerate(rows.groups):
        context[name_of(place)] = by_group[place] or _empty(form, group.parts, 1)
        context[f"{name_of(place)}_told"] = NEW_PARAGRAPH.join(row["told"] for row in by_group[place])
    return context


def _row(form: Form, parts: Sequence[Field], row: Row, language: str, *, at: int) -> dict[str, str]:
    """What the cells of one row show: `c0`, `c1` ..., each part by its name, and all of it told in one line."""
    texts = {part.id: text for part in parts if (text := shown(part, row.get(part.id), language)) is not None}
    cells = {"number": f"{at}.", "items": told(list(texts.items()), language)}
    made = {part.id: texts.get(part.id, "") for part in parts}
    for place, column in enumerate(form.columns):
        name = column.shows[0]
        if len(column.shows) > 1:
            made[f"c{place}"] = told([(one, texts[one]) for one in column.shows if one in texts], language)
        else:
            made[f"c{place}"] = cells.get(name, texts.get(name, ""))
    made["told"] = f"{at}) " + told(list(texts.items()), language, between="; ")
    return made


def _empty(form: Form, parts: Sequence[Field], count: int) -> list[dict[str, str]]:
    cells = {f"c{place}": "" for place in range(len(form.columns))}
    return [cells | {part.id: "" for part in parts}] * count


def _rendered(docx: bytes, context: Mapping[str, object]) -> bytes:
    """The template filled. Whatever a value holds, it stays the letters it is."""
    from docxtpl.template import DocxTemplate
    from jinja2 import Environment, StrictUndefined

    document = DocxTemplate(io.BytesIO(docx))
    document.render(dict(context), Environment(undefined=StrictUndefined, autoescape=True), autoescape=True)
    target = io.BytesIO()
    document.save(target)
    return _without_clock(target.getvalue())


def _without_clock(docx: bytes) -> bytes:
    """The same file with no moment of making in it: equal values give equal bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as made, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as kept:
        for item in made.infolist():
            kept.writestr(
                zipfile.ZipInfo(item.filename, _EPOCH), made.read(item), compress_type=zipfile.ZIP_DEFLATED
            )
    return target.getvalue()
