"""The rows of one schedule joined into plan dates: which row speaks for which fact, and what to tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from documents.schedules.reading import Note
from documents.schedules.roots import FactMatch
from documents.sheets.dates import Day, Span

Planned = Day | Span
_QUOTED = 70


class CombinedRows:
    """Collects rows in their order. A fact's own row goes before one that only makes it likely."""

    def __init__(self) -> None:
        self._sure: dict[str, tuple[int, date]] = {}
        self._likely: dict[str, tuple[int, str, date]] = {}
        self._who: dict[str, str] = {}
        self._likely_who: dict[str, str] = {}
        self._run: list[tuple[int, Span]] = []
        self._notes: list[Note] = []

    def note(self, row: int, code: str, **arguments: object) -> None:
        """Something to show of a row."""
        self._notes.append(_note(row, code, **arguments))

    def answer(self, said: FactMatch, who: str) -> None:
        """Who answers for the facts of a row, dated or not."""
        if not who:
            return
        for fact in (*said.facts, *(("analysis_started", "analysis_ended") if said.run else ())):
            self._who.setdefault(fact, who)
        for fact in said.likely:
            self._likely_who.setdefault(fact, who)

    def plan(self, row: int, work: str, said: FactMatch, when: Planned) -> None:
        """The plan dates one row gives."""
        if said.run and isinstance(when, Span):
            self._run.append((row, when))
            return
        if isinstance(when, Span):
            self.note(row, "read_span_last", work=work, first=when.first, last=when.last)
        on = when.last if isinstance(when, Span) else when.on
        for fact in said.facts:
            kept = self._sure.setdefault(fact, (row, on))
            if kept[0] != row:
                self.note(row, "read_row_repeats", work=work, on=on, kept=kept[0])
        for fact in said.likely:
            self._likely.setdefault(fact, (row, work, on))

    def compare(self, period: Span) -> None:
        """The period of the title: the analysis where no row gives it, a remark where rows say otherwise."""
        run = self._span()
        if run is None and not {"analysis_started", "analysis_ended"} & self._sure.keys():
            self._run.append((0, period))
            self.note(0, "read_title_period", first=period.first, last=period.last)
        elif run is not None and run != period:
            self.note(0, "read_title_differs", first=period.first, last=period.last)

    def planned(self) -> Mapping[str, date]:
        """Name of fact -> plan date, the earliest first."""
        dates = {fact: on for fact, (_, on) in self._sure.items()}
        run = self._span()
        if run is not None:
            dates.setdefault("analysis_started", run.first)
            dates.setdefault("analysis_ended", run.last)
        dates = {fact: on for fact, (_, _, on) in self._likely.items()} | dates
        return dict(sorted(dates.items(), key=lambda item: (item[1], item[0])))

    def responsible(self) -> Mapping[str, str]:
        """Name of fact -> who answers for it."""
        return self._likely_who | self._who

    def notes(self) -> tuple[Note, ...]:
        """All there is to show, in the order of rows."""
        notes = list(self._notes)
        if len(self._run) > 1:
            run = self._span()
            assert run is not None
            rows = tuple(row for row, _ in self._run)
            notes.append(_note(rows[-1], "read_analysis_in_parts", rows=rows, first=run.first, last=run.last))
        taken = {(row, work, on) for fact, (row, work, on) in self._likely.items() if fact not in self._sure}
        for row, work, on in sorted(taken):
            both = self._sure.get("plan_developed", (None, None))[0] == row
            code = "read_plan_for_both" if both or self._is_plan(row) else "read_row_taken"
            notes.append(_note(row, code, work=work, on=on))
        return tuple(sorted(notes, key=lambda note: note.row))

    def _is_plan(self, row: int) -> bool:
        return self._likely.get("plan_approved", (None,))[0] == row

    def _span(self) -> Span | None:
        if not self._run:
            return None
        return Span(min(span.first for _, span in self._run), max(span.last for _, span in self._run))


def _note(row: int, code: str, **arguments: object) -> Note:
    """A note; the work a row was understood as is quoted by its beginning, one not understood in full."""
    work = arguments.get("work")
    if isinstance(work, str) and len(work) > _QUOTED and code != "read_row_not_recognised":
        arguments["work"] = f"{work[:_QUOTED].rsplit(' ', 1)[0]} …"
    return Note(row, code, {"row": row, **arguments})
