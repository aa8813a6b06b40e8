"""Withdraws what was recorded by mistake: the event stays in the chain, the case is computed without it.

A withdrawal names the events it takes back. A record's own corrections, evidence and answers are withdrawn with
it; records that depend on it stay, and are shown as having no basis.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workflow.cases.case import (
    PLAN,
    ROWS,
    Case,
    Event,
    EventDraft,
    EventKind,
    effective_events,
    evidence_of,
    withdrawn_documents,
    withdrawn_lines,
)
from workflow.cases.commands.case_commands import CaseCommands, Change
from workflow.cases.registers.entries import KIND_OF
from workflow.law.names import known_fact
from workflow.law.procedure import Procedure
from workflow.org.audit import Stamp
from workflow.ports import Contradiction, OtherChange
from workflow.refusal import Refusal, closest_first

_ROW = re.compile(rf"(?P<kind>{'|'.join(ROWS)})\.(?P<number>[1-9][0-9]{{0,8}})")
_LINE = re.compile(r"#(?P<seq>[1-9][0-9]{0,8})")
PASSPORT = "passport"
"""Name of the latest edit of a case's passport."""
_PARTS = frozenset(
    {
        *("corrected", "evidence", "planned", "cartogram_recorded", "row_edited", "commented"),
        *(PASSPORT, *KIND_OF),
    }
)
"""Kinds of events besides facts that can be withdrawn by themselves."""
_UNDOABLE = frozenset({"fact", "evidence", "planned"})
UNDO_TIME = timedelta(minutes=10)
"""Time in which a record can be undone by its author."""
_TITLES = ("description", "action", "title", "text", "asked")
"""Fields used as the title of a register row."""
TITLE_LIMIT = 500
"""Maximum characters of a row's title in its withdrawal."""
ALLOWED_LIMIT = 30
"""Maximum number of records an error message names."""


class CannotUndo(Refusal, ValueError):
    """Undo is refused: too late, or the record is another user's; withdrawing it with a ground remains
    possible.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """The events and documents one withdrawal takes back.

    Attributes:
        what: kind of the event that made the record.
        name: the fact's name, or the row's (`risk.3`).
        on: the local date the record speaks of.
        record: its key in the case, "" where only a part of a record is taken back.
        title: the title of a register row.
        lines: numbers of the events taken back entirely.
        documents: documents taken back: number of the event, place in its evidence.
    """

    what: EventKind
    name: str
    on: date | None
    record: str = ""
    title: str = ""
    lines: tuple[int, ...] = ()
    documents: tuple[tuple[int, int], ...] = ()


def withdraw(
    case_commands: CaseCommands, case_id: str, name: str, *, ground: str, at: Stamp, evidence: str = ""
) -> Change:
    """Withdraw what was recorded by mistake, with the ground for it.

    Args:
        name: a fact with its period; a decision, for its answer; `plan.` and a fact for its plan date; a row of
            a register (`risk.3`, `request.3`, `measure.2`, `position.4`, `remark.1`); `#7` for event 7 of the
            history alone.
        evidence: of that record only this document: its address, SHA-256 or file name.

    Raises:
        Refusal: no ground in words.
        Contradiction: it is withdrawn and was not recorded again.
        Refusal: it is not recorded, and the message names what is; or it comes from a register row.
        UnknownFact, UnknownCase.
    """

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        if not ground.strip():
            raise Refusal("ground_missing")
        # What others wrote since the case was read is refused by the ledger, and the command is run again.
        events = case_commands.events(case_id)[: case.seq]
        selection = select_records(case, procedure, events, name.strip(), evidence=evidence.strip())
        recorded_fact = case.facts.get(selection.record)
        if recorded_fact is not None and recorded_fact.row:
            title = procedure.by_id[recorded_fact.name.partition(".")[0]].title
            raise Refusal("fact_of_row", title=title, row=recorded_fact.row)
        return [withdrawal(selection, ground=ground.strip())]

    return case_commands.write(case_id, decide, at=at)


def withdrawal(selection: Selection, *, ground: str) -> EventDraft:
    """Return the event that takes back a selection."""
    payload: dict[str, object] = {"ground": ground, "what": selection.what}
    if selection.record:
        payload["record"] = selection.record
    if selection.title:
        payload["title"] = selection.title
    if selection.lines:
        payload["lines"] = list(selection.lines)
    if selection.documents:
        payload["documents"] = [list(place) for place in selection.documents]
    return "withdrawn", selection.name, selection.on, payload


def undo(
    case_commands: CaseCommands,
    case_id: str,
    line: int,
    *,
    ground: str,
    was_told: Callable[[Event], bool],
    at: Stamp,
) -> Change:
    """Withdraw one event of the history shortly after it was written, by the same user.

    Args:
        ground: the sentence "entered by mistake" in the user's language.
        was_told: whether a letter about that event has left.

    Raises:
        CannotUndo: it is another user's, over ten minutes old, or a letter about it was sent.
        Contradiction, Refusal: as `withdraw`.
    """
    event = next((line_event for line_event in case_commands.events(case_id) if line_event.seq == line), None)
    if event is not None:
        require_undoable(event, was_told, by=at.by, now=at.now)
    return withdraw(case_commands, case_id, f"#{line}", ground=ground, at=at)


def take_back_opening(case_commands: CaseCommands, case_id: str, *, ground: str, at: Stamp) -> Change:
    """Withdraw the latest plan date of each fact of a case and cancel it; a case that is not active stays as it
    is. Raises UnknownCase.
    """

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        if case.standing != "active":
            return ()
        events = case_commands.events(case_id)[: case.seq]
        plans = [select_records(case, procedure, events, PLAN + fact) for fact in case.planned]
        return [
            *(withdrawal(plan, ground=ground) for plan in plans),
            ("cancelled", "", None, {"ground": ground}),
        ]

    return case_commands.write(case_id, decide, at=at)


def require_undoable(event: Event, was_told: Callable[[Event], bool], *, by: str, now: datetime) -> None:
    """Raise CannotUndo for an event of another user, older than ten minutes, or already reported by a
    letter.
    """
    if event.by != by:
        raise CannotUndo("undo_not_yours", by=event.by)
    if not event.at <= now <= event.at + UNDO_TIME:
        raise CannotUndo("undo_too_late", minutes=UNDO_TIME // timedelta(minutes=1))
    if was_told(event):
        raise CannotUndo("undo_letter_left", case=event.case)


def undoable(
    events: Iterable[Event], name: str, was_told: Callable[[Event], bool], *, by: str, now: datetime
) -> Event | None:
    """Return the last record of a fact, its evidence or its plan date by that name, to offer it for undoing;
    None where there is none, or `require_undoable` refuses it.
    """
    lines = [event for event in effective_events(tuple(events)) if event is not None and event.name == name]
    undoable_events = [event for event in lines if event.kind in _UNDOABLE]
    if not undoable_events:
        return None
    try:
        require_undoable(undoable_events[-1], was_told, by=by, now=now)
    except CannotUndo:
        return None
    return undoable_events[-1]


def select_records(
    case: Case, procedure: Procedure, events: Sequence[Event], name: str, *, evidence: str = ""
) -> Selection:
    """Return what a withdrawal of that name takes back. Arguments and errors as in `withdraw`."""
    live = [event for event in effective_events(events) if event is not None]
    if line := _LINE.fullmatch(name):
        selection = _event_selection(case, events, live, int(line["seq"]))
    else:
        selection = _named(case, procedure, live, name)
    return _document(case, events, selection, evidence) if evidence else selection


def _named(case: Case, procedure: Procedure, live: Sequence[Event], name: str) -> Selection:
    """Return the selection of a record by its name; a name of the edition goes before that of a register.

    Raises: as `withdraw`.
    """
    of_edition = name.partition(".")[0] in procedure.by_id
    if name == PASSPORT and not of_edition:
        if edits := [event for event in live if event.kind == PASSPORT]:
            return _part(edits[-1], "")
    elif name.startswith(PLAN) and not of_edition:
        fact = name.removeprefix(PLAN)
        known_fact(procedure, fact)
        if planned := _plans(live, fact):
            return _plan(planned[-1])
    elif _ROW.fullmatch(name) and not of_edition:
        if thread := _requests(live, name) if name.startswith("request.") else _row(live, name):
            return _whole(thread, name)
    else:
        question = procedure.by_id.get(name)
        if question is not None and question.options:
            answer = question.answer(case.facts)
            if answer is None:
                taken_back = (option.fact for option in question.options if option.fact in case.withdrawn)
                raise _missing(case, next(taken_back, name))
            name = answer.fact
        known_fact(procedure, name)
        if thread := _fact(live, name):
            return _whole(thread, name)
    raise _missing(case, name)


def withdrawable(case: Case) -> tuple[str, ...]:
    """Return the names of all records of a case that can be withdrawn: facts, plan dates, register rows."""
    rows = dict.fromkeys(_row_name(event) for event in case.entries)
    return (*case.facts, *(PLAN + name for name in case.planned), *filter(None, rows))


def _fact(live: Iterable[Event], name: str) -> list[Event]:
    """Return the events of a fact: its recording, corrections, evidence, and the note that evidence follows."""
    return [event for event in live if event.name == name and _of_fact(event)]


def _of_fact(event: Event) -> bool:
    """Return whether an event is a part of a fact's record."""
    promise = event.kind == "notice" and event.payload.get("what") == "evidence_follows"
    return promise or event.kind in ("fact", "corrected", "evidence")


def _row_name(event: Event) -> str:
    """Return the name of the register row an event speaks of; "" for none."""
    if event.kind == "row_edited":
        return event.name
    kind = KIND_OF.get(event.kind)
    return f"{kind}.{event.name}" if kind else ""


def _row(live: Iterable[Event], name: str) -> list[Event]:
    """Return every event of a register row."""
    return [event for event in live if _row_name(event) == name]


def _requests(live: Sequence[Event], name: str) -> list[Event]:
    """Return the events of the latest request about a risk and of its answers."""
    thread = _row(live, f"risk.{name.partition('.')[2]}")
    sent = [event for event in thread if event.kind == "request_sent"]
    return [sent[-1], *_answers(thread, sent[-1])] if sent else []


def _title(thread: Sequence[Event]) -> str:
    """Return the title of a register row as last edited."""
    titles = [str(event.payload[key]) for event in thread for key in _TITLES if event.payload.get(key)]
    return titles[-1][:TITLE_LIMIT] if titles else ""


def _whole(thread: Sequence[Event], name: str) -> Selection:
    """Return the selection of a whole record: a fact or a row with all its events."""
    # Its day is the last one recorded.
    days = [event.on for event in thread if event.kind in ("fact", "corrected")]
    kind = thread[0].kind
    row_events = [event for event in thread if event.kind in (kind, "row_edited")] if kind in KIND_OF else []
    return Selection(
        what=kind,
        name=name,
        on=days[-1] if days else thread[0].on,
        record=name,
        title=_title(row_events),
        lines=tuple(event.seq for event in thread),
    )


def _plans(live: Iterable[Event], fact: str) -> list[Event]:
    """Return the plan dates of a fact, the latest last."""
    return [event for event in live if event.kind == "planned" and event.name == fact]


def _plan(event: Event) -> Selection:
    """Return the selection of the latest plan date; the one before it counts again."""
    return Selection(what="planned", name=event.name, on=event.on, record=PLAN + event.name, lines=(event.seq,))


def _event_selection(case: Case, events: Sequence[Event], live: Sequence[Event], seq: int) -> Selection:
    """Return what the withdrawal of one event takes back: the whole fact or row that it began, a request with
    its answers, else that event alone. Raises Refusal.
    """
    event = next((line_event for line_event in live if line_event.seq == seq), None)
    if event is None:
        for other in events:
            if other.kind == "withdrawn" and seq in withdrawn_lines(other):
                raise _already(other.name, other.on, other.by, other.at, str(other.payload.get("ground", "")))
        raise _missing(case, f"#{seq}")
    if event.kind == "fact":
        return _whole(_fact(live, event.name), event.name)
    row = _row_name(event)
    thread = _row(live, row) if row else []
    if thread and thread[0] is event:
        return _whole(thread, row)
    if event.kind == "request_sent":
        return _whole([event, *_answers(thread, event)], f"request.{event.name}")
    if event.kind not in _PARTS:
        raise Refusal("cannot_withdraw_line", case=case.id, line=seq, allowed=_allowed(case, ""))
    if event.kind == "planned":
        return _plan(event) if _plans(live, event.name)[-1] is event else _part(event, event.name)
    return _part(event, row or event.name)


def _part(event: Event, name: str) -> Selection:
    """Return the selection of one event alone, which is a part of a record."""
    return Selection(what=event.kind, name=name, on=event.on, lines=(event.seq,))


def _answers(thread: Sequence[Event], request: Event) -> Iterator[Event]:
    """Yield the answers to a request to a higher body: they are withdrawn with it."""
    for event in thread:
        if event.seq <= request.seq:
            continue
        if event.kind == "request_sent":
            return
        if event.kind == "request_answered":
            yield event


def _document(case: Case, events: Sequence[Event], selection: Selection, evidence: str) -> Selection:
    """Return the selection of one document of a record, wherever it stands in it. Raises Refusal."""
    withdrawn_places = {
        place for event in events if event.kind == "withdrawn" for place in withdrawn_documents(event)
    }
    restricted = {item.reference for event in events for item in evidence_of(event) if item.restricted}
    documents = [
        ((event.seq, place), item)
        for event in events
        if event.seq in selection.lines
        for place, item in enumerate(evidence_of(event))
        if (event.seq, place) not in withdrawn_places
    ]
    places = tuple(place for place, item in documents if evidence in (item.reference, item.name))
    if not places:
        shown = (item for _, item in documents if item.reference not in restricted)
        document_names = dict.fromkeys(item.name or item.reference for item in shown)
        code = "no_such_evidence" if document_names else "no_evidence"
        allowed = closest_first(evidence, document_names)[:ALLOWED_LIMIT]
        raise Refusal(code, case=case.id, record=selection.name, evidence=evidence, allowed=allowed)
    return Selection(what="evidence", name=selection.name, on=selection.on, documents=places)


def _missing(case: Case, name: str) -> Refusal:
    """Return the error for a record that is not there: withdrawn already, or never recorded."""
    before = case.withdrawn.get(name)
    if before is not None:
        return _already(name, before.on, before.by, before.at, before.ground)
    allowed = _allowed(case, name)
    code = "nothing_to_withdraw" if allowed else "nothing_recorded"
    return Refusal(code, case=case.id, name=name, allowed=allowed)


def _allowed(case: Case, name: str) -> tuple[str, ...]:
    """Return the names of what can be withdrawn, the most similar first."""
    return closest_first(name, withdrawable(case))[:ALLOWED_LIMIT]


def _already(name: str, on: date | None, by: str, at: datetime, ground: str) -> Contradiction:
    """Return the refusal of what was withdrawn before: by whom, when and why."""
    change = OtherChange(kind="withdrawn", name=name, on=on, by=by, at=at)
    return Contradiction("withdrawn_already", changes=(change,), name=name, by=by, at=at, ground=ground)
