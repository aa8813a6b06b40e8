"""An analysis as a schedule plans it: the result of reading, whichever way the rows stand for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from merzim.documents.sheets.unreadable import RowNote

START, END = "analysis_started", "analysis_ended"
Form = Literal["published", "flat"]
"""One row a step, or one row an analysis."""
UNREAD = {
    "paper_date_unreadable": "read_cell_unread",
    "paper_date_words": "read_cell_unread",
    "paper_dates_several": "read_cell_several",
    "paper_date_without_year": "read_cell_no_year",
    "paper_date_far": "read_cell_far",
}
"""Why the day of a step was not taken -> the note that says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadSchedule:
    """A planned analysis of a schedule.

    Attributes:
        object: what is analysed.
        unit: the unit it belongs to, as written; "" when the schedule has none.
        row: its first row; `written`: the texts of that row, "" in the published form.
        facts: days of facts that have happened, by name of fact: the approval.
        planned: plan dates, by name of fact.
        cells: name of fact -> the cell its day was read from, as a spreadsheet names it; none of a day that
            stands in the title.
        responsible: name of fact -> responsible, as written; rows without a date included.
        notes: how its rows were understood, in row order.
    """

    form: Form
    object: str
    unit: str = ""
    row: int = 0
    written: str = ""
    facts: Mapping[str, date] = field(default_factory=dict)
    planned: Mapping[str, date] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    responsible: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[RowNote, ...] = ()
