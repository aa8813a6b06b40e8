"""CaseCommands, the only way to write to a case: it opens cases and runs commands, functions from a case to
new events.

Refused are only an unknown name, an impossible date, a date after now, and the same fact with another date;
commands may be refused because of the state of the case. What is wrong with a fact is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from typing import Concatenate, ParamSpec, TypeAlias

from calendars.kazakhstan import Kazakhstan
from workflow.board.rows import rows
from workflow.cases.case import APPROVAL, ENTRIES, Case, Event, EventDraft, evidence_payload, filled, fold
from workflow.deadlines.deadline import Deadline, Row
from workflow.deadlines.resolver import deadlines
from workflow.findings.findings import Finding, feasibility, findings
from workflow.findings.of_risks import risk_findings
from workflow.law.library import Library, known_fact
from workflow.law.procedure import Procedure, Text
from workflow.machine import stage
from workflow.moments import Moment
from workflow.org.kinds import among
from workflow.org.office import Office
from workflow.ports import Change, Ledger, Moved
from workflow.refusal import Refusal

P = ParamSpec("P")
Drafts: TypeAlias = Sequence[EventDraft]
"""The events a command writes; none if nothing is to be done."""


class UnknownCase(Refusal, LookupError):
    """There is no case with that id."""

    def __init__(self, case: str) -> None:
        super().__init__("unknown_case", case=case)


class NotForKind(Refusal, ValueError):
    """The procedure is not for organisations of that kind."""

    def __init__(self, procedure: Procedure, unit: str | Text, kind: str) -> None:
        allowed = procedure.applies_to
        super().__init__("not_for_kind", procedure=procedure.title, unit=unit, kind=kind, allowed=allowed)


@dataclass(frozen=True, kw_only=True)
class View:
    """A case as it stands on a day: what readers see of it, and what a command decides by. `events`: those the
    case was computed from; none of a case read without them, or before it is written. `bare`: whether deadlines
    come without explanations, which writing does not need.
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


def require_ground(ground: str) -> None:
    """Raise Refusal unless a ground is given in words."""
    if not ground.strip():
        raise Refusal("ground_missing")


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """A request to open a case. Plan dates and facts are by fact name (local dates).

    Attributes:
        edition: its name, if not the edition in force on the earliest date given.
        object_kk, object_ru: the object in the nominative, for the passport.
        person: key of the person the case is about.
        again: confirms a second case of a procedure that is opened once.
        exempted: obligations (with their periods) the case is exempted from -> the ground.
        row: id of the register row the case is opened for.
        readers: keys of people who may read a confidential case, besides the person who opens it.
        entries: rows its registers begin with.
        kept_from: local date from which the office keeps records of the case; None is the office's first day.
    """

    procedure: str
    edition: str = ""
    unit: str = ""
    object: str = ""
    object_kk: str = ""
    object_ru: str = ""
    person: str = ""
    again: bool = False
    readers: tuple[str, ...] = ()
    planned: Mapping[str, date] = field(default_factory=dict)
    facts: Mapping[str, date] = field(default_factory=dict)
    responsible: Mapping[str, str] = field(default_factory=dict)
    exempted: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    row: str = ""
    entries: tuple[EventDraft, ...] = ()
    kept_from: date | None = None


def in_schedule_of(case: Case, opening: Opening) -> Opening:
    """Return the opening of a case that stands in the schedule of another: with its approval and document.

    A schedule of a year is approved once for all its cases (map 000, row 1). Raises Refusal: no schedule was
    approved there, or on another day than the opening says.
    """
    approval = case.facts.get(APPROVAL)
    if approval is None:
        raise Refusal("no_schedule_approved", case=case.id)
    if opening.facts.get(APPROVAL, approval.on) != approval.on:
        raise Refusal("schedule_of_another_day", case=case.id, known=approval.on, on=opening.facts[APPROVAL])
    proof = filled(evidence=evidence_payload(approval.evidence), signed_by=approval.signed_by)
    proved: tuple[EventDraft, ...] = (("evidence", APPROVAL, approval.on, proof),) if proof else ()
    return replace(opening, facts={**opening.facts, APPROVAL: approval.on}, entries=(*opening.entries, *proved))


def edition_for(opening: Opening, library: Library, *, today: date) -> Procedure:
    """Return the edition an opening names, else that in force on its first day, else today. Raises Refusal."""
    days = [*opening.facts.values(), *opening.planned.values()]
    first = min(days, default=today)
    return library.named(opening.edition) if opening.edition else library.edition(opening.procedure, first)


def check_plan_date(on: date, calendar: Kazakhstan, *, of_row: bool) -> None:
    """Refuse a plan date beyond the calendar's records. `of_row`: whether it comes from a register row: a
    certificate may end after the last day of the records. Terms counted from it have no due date until the
    records reach it. Raises OutOfRange: the day lies beyond the records.
    """
    if not (of_row and on > calendar.last):
        calendar.is_working_day(on)


@dataclass(frozen=True, eq=False)
class CaseCommands:
    """Opens cases and runs commands on them: computes what they write, and stores it with the board rows.

    `first_day` gives the office's first day of records by the local date; None where it keeps everything.
    """

    ledger: Ledger
    library: Library
    calendar: Kazakhstan
    first_day: Callable[[date], date | None] = lambda today: None

    def open(self, opening: Opening, *, at: Moment) -> Case:
        """Open one case. Raises as `open_many`."""
        return self.open_many([opening], at=at)[0]

    def open_many(
        self, openings: Sequence[Opening], *, at: Moment, ids: Sequence[str] = ()
    ) -> tuple[Case, ...]:
        """Open many cases in one transaction, after checking all of them. `ids`: reserved for them, if any.

        Raises Refusal: an unknown procedure or fact, a fact after today, no edition in force, or a second case,
        not confirmed, of a procedure that is opened once. Raises OutOfRange; NotForKind.
        """
        ready = self._checked(openings, at.today)
        changes = self._new(ids or self.ledger.next_ids(at.today.year, len(openings)), ready, at)
        self.ledger.append(changes, now=at.now)
        return tuple(change.case for change in changes)

    def foresee(self, openings: Sequence[Opening], *, at: Moment) -> Sequence[Change]:
        """Return what opening these cases would write, under ids of no case. Raises as `open_many`."""
        return self._new(map(str, range(1, len(openings) + 1)), self._checked(openings, at.today), at)

    def reserve(self, openings: Sequence[Opening], *, today: date) -> Sequence[str]:
        """Return ids reserved for the cases of register rows, after checking that all of them can be opened."""
        self._checked(openings, today, of_rows=True)
        return self.ledger.next_ids(today.year, len(openings))

    def _new(
        self, ids: Iterable[str], openings: Iterable[tuple[Opening, Procedure, str]], at: Moment
    ) -> Sequence[Change]:
        """Return what opening these cases under these ids writes."""
        drafts = (_first_drafts(*opening, by=at.by) for opening in openings)
        chains = [_events(name, 0, chain, at) for name, chain in zip(ids, drafts, strict=True)]
        return [self.recomputed(fold(chain), today=at.today, events=chain) for chain in chains]

    def _checked(
        self, openings: Sequence[Opening], today: date, *, of_rows: bool = False
    ) -> Sequence[tuple[Opening, Procedure, str]]:
        """Return the openings as carried out, each with its edition and the kind of its organisation, ""
        where that is unknown or not needed. Raises as `open_many`.
        """
        office, first_day = cache(self.ledger.office), self.first_day(today)
        dated = [replace(opening, kept_from=opening.kept_from or first_day) for opening in openings]
        return [self._ready(each, office, today, of_row=of_rows or bool(each.row)) for each in dated]

    def _ready(
        self, opening: Opening, office: Callable[[], Office], today: date, *, of_row: bool
    ) -> tuple[Opening, Procedure, str]:
        """Return one opening as `_checked` does, its object filled with the body its organisation is by name
        where the act names bodies. `of_row`: as in `check_plan_date`.
        """
        procedure = edition_for(opening, self.library, today=today)
        for fact, on in opening.planned.items():
            known_fact(procedure, fact)
            check_plan_date(on, self.calendar, of_row=of_row)
        for fact, on in opening.facts.items():
            obligation = known_fact(procedure, fact)
            self.calendar.is_working_day(on)  # raises beyond the records
            if on > today:
                raise Refusal("fact_in_future", title=obligation.title, on=on, today=today)
        if procedure.bodies and not opening.object:
            opening = replace(opening, object=procedure.body_of(office(), opening.unit))
        kind = office().kind_of(opening.unit) if procedure.depends_on_kind else ""
        if not among(kind, procedure.applies_to):
            unit = office().units.get(opening.unit or office().root)
            name = Text(unit.name_in("kk"), unit.name_in("ru"), unit.name) if unit else opening.unit or "–"
            raise NotForKind(procedure, name, kind)
        place = procedure.id, opening.unit, procedure.body_named(opening.object)
        if procedure.opened == "once" and not opening.again and (case := self.ledger.active_case(*place)):
            raise Refusal("opened_once", procedure=procedure.title, case=case)
        return opening, procedure, kind

    def view(self, case_id: str, *, today: date, bare: bool = False) -> View:
        """Return the case with its deadlines, explained unless they are `bare`. Raises UnknownCase."""
        events = self.events(case_id)
        return replace(self.view_of(fold(events), today=today, bare=bare), events=events)

    def events(self, case_id: str) -> Sequence[Event]:
        """Return the events of the case, in order. Raises UnknownCase."""
        if not (events := self.ledger.events(case_id)):
            raise UnknownCase(case_id)
        return events

    def view_of(self, case: Case, *, today: date, bare: bool = True) -> View:
        """Return the view of a case read already, without its events. `bare`: as of a View."""
        return View(case=case, procedure=self.library.of(case), calendar=self.calendar, today=today, bare=bare)

    def write(
        self, case_id: str, at: Moment, command: Command[P], /, *args: P.args, **values: P.kwargs
    ) -> Change:
        """Write what a command derives from a case, which is locked meanwhile. Raises UnknownCase."""

        def change(before: Mapping[str, Row]) -> Change:
            return self._decided(case_id, at, before, lambda view: command(view, *args, **values))

        return self.ledger.write(case_id, change, now=at.now)

    def preview(self, case_id: str, at: Moment, command: Callable[[View], Drafts]) -> Change:
        """Return what a command would write; nothing is written. Raises UnknownCase."""
        return self._decided(case_id, at, self.ledger.rows(case_id), command)

    def recomputed(self, case: Case, *, today: date, events: tuple[Event, ...] = ()) -> Change:
        """Return what is stored of a case after these events (a rebuild has none): stage and rows anew."""
        view = self.view_of(case, today=today)
        board = rows(case, view.procedure, view.deadlines, self.calendar, today=today)
        return Change(events=events, case=case, stage=view.stage, rows=board)

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
                self.calendar.is_working_day(on)  # raises beyond the records
        events = _events(case.id, case.seq, drafts, at)
        change = self.recomputed(fold([*view.events, *events]), today=at.today, events=events)
        return replace(change, moved=_moved(before, change))


def _events(case: str, last: int, drafts: Drafts, at: Moment) -> tuple[Event, ...]:
    """Return drafts as events of a case, numbered after the `last` of its chain."""
    return tuple(
        Event(case=case, seq=seq, kind=kind, name=name, on=on, at=at.now, by=at.by, payload=payload)
        for seq, (kind, name, on, payload) in enumerate(drafts, last + 1)
    )


def _first_drafts(opening: Opening, procedure: Procedure, kind: str, *, by: str) -> Drafts:
    """Return the first events of a case: opened; its plan dates, facts, exemptions, register rows.

    `kind`: of its organisation; `by`: who opens it.
    """
    payload: dict[str, object] = {
        "procedure": procedure.id,
        "edition": procedure.edition,
        "digest": procedure.digest,
        "unit": opening.unit,
        "object": procedure.body_named(opening.object),
        **filled(
            object_kk=opening.object_kk,
            object_ru=opening.object_ru,
            kind=kind,
            person=opening.person,
            responsible=dict(opening.responsible),
            row=opening.row,
            kept_from=opening.kept_from and opening.kept_from.isoformat(),
            notes=list(opening.notes),
        ),
    }
    if procedure.confidential:
        payload |= {"confidential": True, "readers": sorted({by, *opening.readers})}
    exempted = opening.exempted.items()
    return [
        ("opened", procedure.id, None, payload),
        *(("planned", fact, on, {}) for fact, on in opening.planned.items()),
        *(("fact", fact, on, {}) for fact, on in opening.facts.items()),
        *(("exempted", obligation, None, dict[str, object](ground=ground)) for obligation, ground in exempted),
        *opening.entries,
    ]


def _moved(before: Mapping[str, Row], change: Change) -> tuple[Moved, ...]:
    """Return the required due dates that a change moves. What is not required has no due date to name."""
    old = {name: row.due for name, row in before.items() if row.state != "not_required"}
    new = {row.obligation: row.due for row in change.rows if row.state != "not_required"}
    return tuple(
        (row.obligation, old.get(row.obligation), new.get(row.obligation))
        for row in change.rows
        if old.get(row.obligation) != new.get(row.obligation)
    )
