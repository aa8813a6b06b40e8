"""What a year brought: its points earned, lost and at stake with their calculation; deadlines met in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from merzim.services.board.overview import SHOWN_UNITS, figures_of
from merzim.services.documents.year_reports import YearReport, due_quarter, year_reports
from merzim.services.names import unit_name
from merzim.services.scoring import (
    IndicatorAnswer,
    PartAnswer,
    ProjectAnswer,
    StepAnswer,
    YearPoints,
    points_of_year,
)
from merzim.web.pages.reports.report import Filter, Report, ReportQuery, ReportSection
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Column, figures_columns


def build_points(query: ReportQuery) -> Report:
    """Return the points of a unit in a year, its nearest steps, its reports and the units below."""
    ctx, t = query.ctx, query.t
    view = points_of_year(ctx, query.unit, query.year, query.chosen, number=query.number)
    year, chosen, today = view.answer.year, view.answer.readings, ctx.today
    scoring = view.whole.assessed.records.scoring
    period, periods = _periods(year, query.chosen.get("period", ""), today=today)
    has_points = bool(view.answer.projects or not view.whole.remarks)
    empty = "", ""
    if has_points and not view.whole.assessed.body.any_record:
        empty = t.say("web.scores.none", year=year), t.say("web.scores.none_do") if year >= today.year else ""
    return Report(
        title=t.say("web.scores.title", year=year),
        lead=t.name(unit_name(query.office, view.answer.unit).name) or t.say("web.scores.office"),
        filters=(
            query.years(min(today.year + 2, ctx.calendar.last.year)),
            query.select("period", "web.scores.period", ((name, t.period(name)) for name in periods), period),
        ),
        further=tuple(
            Filter(
                name=name,
                label=t.say_or(f"web.scores.reading.{name}", name),
                options=tuple((value, text[t.language]) for value, text in values.items()),
                chosen=chosen[name],
            )
            for name, values in scoring.readings.items()
            if len(values) > 1
        ),
        further_changed=sum(value != scoring.usual[name] for name, value in chosen.items()),
        remarks=view.whole.remarks,
        view=view,
        figures="points" if has_points else "",
        empty=empty,
        sections=_sections(query, view, period) if view.answer.projects else (),
        notes=tuple(view.answer.notes) if view.answer.projects else (),
    )


def _arithmetic(t: Translator, indicator: IndicatorAnswer) -> str:
    names = indicator.missing
    missing = t.say("score.step.missing", names=names) if names else ""
    return " ".join(filter(None, (*indicator.arithmetic, missing)))


INDICATOR_COLUMNS: tuple[Column[IndicatorAnswer], ...] = (
    Column("head.indicator", lambda t, indicator: t.paragraph(indicator.id)),
    Column("head.title", lambda _, indicator: indicator.title, "", "indicator"),
    Column("head.points", lambda _, indicator: indicator.points, "col-points"),
    Column("web.scores.maximum", lambda _, indicator: indicator.maximum, "col-points"),
    Column("web.scores.at_stake.short", lambda _, indicator: indicator.at_stake, "col-points"),
    Column("head.lost", lambda _, indicator: indicator.lost, "col-points"),
    Column("web.scores.arithmetic", _arithmetic),
)
STEP_COLUMNS: tuple[Column[StepAnswer], ...] = (
    Column("head.indicator", lambda t, step: t.paragraph(step.indicator)),
    Column("head.title", lambda _, step: step.title),
    Column("letter.heading_do", lambda _, step: step.text, "", "step"),
    Column("head.points", lambda _, step: step.gain, "col-points"),
    Column("web.scores.by", lambda _, step: step.by, "col-due-long"),
)
PART_COLUMNS: tuple[Column[PartAnswer], ...] = (
    Column("head.unit", lambda _, part: part.name, "", "part"),
    Column("head.points", lambda _, part: part.points, "col-points"),
    Column("web.scores.at_stake.short", lambda _, part: part.at_stake, "col-points"),
    Column("head.lost", lambda _, part: part.lost, "col-points"),
)
REPORT_COLUMNS: tuple[Column[YearReport], ...] = (
    Column("web.scores.report", None, "", "year_report"),
    Column("web.case.take", None, "col-take", "year_papers"),
)


def _sections(query: ReportQuery, view: YearPoints, period: str) -> tuple[ReportSection, ...]:
    """Return the cards of the page that are not empty; `period`: of the quarterly reports (2026Q1, 2026)."""
    t, answer = query.t, view.answer
    quarter = int(period[:4]), int(period[5:] or 0)

    def sums(project: ProjectAnswer) -> str:
        points = {"points": project.points, "stake": project.at_stake, "lost": project.lost}
        return t.say("web.scores.sums", **{name: t.points(number) for name, number in points.items()})

    sections = (
        ReportSection(id="steps", title=t.say("web.scores.steps"), columns=STEP_COLUMNS, rows=answer.steps),
        *(
            ReportSection(
                id=f"project-{project.number}",
                title=t.say("web.scores.project", number=project.number),
                note=sums(project),
                sheet=t.say("web.scores.title", year=answer.year),
                columns=INDICATOR_COLUMNS,
                rows=project.indicators,
                anchor=lambda indicator: indicator.id,
                folded=True,
            )
            for project in answer.projects
        ),
        ReportSection(
            id="reports",
            title=t.say("web.scores.reports", year=answer.year),
            columns=REPORT_COLUMNS,
            rows=year_reports(replace(query.ctx, language=t.language), answer.unit, answer.year, quarter),
            printed=False,
            folded=True,
        ),
        ReportSection(
            id="units",
            title=t.say("web.figures.by_units"),
            columns=PART_COLUMNS,
            rows=answer.parts,
            pages=(answer.page, answer.pages, "page"),
        ),
    )
    return tuple(section for section in sections if section.rows)


def _periods(year: int, chosen: str, *, today: date) -> tuple[str, list[str]]:
    """Return the period of the quarterly reports on the page of a year, and those offered: `2026Q1`, or `2026`;
    by default the quarter whose report is due, in the first months of a year the last one of the year before.
    """
    due_year, due = due_quarter(today)
    before = [f"{due_year}Q{due}"] if due_year == year - 1 == today.year - 1 else []
    periods = [*before, *(f"{year}Q{number}" for number in (1, 2, 3, 4)), str(year)]
    usual = f"{due_year}Q{due}" if f"{due_year}Q{due}" in periods else f"{year}Q{4 if year < due_year else 1}"
    return (chosen if chosen in periods else usual), periods


TABLES = (
    ("months", figures_columns("head.month")),
    ("stages", figures_columns("head.stage", with_pace=True, with_delay=True)),
    ("units", figures_columns("head.unit", with_delay=True)),
)
"""The tables of figures of a year, each with its columns."""


def build_figures(query: ReportQuery) -> Report:
    """Return the figures of a year; a year with nothing due has no tables."""
    t, view = query.t, figures_of(query.ctx, query.unit, query.year)
    frame = Report(
        title=t.say("web.figures.title", year=view.year),
        lead=t.say("web.figures.lead", on=view.last),
        filters=(query.years(query.ctx.today.year),),
    )
    if not view.total.due:
        return replace(frame, empty=(t.say("web.figures.none"), t.say("web.none_found_do")))
    notes = {"stages": t.say("web.figures.pace_note")}
    return replace(
        frame,
        chart=view,
        figures="rates",
        sections=tuple(
            ReportSection(
                id=name,
                title=t.say(f"web.figures.by_{name}"),
                note=notes.get(name, ""),
                columns=columns,
                rows=getattr(view, name),
                most=SHOWN_UNITS,
            )
            for name, columns in TABLES
        ),
        hints=(t.say("web.figures.delay_note"), t.say("web.figures.note")),
    )
