"""CaseCommands: the only way to write to a case. A command is a pure function from a case to new events.

Refused are only an unknown name, an impossible date, a date after now, and the same fact with another date;
commands may be refused because of the state of the case. What is wrong with a fact is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from typing import Concatenate, ParamSpec, TypeAlias

from calendars.kazakhstan import Kazakhstan
from workflow.board.rows import Row, rows
from workflow.cases.case import ENTRIES, Case, Event, EventDraft, fold
from workflow.cases.commands.opening import Opening, checked, first_events
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.findings.finding import Finding
from workflow.findings.findings import feasibility, findings
from workflow.findings.of_risks import risk_findings
from workflow.law.library import Library
from workflow.law.procedure import Procedure
from workflow.machine import stage
from workflow.moments import Moment
from workflow.ports import Change, Ledger, Moved
from workflow.refusal import Refusal

P = ParamSpec("P")
Drafts: TypeAlias = Sequence[EventDraft]
"""The events a command writes; none if nothing is to be done."""


class UnknownCase(Refusal, LookupError):
    """There is no case with that id."""

    def __init__(self, case: str) -> None:
        super().__init__("unknown_case", case=case)


@dataclass(frozen=True, kw_only=True)
class View:
    """A case as it stands on a day: what readers see of it, and what a command decides by.

    Attributes:
        events: those the case was computed from; none of a case read without them, or before it is written.
        bare: whether deadlines come without explanations, which writing does not need.
    """

    case: Case
    procedure: Procedure
    calendar: Kazakhstan
    today: date
    events: Sequence[Event] = ()
    bare: bool = True

    @cached_property
    def deadlines(self) -> tuple[Deadline, ...]:
        return deadlines(self.case, self.procedure, self.calendar, today=self.today, bare=self.bare)

    @cached_property
    def stage(self) -> str:
        return stage(self.procedure, self.case, self.deadlines)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings of the case, including plan dates that cannot be kept."""
        return (
            *findings(self.case, self.procedure, self.deadlines, self.calendar),
            *feasibility(self.deadlines, self.calendar),
            *risk_findings(self.case, self.deadlines),
        )


Command: TypeAlias = Callable[Concatenate[View, P], Drafts]
"""Function from the present case to the events it writes."""


class CaseCommands:
    """Opens cases and runs commands on them: computes what they write, and stores it with the board rows."""

    def __init__(
        self,
        ledger: Ledger,
        library: Library,
        calendar: Kazakhstan,
        first_day: Callable[[date], date] | None = None,
    ) -> None:
        """Args:
        first_day: the office's first day of records, asked with the local date; None: it keeps everything.
        """
        self._ledger = ledger
        self._library = library
        self._calendar = calendar
        self._first_day = first_day

    @property
    def calendar(self) -> Kazakhstan:
        return self._calendar

    def open(self, opening: Opening, *, at: Moment) -> Case:
        """Open one case.

        Raises:
            Refusal: the procedure is opened once per organisation, and there is a case of it.
            Refusal: an unknown procedure, an unknown fact, or a fact after today.
        """
        return self.open_many([opening], at=at)[0]

    def open_many(
        self, openings: Sequence[Opening], *, at: Moment, ids: Sequence[str] = ()
    ) -> tuple[Case, ...]:
        """Open many cases in one transaction, after checking all of them. `ids`: reserved for them, if any."""
        ready = self._checked(openings, at.today)
        changes = self._new(ids or self._ledger.next_ids(at.today.year, len(openings)), ready, at)
        self._ledger.append(changes, now=at.now)
        return tuple(change.case for change in changes)

    def foresee(self, openings: Sequence[Opening], *, at: Moment) -> Sequence[Change]:
        """Return what opening these cases would write, under ids of no case; nothing is written. Raises as
        `open_many`.
        """
        return self._new(map(str, range(1, len(openings) + 1)), self._checked(openings, at.today), at)

    def _new(
        self, ids: Iterable[str], openings: Sequence[tuple[Opening, Procedure, str]], at: Moment
    ) -> Sequence[Change]:
        """Return what opening these cases under these ids writes."""
        chains = [first_events(name, *opening, at=at) for name, opening in zip(ids, openings, strict=True)]
        return [self._change(fold(chain), at.today, chain) for chain in chains]

    def reserve(self, openings: Sequence[Opening], *, today: date) -> Sequence[str]:
        """Return ids reserved for the cases of register rows, after checking that all of them can be opened."""
        self._checked(openings, today, of_rows=True)
        return self._ledger.next_ids(today.year, len(openings))

    def _checked(
        self, openings: Sequence[Opening], today: date, *, of_rows: bool = False
    ) -> Sequence[tuple[Opening, Procedure, str]]:
        """Return the openings as carried out, each with edition and kind of organisation. Raises as `open`."""
        office = cache(self._ledger.office)
        first_day = self._first_day(today) if self._first_day is not None else None
        return [
            checked(
                replace(opening, kept_from=opening.kept_from or first_day),
                self._library,
                self._calendar,
                self._ledger,
                office,
                today=today,
                of_row=of_rows or bool(opening.row),
            )
            for opening in openings
        ]

    def view(self, case_id: str, *, today: date, bare: bool = False) -> View:
        """Return the case with its deadlines, explained unless they are `bare`. Raises UnknownCase."""
        events = self.events(case_id)
        return replace(self.view_of(fold(events), today=today, bare=bare), events=events)

    def events(self, case_id: str) -> Sequence[Event]:
        """Return the events of the case, in order. Raises UnknownCase."""
        if not (events := self._ledger.events(case_id)):
            raise UnknownCase(case_id)
        return events

    def write(
        self, case_id: str, at: Moment, command: Command[P], /, *args: P.args, **values: P.kwargs
    ) -> Change:
        """Write the events that a command derives from the case, which nobody else writes meanwhile.

        Raises:
            UnknownCase: there is no case with that id.
        """

        return self._ledger.write(
            case_id,
            lambda before: self._decided(case_id, at, before, lambda view: command(view, *args, **values)),
            now=at.now,
        )

    def preview(
        self, case_id: str, at: Moment, command: Command[P], /, *args: P.args, **values: P.kwargs
    ) -> Change:
        """Return what a command would write; nothing is written. Raises UnknownCase."""
        before = self._ledger.rows(case_id)
        return self._decided(case_id, at, before, lambda view: command(view, *args, **values))

    def view_of(self, case: Case, *, today: date, bare: bool = True) -> View:
        """Return the view of a case read already, without its events. `bare`: as of a View."""
        return View(
            case=case, procedure=self._library.of(case), calendar=self._calendar, today=today, bare=bare
        )

    def recomputed(self, case: Case, *, today: date) -> Change:
        """Return what a rebuild of the board writes for a case: its stage and its rows computed anew, no
        events.
        """
        return self._change(case, today)

    def _decided(
        self, case_id: str, at: Moment, before: Mapping[str, Row], decide: Callable[[View], Drafts]
    ) -> Change:
        """Return the change that a command makes of a case with these board rows, with the due dates it moves.

        Raises UnknownCase.
        """
        view = self.view(case_id, today=at.today, bare=True)
        case, drafts = view.case, decide(view)
        if not drafts:
            return Change(case=case)
        for kind, _, on, _ in drafts:
            if kind in ENTRIES and on is not None:
                self._calendar.is_working_day(on)  # raises beyond the records
        events = tuple(
            Event(case=case.id, seq=seq, kind=kind, name=name, on=on, at=at.now, by=at.by, payload=payload)
            for seq, (kind, name, on, payload) in enumerate(drafts, case.seq + 1)
        )
        change = self._change(fold([*view.events, *events]), at.today, events)
        return replace(change, moved=_moved(before, change))

    def _change(self, case: Case, today: date, events: tuple[Event, ...] = ()) -> Change:
        """Return what is stored of a case after these events: them, its stage and its rows."""
        view = self.view_of(case, today=today)
        board = rows(case, view.procedure, view.deadlines, self._calendar, today=today)
        return Change(events=events, case=case, stage=view.stage, rows=board)


def _moved(before: Mapping[str, Row], change: Change) -> tuple[Moved, ...]:
    """Return the required due dates that a change moves. What is not required has no due date to name."""
    old = {name: row.due for name, row in before.items() if row.state != "not_required"}
    new = {row.obligation: row.due for row in change.rows if row.state != "not_required"}
    return tuple(
        (row.obligation, old.get(row.obligation), new.get(row.obligation))
        for row in change.rows
        if old.get(row.obligation) != new.get(row.obligation)
    )
