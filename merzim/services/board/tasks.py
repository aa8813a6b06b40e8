"""The tasks of a reader: their obligations in all cases, by urgency, or for officers everybody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from merzim.services.board.assignees import keys_of_person
from merzim.services.board.lines import BoardLine, ObligationLine, build_board_lines
from merzim.services.context import RequestContext
from merzim.services.results import OptionalText, Result, at
from merzim.services.verbs import Command, verb
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import AssigneeKey, DeadlineFilter, Horizon, Row, Urgency
from workflow.cases.registers.entries import is_entry
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
class TaskItem:
    """One obligation to fulfil.

    Attributes:
        key: key of the letter about it that is not acknowledged yet, "" if there is none.
        instead_of: the person the reader is deputy of, "" for nobody.
        recordable: whether a fact fulfils it; obligations of registers are fulfilled in the case.
        tickable: whether it can be recorded together with others; decisions cannot.
    """

    line: ObligationLine
    key: str
    instead_of: str
    recordable: bool

    @property
    def tickable(self) -> bool:
        return self.recordable and not self.line.is_decision

    @property
    def id(self) -> str:
        return f"{self.line.case}:{self.line.obligation}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskGroup:
    """Rows of equal urgency: the first of them, and their number."""

    urgency: Urgency
    items: tuple[TaskItem, ...]
    total: int

    @property
    def sets(self) -> tuple[tuple[TaskItem, ...], ...]:
        """First the rows that stand alone, in order; then each set of at least ALIKE rows of the same
        obligation due on the same day in several cases.
        """
        by_look: dict[tuple[object, ...], list[TaskItem]] = {}
        for item in self.items:
            line = item.line
            by_look.setdefault((line.title, line.period, line.due, line.planned_on), []).append(item)
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

    horizon: Horizon
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
    letter: str = at("key")
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
    return DeskAnswer.of(tasks_view(ctx, command.show), ctx.language, today=ctx.today)


def tasks_view(ctx: RequestContext, show: str) -> TasksView:
    """Return the data of the reader's task page.

    Args:
        show: `mine` is the reader's own obligations, `all`, for officers only, every visible one; anything else
            the reader's own, for an officer's account of no person all.
    """
    reader, today = ctx.reader, ctx.today
    day = ctx.horizon
    office, may_switch = ctx.reads.office(), reader.may("manage")
    person = office.people.get(reader.person)
    all_ = may_switch and (show == "all" or (show != "mine" and person is None))
    # The reader's own obligations are visible in any unit.
    reads = ctx.reads if all_ else ctx.reads.whole_office()
    numbers = reads.urgencies(day)
    recipients = keys_of_person(office, reader.person, numbers, on=today)
    shown = numbers if all_ else {key: numbers[key] for key in recipients}
    groups = _groups(reads, day, shown, all_=all_)
    all_rows = [row for _, rows, _ in groups for row in rows]
    unread = reads.unread({row.case for row in all_rows})
    lines_by_row = {(line.case, line.obligation): line for line in build_board_lines(ctx, reads, all_rows)}

    def item(row: Row) -> TaskItem:
        recipient = recipients.get(row.assignee)
        return TaskItem(
            line=lines_by_row[row.case, row.obligation],
            key=unread.get((row.case, row.obligation), ""),
            instead_of=recipient.instead_of.name if recipient and recipient.instead_of else "",
            recordable=not is_entry(row.obligation),
        )

    return TasksView(
        horizon=day,
        mine=not all_,
        may_switch=may_switch,
        groups=tuple(
            TaskGroup(
                urgency=urgency,
                items=tuple(item(row) for row in rows if (row.case, row.obligation) in lines_by_row),
                total=number,
            )
            for urgency, rows, number in groups
        ),
        person=person,
        deputy=office.people.get(person.deputy or "") if person else None,
    )


def most_pressing(view: TasksView) -> str:
    """Return the id of the most urgent row that a form can record now; "" if there is none.

    Neither what counts from something that has not happened yet, nor what is due later than near or without a
    due date.
    """
    pressing = (group for group in view.groups if group.urgency not in ("later", "undated"))
    items = (item for group in pressing for item in group.items)
    return next((item.id for item in items if item.recordable and item.line.can_be_done), "")


def _groups(
    reads: Reads, day: Horizon, numbers: Mapping[AssigneeKey, Mapping[str, int]], *, all_: bool
) -> list[tuple[Urgency, Sequence[Row], int]]:
    """Return the first rows of each urgency and how many there are, each row in one of them alone.

    Args:
        numbers: of the assignees whose rows are shown, by urgency; `all_`: whether they are all there are.
    """
    groups: list[tuple[Urgency, Sequence[Row], int]] = []
    for urgency, most in MOST_LISTED.items():
        assignees = frozenset(key for key, counts in numbers.items() if urgency in counts)
        criteria = DeadlineFilter(
            urgency=urgency, horizon=day, is_apart=True, assignees=None if all_ else assignees
        )
        rows = reads.listed(criteria, limit=most) if assignees else ()
        groups.append((urgency, rows, sum(counts.get(urgency, 0) for counts in numbers.values())))
    return groups
