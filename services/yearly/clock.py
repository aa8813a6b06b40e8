"""The yearly cycle of analyses of every organisation, and the yearly duty that each analysis fulfils."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from services.yearly.opening import organisations

if TYPE_CHECKING:
    from services.app import AppContext
    from storage.queries import SqlReads
    from workflow.cases.case import Case
    from workflow.law.overlay import Overlay
    from workflow.org.office import Office
    from workflow.reports.yearly_clock import Analysis, Turn


PROCEDURE = "internal-analysis"
STARTED, ENDED, EXTERNAL = "analysis_started", "analysis_ended", "external_analysis_ended"


@dataclass(frozen=True, slots=True)
class UnitTurn:
    """The status of an organisation, and the own rules by which it reads "once a year" (None: the usual
    reading).
    """

    turn: Turn
    rules: Overlay | None


def turns(
    app: AppContext, unit: str = "", *, once_in: str = "", today: date, reads: SqlReads | None = None
) -> tuple[UnitTurn, ...]:
    """Return the status of every organisation at or below a unit ("" is all) of a kind the analysis applies to.

    Args:
        once_in: the reading of "once a year" for all of them, overriding their own rules.
        reads: read queries limited to what the reader may see; None for everything.
    """
    from calendars.terms import Embargo
    from workflow.org.kinds import among
    from workflow.reports.yearly_clock import YEAR, turn

    reads = reads or app.reads
    office = reads.office()
    edition = app.editions.edition(PROCEDURE, today)
    embargo = next(each.term for each in edition.obligations if isinstance(each.term, Embargo))
    asked = [one for one in organisations(office, unit) if among(office.kind_of(one), edition.applies_to)]
    known = analyses_of(reads, office, asked)
    found = []
    for one in asked:
        own = app.library.own
        reading, rules = own.switch("once_in", PROCEDURE, one, today) if own else (YEAR, None)
        counted = turn(
            one,
            known.get(one, ()),
            once_in=once_in or reading,
            embargo=embargo,
            calendar=app.calendar,
            today=today,
        )
        found.append(UnitTurn(counted, None if once_in else rules))
    return tuple(found)


def analyses_of(reads: SqlReads, office: Office, asked: list[str]) -> Mapping[str, list[Analysis]]:
    """Return analyses by organisation; each belongs to the nearest organisation above its case's unit."""
    wanted = frozenset(asked)
    top = [one for one in asked if not office.is_within_another(one)]
    heads = reads.cases(procedure=PROCEDURE, standing="active")
    found: dict[str, list[Analysis]] = {}
    for case in reads.whole([head.id for head in heads]).values():
        place = office.unit_named.get(" ".join(case.unit.casefold().split()), case.unit)
        own = next((one for one in office.above(place) if one in wanted), None)
        # A case without a unit is of the whole organisation: of the one at the top.
        for one in (own,) if own is not None else tuple(top) if not place and len(top) == 1 else ():
            found.setdefault(one, []).append(_analysis(case))
    return found


def _analysis(case: Case) -> Analysis:
    from workflow.reports.yearly_clock import Analysis

    days = {name: fact.on for name, fact in case.facts.items()}
    return Analysis(
        case=case.id,
        started=days.get(STARTED),
        ended=days.get(ENDED),
        starts=None if STARTED in days else case.planned.get(STARTED),
        external=days.get(EXTERNAL),
    )


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
                withdraw(app.case_commands, case.id, name, ground=ground, **stamp)  # type: ignore[arg-type]
            if ended is not None:
                app.case_commands.record(case.id, name, on=ended, **stamp)  # type: ignore[arg-type]
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
