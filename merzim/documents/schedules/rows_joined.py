"""The result of reading a schedule; the rows of one analysis combined into plan dates, with notes on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from merzim.documents.schedules.roots import FactMatch
from merzim.documents.sheets.dates import Days, reading_notes
from merzim.documents.sheets.unreadable import RowNote

Form = Literal["published", "flat"]
"""One row a step, or one row an analysis."""


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


_QUOTED = 70


class CombinedRows:
    """Combines the rows of one analysis; one certain about a fact wins over one only likely about it."""

    def __init__(self) -> None:
        self._sure: dict[str, tuple[int, date]] = {}
        self._likely: dict[str, tuple[int, str, date]] = {}
        self._who: dict[str, str] = {}
        self._likely_who: dict[str, str] = {}
        self._spans: list[tuple[int, Days]] = []
        self._notes: list[RowNote] = []

    def note(self, row: int, code: str, **arguments: object) -> None:
        """Add a note on a row, 0 for the document as a whole."""
        self._notes.append(_note(row, code, **arguments))

    def note_reading(self, row: int, text: str, when: Days) -> None:
        """Note the day or days a text became."""
        self._notes += reading_notes(row, text, when)

    def name_responsible(self, match: FactMatch, responsible: str) -> None:
        """Record who is responsible for the facts of a row, dated or not; the first one named stays."""
        if not responsible:
            return
        for fact in (*match.facts, *(("analysis_started", "analysis_ended") if match.is_analysis else ())):
            self._who.setdefault(fact, responsible)
        for fact in match.likely:
            self._likely_who.setdefault(fact, responsible)

    def plan(self, row: int, work: str, match: FactMatch, when: Days) -> None:
        """Record the day of a row for its facts, of a span the last; for the analysis itself its whole span.

        Of several rows certain about a fact the first stays.
        """
        if match.is_analysis and when.is_span:
            self._spans.append((row, when))
            return
        if when.is_span:
            self.note(row, "read_span_last", work=work, first=when.first, last=when.last)
        on = when.last
        for fact in match.facts:
            earlier = self._sure.setdefault(fact, (row, on))
            if earlier[0] != row:
                self.note(row, "read_row_repeats", work=work, on=on, kept=earlier[0])
        for fact in match.likely:
            self._likely.setdefault(fact, (row, work, on))

    def take_period(self, period: Days) -> None:
        """Use the title's period for the analysis when no row gives it; note when rows contradict it."""
        run = self._span()
        if run is None and not {"analysis_started", "analysis_ended"} & self._sure.keys():
            self._spans.append((0, period))
            self.note(0, "read_title_period", first=period.first, last=period.last)
        elif run is not None and run != period:
            self.note(0, "read_title_differs", first=period.first, last=period.last)

    def dated(self) -> Mapping[str, tuple[int, date]]:
        """Return name of fact -> the row its plan date was read from (0 is the title) and that date, earliest
        first.
        """
        dated = dict(self._sure)
        if run := self._span():
            for fact, end in (("analysis_started", run.first), ("analysis_ended", run.last)):
                row = next(row for row, span in self._spans if end in (span.first, span.last))
                dated.setdefault(fact, (row, end))
        dated = {fact: (row, on) for fact, (row, _, on) in self._likely.items()} | dated
        return dict(sorted(dated.items(), key=lambda item: (item[1][1], item[0])))

    def responsible(self) -> Mapping[str, str]:
        """Return name of fact -> who is responsible, as written."""
        return self._likely_who | self._who

    def notes(self) -> tuple[RowNote, ...]:
        """Return all notes in row order, with those on rows only likely about a fact that were taken."""
        notes = list(self._notes)
        if len(self._spans) > 1:
            run = self._span()
            assert run is not None
            rows = tuple(row for row, _ in self._spans)
            notes.append(_note(rows[-1], "read_analysis_in_parts", rows=rows, first=run.first, last=run.last))
        taken_rows = {
            (row, work, on) for fact, (row, work, on) in self._likely.items() if fact not in self._sure
        }
        for row, work, on in sorted(taken_rows):
            is_for_both = self._sure.get("plan_developed", (None, None))[0] == row
            is_plan = self._likely.get("plan_approved", (None,))[0] == row
            code = "read_plan_for_both" if is_for_both or is_plan else "read_row_taken"
            notes.append(_note(row, code, work=work, on=on))
        return tuple(sorted(notes, key=lambda note: note.row))

    def _span(self) -> Days | None:
        """Return the span from the first to the last day of the analysis; None where no row gives any."""
        if not self._spans:
            return None
        return Days(min(span.first for _, span in self._spans), max(span.last for _, span in self._spans))


def _note(row: int, code: str, **arguments: object) -> RowNote:
    """Return a note; a long work is shortened unless its row was not recognised."""
    work = arguments.get("work")
    if isinstance(work, str) and len(work) > _QUOTED and code != "read_row_not_recognised":
        arguments["work"] = f"{work[:_QUOTED].rsplit(' ', 1)[0]} …"
    return RowNote.of(row, code, **arguments)
