"""Internal analyses fulfil the yearly programme's duty to hold one: each is recorded in its own case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from services.yearly.clock import analyses_of
from services.yearly.opening import organisations

if TYPE_CHECKING:
    from services.app import AppContext
    from workflow.cases.case import Case
    from workflow.reports.yearly_clock import Analysis

PROGRAMME, BEGUN, CARRIED_OUT = "tbn4-year", "year_begun", "analysis_carried_out"
AUTHOR = "merzim"


def record_carried_out(app: AppContext, *, now: datetime, today: date) -> int:
    """Record in each organisation's programme of a year the first analysis that ended in it; return how many
    programmes changed. Runs once a day in a process.

    Facts recorded here are withdrawn or moved when the analysis is withdrawn or its day corrected; facts
    recorded by people stay. Closed cases, and cases changed at the same moment, are left unchanged.
    """
    from i18n import say
    from workflow.cases.commands.withdrawals import withdraw
    from workflow.ports import Conflict
    from workflow.refusal import Refusal

    if app.last_days.get(CARRIED_OUT) == today:
        return 0
    app.last_days[CARRIED_OUT] = today
    reads = app.reads
    heads = reads.cases(procedure=PROGRAMME, standing="active")
    programmes = [(case, _year(case)) for case in reads.whole([head.id for head in heads]).values()]
    if not programmes:
        return 0
    office, changed = reads.office(), 0
    analyses = analyses_of(reads, office, list(organisations(office, "")))
    ground = say("yearly_clock.moved", {}, app.settings.office.language)
    for case, year in programmes:
        name = f"{CARRIED_OUT}.{year}"
        ended, known = _first_end(year, analyses.get(case.unit, ()), today), case.facts.get(name)
        if known is not None and (known.by != AUTHOR or known.on == ended):
            continue
        stamp = {"by": AUTHOR, "now": now, "today": today}
        try:
            if known is not None:
                withdraw(app.desk, case.id, name, ground=ground, **stamp)  # type: ignore[arg-type]
            if ended is not None:
                app.desk.record(case.id, name, on=ended, **stamp)  # type: ignore[arg-type]
        except (Conflict, Refusal):
            continue
        changed += known is not None or ended is not None
    return changed


def _year(case: Case) -> int | None:
    """Return the year of a programme; None if its beginning is neither recorded nor planned."""
    fact = case.facts.get(BEGUN)
    begun = fact.on if fact is not None else case.planned.get(BEGUN)
    return begun.year if begun else None


def _first_end(year: int | None, analyses: Sequence[Analysis], today: date) -> date | None:
    """Return the first day on which an analysis ended in that year."""
    days = (one.ended for one in analyses if one.ended is not None and one.ended <= today)
    return min((day for day in days if day.year == year), default=None)
