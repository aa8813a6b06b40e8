"""Recommendations and their outcomes, risks that several units share, quarters nobody reported."""

from __future__ import annotations

from typing import Any

from merzim.services.cases.rows import extra_fields
from merzim.services.registers.results import cell_value, field_view, values_view
from merzim.services.reports.monitoring import (
    DIRECTIONS,
    STATUSES,
    TO_READERS,
    Monitoring,
    MonitoringLine,
    SharedRiskLine,
    Silent,
    all_lines,
    monitoring,
)
from merzim.web.downloads import recommendation_filter
from merzim.web.pages.reports.report import Figure, Filter, Report, ReportQuery, ReportSection, cell
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Column, Content
from workflow.registers.definition import RegisterField

LOOKS = {"late": "late", "not": "missed", "partly": "soon", "none": "points", "executed": "done"}
"""The figures at the top: statuses of measures, with their colours."""
OUTCOME_LOOKS = {"executed": "done", "partly": "soon", "not": "missed", "irrelevant": "not_required"}


def _risk(t: Translator, line: MonitoringLine) -> Content:
    """Return a risk linked to its measure, else to itself; below it case, direction and rank."""
    number = line.measure.number if line.measure else 0
    place = f"?measure={number}#measure-{number}" if number else f"#risk-{line.risk.number}"
    about = [line.case.object_in(t.language) or line.case.id, t.option("direction", line.risk["direction"])]
    if line.rank:
        about.append(t.say("web.monitoring.rank", points=line.rank.points))
    address = f"/cases/{line.case.id}/risks{place}"
    return cell(t, line.risk["description"], [" · ".join(about)], address=address)


def _measure(t: Translator, line: MonitoringLine) -> Content:
    if line.measure is None:
        return Content(text=t.say("web.monitoring.no_measure"))
    return cell(t, line.measure["action"], [line.measure["completion"]])


def _due(t: Translator, line: MonitoringLine) -> Content:
    """Return the due date, the delay and the written term of a measure; "–" without any."""
    written = line.measure.term.written if line.measure else ""
    under = [Content(text=t.say("web.late_by", n=line.working_days), late=True)] if line.late else []
    if written:
        under.append(Content(text=f"«{written}»"))
    return Content(text=t.short(line.due) if line.due else "" if written else "–", under=tuple(under))


def _outcome(t: Translator, line: MonitoringLine) -> Content:
    """Return the outcome with the day of the last review; "–" without a measure."""
    if not line.status:
        return cell(t, "")
    review = line.measure.last("measure_reviewed") if line.measure else None
    under = (Content(text=t.short(review.on)),) if review else ()
    look = OUTCOME_LOOKS.get(line.status, "open")
    return Content(text=t.option("outcome", line.status), state=look, under=under)


RECOMMENDATION_COLUMNS: tuple[Column[MonitoringLine], ...] = (
    Column("head.case", lambda _, line: line.case.id),
    Column("head.n", lambda _, line: line.risk.number),
    Column("head.risk", lambda _, line: line.risk["description"], "", _risk),
    Column("form.field.direction", lambda t, line: t.option("direction", line.risk["direction"])),
    Column("form.field.cause", lambda _, line: line.risk["cause"]),
    Column("head.rank", lambda _, line: line.rank.points if line.rank else None),
    Column("form.field.recommendation", lambda _, line: line.measure and line.measure["recommendation"]),
    Column("head.measure", lambda _, line: line.measure and line.measure["action"], "", _measure),
    Column("form.field.completion_form", lambda _, line: line.measure and line.measure["completion"]),
    Column("head.unit", lambda t, line: t.name(line.unit.name), "col-unit"),
    Column("form.field.responsible", lambda t, line: t.name(line.responsible), ""),
    Column("head.term", lambda _, line: line.measure and line.measure.term.written),
    Column("head.due", lambda _, line: line.due, "col-due-long", _due),
    Column(
        "web.risks.outcome",
        lambda t, line: t.option("outcome", line.status) if line.status else None,
        "col-state",
        _outcome,
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
        title=t.say("web.monitoring.title"),
        lead=t.say("web.monitoring.lead", on=ctx.today),
        figures=tuple(_figure(query, status, view.counts[status]) for status in LOOKS),
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
                lines=tuple(_shared(t, group) for group in view.shared),
                empty=("", t.say("web.monitoring.shared.none")),
            ),
            ReportSection(
                id="silent",
                title=t.say("web.monitoring.silent"),
                lines=tuple(_quarter(t, view, period) for period in view.silent_counts),
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


def _figure(query: ReportQuery, status: str, number: int) -> Figure:
    """Return the number of measures of a status, linked to their list."""
    late = status == "late"
    text = query.t.say("look.overdue") if late else query.t.option("outcome", status)
    others = dict.fromkeys(("search", "direction", "legal", "silent"))
    address = query.link(**others, late="1" if late else "", status="" if late else status)
    return Figure(look=LOOKS[status], number=number, text=text, address=address)


def _others(t: Translator, number: int) -> str:
    """Return how many more there are, to follow a list cut short; "" for none."""
    return f"; {t.say('web.monitoring.others', n=number)}" if number > 0 else ""


def _shared(t: Translator, group: SharedRiskLine) -> Content:
    """Return a risk several units have: where, and where nobody asked the higher body."""
    alike, names = group.alike, [t.name(unit.name) for unit in group.units if unit.name]
    units = t.say("web.monitoring.units", n=alike.units)
    if names:
        units += f": {', '.join(names)}{_others(t, alike.units - len(group.units))}"
    places = tuple(
        Content(
            text=f"{case.object_in(t.language) or case.id}, {t.say('numbered', n=place.risk)}",
            address=f"/cases/{case.id}/risks#risk-{place.risk}",
        )
        for case, place in group.first
    )
    more = _others(t, alike.cases - len({*group.cases}))
    under = [Content(text=units), Content(each=places, text=more)]
    if alike.unasked:
        asking = t.say("web.monitoring.unasked", cases=alike.asking)
        under.append(Content(text=asking + _others(t, alike.unasked - len(alike.asking)), late=True))
    return Content(text=group.description, strong=True, under=tuple(under))


def _quarter(t: Translator, view: Monitoring, period: str) -> Content:
    """Return a quarter with the cases that did not report it, each linked to the form that does."""
    under = tuple(_silent(t, silent) for silent in view.silent if silent.period == period)
    return Content(text=f"{t.period(period)} ({view.silent_counts[period]})", strong=True, under=under)


def _silent(t: Translator, silent: Silent) -> Content:
    named, unit = silent.case.object_in(t.language), t.name(silent.unit.name)
    late = t.say("web.late_by", n=silent.working_days)
    return Content(
        text=unit or named or silent.case.id,
        address=f"/cases/{silent.case.id}?fact=quarter_reported.{silent.period}#record",
        beside=f"{named} · {late}" if unit else late,
    )
