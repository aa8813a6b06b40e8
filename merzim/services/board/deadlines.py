"""The list of deadlines behind a figure of the overview: one page, or all of it for a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from calendars.kazakhstan import Kazakhstan
from merzim.services.board.assignees import acting_unit, keys_of_person
from merzim.services.board.lines import ObligationLine, build_board_lines
from merzim.services.context import RequestContext
from merzim.services.inputs import Day, Line
from merzim.services.names import Name, person_name, require_exportable
from merzim.services.scoring import Stakes
from merzim.services.verbs import Command
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import DeadlineFilter, Horizon, Urgency
from workflow.deadlines.lateness import last_near_day
from workflow.law.procedure import Text
from workflow.org.access import within
from workflow.org.office import Office

PAGE = 50
Force = Literal["", "obligatory", "recommended"]
"""Steps an act obliges to, those it leaves to the office (recommended or a right), or "" for both."""
CHUNK = 1000
"""Rows of a workbook read at once."""


class ListDeadlines(Command):
    """Request deadlines, those with this due day, unit, stage, assignee and force."""

    urgency: Urgency = "open"
    on: Day | None = None
    unit: Line = ""
    stage: Line = ""
    person: Line = ""
    acting: Annotated[Line, Field(description="The unit of who must act.", examples=["hr"])] = ""
    force: Force = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """One page of the list. `stage`, `person`: their names, if the list is filtered by them."""

    asking: ListDeadlines
    lines: tuple[ObligationLine, ...]
    stage: Text | None
    person: Name
    number: int
    pages: int
    total: int


def deadlines(ctx: RequestContext, asking: ListDeadlines) -> Deadlines:
    """Return a page of the matching deadlines; beyond the last page, the last page.

    A list of the reader's own deadlines (`person`) has those of any unit.
    """
    reads, office = _reach(ctx, asking), ctx.reads.office()
    deadline_filter = _filter(reads, office, ctx.calendar, asking, today=ctx.today)
    total = reads.count(deadline_filter)
    pages = max(1, -(-total // PAGE))
    number = min(asking.page, pages)
    rows = reads.listed(deadline_filter, limit=PAGE, offset=(number - 1) * PAGE)
    titles = (procedure.stage_title.get(asking.stage) for procedure in ctx.library.all())
    return Deadlines(
        asking=asking,
        lines=build_board_lines(ctx, reads, rows, soon=deadline_filter.horizon.soon),
        stage=next(filter(None, titles), None),
        person=_person(office, asking.person, ctx.reader.root, is_assignee=bool(deadline_filter.assignees)),
        number=number,
        pages=pages,
        total=total,
    )


def all_lines(ctx: RequestContext, asking: ListDeadlines) -> Iterator[ObligationLine]:
    """Yield every line of the list, for a file. Raises Refusal for more than one workbook can have."""
    reads, stakes = _reach(ctx, asking), Stakes(ctx)
    deadline_filter = _filter(reads, ctx.reads.office(), ctx.calendar, asking, today=ctx.today)
    total = reads.count(deadline_filter)
    require_exportable(total)
    for offset in range(0, total, CHUNK):
        rows = reads.listed(deadline_filter, limit=CHUNK, offset=offset)
        yield from build_board_lines(ctx, reads, rows, soon=deadline_filter.horizon.soon, stakes=stakes)


def _reach(ctx: RequestContext, asking: ListDeadlines) -> Reads:
    """Return the read queries of a list; not limited to the reader's units if it shows the reader's own
    deadlines.
    """
    is_own = asking.person and asking.person == ctx.reader.person
    return ctx.reads.whole_office() if is_own else ctx.reads


def _filter(
    reads: Reads, office: Office, calendar: Kazakhstan, asking: ListDeadlines, *, today: date
) -> DeadlineFilter:
    """Return the board's filter for a query; people and acting units become assignees."""
    day = Horizon(today=today, soon=last_near_day(calendar, today))
    assignees = None
    if asking.person:
        keys = reads.assignees(asking.unit or None)
        assignees = frozenset(keys_of_person(office, asking.person, keys, on=today))
    elif asking.acting:
        keys = reads.assignees(asking.unit or None)
        assignees = frozenset(key for key in keys if acting_unit(office, key, on=today) == asking.acting)
    return DeadlineFilter(
        urgency=asking.urgency,
        horizon=day,
        on=asking.on,
        unit=asking.unit or None,
        stage=asking.stage or None,
        assignees=assignees,
        is_obligatory=asking.force == "obligatory" if asking.force else None,
    )


def _person(office: Office, key: str, reader_unit: str, *, is_assignee: bool) -> Name:
    """Return the name of the requested person, "" for none; the key itself if they are of a unit hidden from
    the reader and responsible for nothing visible (`is_assignee`).
    """
    if not key:
        return ""
    person = office.people.get(key)
    is_visible = is_assignee or (person is not None and within(office, person.unit, reader_unit))
    return person_name(office, key) if is_visible else key
