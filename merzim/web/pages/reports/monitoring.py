"""Recommendations and their outcomes, risks that several units share, quarters nobody reported."""

from __future__ import annotations

from typing import Any

from merzim.services.cases.rows import extra_fields
from merzim.services.registers.results import cell_value, field_view, values_view
from merzim.services.reports import DIRECTIONS, STATUSES, TO_READERS, MonitoringLine, all_lines, monitoring
from merzim.web.downloads import recommendation_filter
from merzim.web.pages.reports.report import Filter, Report, ReportQuery, ReportSection
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Column
from workflow.registers.definition import RegisterField

RECOMMENDATION_COLUMNS: tuple[Column[MonitoringLine], ...] = (
    Column("head.case", lambda _, line: line.case.id),
    Column("head.n", lambda _, line: line.risk.number),
    Column("head.risk", lambda _, line: line.risk["description"], "", "risk"),
    Column("form.field.direction", lambda t, line: t.option("direction", line.risk["direction"])),
    Column("form.field.cause", lambda _, line: line.risk["cause"]),
    Column("head.rank", lambda _, line: line.rank.points if line.rank else None),
    Column("form.field.recommendation", lambda _, line: line.measure and line.measure["recommendation"]),
    Column("head.measure", lambda _, line: line.measure and line.measure["action"], "", "measure"),
    Column("form.field.completion_form", lambda _, line: line.measure and line.measure["completion"]),
    Column("head.unit", lambda t, line: t.name(line.unit.name), "col-unit"),
    Column("form.field.responsible", lambda t, line: t.name(line.responsible), ""),
    Column("form.field.term", lambda _, line: line.measure and line.measure.term.written),
    Column("head.due", lambda _, line: line.due, "col-due-long", "due"),
    Column(
        "web.risks.outcome",
        lambda t, line: t.option("outcome", line.status) if line.status else None,
        "col-state",
        "outcome",
    ),
)


def build(query: ReportQuery) -> Report:
    """Return the recommendations of a unit, narrowed by status, direction, words; in a file all of them."""
    ctx, t = query.ctx, query.t
    names = ("status", "direction", "legal", "late", "search")
    given: dict[str, Any] = {name: query.chosen.get(name, "") for name in names}
    criteria = recommendation_filter(query.unit, **given)
    page, further = query.number or 1, query.page("silent")
    view = monitoring(ctx, criteria, number=page, further_page=further, sizes=TO_READERS)
    return Report(
        view=view,
        title=t.say("web.monitoring.title"),
        lead=t.say("web.monitoring.lead", on=ctx.today),
        figures="monitoring",
        filters=(
            Filter(name="search", label=t.say("web.search.words"), chosen=criteria.search, kind="search"),
            query.select("status", "web.risks.outcome", _options(t, "outcome", STATUSES)),
            query.select("direction", "form.field.direction", _options(t, "direction", DIRECTIONS)),
            Filter(name="late", label=t.say("look.overdue"), chosen=given["late"] and "1", kind="check"),
            Filter(name="legal", label=t.say("risk.legal_mark"), chosen=given["legal"] and "1", kind="check"),
        ),
        sections=(
            ReportSection(
                id="recommendations",
                title=t.say("web.monitoring.list"),
                tally=view.total,
                columns=workbook_columns(),
                rows=view.lines if query.number else all_lines(ctx, criteria),
                empty=(t.say("web.monitoring.none"), t.say("web.monitoring.none_do")),
                pages=(view.number, view.pages, "page"),
            ),
            ReportSection(
                id="shared",
                title=t.say("web.monitoring.shared"),
                lines=view.shared,
                line="shared",
                empty=("", t.say("web.monitoring.shared.none")),
            ),
            ReportSection(
                id="silent",
                title=t.say("web.monitoring.silent"),
                lines=tuple(view.silent_counts),
                line="quarter",
                empty=("", t.say("web.monitoring.silent.none")),
                pages=(view.further, view.further_pages, "silent"),
            ),
        ),
    )


def _options(t: Translator, kind: str, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the options of a field of a register to narrow by, first all of them."""
    return [("", t.say("web.analyses.all")), *((name, t.option(kind, name)) for name in names)]


def workbook_columns() -> tuple[Column[MonitoringLine], ...]:
    """Return the columns of the page, then fields only register files define."""
    extra = (_extra_column(row, field) for row in ("risk", "measure") for field in extra_fields(f"{row}s"))
    return (*RECOMMENDATION_COLUMNS, *extra)


def _extra_column(row: str, field: RegisterField) -> Column[MonitoringLine]:
    def value(t: Translator, line: MonitoringLine) -> object:
        of_case = getattr(line, row)
        return of_case and cell_value(field_view(field), values_view(of_case.values, {}), t.language)

    return Column(field.title, value)
