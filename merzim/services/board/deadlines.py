"""The list of deadlines behind a figure of the overview, one page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from calendars.kazakhstan import Kazakhstan
from merzim.services.board.assignees import acting_unit, find_assignments
from merzim.services.board.lines import ObligationLine, build_board_lines
from merzim.services.context import RequestContext
from merzim.services.names import Name, person_name, require_exportable
from merzim.services.scoring import Stakes
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import DeadlineFilter, Horizon, Urgency
from workflow.deadlines.lateness import near
from workflow.law.procedure import Text
from workflow.org.access import within
from workflow.org.office import Office

PAGE = 50
Force = Literal["", "obligatory", "recommended"]
"""Steps an act obliges to, those it leaves to the office (recommended or a right), or "" for both."""
CHUNK = 1000
"""Rows of a workbook read at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineQuery:
    """The filter of the list, from the address.

    `person`: key of the assignee; `acting`: unit of who must act; `force`: as in `Force`.
    """

    urgency: Urgency = "open"
    on: date | None = None
    unit: str | None = None
    stage: str | None = None
    person: str | None = None
    acting: str | None = None
    force: Force = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """One page of the list. `stage`, `person`: their names, if the list is filtered by them."""

    asking: DeadlineQuery
    lines: tuple[ObligationLine, ...]
    stage: Text | None
    person: Name
    number: int
    pages: int
    total: int


def deadlines(ctx: RequestContext, asking: DeadlineQuery, *, number: int) -> Deadlines:
    """Return page `number` of the matching deadlines; beyond the last page, the last page.

    Deadlines the reader is responsible for are visible to them in any unit.
    """
    reads, office = _reach(ctx, asking), ctx.reads.office()
    deadline_filter = _filter(reads, office, ctx.calendar, asking, today=ctx.today)
    total = reads.count(deadline_filter)
    pages = max(1, -(-total // PAGE))
    number = min(number, pages)
    rows = reads.listed(deadline_filter, limit=PAGE, offset=(number - 1) * PAGE)
    titles = (procedure.stage_title.get(asking.stage or "") for procedure in ctx.library.all())
    return Deadlines(
        asking=asking,
        lines=build_board_lines(ctx, reads, rows, soon=deadline_filter.horizon.soon),
        stage=next(filter(None, titles), None),
        person=_person(office, asking.person, ctx.reader.root, waits=bool(deadline_filter.assignees))
        if asking.person is not None
        else "",
        number=number,
        pages=pages,
        total=total,
    )


def all_lines(ctx: RequestContext, asking: DeadlineQuery) -> Iterator[ObligationLine]:
    """Yield every line of the list, for a file."""
    reads, stakes = _reach(ctx, asking), Stakes(ctx)
    deadline_filter = _filter(reads, ctx.reads.office(), ctx.calendar, asking, today=ctx.today)
    total = reads.count(deadline_filter)
    require_exportable(total)
    for offset in range(0, total, CHUNK):
        rows = reads.listed(deadline_filter, limit=CHUNK, offset=offset)
        yield from build_board_lines(ctx, reads, rows, soon=deadline_filter.horizon.soon, stakes=stakes)


def _reach(ctx: RequestContext, asking: DeadlineQuery) -> Reads:
    """Return the read queries of a list; not limited to the reader's units if it shows the reader's own
    deadlines.
    """
    is_own = asking.person and asking.person == ctx.reader.person
    return ctx.reads.whole_office() if is_own else ctx.reads


def _filter(
    reads: Reads, office: Office, calendar: Kazakhstan, asking: DeadlineQuery, *, today: date
) -> DeadlineFilter:
    """Return the board's filter for a query; people and acting units become assignees."""
    day = Horizon(today=today, soon=near(calendar, today))
    assignees = None
    if asking.person is not None:
        keys = reads.assignees(asking.unit)
        assignees = frozenset(find_assignments(office, asking.person, keys, on=today))
    elif asking.acting is not None:
        keys = reads.assignees(asking.unit)
        assignees = frozenset(
            key for key in keys if (acting_unit(office, key, on=today) or office.root) == asking.acting
        )
    return DeadlineFilter(
        urgency=asking.urgency,
        horizon=day,
        on=asking.on,
        unit=asking.unit,
        stage=asking.stage,
        assignees=assignees,
        is_obligatory=asking.force == "obligatory" if asking.force else None,
    )


def _person(office: Office, key: str, reader_unit: str, *, waits: bool) -> Name:
    """Return the name of the requested person; the key itself if they are of a unit hidden from the reader and
    responsible for nothing visible.
    """
    if not key:
        return ""
    person = office.people.get(key)
    is_visible = waits or (person is not None and within(office, person.unit, reader_unit))
    return person_name(office, key) if is_visible else key
