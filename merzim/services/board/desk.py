"""The desk: the tasks of a reader by urgency, and the one to begin with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Literal

from merzim.services.board.deadlines import BoardLine, ObligationLine, build_board_lines, keys_of_person
from merzim.services.context import RequestContext
from merzim.services.results import OptionalText, Result, at
from merzim.services.verbs import Command, verb
from workflow.board.rows import DeadlineFilter, Urgency
from workflow.deadlines.deadline import Row
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
    """The tasks of a reader, by urgency. `mine`: only the reader's own; `person`: None if not in the list of
    people.
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
    """A task. `letter`: key of the letter about it that is not acknowledged yet. `instead_of`: the person the
    reader is deputy of; `recordable`: whether a fact fulfils it.
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
    """Return the tasks of the reader's page. `show`: `mine`, or `all` that they see, for officers; else their
    own, and for an officer's account of no person all.
    """
    office, may_switch = ctx.reads.office(), ctx.reader.may("manage")
    person = office.people.get(ctx.reader.person)
    mine = not may_switch or not (show == "all" or (show != "mine" and person is None))
    # The reader's own obligations are visible in any unit.
    reads = ctx.reads.whole_office() if mine else ctx.reads
    numbers = reads.urgencies(ctx.horizon)
    own = keys_of_person(office, ctx.reader.person, numbers, on=ctx.today) if mine else {}
    asked = own.keys() if mine else numbers.keys()
    totals = {urgency: sum(numbers[key].get(urgency, 0) for key in asked) for urgency in MOST_LISTED}
    assignees = frozenset(asked) if mine else None
    listed = partial(DeadlineFilter, horizon=ctx.horizon, assignees=assignees)
    rows = {
        urgency: reads.listed(listed(urgency=urgency), limit=MOST_LISTED[urgency]) if number else ()
        for urgency, number in totals.items()
    }
    all_rows = [row for of_urgency in rows.values() for row in of_urgency]
    recipients = keys_of_person(office, ctx.reader.person, {row.assignee for row in all_rows}, on=ctx.today)
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
            TaskGroup(urgency=urgency, items=tuple(items(rows[urgency])), total=number)
            for urgency, number in totals.items()
        ),
        person=person,
        deputy=office.people.get(person.deputy or "") if person else None,
    )


def most_pressing(view: TasksView) -> str:
    """Return the id of the most urgent row that a form can record now: not later than near, and waiting for
    nothing; "" if there is none.
    """
    pressing = (group for group in view.groups if group.urgency not in ("later", "undated"))
    lines = (line for group in pressing for line in group.items)
    return next((line.id for line in lines if line.recordable and line.can_be_done), "")
