"""The yearly cycle of analyses of every organisation, and the yearly duty that each analysis fulfils."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from calendars.terms import Embargo
from i18n import say
from merzim.services.app import AppContext
from merzim.services.yearly.opening import organisations
from merzim.storage.queries import SqlReads
from workflow.cases.case import Case
from workflow.cases.commands.recording import record
from workflow.cases.commands.withdrawals import withdraw
from workflow.moments import Moment
from workflow.org.kinds import among
from workflow.org.office import Office
from workflow.refusal import Refusal
from workflow.reports.yearly_clock import ENDED, Turn, days_of, turn

PROCEDURE = "internal-analysis"
PROGRAMME, BEGUN, CARRIED_OUT = "tbn4-year", "year_begun", "analysis_carried_out"
AUTHOR = "merzim"


def turns(app: AppContext, unit: str, *, today: date, reads: SqlReads) -> tuple[Turn, ...]:
    """Return where each organisation at or below a unit ("" is all), of a kind the analysis binds, stands in
    the yearly cycle.

    Args:
        reads: read queries limited to what the reader may see.
    """
    office, edition = reads.office(), app.library.edition(PROCEDURE, today)
    embargo = next(each.term for each in edition.obligations if isinstance(each.term, Embargo))
    bound_units = [
        organisation
        for organisation in organisations(office, unit)
        if among(office.kind_of(organisation), edition.applies_to)
    ]
    analyses = analyses_of(reads, office, bound_units)
    return tuple(
        turn(bound, analyses[bound], embargo=embargo, calendar=app.calendar, today=today)
        for bound in bound_units
    )


def analyses_of(reads: SqlReads, office: Office, organisation_ids: list[str]) -> Mapping[str, list[Case]]:
    """Return the active analyses of organisations: each is of the nearest at or above its case's unit."""
    top = [organisation for organisation in organisation_ids if not office.is_within_another(organisation)]
    analyses: dict[str, list[Case]] = {organisation: [] for organisation in organisation_ids}
    heads = reads.cases(procedure=PROCEDURE, status="active")
    for case in reads.whole([head.id for head in heads]).values():
        place = office.unit_id(case.unit)
        # A case without a unit is of the whole organisation: of the one at the top.
        whole = top[0] if not place and len(top) == 1 else None
        organisation = next((above_id for above_id in office.above(place) if above_id in analyses), whole)
        if organisation is not None:
            analyses[organisation].append(case)
    return analyses


def record_carried_out(app: AppContext, *, at: Moment) -> int:
    """Record in each organisation's programme of a year (PROGRAMME) the day of the first analysis that ended in
    that year; return how many programmes changed. Runs once a day in a process.

    Facts recorded here are withdrawn or moved when the analysis is withdrawn or its day corrected; facts
    recorded by people stay. Closed cases, and cases changed at the same moment, are left unchanged.
    """
    if app.process.last_days.get(CARRIED_OUT) == at.today:
        return 0
    app.process.last_days[CARRIED_OUT] = at.today
    reads = app.reads
    heads = reads.cases(procedure=PROGRAMME, status="active")
    programmes = reads.whole([head.id for head in heads]).values()
    if not programmes:
        return 0
    office, changed_count = reads.office(), 0
    analyses = analyses_of(reads, office, list(organisations(office, "")))
    ground = say("yearly_clock.moved", {}, app.settings.office.language)
    at = replace(at, by=AUTHOR)
    for case in programmes:
        begin_day = case.day_of(BEGUN)
        year = begin_day.year if begin_day else None
        name = f"{CARRIED_OUT}.{year}"
        ends = (on for on, _ in days_of(analyses.get(case.unit, ()), ENDED, at.today) if on.year == year)
        ended, fact = min(ends, default=None), case.facts.get(name)
        if fact is not None and (fact.by != AUTHOR or fact.on == ended):
            continue
        try:
            if fact is not None:
                app.case_commands.write(case.id, at, withdraw, name, ground=ground)
            if ended is not None:
                app.case_commands.write(case.id, at, record, name, on=ended)
        except Refusal:
            continue
        changed_count += fact is not None or ended is not None
    return changed_count
