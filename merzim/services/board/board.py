"""The board: overdue, slipped, near and missed deadlines; totals, and a page of each list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from calendars.kazakhstan import Kazakhstan
from merzim.services.board.lines import ObligationLine, build_board_lines
from merzim.services.context import Reads
from workflow.board.sums import DeadlineFilter, Urgency, horizon, total
from workflow.deadlines.lateness import near
from workflow.law.library import Library

SHOWN = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """The totals of a day, and one page of each list.

    Attributes:
        soon: the last day that counts as near.
        next: offset of the next page in each list; None if this is the last.
    """

    today: date
    soon: date
    overdue_count: int
    due_count: int
    missed_count: int
    slipped_count: int
    overdue: tuple[ObligationLine, ...]
    due: tuple[ObligationLine, ...]
    missed: tuple[ObligationLine, ...]
    slipped: tuple[ObligationLine, ...]
    next: int | None


def board(
    reads: Reads,
    library: Library,
    calendar: Kazakhstan,
    *,
    today: date,
    unit: str | None = None,
    limit: int = SHOWN,
    first: int = 0,
) -> Board:
    """Return the board on a day, of one unit with all units below it, or of all.

    Args:
        limit: number of lines of each list, after the first `first`.
    """
    day = horizon(today, soon=near(calendar, today))
    sums, office = reads.sums(day, unit), reads.office()

    def page(urgency: Urgency) -> tuple[ObligationLine, ...]:
        rows = reads.listed(DeadlineFilter(urgency=urgency, horizon=day, unit=unit), limit=limit, offset=first)
        return build_board_lines(reads, library, office, calendar, rows, today=today, soon=day.soon)

    overdue, due, missed, slipped = (total(sums, figure) for figure in ("overdue", "due", "missed", "slipped"))
    return Board(
        today=today,
        soon=day.soon,
        overdue_count=overdue,
        due_count=due,
        missed_count=missed,
        slipped_count=slipped,
        overdue=page("overdue"),
        due=page("due"),
        missed=page("missed"),
        slipped=page("slipped"),
        next=first + limit if max(overdue, due, missed, slipped) > first + limit else None,
    )
