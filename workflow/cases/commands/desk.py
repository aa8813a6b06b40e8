"""The desk: the one way to write. A command becomes past-tense events; facts are never refused for being wrong.

Refused are only an unknown name, an impossible date, a date after now, and the same fact with another
date; commands may be refused by where the case stands. What is wrong with a fact is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeAlias

from calendars.calendar import Calendar
from workflow.board.rows import rows
from workflow.cases.case import Case, Event, EventDraft, EventKind, Evidence, apply, evidence_payload, fold
from workflow.cases.commands.opening import (
    Opening,
    check,
    check_once,
    check_plan_date,
    edition_for,
    first_events,
    kinds_for,
    with_bodies,
)
from workflow.cases.commands.payloads import (
    AnsweredOtherwise,
    CannotRecord,
    FactKnown,
    missing_details,
    require_past,
    told,
)
from workflow.cases.machine import require, stage
from workflow.cases.registers.evidence_list import proofs
from workflow.cases.states import AWAITED
from workflow.deadlines.applicability import asked_of
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.law.library import Library
from workflow.law.names import known_fact, known_obligation, known_option
from workflow.law.procedure import Procedure
from workflow.ports import CaseWrite, Ledger
from workflow.refusal import Refusal

MOVING = frozenset({"withdrawn", "extended", "paused", "resumed", "migrated", "passport"})
"""Kinds of events that may move due dates whatever they are called."""
Moved = tuple[str, date | None, date | None]
Decide: TypeAlias = Callable[[Case, Procedure], Sequence[EventDraft]]
"""From a case as it stands and its edition to the events a command writes, none where nothing is to be done."""


class UnknownCase(Refusal, LookupError):
    """There is no case of that id."""

    def __init__(self, case: str) -> None:
        super().__init__("unknown_case", case=case)


class GroundMissing(Refusal, ValueError):
    """A correction or a command needs its ground in words."""

    def __init__(self) -> None:
        super().__init__("ground_missing")


class NotAsked(Refusal, ValueError):
    """The decision is not asked in the case as it stands: its branch is not open yet, another one was taken, or
    the case is over."""


class NotExempted(Refusal, ValueError):
    """The case is not freed of that obligation; `allowed` names those it is freed of, as they were freed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a command did: the case after it, its events (none when done already), the due dates moved."""

    case: Case
    events: tuple[Event, ...] = ()
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """One case looked at: with its edition, its deadlines, and where it stands."""

    case: Case
    procedure: Procedure
    deadlines: tuple[Deadline, ...]
    stage: str


class CaseCommands:
    """Commands on cases. `now` is the UTC moment of the writing, `today` the local date of who writes."""

    def __init__(self, ledger: Ledger, library: Library, calendar: Calendar) -> None:
        self._ledger = ledger
        self._library = library
        self._calendar = calendar

    def on(self, ledger: Callable[[Ledger], Ledger]) -> CaseCommands:
        """Return the same desk on a ledger made of its own."""
        return CaseCommands(ledger(self._ledger), self._library, self._calendar)

    def open(self, opening: Opening, *, by: str, now: datetime, today: date) -> Case:
        """Open one case.

        Raises:
            OpenedOnce: it is opened once for an organisation, and there is one.
            Refusal: an unknown procedure, an unknown fact, or a fact after today.
        """
        return self.open_many([opening], by=by, now=now, today=today)[0]

    def open_many(
        self,
        openings: Sequence[Opening],
        *,
        by: str,
        now: datetime,
        today: date,
        ids: Sequence[str] = (),
    ) -> tuple[Case, ...]:
        """Open many cases; all are checked before any is written. `ids`: those reserved for them, if any."""
        openings, editions, kinds = self._checked(openings, today)
        ids = ids or self._ledger.next_ids(today.year, len(openings))
        changes = [
            self._written(first_events(name, opening, procedure, kind, by=by, now=now), None, today)
            for name, opening, procedure, kind in zip(ids, openings, editions, kinds, strict=True)
        ]
        if len(changes) == 1:
            self._ledger.append(changes, now=now)
        else:
            self._ledger.append_many(changes, now=now)
        return tuple(change.case for change in changes)

    def reserve(self, openings: Sequence[Opening], *, today: date) -> Sequence[str]:
        """Return ids for the cases of rows, after everything that would refuse to open them was checked."""
        self._checked(openings, today, of_rows=True)
        return self._ledger.next_ids(today.year, len(openings))

    def _checked(
        self, openings: Sequence[Opening], today: date, *, of_rows: bool = False
    ) -> tuple[Sequence[Opening], list[Procedure], list[str]]:
        """Return the openings with their bodies, the edition and the kind of organisation of each."""
        editions = [edition_for(opening, self._library, today=today) for opening in openings]
        for opening, procedure in zip(openings, editions, strict=True):
            of_row = of_rows or bool(opening.row)
            check(opening, procedure, self._calendar, today=today, of_row=of_row)
        openings = with_bodies(openings, editions, self._ledger)
        kinds = kinds_for(openings, editions, self._ledger)
        check_once(openings, editions, self._ledger)
        return openings, editions, kinds

    def view(self, case_id: str, *, today: date) -> View:
        """The case with its deadlines. Raises UnknownCase."""
        case, procedure = self._before(case_id)
        return self._view(case, procedure, today, bare=False)

    def events(self, case_id: str) -> Sequence[Event]:
        """The case's chain, in order. Raises UnknownCase."""
        return self._ledger.events(self._case(case_id).id)

    def record(
        self,
        case_id: str,
        fact: str,
        *,
        on: date,
        by: str,
        now: datetime,
        today: date,
        evidence: Iterable[Evidence] = (),
        values: Mapping[str, Decimal] | None = None,
        signed_by: str = "",
        at_time: time | None = None,
        remark: str = "",
        evidence_follows: bool = False,
    ) -> Change:
        """Write down that something happened on a local date, with what proves it.

        The same fact with the same date is done already: no event, except that what is new is added.

        Args:
            values: numbers that go with the fact, by the names the obligation gives them.
            signed_by: duty of whoever signed or approved it.
            at_time: the local time of that day it happened at.
            remark: words of whoever records it, for those who read the history; nothing is computed from them.
            evidence_follows: a new fact whose evidence is asked for comes with the promise of it, at once.

        Raises:
            CannotRecord: a date after today.
            FactKnown: the fact is known with another date.
            AnsweredOtherwise: the decision it answers is answered with another option.
            AlreadyTold: it is known with another number or signature.
            Refusal: an unknown case, fact, number or duty.
        """
        given, proof = dict(values or {}), tuple(evidence)

        def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
            obligation = known_fact(procedure, fact)
            title, numbers, signature, hour, new = obligation.title, given, signed_by, at_time, proof
            told(obligation, numbers, signature, duties=procedure.duties)
            require_past(obligation, on, hour, now=now, today=today)
            self.require_within_records(on)
            for item in new:
                if item.published_on is not None:
                    self.require_within_records(item.published_on)
                    if item.published_on > today:
                        raise CannotRecord("evidence_in_future", title=title, on=item.published_on, today=today)
            question = procedure.answered_by.get(fact)
            answer = question.answer(case.facts) if question else None
            if question and answer and answer.fact != fact:
                raise AnsweredOtherwise(case.facts[answer.fact], question=question, answer=answer)
            known = case.facts.get(fact)
            if known is not None and known.on != on:
                raise FactKnown(known, title=title, on=on)
            if known is not None:
                new = tuple(item for item in new if item not in known.evidence)
                numbers, signature, hour = missing_details(obligation, known, numbers, signature, hour)
                if not new and not numbers and not signature and hour is None and not remark:
                    return ()
            kind: EventKind = "evidence" if known is not None else "fact"
            payload = told(obligation, numbers, signature, hour, duties=procedure.duties)
            if new:
                payload["evidence"] = evidence_payload(new)
            if remark:
                payload["remark"] = remark
            events: list[EventDraft] = [(kind, fact, on, payload)]
            if evidence_follows and kind == "fact" and obligation.evidence and not new:
                promised: dict[str, object] = {"what": "evidence_follows", "kinds": list(obligation.evidence)}
                events.append(("notice", fact, on, promised))
            return events

        return self.write(case_id, decide, by=by, now=now, today=today)

    def decide(
        self,
        case_id: str,
        decision: str,
        option: str,
        *,
        on: date,
        by: str,
        now: datetime,
        today: date,
        evidence: Iterable[Evidence] = (),
        decided_by: str = "",
        remark: str = "",
        evidence_follows: bool = False,
    ) -> Change:
        """Answer a decision: record the fact its option names.

        Args:
            decided_by: duty of who decided.

        Raises:
            UnknownDecision: no such question in the edition, or no such answer to it.
            NotAsked: the question is not asked in this case.
            Refusal: as `record`; another answer is withdrawn first.
        """
        view = self.looked_at(self._case(case_id), today=today)
        fact = known_option(view.procedure, decision, option).fact
        _require_asked(view, decision)
        return self.record(
            case_id,
            fact,
            on=on,
            by=by,
            now=now,
            today=today,
            evidence=evidence,
            signed_by=decided_by,
            remark=remark,
            evidence_follows=evidence_follows,
        )

    def correct(
        self,
        case_id: str,
        fact: str,
        *,
        on: date,
        ground: str,
        by: str,
        now: datetime,
        today: date,
        values: Mapping[str, Decimal] | None = None,
        signed_by: str = "",
        at_time: time | None = None,
    ) -> Change:
        """Give a recorded fact another date or time, other numbers or another signature, with the ground."""

        def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
            obligation = known_fact(procedure, fact)
            payload = told(obligation, values or {}, signed_by, at_time, duties=procedure.duties)
            if not ground.strip():
                raise GroundMissing
            if fact not in case.facts:
                raise CannotRecord("nothing_to_correct", title=obligation.title)
            require_past(obligation, on, at_time, now=now, today=today)
            self.require_within_records(on)
            known = case.facts[fact]
            same = all(known.values.get(name) == value for name, value in (values or {}).items())
            same = same and signed_by in ("", known.signed_by) and at_time in (None, known.at_time)
            if known.on == on and same:
                return ()
            if known.row and known.on != on:
                raise CannotRecord("fact_of_row", title=obligation.title, row=known.row)
            payload["ground"] = ground
            return [("corrected", fact, on, payload)]

        return self.write(case_id, decide, by=by, now=now, today=today)

    def replan(self, case_id: str, fact: str, *, on: date, by: str, now: datetime, today: date) -> Change:
        """Say on which local date something is intended. The latest plan date counts."""
        return self.replan_all(case_id, {fact: on}, by=by, now=now, today=today)

    def replan_all(
        self,
        case_id: str,
        planned: Mapping[str, date],
        *,
        of_row: bool = False,
        by: str,
        now: datetime,
        today: date,
    ) -> Change:
        """Several plan dates at once; those that change nothing are left out.

        `of_row`: as `check_plan_date` takes it.
        """

        def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
            events: list[EventDraft] = []
            for fact, on in planned.items():
                known_fact(procedure, fact)
                check_plan_date(on, self._calendar, of_row=of_row)
                if case.planned.get(fact) != on:
                    events.append(("planned", fact, on, {}))
            return events

        return self.write(case_id, decide, by=by, now=now, today=today)

    def name_reader(self, case_id: str, person: str, *, by: str, now: datetime, today: date) -> Change:
        """Let somebody know of a confidential case, or open the restricted documents of another one.

        Of a case that is neither confidential nor holds such a document everybody in reach knows already.
        """

        def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
            closed = case.confidential or any(one.evidence.restricted for one in proofs(case))
            return [("reader_named", person, None, {})] if closed and person not in case.readers else ()

        return self.write(case_id, decide, by=by, now=now, today=today)

    def remove_reader(
        self, case_id: str, person: str, *, ground: str, by: str, now: datetime, today: date
    ) -> Change:
        """Let somebody know of a confidential case no longer; whoever was told of it in a letter still does."""

        def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
            if not ground.strip():
                raise GroundMissing
            return [("reader_removed", person, None, {"ground": ground})] if person in case.readers else ()

        return self.write(case_id, decide, by=by, now=now, today=today)

    def cancel(self, case_id: str, *, ground: str, by: str, now: datetime, today: date) -> Change:
        """Call the case off. Refused where it is not a step out of where the case stands."""
        return self._command("cancel", "cancelled", case_id, "", ground, by, now, today)

    def exempt(
        self, case_id: str, *, ground: str, by: str, now: datetime, today: date, obligation: str = ""
    ) -> Change:
        """Free the case, or one obligation of it (of a recurring one all its periods, or the one named), with a
        ground.
        """
        return self._command("exempt", "exempted", case_id, obligation, ground, by, now, today)

    def reopen(
        self, case_id: str, *, ground: str, by: str, now: datetime, today: date, obligation: str = ""
    ) -> Change:
        """Take up a cancelled or exempted case again, or withdraw the exemption of one obligation of it.

        Args:
            obligation: as it was freed: a recurring one with all its periods, or with the one named.

        Raises:
            NotExempted, UnknownObligation; NotOpen: of a case that is itself cancelled or exempted nothing is
                required, whatever it was freed of.
        """
        if not obligation:
            return self._command("reopen", "reopened", case_id, "", ground, by, now, today)
        if not ground.strip():
            raise GroundMissing

        def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
            title = known_obligation(procedure, obligation).title
            # Whatever may be freed now may be asked for again.
            stands = self.looked_at(case, today=today).stage
            require(procedure, case, stands, "exempt", code="cannot_reopen_one")
            if obligation not in case.exempted:
                code = "not_exempted" if case.exempted else "nothing_exempted"
                allowed = tuple(sorted(case.exempted))
                raise NotExempted(code, case=case.id, title=title, obligation=obligation, allowed=allowed)
            return [("reopened", obligation, None, {"ground": ground})]

        return self.write(case_id, decide, by=by, now=now, today=today)

    def write(self, case_id: str, decide: Decide, *, by: str, now: datetime, today: date) -> Change:
        """Write the events that follow from a case as it stands; where another writer comes first, decide anew.

        Args:
            decide: is called once for each attempt, each time with the case as it then stands.

        Raises:
            UnknownCase: there is none of that id.
            Conflict: others came first each time.
        """

        def attempted() -> Change:
            case, procedure = self._before(case_id)
            events = decide(case, procedure)
            return self._append(case, procedure, events, by, now, today) if events else Change(case=case)

        return self._ledger.attempt(case_id, attempted)

    def enter(
        self,
        case_id: str,
        lines: Callable[[Case], Sequence[EventDraft]],
        *,
        by: str,
        now: datetime,
        today: date,
    ) -> Change:
        """Write lines into the registers of a case (`workflow/cases/commands/case_rows.py`); all or none.

        Raises: as `write`.
        """

        def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
            found = lines(case)
            for _kind, _name, on, _payload in found:
                if on is not None:
                    self.require_within_records(on)
            return found

        return self.write(case_id, decide, by=by, now=now, today=today)

    def looked_at(self, case: Case, *, today: date) -> View:
        """Return a case that was read with its deadlines and where it stands, without explanations."""
        return self._view(case, self._library.of(case), today)

    def recomputed(self, case: Case, *, today: date) -> CaseWrite:
        """The case's rows from scratch, without any event: what a rebuild writes."""
        return self._change((), self._view(case, self._library.of(case), today), today)

    def _command(
        self,
        command: str,
        kind: EventKind,
        case_id: str,
        name: str,
        ground: str,
        by: str,
        now: datetime,
        today: date,
    ) -> Change:
        if not name and not ground.strip():
            raise GroundMissing

        def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
            if name:
                known_obligation(procedure, name)
                if "." in name:
                    known_fact(procedure, name)
                if not ground.strip():
                    raise GroundMissing
            require(procedure, case, self._view(case, procedure, today).stage, command)
            return () if name and name in case.exempted else [(kind, name, None, {"ground": ground})]

        return self.write(case_id, decide, by=by, now=now, today=today)

    def _append(
        self,
        case: Case,
        procedure: Procedure,
        told: Sequence[EventDraft],
        by: str,
        now: datetime,
        today: date,
    ) -> Change:
        events = tuple(
            Event(
                case=case.id,
                seq=case.seq + number,
                kind=kind,
                name=name,
                on=on,
                at=now,
                by=by,
                payload=payload,
            )
            for number, (kind, name, on, payload) in enumerate(told, 1)
        )
        change = self._written(events, case, today)
        # Only what other terms count from can move a due date (most facts are nobody's anchor), or what brings
        # the case under other rules of the organisation's own.
        moving = any(kind in MOVING or name.partition(".")[0] in procedure.anchors for kind, name, _, _ in told)
        moving = moving or self._library.of(change.case) is not procedure
        before = self._view(case, procedure, today).deadlines if moving else ()
        self._ledger.append([change], now=now)
        return Change(case=change.case, events=events, moved=_moved(before, change) if moving else ())

    def _written(self, events: tuple[Event, ...], case: Case | None, today: date) -> CaseWrite:
        if case is not None and any(event.kind == "withdrawn" for event in events):
            # As if what is withdrawn had never been recorded: everything since is computed anew.
            case = fold([*self._ledger.events(case.id)[: case.seq], *events])
        else:
            for event in events:
                case = apply(case, event)
        assert case is not None
        return self._change(events, self._view(case, self._library.of(case), today), today)

    def _change(self, events: tuple[Event, ...], view: View, today: date) -> CaseWrite:
        board = rows(view.case, view.procedure, view.deadlines, self._calendar, today=today)
        return CaseWrite(events=events, case=view.case, stage=view.stage, rows=board)

    def _before(self, case_id: str) -> tuple[Case, Procedure]:
        case = self._case(case_id)
        return case, self._library.of(case)

    def _view(self, case: Case, procedure: Procedure, today: date, *, bare: bool = True) -> View:
        """The case looked at; bare for writing, since what is written is dates and rows, not explanations."""
        chain = deadlines(case, procedure, self._calendar, today=today, bare=bare)
        return View(case=case, procedure=procedure, deadlines=chain, stage=stage(procedure, case, chain))

    def _case(self, case_id: str) -> Case:
        case = self._ledger.case(case_id)
        if case is None:
            raise UnknownCase(case_id)
        return case

    def require_within_records(self, on: date) -> None:
        """Raise OutOfRange for a day beyond the calendar's records."""
        self._calendar.is_working(on)


def _require_asked(view: View, decision: str) -> None:
    """Refuse a decision that is not asked; while what opens its branch is still to come, the refusal names it.

    Raises NotAsked.
    """
    case, procedure = view.case, view.procedure
    by_id = {deadline.id: deadline for deadline in view.deadlines}
    question = by_id[decision]
    if question.state != "not_required":
        return
    title = question.obligation.title
    free = case.standing != "active" or decision in case.exempted
    opener = None if free or not asked_of(case, procedure, question.obligation) else question.obligation.when
    while opener is not None:
        first = procedure.answered_by.get(opener) or procedure.by_id.get(opener)
        before = by_id.get(first.id) if first else None
        if first is None or before is None or before.state not in (*AWAITED, "not_required"):
            break
        if before.state != "not_required":
            answer = next((option.title for option in first.options if option.fact == opener), None)
            code = "decision_after_answer" if answer else "decision_after_fact"
            raise NotAsked(code, title=title, case=case.id, first=first.title, answer=answer)
        opener = first.when
    raise NotAsked("decision_not_asked", title=title, case=case.id)


def _moved(before: Iterable[Deadline], change: CaseWrite) -> tuple[Moved, ...]:
    """Return the due dates of what is required that differ. What is not required has none to name."""
    old = {deadline.id: deadline.due for deadline in before if deadline.state != "not_required"}
    new = {row.obligation: row.due for row in change.rows if row.state != "not_required"}
    return tuple(
        (row.obligation, old.get(row.obligation), new.get(row.obligation))
        for row in change.rows
        if old.get(row.obligation) != new.get(row.obligation)
    )
