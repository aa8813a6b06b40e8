"""Recommendations and their outcomes, risks that several units share, quarters nobody reported."""

from __future__ import annotations

from starlette.responses import Response

from merzim.services.law.regulations import row_words
from merzim.services.reports.monitoring import (
    DIRECTIONS,
    STATUSES,
    TO_READERS,
    Quarter,
    SharedRiskLine,
    monitoring,
)
from merzim.web.files_of_papers import RECOMMENDATION_COLUMNS, get_monitoring_file
from merzim.web.pages.reports.report import Figure, Filter, Report, ReportQuery, ReportSection
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Content
from workflow.cases.registers.risk_lists import RecommendationFilter

LOOKS = {"late": "late", "not": "missed", "partly": "soon", "none": "points", "executed": "done"}
"""The figures at the top: statuses of measures, with their colours."""


def build(query: ReportQuery) -> Report:
    """Return the recommendations of a unit, narrowed by status, direction, words."""
    ctx, t, criteria = query.ctx, query.t, _criteria(query)
    view = monitoring(
        *(ctx.reads, ctx.calendar, criteria),
        today=ctx.today,
        number=query.number,
        further_page=query.page("silent"),
        sizes=TO_READERS,
    )
    every_status = (
        ("", t.say("web.monitoring.any")),
        *((name, t.option("outcome", name)) for name in STATUSES),
    )
    ways = (("", t.say("web.monitoring.any")), *((name, t.option("direction", name)) for name in DIRECTIONS))
    late, legal = t.say("web.monitoring.late"), t.say("risk.legal_mark")
    return Report(
        title=t.say("web.monitoring.title"),
        lead=t.say("web.monitoring.lead", on=ctx.today),
        formats=("xlsx",),
        figures=tuple(_figure(query, status, view.counts[status]) for status in LOOKS),
        filters=(
            Filter(name="search", label=t.say("web.search.words"), chosen=criteria.search, kind="search"),
            Filter(
                name="status", label=t.say("web.risks.outcome"), options=every_status, chosen=criteria.status
            ),
            Filter(
                name="direction", label=t.say("web.risks.direction"), options=ways, chosen=criteria.direction
            ),
            Filter(name="late", label=late, chosen="1" if criteria.late else "", kind="check"),
            Filter(name="legal", label=legal, chosen="1" if criteria.legal else "", kind="check"),
        ),
        sections=(
            ReportSection(
                id="recommendations",
                title=t.say("web.monitoring.list"),
                tally=view.total,
                columns=RECOMMENDATION_COLUMNS,
                rows=view.lines,
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
                lines=tuple(_silent(t, period, quarter) for period, quarter in view.silent.items()),
                empty=("", t.say("web.monitoring.silent.none")),
                pages=(view.further, view.further_pages, "silent"),
            ),
        ),
    )


def workbook(query: ReportQuery) -> Response:
    return get_monitoring_file(query.ctx, _criteria(query))


def _criteria(query: ReportQuery) -> RecommendationFilter:
    status, direction, search = (query.chosen.get(name, "") for name in ("status", "direction", "search"))
    legal, late = (bool(query.chosen.get(name)) for name in ("legal", "late"))
    return RecommendationFilter(
        unit=query.unit,
        status=status,
        direction=direction,
        legal=legal,
        late=late,
        search=search.strip(),
        words=row_words(search),
    )


def _figure(query: ReportQuery, status: str, number: int) -> Figure:
    late = status == "late"
    text = query.t.say("web.monitoring.late") if late else query.t.option("outcome", status)
    others = dict.fromkeys(("search", "direction", "legal", "silent"))
    address = query.link(**others, late="1" if late else "", status="" if late else status)
    return Figure(look=LOOKS[status], number=number, text=text, address=address)


def _others(t: Translator, number: int) -> str:
    return f"; {t.say('web.monitoring.others', n=number)}" if number > 0 else ""


def _shared(t: Translator, group: SharedRiskLine) -> Content:
    """Return a risk several units have: where, and where nobody query the higher body."""
    names = [t.name(unit.name) for unit in group.units if unit.name]
    units = t.say("web.monitoring.units", n=group.alike.units)
    if names:
        units += f": {', '.join(names)}{_others(t, group.alike.units - len(group.units))}"
    cases = {case.id for case, _ in group.first}
    places = tuple(
        Content(
            text=f"{case.object_in(t.language) or case.id}, {t.say('numbered', n=place.risk)}",
            address=f"/cases/{case.id}/risks#risk-{place.risk}",
        )
        for case, place in group.first
    )
    under = [Content(text=units), Content(each=places, text=_others(t, group.alike.cases - len(cases)))]
    if group.alike.unasked:
        asking = t.say("web.monitoring.unasked", cases=group.alike.asking)
        more = _others(t, group.alike.unasked - len(group.alike.asking))
        under.append(Content(text=asking + more, late=True))
    return Content(text=group.description, strong=True, under=tuple(under))


def _silent(t: Translator, period: str, quarter: Quarter) -> Content:
    under = []
    for silent in quarter.silent:
        case = silent.case
        named = case.object_in(t.language)
        unit = t.name(silent.unit.name)
        late = t.say("web.late_by", n=silent.working_days)
        under.append(
            Content(
                text=unit or named or case.id,
                address=f"/cases/{case.id}?fact=quarter_reported.{period}#record",
                beside=f"{named} · {late}" if unit else late,
            )
        )
    return Content(text=f"{t.period(period)} ({quarter.number})", strong=True, under=tuple(under))
