"""The tasks of a reader: their obligations in all cases, by urgency, or for officers everybody's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from merzim.services.board.assignees import keys_of_person
from merzim.services.board.lines import BoardLine, ObligationLine, build_board_lines
from merzim.services.context import RequestContext
from merzim.services.results import OptionalText, Result, at
from merzim.services.verbs import Command, verb
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import AssigneeKey, DeadlineFilter, Horizon, Row, Urgency
from workflow.org.office import Person

ALIKE = 3
"""From how many rows on those that differ in their case alone are shown as one line."""
MOST_LISTED: Mapping[Urgency, int] = {
    "overdue": 20,
    "slipped": 20,
    "today": 20,
    "near": 20,
    "later": 10,
    "undated": 20,
}
"""Number of rows shown of each urgency, in the order of the groups."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskGroup:
    """Rows of equal urgency: the first of them, and their number."""

    urgency: Urgency
    items: tuple[ObligationLine, ...]
    total: int

    @property
    def sets(self) -> tuple[tuple[ObligationLine, ...], ...]:
        """First the rows that stand alone, in order; then each set of at least ALIKE rows of the same
        obligation due on the same day in several cases.
        """
        by_look = defaultdict[tuple[object, ...], list[ObligationLine]](list)
        for line in self.items:
            by_look[line.title, line.period, line.due, line.planned_on].append(line)
        alike = [tuple(items) for items in by_look.values() if len(items) >= ALIKE]
        together = {item.id for items in alike for item in items}
        return (tuple(item for item in self.items if item.id not in together), *alike)


@dataclass(frozen=True, kw_only=True, slots=True)
class TasksView:
    """The tasks of a reader, by urgency.

    Attributes:
        mine: whether only the reader's own obligations are shown; False shows all visible ones, for officers.
        person: the person the account belongs to, None if not in the list of people.
    """

    mine: bool
    may_switch: bool
    groups: tuple[TaskGroup, ...]
    person: Person | None
    deputy: Person | None

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(item.id for group in self.groups for item in group.items)


class AskDesk(Command):
    """Request the reader's tasks. `show`: for officers, `all` for those of others, too; empty: `mine`, or `all`
    for an account of no person.
    """

    show: Literal["", "mine", "all"] = ""


class ItemAnswer(Result):
    """A task. `letter`: key of the letter about it that is not acknowledged yet.

    `instead_of`: the person the reader is deputy of; `recordable`: whether a fact fulfils it.
    """

    line: BoardLine
    letter: str
    instead_of: str
    recordable: bool


class GroupAnswer(Result):
    """Tasks of one urgency, the most pressing of them; `total`: their number."""

    urgency: str
    total: int
    items: list[ItemAnswer]


class DeskAnswer(Result):
    """The tasks of the reader, by urgency. `mine`: false when tasks of others are included."""

    today: date
    mine: bool
    person: OptionalText = at("person", "key", default="")
    deputy: OptionalText = at("deputy", "key", default="")
    groups: list[GroupAnswer]


@verb("record", writes=False)
def list_own_tasks(ctx: RequestContext, command: AskDesk) -> DeskAnswer:
    """Return the tasks of the reader. `show: all`: for officers, also those of all others visible to them."""
    view, language = tasks_view(ctx, command.show), ctx.language
    groups = [
        GroupAnswer.of(
            group, language, items=[ItemAnswer.of(line, language, line=line) for line in group.items]
        )
        for group in view.groups
    ]
    return DeskAnswer.of(view, language, today=ctx.today, groups=groups)


def tasks_view(ctx: RequestContext, show: str) -> TasksView:
    """Return the data of the reader's task page.

    Args:
        show: `mine` is the reader's own obligations, `all`, for officers only, every visible one; anything else
            the reader's own, for an officer's account of no person all.
    """
    office, may_switch = ctx.reads.office(), ctx.reader.may("manage")
    person = office.people.get(ctx.reader.person)
    mine = not may_switch or not (show == "all" or (show != "mine" and person is None))
    # The reader's own obligations are visible in any unit.
    reads = ctx.reads.whole_office() if mine else ctx.reads
    numbers = reads.urgencies(ctx.horizon)
    recipients = keys_of_person(office, ctx.reader.person, numbers, on=ctx.today)
    shown = {key: numbers[key] for key in recipients} if mine else numbers
    rows = {urgency: _rows(reads, ctx.horizon, urgency, shown, mine=mine) for urgency in MOST_LISTED}
    all_rows = [row for of_urgency in rows.values() for row in of_urgency]
    unread = reads.unread({row.case for row in all_rows})
    lines = {(line.case, line.obligation): line for line in build_board_lines(ctx, reads, all_rows)}

    def items(rows: Sequence[Row]) -> Iterator[ObligationLine]:
        for row in rows:
            place, recipient = (row.case, row.obligation), recipients.get(row.assignee)
            if place in lines:
                instead_of = recipient.instead_of.name if recipient and recipient.instead_of else ""
                yield replace(lines[place], letter=unread.get(place, ""), instead_of=instead_of)

    return TasksView(
        mine=mine,
        may_switch=may_switch,
        groups=tuple(
            TaskGroup(
                urgency=urgency,
                items=tuple(items(of_urgency)),
                total=sum(counts.get(urgency, 0) for counts in shown.values()),
            )
            for urgency, of_urgency in rows.items()
        ),
        person=person,
        deputy=office.people.get(person.deputy or "") if person else None,
    )


def _rows(
    reads: Reads,
    horizon: Horizon,
    urgency: Urgency,
    numbers: Mapping[AssigneeKey, Mapping[str, int]],
    *,
    mine: bool,
) -> Sequence[Row]:
    """Return the first rows of an urgency, each row being of one urgency alone.

    Args:
        numbers: of the assignees whose rows are shown, by urgency; `mine`: whether there are others.
    """
    assignees = frozenset(key for key, counts in numbers.items() if urgency in counts)
    criteria = DeadlineFilter(
        urgency=urgency, horizon=horizon, is_apart=True, assignees=assignees if mine else None
    )
    return reads.listed(criteria, limit=MOST_LISTED[urgency]) if assignees else ()


def most_pressing(view: TasksView) -> str:
    """Return the id of the most urgent row that a form can record now; "" if there is none.

    Neither what counts from something that has not happened yet, nor what is due later than near or without a
    due date.
    """
    pressing = (group for group in view.groups if group.urgency not in ("later", "undated"))
    lines = (line for group in pressing for line in group.items)
    return next((line.id for line in lines if line.recordable and line.can_be_done), "")
