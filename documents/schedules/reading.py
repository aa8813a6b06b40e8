"""The result of reading a schedule: one value for each planned analysis, with notes on how rows were
understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

Form = Literal["published", "flat"]


class Note(NamedTuple):
    """A remark on a document: how a row was understood, or that it was not understood.

    `code` is a key of i18n/, `row` the number the spreadsheet shows, 0 for the document as a whole.
    """

    row: int
    code: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadSchedule:
    """A planned analysis of a schedule.

    Attributes:
        object: what is analysed.
        unit: the unit it belongs to, as written; "" when the schedule has none.
        title: the schedule's own title; "" in the flat form.
        row: its first row.
        approved_on: the day in the approval block; it is the fact `schedule_approved` too.
        facts: days of facts that have happened, by name of fact.
        planned: plan dates, by name of fact.
        cells: name of fact -> the cell its day was read from, as a spreadsheet names it; none of a day that
            stands in the title.
        responsible: name of fact -> responsible, as written; rows without a date included.
        notes: how its rows were understood, in row order.
    """

    form: Form
    object: str
    unit: str = ""
    title: str = ""
    row: int = 0
    approved_on: date | None = None
    facts: Mapping[str, date] = field(default_factory=dict)
    planned: Mapping[str, date] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    responsible: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
