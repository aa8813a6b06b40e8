"""Reports about a year of a unit: the list of forms, each filled with data visible to the reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from i18n import date_long, number, say
from services.documents.own_templates import InUse, layout_notes, own_template
from services.documents.rows import Row
from services.register_views import (
    MAX_PAGE_SIZE,
    FieldView,
    FilterInput,
    ListRows,
    RowView,
    cell_value,
    list_rows,
)
from services.row_papers import recorded_fields
from workflow.registers.definition import UnknownField, UnknownRegister

if TYPE_CHECKING:
    from documents.forms import Form, FormData, Note
    from documents.forms.form import Field, RegisterRows, Rows
    from services.context import RequestContext


def year_reports() -> Sequence[Form]:
    """Return the forms about a year: the annexes of the Instruction by number, then the others."""
    from documents.forms import form, names

    reports = [one for one in map(form, names()) if one.about == "period"]
    return sorted(reports, key=lambda one: (one.annex is None, one.annex or 0, one.id))


def report_marks(ctx: RequestContext, form: Form, own: InUse, *, unit: str, year: int) -> Sequence[Note]:
    """Return remarks shown beside a report but not printed on it: whose layout and translation it is, and names
    in the other language.
    """
    from documents.forms import LANGUAGES, Note
    from services.documents.filling import foreign_names

    notes = [*layout_notes(form, own)]
    named = people_in_rows(ctx, form, unit=unit, year=year)
    foreign = {
        one: foreign_names(ctx.app, form, one, unit=unit, today=ctx.today, named=named) for one in LANGUAGES
    }
    notes += [
        Note(code=f"form.note.foreign_{language}", arguments={"names": names})
        for language, names in foreign.items()
        if names
    ]
    return notes


def filled_report(ctx: RequestContext, name: str, language: str, *, unit: str, year: int) -> bytes:
    """Return a report about a year of a unit ("" is the whole office) as DOCX.

    Raises:
        UnknownForm: there is no form about a year with that name.
        EvidenceDamaged: the organisation's own template of it is missing or altered.
    """
    from documents.forms import UnknownForm, fill

    allowed = {one.id: one for one in year_reports()}
    if name not in allowed:
        raise UnknownForm("form_unknown", form=name, allowed=tuple(allowed))
    data = report_data(ctx, allowed[name], language, unit=unit, year=year)
    return fill(
        allowed[name],
        data.fields,
        language,
        rows=data.rows,
        looked_up=data.looked_up,
        own=own_template(ctx.app, name, language),
    ).document


def report_data(
    ctx: RequestContext,
    form: Form,
    language: str,
    *,
    unit: str,
    year: int | None,
    person: str = "",
    row: str = "",
    approver: str = "",
) -> FormData:
    """Return what the reader knows for a form about a period of a unit, or about a person.

    About a person the register of the form speaks as well: its row named, or the newest one of the person.
    """
    from documents.forms import FormData
    from services.documents.filling import from_office
    from services.documents.periods import REPORTED, objects, period_rows
    from storage.cases.registers import cases_with_entries

    # Lists name people and units in the language of who asks: here of the paper.
    ctx = replace(ctx, language=language)
    fields = from_office(
        ctx.app, form, language, unit=unit, year=year, person=person, today=ctx.today, approver=approver
    )
    if form.source and (row or person):
        kept = {"organisation": fields["organisation"]} if unit and "organisation" in fields else {}
        return FormData({**fields, **recorded_fields(ctx, form, language, row=row, person=person), **kept})
    if not year or not form.rows:
        return FormData(fields)
    office = ctx.app.reads.office()
    if form.id == "year_schedule":
        cases = ctx.reads.whole([case.id for case in ctx.reads.cases(unit or None)])
        return FormData(fields, tuple(objects(cases.values(), office, year, language)))
    rows, looked_up = _register_rows(ctx, form.rows, unit, year, language)
    if form.id in REPORTED:
        cases = ctx.reads.whole(cases_with_entries(ctx.app.engine, unit or None))
        recorded = period_rows(form, [cases[case] for case in sorted(cases)], office, year, language)
        rows += [row for row in recorded if row not in rows]
    return FormData(fields, tuple(rows), looked_up)


def _register_rows(
    ctx: RequestContext, rows: Rows, unit: str, year: int, language: str
) -> tuple[list[Row], Sequence[str]]:
    """Return the rows of a report, the earliest of a group first, and the groups whose register was read.

    A register whose lists the reader does not see is not mentioned, not even as empty.
    """
    listed, looked_up = list[Row](), list[str]()
    for group, source in rows.sources.items():
        try:
            found = list(_rows(ctx, source, rows.parts_of(group), unit, year, language))
        except (UnknownRegister, UnknownField):
            continue
        looked_up.append(group)
        listed += [{rows.group_by: group, **row} if group else row for row in found]
    return listed, looked_up


def _rows(
    ctx: RequestContext, source: RegisterRows, parts: Sequence[Field], unit: str, year: int, language: str
) -> Iterator[Row]:
    kinds = {part.id: part.kind for part in parts}
    for fields, row in _listed(ctx, source, unit, year):
        cells = {
            part: _cell(row, [fields[name] for name in names if name in fields], kinds[part], language)
            for part, names in source.parts.items()
        }
        yield {part: value for part, value in cells.items() if value is not None}


def people_in_rows(ctx: RequestContext, form: Form, *, unit: str, year: int | None) -> Sequence[str]:
    """Return the keys of the people named in register rows of a report about a year, without repetition."""
    people = dict[str, None]()
    for source in form.rows.sources.values() if form.rows and year else ():
        names = {name for parts in source.parts.values() for name in parts}
        try:
            register = ctx.app.registers.on(source.register, ctx.today)
            if not any(one.kind == "person" for one in register.fields.values() if one.id in names):
                continue
            for fields, row in _listed(ctx, source, unit, year or 0):
                shown = (name for name in names & fields.keys() if fields[name].kind == "person")
                people |= {row.values[name]: None for name in shown if name in row.values}
        except (UnknownRegister, UnknownField):
            continue
    return [*people]


def _listed(
    ctx: RequestContext, source: RegisterRows, unit: str, year: int
) -> Iterator[tuple[Mapping[str, FieldView], RowView]]:
    """Yield the rows of a year of the register a report uses, with the fields visible to the reader."""
    where = [{"field": name, "is": [*values]} for name, values in source.where.items()]
    found = list[tuple[str, Mapping[str, FieldView], RowView]]()
    for place, name in enumerate(source.dates):
        of_year = {"field": name, "from": f"{year}-01-01", "until": f"{year}-12-31"}
        without = [{"field": before, "empty": True} for before in source.dates[:place]]
        filters = [FilterInput.model_validate(one) for one in (of_year, *without, *where)]
        command = ListRows(
            register_id=source.register, unit=unit, filters=filters, sort=name, size=MAX_PAGE_SIZE
        )
        listed = list_rows(ctx, command)
        while listed.rows:
            fields = {field.id: field for field in listed.fields}
            found += [(str(row.values[name]), fields, row) for row in listed.rows]
            if listed.page >= listed.pages:
                break
            listed = list_rows(ctx, command.model_copy(update={"page": listed.page + 1}))
    for _, shown, row in sorted(found, key=lambda one: one[0]):
        yield shown, row


def _cell(row: RowView, fields: Sequence[FieldView], kind: str, language: str) -> object:
    """Return the value of a part of a form: a date or number unchanged, else the texts of its fields."""
    values = [
        (field, value) for field in fields if (value := cell_value(field, row, language)) not in (None, "")
    ]
    if len(values) == 1 and kind in ("date", "number", "amount"):
        return values[0][1]
    return ", ".join(_words(field, value, language) for field, value in values) or None


def _words(field: FieldView, value: object, language: str) -> str:
    match value:
        case bool():
            return say("register.yes" if value else "register.no", {}, language)
        case date():
            return date_long(value, language)
        case Decimal():
            unit = f" {field.unit[language]}" if field.unit else ""
            return number(value, language) + unit
    return str(value)
