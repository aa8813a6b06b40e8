"""Rows of the board as lines of a list; a case is read from its events only where its own register asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from calendars.calendar import Calendar
from services.context import Reads
from web.ui.assignees import who
from web.ui.case_names import about
from web.ui.deadline_status import DeadlineStatus, look, working_days_between
from web.ui.org_names import UnitName, Who, unit_name
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.cases.registers.entries import is_entry
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.library import Library
from workflow.law.procedure import Text
from workflow.org.office import Office


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One obligation on the board.

    Attributes:
        period: of what comes back ("2026Q3", "2026-03"); None for what is asked once.
        working_days: late when overdue (0 is possible: only days off have passed), left when not.
        stake: points, a decimal string; negative for a deduction.
    """

    case: str
    object: str
    about: Text
    unit: UnitName
    obligation: str
    title: Text
    period: str | None
    stage: Text
    stage_id: str
    due: date | None
    look: DeadlineStatus
    working_days: int
    force: str
    who: Who
    stake: str | None


def points(stake: str | None) -> Decimal:
    """What a stake costs, as a positive number; 0 where nothing is named."""
    try:
        return abs(Decimal(stake)) if stake else Decimal(0)
    except InvalidOperation:
        return Decimal(0)


def lines(
    reads: Reads,
    library: Library,
    office: Office,
    calendar: Calendar,
    rows: Sequence[Row],
    *,
    today: date,
    soon: date,
) -> tuple[Line, ...]:
    """The rows in their order; one whose case is not to be seen is left out."""
    cases: Mapping[str, Case] = reads.heads({row.case for row in rows})
    registers = reads.whole({row.case for row in rows if is_entry(row.obligation)})

    def line(row: Row) -> Line:
        case = registers.get(row.case, cases[row.case])
        procedure = library.of(case)
        obligation = entry_obligation(case, procedure, row.obligation)
        return Line(
            case=row.case,
            object=case.object or case.id,
            about=about(case, procedure),
            unit=unit_name(office, row.unit),
            obligation=row.obligation,
            title=obligation.title,
            period=None if is_entry(row.obligation) else row.obligation.partition(".")[2] or None,
            stage=procedure.stage_title[row.stage],
            stage_id=row.stage,
            due=row.due,
            look=look(row.state, row.due, late_by=row.late_by, today=today, soon=soon),
            working_days=working_days_between(row.due, today, calendar),
            force=row.force,
            who=who(office, row, obligation.duty, on=today),
            stake=row.stake,
        )

    return tuple(line(row) for row in rows if row.case in cases)
