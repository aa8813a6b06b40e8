"""What reading a schedule gives: one value for each analysis it plans, and notes on what was made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

Form = Literal["published", "flat"]


class Note(NamedTuple):
    """Something the reader of a paper should see: how a row was understood, or that it was not.

    `code` is a key of i18n/, `row` the number the spreadsheet shows, 0 for the paper as a whole.
    """

    row: int
    code: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadSchedule:
    """One analysis as a schedule plans it.

    Attributes:
        object: what is analysed.
        unit: the unit it belongs to, as written; "" when the form does not say.
        title: the schedule's own title; "" in the flat form.
        row: the first row that speaks of it.
        approved_on: the day in the approval block; it is the fact `schedule_approved` too.
        facts: what has happened, by name of fact.
        planned: plan dates, by name of fact.
        responsible: name of fact -> who answers for it, as written. Rows without a date are here too.
        notes: what was made of it, in the order of rows.
    """

    form: Form
    object: str
    unit: str = ""
    title: str = ""
    row: int = 0
    approved_on: date | None = None
    facts: Mapping[str, date] = field(default_factory=dict)
    planned: Mapping[str, date] = field(default_factory=dict)
    responsible: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
