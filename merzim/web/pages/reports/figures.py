"""Deadlines met in time in a year, by month, stage and unit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from merzim.services.board.figures import SHOWN_UNITS, FiguresView, figures_of
from merzim.web.pages.reports.report import Figure, Report, ReportQuery, ReportSection
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Content, figures_columns

TABLES = (
    ("months", figures_columns("head.month")),
    ("stages", figures_columns("head.stage", with_pace=True, with_delay=True)),
    ("units", figures_columns("head.unit", with_delay=True)),
)
"""The tables of figures of a year, each with its columns."""


def build(query: ReportQuery) -> Report:
    """Return the figures of a year; a year with nothing due has no tables."""
    t, view = query.t, figures_of(query.ctx, query.unit, query.year)
    frame = Report(
        title=t.say("web.figures.title", year=view.year),
        lead=t.say("web.figures.lead", on=view.last),
        filters=(query.years(query.ctx.today.year),),
    )
    if not view.total.due:
        return replace(frame, empty=(t.say("web.figures.none"), t.say("web.none_found_do")))
    notes = {"stages": Content(text=t.say("web.figures.pace_note"))}
    return replace(
        frame,
        chart=view,
        figures=_figures(t, view),
        sections=tuple(
            ReportSection(
                id=name,
                title=t.say(f"web.figures.by_{name}"),
                note=notes.get(name),
                columns=columns,
                rows=getattr(view, name),
                most=SHOWN_UNITS,
            )
            for name, columns in TABLES
        ),
        hints=(t.say("web.figures.delay_note"), t.say("web.figures.note")),
    )


def _figures(t: Translator, view: FiguresView) -> tuple[Figure, ...]:
    """Return the figures of a year with something due: % in time, median working days late, number not met."""
    total, percent = view.total, "%" if t.language == "en" else " %"
    median = "–" if total.median_late is None else t.points(Decimal(str(total.median_late)))
    unmet = t.say("web.figures.unmet_note", open=total.numbers["open"], missed=total.numbers["missed"])
    in_time = t.say("web.figures.of", n=total.on_time, all=total.due)
    late = t.say("web.figures.late_number", n=total.late)
    return (
        Figure(look="done", number=f"{total.rate}{percent}", text=t.say("web.figures.rate_of"), note=in_time),
        Figure(
            look="soon", number=median, text=t.say("web.figures.median_of"), note=late, is_zero=not total.late
        ),
        Figure(look="late", number=total.unmet, text=t.say("web.figures.unmet_of"), note=unmet),
    )
