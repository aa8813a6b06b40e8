"""CaseCommands: the only way to write to a case. A command becomes past-tense events.

Refused are only an unknown name, an impossible date, a date after now, and the same fact with another date;
commands may be refused because of the state of the case. What is wrong with a fact is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from calendars.kazakhstan import Kazakhstan
from workflow.board.rows import Row, rows
from workflow.cases.case import Case, Event, EventDraft, EventKind, Evidence, apply, evidence_payload, fold
from workflow.cases.commands.opening import (
    Opening,
    check_days,
    check_once,
    check_plan_date,
    edition_for,
    first_events,
    kinds_for,
    with_bodies,
)
from workflow.cases.commands.payloads import (
    contradiction,
    fact_payload,
    missing_details,
    require_past,
)
from workflow.cases.registers.evidence_list import proofs
from workflow.cases.states import AWAITED
from workflow.deadlines.applicability import asked_of
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.law.library import Library
from workflow.law.names import known_fact, known_option
from workflow.law.procedure import Obligation, Procedure
from workflow.machine import stage
from workflow.org.audit import Stamp
from workflow.ports import CaseWrite, Ledger
from workflow.refusal import Refusal

MOVING = frozenset({"withdrawn", "migrated", "passport"})
"""Kinds of events that may move due dates, whatever their name."""
Moved = tuple[str, date | None, date | None]
"""A due date that moved: the obligation with its period, the date before and after; None for no date."""
Decide: TypeAlias = Callable[[Case, Procedure], Sequence[EventDraft]]
"""Function from the present case and its edition to the events a command writes, none if nothing is to be
done.
"""


class UnknownCase(Refusal, LookupError):
    """There is no case with that id."""

    def __init__(self, case: str) -> None:
        super().__init__("unknown_case", case=case)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Result of a command: the case after it, its events (none when nothing was new), and the due dates that
    moved.
    """

    case: Case
    events: tuple[Event, ...] = ()
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A case with its edition, its deadlines and its present stage."""

    case: Case
    procedure: Procedure
    deadlines: tuple[Deadline, ...]
    stage: str


class CaseCommands:
    """Commands on cases. `now` is the UTC moment of writing, `today` the local date of the writer."""

    def __init__(
        self,
        ledger: Ledger,
        library: Library,
        calendar: Kazakhstan,
        first_day: Callable[[date], date] | None = None,
        *,
        stores: bool = True,
    ) -> None:
        """Args:
        first_day: the office's first day of records, asked with the local date; None: it keeps everything.
        stores: False computes what commands on existing cases would write, and writes nothing.
        """
        self._ledger = ledger
        self._library = library
        self._calendar = calendar
        self._first_day = first_day
        self._stores = stores

    @property
    def calendar(self) -> Kazakhstan:
        return self._calendar

    def storing_nothing(self) -> CaseCommands:
        """Return the same commands for a preview: they return what they would write."""
        return CaseCommands(self._ledger, self._library, self._calendar, self._first_day, stores=False)

    def open(self, opening: Opening, *, at: Stamp) -> Case:
        """Open one case.

        Raises:
            Refusal: the procedure is opened once per organisation, and there is a case of it.
            Refusal: an unknown procedure, an unknown fact, or a fact after today.
        """
        return self.open_many([opening], at=at)[0]

    def open_many(self, openings: Sequence[Opening], *, at: Stamp, ids: Sequence[str] = ()) -> tuple[Case, ...]:
        """Open many cases in one transaction, after checking all of them. `ids`: reserved for them, if any."""
        checked = self._checked(openings, at.today)
        ids = ids or self._ledger.next_ids(at.today.year, len(openings))
        changes = self._new(ids, *checked, at=at)
        self._ledger.append(changes, now=at.now)
        return tuple(change.case for change in changes)

    def foresee(self, openings: Sequence[Opening], *, now: datetime, today: date) -> tuple[CaseWrite, ...]:
        """Return what opening these cases would write, under ids of no case; nothing is written. Raises as
        `open_many`.
        """
        ids = [str(number) for number, _ in enumerate(openings, 1)]
        return tuple(self._new(ids, *self._checked(openings, today), at=Stamp(by="", now=now, today=today)))

    def _new(
        self,
        ids: Sequence[str],
        openings: Sequence[Opening],
        editions: Sequence[Procedure],
        kinds: Sequence[str],
        *,
        at: Stamp,
    ) -> list[CaseWrite]:
        """Return what opening these cases under these ids writes."""
        return [
            self._written(first_events(name, opening, procedure, kind, by=at.by, now=at.now), None, at.today)
            for name, opening, procedure, kind in zip(ids, openings, editions, kinds, strict=True)
        ]

    def reserve(self, openings: Sequence[Opening], *, today: date) -> Sequence[str]:
        """Return ids reserved for the cases of register rows, after checking that all of them can be opened."""
        self._checked(openings, today, of_rows=True)
        return self._ledger.next_ids(today.year, len(openings))

    def _checked(
        self, openings: Sequence[Opening], today: date, *, of_rows: bool = False
    ) -> tuple[Sequence[Opening], list[Procedure], list[str]]:
        """Return the openings completed (the body that the organisation is, its first day of records), and the
        edition and kind of organisation of each.

        Raises: as `open`.
        """
        editions = [edition_for(opening, self._library, today=today) for opening in openings]
        for opening, procedure in zip(openings, editions, strict=True):
            of_row = of_rows or bool(opening.row)
            check_days(opening, procedure, self._calendar, today=today, of_row=of_row)
        openings = with_bodies(openings, editions, self._ledger)
        if self._first_day is not None:
            first_day = self._first_day(today)
            openings = [replace(opening, kept_from=opening.kept_from or first_day) for opening in openings]
        kinds = kinds_for(openings, editions, self._ledger)
        check_once(openings, editions, self._ledger)
        return openings, editions, kinds

    def view(self, case_id: str, *, today: date) -> View:
        """Return the case with its deadlines. Raises UnknownCase."""
        case, procedure = self._case_and_edition(case_id)
        return self._view(case, procedure, today, bare=False)

    def events(self, case_id: str) -> Sequence[Event]:
        """Return the events of the case, in order. Raises UnknownCase."""
        return self._ledger.events(self._case(case_id).id)

    def record(
        self,
        case_id: str,
        fact: str,
        *,
        on: date,
        at: Stamp,
        evidence: Iterable[Evidence] = (),
        values: Mapping[str, Decimal] | None = None,
        signed_by: str = "",
        remark: str = "",
        evidence_follows: bool = False,
    ) -> Change:
        """Record that a fact happened on a local date, with its evidence.

        If the fact is recorded with the same date, only new evidence and values are added; nothing new writes
        no event.

        Args:
            values: numbers recorded with the fact, by the names the obligation gives them.
            signed_by: duty of the person who signed or approved it.
            remark: a remark for readers of the history; nothing is computed from it.
            evidence_follows: records with a new fact that its evidence will be added later.

        Raises:
            Contradiction: it is known with another date, number or signature, or the decision it answers is
                answered with another option.
            Refusal: a date after today; an unknown case, fact, number or duty.
        """
        numbers_given, proof = dict(values or {}), tuple(evidence)

        def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
            obligation = known_fact(procedure, fact)
            numbers, signature, new = numbers_given, signed_by, proof
            fact_payload(obligation, numbers, signature)
            self._require_days(obligation, on, new, at.today)
            _require_unanswered(case, procedure, fact)
            recorded_fact = case.facts.get(fact)
            if recorded_fact is not None and recorded_fact.on != on:
                raise contradiction(
                    "fact_known", recorded_fact, title=obligation.title, on=on, known=recorded_fact.on
                )
            if recorded_fact is not None:
                new = tuple(item for item in new if item not in recorded_fact.evidence)
                numbers, signature = missing_details(obligation, recorded_fact, numbers, signature)
                if not new and not numbers and not signature and not remark:
                    return ()
            kind: EventKind = "evidence" if recorded_fact is not None else "fact"
            payload = fact_payload(obligation, numbers, signature)
            if new:
                payload["evidence"] = evidence_payload(new)
            if remark:
                payload["remark"] = remark
            follows = evidence_follows and kind == "fact" and obligation.evidence and not new
            promised: dict[str, object] = {"what": "evidence_follows", "kinds": list(obligation.evidence)}
            return [(kind, fact, on, payload), *([("notice", fact, on, promised)] if follows else ())]

        return self.write(case_id, decide, at=at)

    def _require_days(
        self, obligation: Obligation, on: date, evidence: Iterable[Evidence], today: date
    ) -> None:
        """Raise Refusal for a day of a fact or its evidence after today, or beyond the records."""
        require_past(obligation, on, today=today)
        self.require_within_records(on)
        for published in (item.published_on for item in evidence if item.published_on is not None):
            self.require_within_records(published)
            if published > today:
                raise Refusal("evidence_in_future", title=obligation.title, on=published, today=today)

    def decide(
        self,
        case_id: str,
        decision: str,
        option: str,
        *,
        on: date,
        at: Stamp,
        evidence: Iterable[Evidence] = (),
        decided_by: str = "",
        remark: str = "",
    ) -> Change:
        """Answer a decision by recording the fact its option names.

        Args:
            decided_by: duty of the person who decided.

        Raises:
            Refusal: the edition has no such decision, or the decision no such option.
            Refusal: the decision cannot be answered in this case now.
            Refusal: as `record`; another answer is withdrawn first.
        """
        view = self.view_of(self._case(case_id), today=at.today)
        fact = known_option(view.procedure, decision, option).fact
        _require_answerable(view, decision)
        return self.record(case_id, fact, on=on, at=at, evidence=evidence, signed_by=decided_by, remark=remark)

    def correct(
        self,
        case_id: str,
        fact: str,
        *,
        on: date,
        ground: str,
        at: Stamp,
        values: Mapping[str, Decimal] | None = None,
        signed_by: str = "",
    ) -> Change:
        """Correct a recorded fact: its date, its numbers or its signatory, with the ground; writes nothing
        where all of them are recorded so already.

        Raises Refusal: as `record`; no ground, nothing recorded, or another day for what a register row made.
        """

        def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
            obligation = known_fact(procedure, fact)
            payload = fact_payload(obligation, values or {}, signed_by)
            if not ground.strip():
                raise Refusal("ground_missing")
            if fact not in case.facts:
                raise Refusal("nothing_to_correct", title=obligation.title)
            require_past(obligation, on, today=at.today)
            self.require_within_records(on)
            recorded_fact = case.facts[fact]
            same = all(recorded_fact.values.get(name) == value for name, value in (values or {}).items())
            same = same and signed_by in ("", recorded_fact.signed_by)
            if recorded_fact.on == on and same:
                return ()
            if recorded_fact.row and recorded_fact.on != on:
                raise Refusal("fact_of_row", title=obligation.title, row=recorded_fact.row)
            payload["ground"] = ground
            return [("corrected", fact, on, payload)]

        return self.write(case_id, decide, at=at)

    def replan(self, case_id: str, fact: str, *, on: date, at: Stamp) -> Change:
        """Set the plan date of a fact (local date). The latest plan date counts."""
        return self.replan_all(case_id, {fact: on}, at=at)

    def replan_all(
        self, case_id: str, planned: Mapping[str, date], *, of_row: bool = False, at: Stamp
    ) -> Change:
        """Set several plan dates at once; those that change nothing are left out.

        `of_row`: as in `check_plan_date`.
        """

        def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
            events: list[EventDraft] = []
            for fact, on in planned.items():
                known_fact(procedure, fact)
                check_plan_date(on, self._calendar, of_row=of_row)
                if case.planned.get(fact) != on:
                    events.append(("planned", fact, on, {}))
            return events

        return self.write(case_id, decide, at=at)

    def name_reader(self, case_id: str, person: str, *, at: Stamp) -> Change:
        """Give a person access to a confidential case, or to the restricted documents of another case.

        A case that is neither confidential nor has such a document needs no readers: nothing is written.
        """

        def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
            closed = case.confidential or any(proved_item.evidence.restricted for proved_item in proofs(case))
            return [("reader_named", person, None, {})] if closed and person not in case.readers else ()

        return self.write(case_id, decide, at=at)

    def remove_reader(self, case_id: str, person: str, *, ground: str, at: Stamp) -> Change:
        """End a person's access to a confidential case; people notified of it by letter keep theirs."""

        def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
            if not ground.strip():
                raise Refusal("ground_missing")
            return [("reader_removed", person, None, {"ground": ground})] if person in case.readers else ()

        return self.write(case_id, decide, at=at)

    def write(self, case_id: str, decide: Decide, *, at: Stamp) -> Change:
        """Write the events that a function derives from the case; if another writer was first, derive them
        anew.

        Args:
            decide: the function, called with the current case at each attempt.

        Raises:
            UnknownCase: there is no case with that id.
            Conflict: other writers were first at each attempt.
        """

        def attempted() -> Change:
            case, procedure = self._case_and_edition(case_id)
            events = decide(case, procedure)
            return self._append(case, procedure, events, at) if events else Change(case=case)

        return self._ledger.attempt(case_id, attempted) if self._stores else attempted()

    def enter(self, case_id: str, lines: Callable[[Case], Sequence[EventDraft]], *, at: Stamp) -> Change:
        """Write register events of a case (`workflow/cases/commands/case_rows.py`); all or none.

        Raises: as `write`.
        """

        def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
            drafts = lines(case)
            for _kind, _name, on, _payload in drafts:
                if on is not None:
                    self.require_within_records(on)
            return drafts

        return self.write(case_id, decide, at=at)

    def view_of(self, case: Case, *, today: date) -> View:
        """Return a case that is at hand with its deadlines (without explanations) and its present stage."""
        return self._view(case, self._library.of(case), today)

    def recomputed(self, case: Case, *, today: date) -> CaseWrite:
        """Return what a rebuild of the board writes for a case: its stage and its rows computed anew, no
        events.
        """
        return self._change((), self._view(case, self._library.of(case), today), today)

    def _append(self, case: Case, procedure: Procedure, drafts: Sequence[EventDraft], at: Stamp) -> Change:
        """Write drafts as the next events of a case (a preview writes nothing); return the change with the due
        dates it moves.
        """
        events = tuple(
            Event(
                case=case.id,
                seq=case.seq + number,
                kind=kind,
                name=name,
                on=on,
                at=at.now,
                by=at.by,
                payload=payload,
            )
            for number, (kind, name, on, payload) in enumerate(drafts, 1)
        )
        change = self._written(events, case, at.today)
        # Only what other terms count from can move a due date (most facts are nobody's anchor), or what brings
        # the case under another edition.
        moving = any(
            kind in MOVING or name.partition(".")[0] in procedure.anchors for kind, name, _, _ in drafts
        )
        moving = moving or self._library.of(change.case) is not procedure
        before = self._ledger.rows(case.id) if moving else {}
        if self._stores:
            self._ledger.append([change], now=at.now)
        return Change(case=change.case, events=events, moved=_moved(before, change) if moving else ())

    def _written(self, events: tuple[Event, ...], case: Case | None, today: date) -> CaseWrite:
        """Return what these events write: the case after them, its stage and its rows."""
        if case is not None and any(event.kind == "withdrawn" for event in events):
            # As if the withdrawn record had never existed: everything since is computed anew.
            case = fold([*self._ledger.events(case.id)[: case.seq], *events])
        else:
            for event in events:
                case = apply(case, event)
        assert case is not None
        return self._change(events, self._view(case, self._library.of(case), today), today)

    def _change(self, events: tuple[Event, ...], view: View, today: date) -> CaseWrite:
        """Return what is stored of a case as it is viewed: the events, its stage and its rows."""
        board = rows(view.case, view.procedure, view.deadlines, self._calendar, today=today)
        return CaseWrite(events=events, case=view.case, stage=view.stage, rows=board)

    def _case_and_edition(self, case_id: str) -> tuple[Case, Procedure]:
        """Return a case with its edition. Raises UnknownCase."""
        case = self._case(case_id)
        return case, self._library.of(case)

    def _view(self, case: Case, procedure: Procedure, today: date, *, bare: bool = True) -> View:
        """Return the case with its deadlines; `bare` omits explanations, which writing does not need."""
        chain = deadlines(case, procedure, self._calendar, today=today, bare=bare)
        return View(case=case, procedure=procedure, deadlines=chain, stage=stage(procedure, case, chain))

    def _case(self, case_id: str) -> Case:
        """Return the case with an id. Raises UnknownCase."""
        case = self._ledger.case(case_id)
        if case is None:
            raise UnknownCase(case_id)
        return case

    def require_within_records(self, on: date) -> None:
        """Raise OutOfRange for a day outside the calendar's records."""
        self._calendar.is_working_day(on)


def _require_unanswered(case: Case, procedure: Procedure, fact: str) -> None:
    """Raise Contradiction where the decision a fact answers has another answer."""
    question = procedure.answered_by.get(fact)
    answer = question.answer(case.facts) if question else None
    if question and answer and answer.fact != fact:
        known = case.facts[answer.fact]
        raise contradiction("answered_otherwise", known, title=question.title, answer=answer.title, on=known.on)


def _require_answerable(view: View, decision: str) -> None:
    """Raise Refusal unless the decision can be answered now; if its branch may still open, the error names
    what opens it.
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
            raise Refusal(code, title=title, case=case.id, first=first.title, answer=answer)
        opener = first.when
    raise Refusal("decision_not_asked", title=title, case=case.id)


def _moved(before: Mapping[str, Row], change: CaseWrite) -> tuple[Moved, ...]:
    """Return the required due dates that a change moves. What is not required has no due date to name."""
    old = {name: row.due for name, row in before.items() if row.state != "not_required"}
    new = {row.obligation: row.due for row in change.rows if row.state != "not_required"}
    return tuple(
        (row.obligation, old.get(row.obligation), new.get(row.obligation))
        for row in change.rows
        if old.get(row.obligation) != new.get(row.obligation)
    )
