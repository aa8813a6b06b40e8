"""The yearly cycle of analyses of every organisation, from the analyses on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
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
