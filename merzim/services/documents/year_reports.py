"""Reports about a year or a quarter of a unit: the forms there are, each filled with what its reader sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from calendars.terms import month_end
from i18n import period as period_text
from merzim.documents.forms.definitions import Form, RecordedFacts, RegisterRows, forms_about
from merzim.documents.forms.paper import FormNote, Paper
from merzim.services.context import RequestContext
from merzim.services.documents.filling import office_paper, paper_file, paper_notes, report_letterhead
from merzim.services.documents.rows import (
    FROM_CASE_REGISTERS,
    Row,
    all_position_rows,
    object_rows,
    row_parts,
    supplier_rows,
)
from merzim.services.registers.results import FieldView, RowView, seen_register
from merzim.services.registers.views import ListRows, list_rows, row_pages
from workflow.cases.case import Case, Fact
from workflow.languages import PAPER_LANGUAGES
from workflow.org.access import within
from workflow.refusal import Refusal
from workflow.registers.definition import UnknownRegister, UnknownRegisterField
from workflow.registers.rows import list_fields

FactsByProcedure = Mapping[str, Sequence[tuple[str, Fact]]]
"""Procedure -> what its cases record, with the names of the facts."""
ListedRow = tuple[Mapping[str, FieldView], RowView]
"""A row of a register, with the fields its reader sees."""


def report_forms() -> Sequence[Form]:
    """Return the forms of reports about a year or its quarters: annexes of the Instruction first, by number."""
    return sorted(
        forms_about("period"), key=lambda report: (report.annex is None, report.annex or 0, report.id)
    )


def report_form(name: str) -> Form:
    """Return the form of a report about a year or its quarters, by id. Raises Refusal."""
    allowed = {report.id: report for report in report_forms()}
    if name not in allowed:
        raise Refusal("form_unknown", form=name, allowed=tuple(allowed))
    return allowed[name]


def due_quarter(today: date) -> tuple[int, int]:
    """Return the year and number of the last quarter that has ended: the one whose report is due."""
    return (today.year, (today.month - 1) // 3) if today.month > 3 else (today.year - 1, 4)


def quarter_of_report(form: Form, year: int, quarter: int | None, *, today: date) -> int:
    """Return the quarter a report is about, 0 for the whole year: left open, the last that has ended in the
    year, else its first. Raises Refusal: a quarter of a report that is made once a year.
    """
    if not form.quarterly:
        if quarter:
            raise Refusal("form_no_quarters", form=form.id)
        return 0
    if quarter is not None:
        return quarter
    last_year, last = due_quarter(today)
    return last if year == last_year else 4 if year < last_year else 1


def year_report(
    ctx: RequestContext, form: Form, *, unit: str, year: int, quarter: int | None = None
) -> YearReport:
    """Return a report about a year or quarter of a unit; `quarter` and refusals as of `quarter_of_report`."""
    about = quarter_of_report(form, year, quarter, today=ctx.today)
    return YearReport(ctx, form, unit, year, about, _recorded_facts(ctx, [form], unit))


def year_reports(ctx: RequestContext, unit: str, year: int, quarter: tuple[int, int]) -> Sequence[YearReport]:
    """Return the reports about a year of a unit in the order of their forms; those made each quarter about a
    quarter (year and number; 0: that whole year).
    """
    facts = _recorded_facts(ctx, report_forms(), unit)
    return [
        YearReport(ctx, form, unit, *(quarter if form.quarterly else (year, 0)), facts)
        for form in report_forms()
    ]


def _recorded_facts(ctx: RequestContext, forms: Iterable[Form], unit: str) -> FactsByProcedure:
    """Return what the cases of a unit record that these reports may be contradicted by."""
    names: dict[str, set[str]] = {}
    for rows in filter(None, (form.rows for form in forms)):
        for recorded in rows.recorded_by_group.values():
            names.setdefault(recorded.procedure, set()).update(recorded.facts)
    facts: dict[str, list[tuple[str, Fact]]] = {procedure: [] for procedure in names}
    for case in ctx.reads.with_facts(names, unit or None).values() if names else ():
        facts[case.procedure] += case.facts.items()
    return facts


@dataclass(frozen=True)
class YearReport:
    """A report about a year or quarter of a unit, with the rows that its reader sees. `unit`: "" is the whole
    office; `quarter`: 0 is the whole year; `facts`: what cases record that it may be contradicted by.
    """

    ctx: RequestContext
    form: Form
    unit: str
    year: int
    quarter: int
    facts: FactsByProcedure

    @property
    def period(self) -> str:
        """The quarter or year it is about: `2026Q1`, or `2026`."""
        return f"{self.year}Q{self.quarter}" if self.quarter else str(self.year)

    def file(self, language: str) -> tuple[str, bytes]:
        """Return its file name and its DOCX in a language."""
        return paper_file(self.ctx.app, self.paper(language), period_text(self.period, language))

    def paper(self, language: str) -> Paper:
        """Return its paper in a language with what its reader knows."""
        # Lists name people and units in the language of who asks: here of the paper.
        report = replace(self, ctx=replace(self.ctx, language=language))
        ctx, form = report.ctx, self.form
        paper = office_paper(ctx, form, language, unit=self.unit, year=self.year)
        values, office = {**paper.values}, ctx.app.reads.office()
        if self.quarter == 4 and "year" in values:
            values["year"] = self.year + 1  # of the day it is approved, after the quarter
        looked_up: Sequence[str] = ()
        match form.id:
            case "year_schedule":
                cases = ctx.reads.whole([case.id for case in ctx.reads.cases(self.unit or None)])
                rows = object_rows(cases.values(), office, self.year, language)
            case "consolidated_positions":
                on = min(ctx.today, self._days[1])
                rows = all_position_rows(form, report._cases.values(), office, language, on=on)
            case "supplier_sums":
                purchases, looked_up = report._found
                rows = supplier_rows(purchases, language)
            case _:
                if form.id == "social_order":
                    values |= report._social_order_sums()
                rows, looked_up = report._found
                differing = report._differing()
                looked_up = [group for group in looked_up if not {group, "*"} & differing.keys()]
        # A part of an organisation does not say of the whole, whose paper it is, that there is none.
        if not within(office, report_letterhead(ctx, self.unit).organisation, self.unit):
            looked_up = ()
        return replace(paper, values=values, rows=rows, looked_up=looked_up)

    def marks(self, languages: Sequence[str] = PAPER_LANGUAGES) -> Sequence[FormNote]:
        """Return remarks shown beside it in these languages but not printed on it: its layout and translation;
        register rows that lack values it needs, and which it therefore leaves out; and numbers that cases
        record and registers do not bear out.
        """
        notes = [*paper_notes(self.ctx.app, self.form, languages)]
        sources = [group.source for group in self.form.groups if group.source]
        for row_number, source in enumerate(sources, 1):
            for field, lacking in self._unanswered(source).items():
                about = {"field": field, "rows": lacking, "row": row_number}
                notes.append(FormNote(code="form.note.unanswered", arguments=about))
        places = {group.id: place for place, group in enumerate(self.form.groups, 1)}
        for group, (recorded, count) in self._differing().items():
            about = {"recorded": recorded, "rows": count, "row": places.get(group, "")}
            code = "form.note.recorded_in_row" if group in places else "form.note.recorded"
            notes.append(FormNote(code=code, arguments=about))
        return notes

    @property
    def _days(self) -> tuple[date, date]:
        """The first and the last day of the quarter, or of the year."""
        if not self.quarter:
            return date(self.year, 1, 1), date(self.year, 12, 31)
        return date(self.year, 3 * self.quarter - 2, 1), month_end(self.year, 3 * self.quarter)

    @cached_property
    def _cases(self) -> Mapping[str, Case]:
        """The cases that have positions, cartograms, risks or talks."""
        return {case.id: case for case in self.ctx.reads.with_registers(self.unit)}

    @cached_property
    def _registers_with_rows(self) -> Iterable[str]:
        return self.ctx.app.register_lists.registers_having()

    @cached_property
    def _found(self) -> tuple[list[Row], Sequence[str]]:
        """The rows of registers, each group's by day, and of cases; and the groups looked up. A register whose
        lists the reader does not see is left out silently; an empty one counts as read only if no row of it
        leaves open what the report asks.
        """
        found, looked_up, language = list[Row](), list[str](), self.ctx.language
        group_by = self.form.rows.group_by if self.form.rows else ""
        read_case = FROM_CASE_REGISTERS.get(self.form.id)
        for group in self.form.groups:
            listed = self._seen(group.source) if group.source else None
            if group.source and listed is not None:
                parts = (row_parts(row, fields, group.source, group.parts, language) for fields, row in listed)
                key = {group_by: group.id} if group_by else {}
                found += [{**key, **row} for row in parts]
                if listed or not self._unanswered(group.source):
                    looked_up.append(group.id)
            elif read_case and not group.source:
                looked_up.append(group.id)
        if read_case:
            cases, office = [self._cases[case] for case in sorted(self._cases)], self.ctx.app.reads.office()
            recorded = [row for case in cases for row in read_case(case, office, self.year, language)]
            recorded.sort(key=lambda row: str(row.get("held_on", "")))
            found += [row for row in recorded if row not in found]
        return found, looked_up

    def _unanswered(self, source: RegisterRows) -> Mapping[str, Sequence[str]]:
        """Return the ids of the rows of these days that leave a field of `unanswered` empty, by its title."""
        rows_by_title = dict[str, Sequence[str]]()
        for name, dated in source.unanswered.items():
            where = {field: values for field, values in source.where.items() if field != name}
            for fields, row in self._seen(source.replaced(dates=(dated,), where={**where, name: ()})) or ():
                if not any(row.values.get(field) in values for field, values in source.settled.items()):
                    title = fields[name].title[self.ctx.language]
                    rows_by_title[title] = [*rows_by_title.get(title, ()), row.id]
        return rows_by_title

    def _seen(self, source: RegisterRows) -> Sequence[ListedRow] | None:
        """Return the rows of these days of a register, by day; None where the reader does not see its lists."""
        try:
            dated_rows = [each for name in source.dates for each in self._dated(source, name)]
        except (UnknownRegister, UnknownRegisterField):
            return None
        return [row for _, row in sorted(dated_rows, key=lambda dated_row: dated_row[0])]

    def _dated(self, source: RegisterRows, name: str) -> Iterator[tuple[str, ListedRow]]:
        """Yield the rows of a source whose first day filled is the field `name`, in these days, each after what
        sorts it; a field of `where` without values is to be empty.
        """
        register, (first, last) = seen_register(self.ctx, source.register_id), self._days
        by_year = name in register.fields and register.fields[name].kind == "number"
        ends = (first.year, last.year) if by_year else (first, last)
        without = source.dates[: source.dates.index(name)]
        filters = [
            {"field": name, "from": str(ends[0]), "until": str(ends[1])},
            *({"field": before, "empty": True} for before in without),
            *(
                {"field": field, "is": [*values]} if values else {"field": field, "empty": True}
                for field, values in source.where.items()
            ),
        ]
        # A list the reader may not ask for is refused, whether there are rows or not.
        may_ask = {condition["field"] for condition in filters} <= {*list_fields(register, self.ctx.scope)}
        if may_ask and register.id not in self._registers_with_rows:
            return
        for page in row_pages(self.ctx, self._query(source.register_id, filters, sort=name)):
            fields = {field.id: field for field in page.fields}
            # What has no day but its year alone comes after what has one.
            at = f"{last} " if by_year else ""
            yield from ((f"{at}{row.values[name]}", (fields, row)) for row in page.rows)

    def _query(self, register: str, filters: Sequence[Mapping[str, object]], **rest: object) -> ListRows:
        """Return the query of the rows of a register of its unit that meet some conditions."""
        return ListRows.model_validate({"register_id": register, "unit": self.unit, "filters": filters, **rest})

    def _differing(self) -> Mapping[str, tuple[int, int]]:
        """Return what cases record and what registers have, where they differ: (recorded, rows) by group as
        `recorded_by_group` has them. None of these groups may say "none"; its row is ruled.
        """
        differing, form_rows = dict[str, tuple[int, int]](), self.form.rows
        if form_rows is None:
            return differing
        for group, recorded in form_rows.recorded_by_group.items():
            said = _recorded_number(recorded, self.facts[recorded.procedure], self._days)
            if said is None:
                continue
            counted = recorded.of or (() if group == "*" else (group,))
            count = sum(1 for row in self._found[0] if not counted or form_rows.group_of(row).id in counted)
            if said != count if recorded.value else said > count:
                differing[group] = (said, count)
        return differing

    def _social_order_sums(self) -> Mapping[str, Decimal]:
        """Return the sums of annex 4: of the orders placed in these days, or of the year where no day is
        entered, and of those for the year and the next; none where nobody entered a part of it.
        """
        first, last = self._days
        this, following = (
            {"field": "year", "from": str(year), "until": str(year)} for year in (first.year, first.year + 1)
        )
        placed = {"field": "placed_on", "from": str(first), "until": str(last)}
        undated: Mapping[str, object] = {"field": "placed_on", "empty": True}
        sums = dict[str, Decimal]()
        for prefix, filters in (
            ("", [placed]),
            ("", [undated, this]),
            ("year_", [this]),
            ("next_year_", [following]),
        ):
            try:
                totals = list_rows(self.ctx, self._query("social-orders", filters, size=1)).totals
            except UnknownRegister:
                return sums
            for name, column in (("total_amount", "total_amount"), ("theme_amount", "amount")):
                if amount := Decimal(totals.get(column) or 0):
                    sums[f"{prefix}{name}"] = sums.get(f"{prefix}{name}", Decimal(0)) + amount
        return sums


def _recorded_number(
    recorded: RecordedFacts, facts: Iterable[tuple[str, Fact]], days: tuple[date, date]
) -> int | None:
    """Return how many the facts of these days say there are; None where no such fact is recorded. A number
    reported of the year is that of the year, on whatever day it was.
    """
    first, last = days
    numbers = []
    for name, fact in facts:
        fact_id, _, period = name.partition("#")[0].partition(".")
        of_year = bool(recorded.value) and period == str(first.year)
        if fact_id in recorded.facts and (of_year or first <= fact.on <= last):
            numbers.append(int(fact.values.get(recorded.value, 0)) if recorded.value else 1)
    return sum(numbers) if numbers else None
