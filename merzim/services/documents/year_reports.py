"""Reports about a year or a quarter of a unit: the forms there are, each filled with what its reader sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from calendars.terms import month_end
from i18n import period as period_text
from merzim.documents.forms.checks import FormNote
from merzim.documents.forms.definitions import Field, Form, RecordedFacts, RegisterRows, Rows, forms_about
from merzim.documents.forms.filling import FormData, group_of
from merzim.services.context import RequestContext
from merzim.services.documents.filling import fill_form, from_office, paper_notes
from merzim.services.documents.row_papers import recorded_fields
from merzim.services.documents.rows import (
    FROM_CASE_REGISTERS,
    Row,
    all_position_rows,
    object_rows,
    period_rows,
    supplier_rows,
)
from merzim.services.evidence import paper_file_name
from merzim.services.registers.queries import FilterInput, ListRows
from merzim.services.registers.results import (
    FieldView,
    RowView,
    cell_value,
    paper_text,
    reader_scope,
    seen_register,
)
from merzim.services.registers.texts import row_in_language
from merzim.services.registers.views import list_rows, row_pages
from merzim.storage.cases.recommendations import cases_with_entries
from merzim.storage.registers.lists import SqlRegisterLists
from workflow.cases.case import Fact
from workflow.languages import PAPER_LANGUAGES
from workflow.refusal import Refusal
from workflow.registers.access import list_fields
from workflow.registers.definition import UnknownRegister, UnknownRegisterField

Days = tuple[date, date]
Recorded = tuple[RecordedFacts, int]
"""Facts that say how many rows there are, and the number they say."""
FactsByProcedure = Mapping[str, Sequence[tuple[str, Fact]]]
"""Procedure -> what its cases record, with the names of the facts."""
ListedRow = tuple[Mapping[str, FieldView], RowView]
"""A row of a register, with the fields its reader sees."""
Filters = tuple[Mapping[str, object], ...]


def year_reports() -> Sequence[Form]:
    """Return the forms of reports about a year or its quarters: annexes of the Instruction first, by number."""
    return sorted(
        forms_about("period"), key=lambda report: (report.annex is None, report.annex or 0, report.id)
    )


def year_report(name: str) -> Form:
    """Return the form of a report about a year or its quarters, by id. Raises Refusal."""
    allowed = {report.id: report for report in year_reports()}
    if name not in allowed:
        raise Refusal("form_unknown", form=name, allowed=tuple(allowed))
    return allowed[name]


def due_quarter(today: date) -> tuple[int, int]:
    """Return the year and number of the last quarter that has ended: the one whose report is due."""
    return (today.year, (today.month - 1) // 3) if today.month > 3 else (today.year - 1, 4)


def quarter_of_report(form: Form, year: int, quarter: int | None, *, today: date) -> int:
    """Return the quarter a report is about, 0 for the whole year.

    Left open, of a report made each quarter: the last that has ended in the year, else its first.

    Raises:
        Refusal: a quarter of a report that is made once a year.
    """
    if not form.quarterly:
        if quarter:
            raise Refusal("form_no_quarters", form=form.id)
        return 0
    if quarter is not None:
        return quarter
    last_year, last = due_quarter(today)
    return last if year == last_year else 4 if year < last_year else 1


def report_days(year: int, quarter: int) -> Days:
    """Return the first and last day of a quarter, or of the whole year (0)."""
    if not quarter:
        return date(year, 1, 1), date(year, 12, 31)
    return date(year, 3 * quarter - 2, 1), month_end(year, 3 * quarter)


def report_marks(
    ctx: RequestContext,
    form: Form,
    *,
    unit: str,
    year: int,
    quarter: int = 0,
    languages: Sequence[str] = PAPER_LANGUAGES,
    facts: FactsByProcedure | None = None,
) -> Sequence[FormNote]:
    """Return remarks shown beside a report in these languages but not printed on it: its layout and
    translation; register rows that lack values it needs, and which it therefore leaves out; and numbers that
    cases record and registers do not bear out.

    Args:
        facts: `recorded_facts` of several reports, read at once; those of this one if None.
    """
    notes, days = [*paper_notes(ctx.app, form, languages)], report_days(year, quarter)
    for row_number, source in enumerate(form.rows.sources.values() if form.rows else (), 1):
        for field, lacking in _unanswered(ctx, source, unit, days).items():
            about = {"field": field, "rows": lacking, "row": row_number}
            notes.append(FormNote(code="form.note.unanswered", arguments=about))
    facts = recorded_facts(ctx, [form], unit) if facts is None else facts
    if form.rows and (numbers := _recorded(form.rows, facts, days)):
        rows, _ = _rows_of_report(ctx, form, form.rows, unit, year, days, ctx.language)
        for group, (recorded, count) in _differing(form.rows, rows, numbers).items():
            place = "" if group in ("", "*") else [each.id for each in form.rows.groups].index(group) + 1
            about = {"recorded": recorded, "rows": count, "row": place}
            code = "form.note.recorded_in_row" if place else "form.note.recorded"
            notes.append(FormNote(code=code, arguments=about))
    return notes


def filled_report(
    ctx: RequestContext, name: str, language: str, *, unit: str, year: int, quarter: int | None = None
) -> tuple[str, bytes]:
    """Return a report about a year or quarter of a unit ("" is the whole office): its file name, and the DOCX.

    Raises:
        Refusal: a quarter of a report that is made once a year.
        Refusal: there is none of that name about a year.
    """
    form = year_report(name)
    about = quarter_of_report(form, year, quarter, today=ctx.today)
    data = report_data(ctx, form, language, unit=unit, year=year, quarter=about)
    period = period_text(f"{year}Q{about}" if about else str(year), language)
    return paper_file_name(form.title[language], period), fill_form(ctx.app, form, data, language).document


def report_data(
    ctx: RequestContext,
    form: Form,
    language: str,
    *,
    unit: str,
    year: int | None,
    quarter: int = 0,
    person: str = "",
    row: str = "",
    approver: str = "",
) -> FormData:
    """Return what the reader knows for a form about a period of a unit, or about a person.

    A form about a person takes what it can from a row of its register: `row`, or the newest of the person.
    """
    # Lists name people and units in the language of who asks: here of the paper.
    ctx = replace(ctx, language=language)
    fields = from_office(
        ctx.app, form, language, unit=unit, year=year, person=person, today=ctx.today, approver=approver
    )
    if form.source and (row or person):
        own = {"organisation": fields["organisation"]} if unit and "organisation" in fields else {}
        recorded = recorded_fields(ctx, form, language, row=row, person=person)
        return FormData({**(recorded or fields), **own})
    if not year or not form.rows:
        return FormData(fields)
    if quarter == 4 and "year" in fields:
        fields["year"] = year + 1  # of the day it is approved, after the quarter
    office = ctx.app.reads.office()
    if form.id == "year_schedule":
        cases = ctx.reads.whole([case.id for case in ctx.reads.cases(unit or None)])
        return FormData(fields, tuple(object_rows(cases.values(), office, year, language)))
    if form.id == "consolidated_positions":
        cases = ctx.reads.whole(cases_with_entries(ctx.app.engine, unit or None))
        position_day = min(ctx.today, report_days(year, 0)[1])
        return FormData(
            fields, tuple(all_position_rows(form, cases.values(), office, language, on=position_day))
        )
    days = report_days(year, quarter)
    rows, looked_up = _rows_of_report(ctx, form, form.rows, unit, year, days, language)
    if form.id == "social_order":
        fields |= _social_order_sums(ctx, unit, year, days)
    if form.id == "supplier_sums":
        return FormData(fields, tuple(supplier_rows(rows, language)), looked_up)
    numbers = _recorded(form.rows, recorded_facts(ctx, [form], unit), days)
    differing = _differing(form.rows, rows, numbers)
    silent = [group for group in looked_up if group not in differing and "*" not in differing]
    return FormData(fields, tuple(rows), silent)


def _rows_of_report(
    ctx: RequestContext, form: Form, rows: Rows, unit: str, year: int, days: Days, language: str
) -> tuple[list[Row], Sequence[str]]:
    """Return a report's rows of the office's registers and of cases, and the groups that were looked up."""
    found, looked_up = _register_rows(ctx, rows, unit, days, language)
    if form.id not in FROM_CASE_REGISTERS:
        return found, looked_up
    office, cases = ctx.app.reads.office(), ctx.reads.whole(cases_with_entries(ctx.app.engine, unit or None))
    recorded = period_rows(form, [cases[case] for case in sorted(cases)], office, year, language)
    found += [row for row in recorded if row not in found]
    return found, [*looked_up, *(group.id for group in rows.groups if group.id not in rows.sources)]


def _social_order_sums(ctx: RequestContext, unit: str, year: int, days: Days) -> Mapping[str, Decimal]:
    """Return the sums of annex 4: of the orders placed in these days, or of the year where no day is entered,
    and of those for the year and the next.

    A sum nobody entered a part of is left to be filled in.
    """
    first, last = (day.isoformat() for day in days)
    undated: Filters = ({"field": "placed_on", "empty": True}, _of_the_year(year))
    asked: Mapping[str, Sequence[Filters]] = {
        "": (({"field": "placed_on", "from": first, "until": last},), undated),
        "year_": ((_of_the_year(year),),),
        "next_year_": ((_of_the_year(year + 1),),),
    }
    sums: dict[str, Decimal] = {}
    for prefix, lists in asked.items():
        for within in lists:
            filters = [FilterInput.model_validate(condition) for condition in within]
            command = ListRows(register_id="social-orders", unit=unit, filters=filters, size=1)
            try:
                totals = list_rows(ctx, command).totals
            except UnknownRegister:
                return sums
            for name, column in (("total_amount", "total_amount"), ("theme_amount", "amount")):
                if amount := Decimal(totals.get(column) or 0):
                    sums[f"{prefix}{name}"] = sums.get(f"{prefix}{name}", Decimal(0)) + amount
    return sums


def _of_the_year(year: int) -> Mapping[str, object]:
    """Return the condition that the field `year` of a row is this one."""
    return {"field": "year", "from": str(year), "until": str(year)}


def recorded_facts(ctx: RequestContext, forms: Iterable[Form], unit: str) -> FactsByProcedure:
    """Return what the cases of a unit record that these reports may be contradicted by."""
    names: dict[str, set[str]] = {}
    for rows in filter(None, (form.rows for form in forms)):
        for recorded in rows.recorded_by_group.values():
            names.setdefault(recorded.procedure, set()).update(recorded.facts)
    facts: dict[str, list[tuple[str, Fact]]] = {procedure: [] for procedure in names}
    for case in ctx.reads.with_facts(names, unit or None).values() if names else ():
        facts[case.procedure] += case.facts.items()
    return facts


def _recorded(rows: Rows, facts: FactsByProcedure, days: Days) -> Mapping[str, Recorded]:
    """Return how much of these days is recorded, by group as `recorded_by_group` has them."""
    numbers = {}
    for group, recorded in rows.recorded_by_group.items():
        number = _recorded_number(recorded, facts[recorded.procedure], days)
        if number is not None:
            numbers[group] = recorded, number
    return numbers


def _differing(
    rows: Rows, filled: Sequence[Mapping[str, object]], numbers: Mapping[str, Recorded]
) -> Mapping[str, tuple[int, int]]:
    """Return what cases record and what registers have, where they differ: (recorded, rows) by group.

    None of these groups may say "none"; its row is ruled.
    """
    differing = {}
    for group, (recorded, said) in numbers.items():
        counted = recorded.of or ((group,) if group not in ("", "*") else ())
        count = sum(1 for row in filled if not counted or rows.groups[group_of(rows, row)].id in counted)
        if said != count if recorded.value else said > count:
            differing[group] = (said, count)
    return differing


def _recorded_number(recorded: RecordedFacts, facts: Iterable[tuple[str, Fact]], days: Days) -> int | None:
    """Return how many the facts of these days say there are; None where no such fact is recorded."""
    first, last = days
    numbers = []
    for name, fact in facts:
        fact_id, _, period = name.partition("#")[0].partition(".")
        of_year = bool(recorded.value) and period == str(first.year)
        if fact_id in recorded.facts and (of_year or first <= fact.on <= last):
            numbers.append(int(fact.values.get(recorded.value, 0)) if recorded.value else 1)
    return sum(numbers) if numbers else None


def _register_rows(
    ctx: RequestContext, rows: Rows, unit: str, days: Days, language: str
) -> tuple[list[Row], Sequence[str]]:
    """Return a report's rows of the office's registers, each group's by day, and the groups looked up.

    A register whose lists the reader does not see is left out silently. An empty one counts as read only if no
    row of it leaves open what the report asks.
    """
    year_rows, looked_up = list[Row](), list[str]()
    for group, source in rows.sources.items():
        listed_rows = _seen_rows(ctx, source, unit, days)
        if listed_rows is None:
            continue
        register_rows = [*_form_rows(listed_rows, source, rows.parts_of(group), language)]
        if register_rows or not _unanswered(ctx, source, unit, days):
            looked_up.append(group)
        year_rows += [{rows.group_by: group, **row} if group else row for row in register_rows]
    return year_rows, looked_up


def _form_rows(
    listed_rows: Iterable[ListedRow], source: RegisterRows, parts: Mapping[str, Field], language: str
) -> Iterator[Row]:
    """Yield the parts of a form for each row of a register, without empty ones."""
    for fields, row in listed_rows:
        row = row_in_language(row, fields.values(), language)
        cells = {
            part: _cell(row, [fields[name] for name in names if name in fields], parts[part].kind, language)
            for part, names in source.parts.items()
        }
        yield {part: value for part, value in cells.items() if value is not None}


def _unanswered(
    ctx: RequestContext, source: RegisterRows, unit: str, days: Days
) -> Mapping[str, Sequence[str]]:
    """Return the ids of the rows of these days in which a field the report filters by is empty, by the title of
    the field.
    """
    rows_by_title = dict[str, Sequence[str]]()
    for name, dated in source.unanswered.items():
        other_filters = {field_id: values for field_id, values in source.where.items() if field_id != name}
        query = source.replaced(dates=(dated,), where={**other_filters, name: ()})
        for fields, row in _seen_rows(ctx, query, unit, days) or ():
            if not any(row.values.get(field_id) in values for field_id, values in source.settled.items()):
                title = fields[name].title[ctx.language]
                rows_by_title[title] = [*rows_by_title.get(title, ()), row.id]
    return rows_by_title


def _seen_rows(ctx: RequestContext, source: RegisterRows, unit: str, days: Days) -> Sequence[ListedRow] | None:
    """Return the rows of some days of a register a report takes, with the fields its reader sees; None where
    they do not see its lists.
    """
    try:
        return [*_rows_of_days(ctx, source, unit, days)]
    except (UnknownRegister, UnknownRegisterField):
        return None


def _rows_of_days(ctx: RequestContext, source: RegisterRows, unit: str, days: Days) -> Iterator[ListedRow]:
    """Yield the rows of a source of these days, by day; a field of `where` without values is to be empty."""
    where = [
        {"field": name, "is": [*values]} if values else {"field": name, "empty": True}
        for name, values in source.where.items()
    ]
    first, last = days
    register, scope = seen_register(ctx, source.register_id), reader_scope(ctx)
    dated_rows = list[tuple[str, Mapping[str, FieldView], RowView]]()
    has_rows = register.id in SqlRegisterLists(ctx.app.engine).registers_with_rows()
    for place, name in enumerate(source.dates):
        by_year = register.fields[name].kind == "number" if name in register.fields else False
        ends = (str(first.year), str(last.year)) if by_year else (first.isoformat(), last.isoformat())
        within = {"field": name, "from": ends[0], "until": ends[1]}
        without = [{"field": before, "empty": True} for before in source.dates[:place]]
        filters = [FilterInput.model_validate(condition) for condition in (within, *without, *where)]
        command = ListRows(register_id=source.register_id, unit=unit, filters=filters, sort=name)
        # A list the reader may not ask for is refused, whether there are rows or not.
        may_ask = {condition.field for condition in filters} <= {*list_fields(register, scope)}
        if may_ask and not has_rows:
            continue
        for row_page in row_pages(ctx, command):
            fields = {field.id: field for field in row_page.fields}
            # What has no day but its year alone comes after what has one.
            at = "" if not by_year else f"{last} "
            dated_rows += [(f"{at}{row.values[name]}", fields, row) for row in row_page.rows]
    for _, field_views, row in sorted(dated_rows, key=lambda dated_row: dated_row[0]):
        yield field_views, row


def _cell(row: RowView, fields: Sequence[FieldView], kind: str, language: str) -> object:
    """Return the value of a part of a form: a date or number unchanged, else the texts of its fields."""
    values = [
        (field, value) for field in fields if (value := cell_value(field, row, language)) not in (None, "")
    ]
    if len(values) == 1 and kind in ("date", "number", "amount"):
        return values[0][1]
    return ", ".join(paper_text(field, value, language) for field, value in values) or None
