"""Counts of board rows by assignee, stage and obligation, and filters for lists of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

Urgency = Literal[
    "overdue",
    "today",
    "near",
    "later",
    "due",
    "missed",
    "unconfirmed",
    "never_confirmed",
    "slipped",
    "undated",
    "open",
]
"""The kind of rows in a list: `near` after today and `due` from today, to the last day that counts as near;
`slipped` past their plan date, `open` all with a valid due date, `undated` obligatory ones without a due date
that can be done now, `unconfirmed` those missed or open without a due date since before today,
`never_confirmed` those that a completed case still waits for.
"""


class AssigneeKey(NamedTuple):
    """What identifies the assignee of rows: the arguments of `workflow.org.duties.resolve` except the day.

    `responsible`: the schedule's own words; `person`: key of whom the case is about, where the duty is theirs.
    """

    unit: str
    duty: str
    responsible: str
    person: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Horizon:
    """Limits of the day groups a page counts by (local dates): `soon` ends what is near."""

    today: date
    soon: date


@dataclass(frozen=True, slots=True)
class Sum:
    """Counts of rows with the same assignees, edition, stage and obligation (without its period).

    Attributes:
        overdue: due before today; today: due today; due: from today to `Horizon.soon`.
        slipped: planned for a day before today and not overdue.
        undated: obligatory, without a due date, open since before today.
    """

    assignee: AssigneeKey
    edition: str
    stage: str
    obligation: str
    overdue: int
    today: int
    due: int
    missed: int
    slipped: int
    undated: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineFilter:
    """Filter for lists of board rows: by urgency, unit, day and assignee.

    Attributes:
        on: due on that day alone.
        unit: that unit and those below it.
        assignees: rows that wait for these assignees; None for all.
        is_obligatory: obligatory rows alone, or the others alone; None for both.
    """

    urgency: Urgency = "open"
    horizon: Horizon
    on: date | None = None
    unit: str | None = None
    stage: str | None = None
    assignees: frozenset[AssigneeKey] | None = None
    is_obligatory: bool | None = None


def horizon(today: date, *, soon: date) -> Horizon:
    """Return the horizon of a day."""
    return Horizon(today=today, soon=soon)


def base(obligation: str) -> str:
    """Return the id of an obligation without its period and number: the key rows are summed by."""
    return obligation.partition(".")[0].partition("#")[0]


def total(
    sums: Iterable[Sum], figure: Literal["overdue", "today", "due", "missed", "slipped", "undated"]
) -> int:
    """Return the total of one figure over all sums."""
    return sum(getattr(subtotal, figure) for subtotal in sums)
