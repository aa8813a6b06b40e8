"""Reports across cases: the status of recommendations, and the points of a year."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query

from merzim.services.reports.monitoring import monitoring
from merzim.services.reports.points import ScoresAnswer, points_of_year
from merzim.services.results import Ids, Result, at
from merzim.web.api.answers import api_router
from merzim.web.auth.dependencies import Reading
from merzim.web.downloads import RecommendationQuery
from merzim.web.http import PageNumber
from merzim.web.ui.render import RequestTranslator

router = api_router(tags=["monitoring"])


class RecommendationAnswer(Result):
    """A risk with one of its measures. `due`: the measure's next due date; `late`: whether it has passed.

    `status`: outcome of the last review, `none` before the first; empty without a measure.
    """

    case: str = at("case", "id")
    unit: str = at("unit", "id")
    risk: int = at("risk", "number")
    description: str = at("risk", "values", "description")
    direction: str = at("risk", "values", "direction")
    for_legal_monitoring: bool = at("legal")
    rank: int | None = at("rank", "points", default=None)
    measure: int | None = at("measure", "number", default=None)
    recommendation: str = at("measure", "values", "recommendation", default="")
    action: str = at("measure", "values", "action", default="")
    responsible: str = at("measure", "values", "responsible", default="")
    term: str = at("measure", "term", "written", default="")
    due: date | None
    late: bool
    late_by_working_days: int = at("working_days")
    status: str


class SharedAnswer(Result):
    """A risk several cases have. `unasked`: cases whose cause is an act of a higher body to which no request
    was sent.

    Each list has the first ten; the counts are of all.
    """

    description: str
    case_count: int = at("alike", "cases")
    cases: list[str]
    unit_count: int = at("alike", "units")
    units: Ids
    unasked_count: int = at("alike", "unasked")
    unasked: list[str] = at("alike", "asking")


class SilentAnswer(Result):
    """A case with a quarter that is not reported."""

    period: str
    case: str = at("case", "id")
    unit: str = at("unit", "id")
    due: date
    late_by_working_days: int = at("working_days")


class MonitoringAnswer(Result):
    """Recommendations, shared risks and unreported quarters. `silent`: up to 40 cases of each quarter;
    `silent_counts`: the number of all.
    """

    recommendations: list[RecommendationAnswer] = at("lines")
    total: int
    page: int = at("number")
    pages: int
    counts: dict[str, int]
    shared: list[SharedAnswer]
    silent: list[SilentAnswer]
    silent_counts: dict[str, int]


Further = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/monitoring")
def get_monitoring(
    ctx: Reading, filters: RecommendationQuery, number: PageNumber = 1, silent: Further = 1
) -> MonitoringAnswer:
    """Return recommendations with their status, 100 on a page; shared risks; unreported quarters, 40 cases of
    each on a page (`silent`: its number).
    """
    view = monitoring(ctx, filters, number=number, further_page=silent)
    return MonitoringAnswer.of(view)


@router.get("/scores")
def get_scores(
    ctx: Reading,
    translator: RequestTranslator,
    unit: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    number: PageNumber = 1,
) -> ScoresAnswer:
    """Return the points of a year: earned, lost, at stake, with the calculation. A parameter named like a
    reading chooses it.
    """
    return points_of_year(ctx, unit, year, ctx.query, number=number).answer
