"""Lines of lists, made from board rows, for pages and as answers to programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from merzim.services.context import RequestContext
from merzim.services.names import AssigneeNames, UnitName, case_title, cases_of, name_assignees, unit_name
from merzim.services.results import InLanguage, Points, Result, at
from merzim.services.scoring import Stakes
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import Row
from workflow.cases.registers.rows import is_entry, period_in
from workflow.deadlines.deadline import DeadlineStatus, can_be_done, lateness, status_on, working_days_between
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.library import ALONE, TITLE
from workflow.law.procedure import Act, Text


@dataclass(frozen=True, kw_only=True, slots=True)
class ObligationLine:
    """One obligation of a case as shown in a list.

    Attributes:
        period: of a recurring obligation ("2026Q3", "2026-03"); None for others.
        working_days: days late if overdue (0 if only days off have passed), else days left; for a slipped one,
            days since its plan date.
        waiting_for: title of what it waits for, None if its due date is valid.
        stake: points of the year at stake by it; None where nothing is.
        unadopted: its act, if the unit has not adopted it.
        is_decision: whether it is answered by one of several options.
        can_be_done: whether nothing it counts from is still to happen.
        evidence_by: the day evidence is awaited of what somebody said is done; None where nobody did.
        reminds_from: without a due date the day it is open since, or the day of what it must come before.
        letter: on the reader's desk, key of the letter about it that is not acknowledged yet; "" for none.
        instead_of: there, the person the reader is deputy of; "" for nobody.
    """

    case: str
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
    who: AssigneeNames
    stake: Decimal | None
    planned_on: date | None = None
    waiting_for: Text | None = None
    unadopted: Act | None = None
    is_decision: bool = False
    reminds_from: date | None = None
    evidence_by: date | None = None
    can_be_done: bool = True
    letter: str = ""
    instead_of: str = ""

    @property
    def id(self) -> str:
        return f"{self.case}:{self.obligation}"

    @property
    def recordable(self) -> bool:
        """Whether a fact fulfils it; obligations of registers are fulfilled in the case."""
        return not is_entry(self.obligation)

    @property
    def tickable(self) -> bool:
        """Whether it can be recorded together with others; decisions cannot."""
        return self.recordable and not self.is_decision


class BoardLine(Result):
    """An obligation of a case in a list. `working_days`: late if overdue, since its plan date if slipped, else
    left; `stake`: points of the year at stake.
    """

    case: str
    object: InLanguage = at("about")
    unit: str = at("unit", "id")
    obligation: str
    title: InLanguage
    stage: str = at("stage_id")
    due: date | None
    planned_on: date | None
    working_days: int
    force: str
    responsible: list[str] = at("who", "shown")
    duty: str = at("who", "duty")
    stake: Points | None


def build_board_lines(
    ctx: RequestContext, reads: Reads, rows: Sequence[Row], stakes: Stakes | None = None
) -> tuple[ObligationLine, ...]:
    """Return the lines of board rows, in their order, without cases hidden from the reader.

    Args:
        stakes: the points at stake, where they are counted for the page already.
    """
    library, calendar, office, today = ctx.library, ctx.calendar, reads.office(), ctx.today
    cases, stakes = cases_of(reads, rows), stakes or Stakes(ctx)
    said_done = reads.said_done(cases.values())

    def line(row: Row) -> ObligationLine:
        case = cases[row.case]
        procedure = library.of(case)
        obligation = entry_obligation(case, procedure, row.obligation)
        status = status_on(row, today=today, soon=ctx.horizon.soon)
        waits = lateness(row, today=today).waiting_for
        day = row.planned_on if status == "slipped" else row.due
        stake = stakes.of(row.unit, obligation.indicator, period_in(row.obligation), row.due)
        return ObligationLine(
            case=row.case,
            # The title of a case with one assignment is that of the assignment.
            about=procedure.title if procedure.id == ALONE.id else case_title(case, procedure),
            unit=unit_name(office, row.unit),
            obligation=row.obligation,
            title=obligation.title,
            period=period_in(row.obligation),
            stage=TITLE if row.obligation.startswith("assignment.") else procedure.stage_title[row.stage],
            stage_id=row.stage,
            due=row.due,
            look=status,
            working_days=working_days_between(day, today, calendar),
            force=row.force,
            who=name_assignees(office, row.assignee._replace(duty=obligation.duty), on=today),
            stake=stake.points if stake else None,
            planned_on=row.planned_on,
            waiting_for=procedure.by_id[waits.partition(".")[0]].title if waits else None,
            unadopted=library.unadopted_act(procedure, office, row.unit),
            is_decision=bool(obligation.options),
            reminds_from=row.reminds_from,
            can_be_done=can_be_done(row),
            evidence_by=said_done.get((row.case, row.obligation)),
        )

    return tuple(line(row) for row in rows if row.case in cases)
