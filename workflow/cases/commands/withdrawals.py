"""Withdraws what was recorded by mistake: the event stays in the chain, the case is computed without it.

A withdrawal names the events it takes back. A record's own corrections, evidence and answers are withdrawn with
it; records that depend on it stay, and are shown as having no basis.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from workflow.cases.case import (
    BEGINS,
    PARTS,
    PASSPORT,
    PLAN,
    ROW_OF,
    Case,
    Event,
    EventDraft,
    effective_events,
    evidence_of,
    row_name,
    withdrawn_documents,
    withdrawn_lines,
)
from workflow.cases.commands.case_commands import Drafts, View, require_ground
from workflow.law.library import known_fact
from workflow.moments import Moment
from workflow.ports import Contradiction, OtherChange
from workflow.refusal import Refusal, closest_first

_ROW = re.compile(rf"({'|'.join(BEGINS.values())})\.[1-9][0-9]{{0,8}}")
_LINE = re.compile(r"#(?P<seq>[1-9][0-9]{0,8})")
_UNDOABLE = frozenset({"fact", "evidence", "planned"})
UNDO_TIME = timedelta(minutes=10)
"""Time in which a record can be undone by its author."""
_TITLES = ("description", "action", "title", "text", "asked")
"""Fields used as the title of a register row."""
TITLE_LIMIT = 500
"""Maximum characters of a row's title in its withdrawal."""
ALLOWED_LIMIT = 30
"""Maximum number of records an error message names."""


def withdraw(view: View, name: str, *, ground: str, evidence: str = "") -> Drafts:
    """Withdraw what was recorded by mistake, with the ground for it. Arguments and errors as in `withdrawal`.

    Raises Refusal: no ground in words; or it comes from a register row.
    """
    require_ground(ground)
    draft = withdrawal(view, name.strip(), ground=ground.strip(), evidence=evidence.strip())
    recorded = view.case.facts.get(str(draft[3].get("record", "")))
    if recorded is not None and recorded.row:
        title = view.procedure.by_id[recorded.name.partition(".")[0]].title
        raise Refusal("fact_of_row", title=title, row=recorded.row)
    return [draft]


def undo(view: View, line: int, *, ground: str, was_told: Callable[[Event], bool], at: Moment) -> Drafts:
    """Withdraw one event of the history shortly after it was written, by the same user.

    `ground`: the sentence "entered by mistake" in their language. `was_told`: whether a letter about that event
    has left. `at`: who undoes it, and when. Raises Refusal, Contradiction.
    """
    event = next((line_event for line_event in view.events if line_event.seq == line), None)
    if event is not None and (refusal := _cannot_undo(event, was_told, at)):
        raise refusal
    return withdraw(view, f"#{line}", ground=ground)


def take_back_opening(view: View, *, ground: str) -> Drafts:
    """Cancel a case and withdraw the latest plan date of each fact; one that is not active stays as it is."""
    if view.case.status != "active":
        return ()
    plans = (withdrawal(view, PLAN + fact, ground=ground) for fact in view.case.planned)
    return [*plans, ("cancelled", "", None, {"ground": ground})]


def _cannot_undo(event: Event, was_told: Callable[[Event], bool], at: Moment) -> Refusal | None:
    """Return why an event cannot be undone: another user's, over ten minutes old, told by a letter; or None."""
    if event.by != at.by:
        return Refusal("undo_not_yours", by=event.by)
    if not event.at <= at.now <= event.at + UNDO_TIME:
        return Refusal("undo_too_late", minutes=UNDO_TIME // timedelta(minutes=1))
    return Refusal("undo_letter_left", case=event.case) if was_told(event) else None


def undoable_event(
    events: Sequence[Event], name: str, was_told: Callable[[Event], bool], *, at: Moment
) -> Event | None:
    """Return the last record of that name (fact, evidence or plan date) to offer for undoing; None for none."""
    records = (event for event in reversed(effective_events(events)) if event.name == name)
    last = next((event for event in records if event.kind in _UNDOABLE), None)
    return None if last is None or _cannot_undo(last, was_told, at) else last


def withdrawal(view: View, name: str, *, ground: str, evidence: str = "") -> EventDraft:
    """Return the event that takes back what was recorded. Its payload says `what` kind of event made the
    record, its key in the case (`record`, where it is taken back whole), the `title` of a register row, and the
    numbers of the events and the places of the documents taken back (`lines`, `documents`).

    Args:
        name: a fact with its period; a decision, for its answer; `plan.` and a fact for its plan date; a row of
            a register (`risk.3`, `request.3`, `measure.2`, `position.4`, `remark.1`); `#7` for event 7 of the
            history alone.
        evidence: of that record only this document: its address, SHA-256 or file name.

    Raises Contradiction: it is withdrawn and was not recorded again. Raises Refusal, naming what is recorded.
    """
    live = effective_events(view.events)
    if line := _LINE.fullmatch(name):
        record, events = _of_line(view, live, int(line["seq"]))
    else:
        record, events = _named(view, live, name)
    first = events[0]
    # The day of a fact is the last one recorded.
    on = [event.on for event in events if event is first or event.kind in ("fact", "corrected")][-1]
    event_name = record
    if not record or first.kind == "planned":
        event_name = "" if first.kind == PASSPORT else row_name(first) or first.name
    payload: dict[str, object] = {"ground": ground, "what": first.kind}
    if evidence:
        places = _documents(view.case, view.events, event_name, events, evidence)
        payload |= {"what": "evidence", "documents": [list(place) for place in places]}
        return "withdrawn", event_name, on, payload
    if record:
        payload["record"] = record
        if title := _title(events):
            payload["title"] = title
    return "withdrawn", event_name, on, {**payload, "lines": [event.seq for event in events]}


def _records(live: Iterable[Event]) -> dict[str, list[list[Event]]]:
    """Return the records of a case by name, each with its events. Of plan dates, edits of the passport and
    requests there may be several of one name; the last counts.
    """
    records: dict[str, list[list[Event]]] = {}
    for event in live:
        promise = event.kind == "notice" and event.payload.get("what") == "evidence_follows"
        if event.kind == "planned":
            records.setdefault(PLAN + event.name, []).append([event])
        elif event.kind == PASSPORT:
            records.setdefault(PASSPORT, []).append([event])
        elif promise or event.kind in ("fact", "corrected", "evidence"):
            records.setdefault(f"fact:{event.name}", [[]])[-1].append(event)
        elif row := row_name(event):
            records.setdefault(row, [[]])[-1].append(event)
            if event.kind == "request_sent":
                records.setdefault(f"request.{event.name}", []).append([event])
            elif event.kind == "request_answered" and f"request.{event.name}" in records:
                records[f"request.{event.name}"][-1].append(event)
    return records


def _named(view: View, live: Sequence[Event], name: str) -> tuple[str, list[Event]]:
    """Return the key of a record by its name, and its events; a name of the edition goes before that of a
    register. An edit of the passport is no record. Raises: as `withdrawal`.
    """
    case, procedure, key = view.case, view.procedure, name
    of_edition = name.partition(".")[0] in procedure.by_id
    if name.startswith(PLAN) and not of_edition:
        known_fact(procedure, name.removeprefix(PLAN))
    elif of_edition or not (name == PASSPORT or _ROW.fullmatch(name)):
        question = procedure.by_id.get(name)
        if question is not None and question.options:
            answer = question.answer(case.facts)
            if answer is None:
                taken_back = (option.fact for option in question.options if option.fact in case.withdrawn)
                raise _missing(case, next(taken_back, name))
            name = answer.fact
        known_fact(procedure, name)
        key = f"fact:{name}"
    found = _records(live).get(key)
    if not found:
        raise _missing(case, name)
    return "" if key == PASSPORT else name, found[-1]


def _of_line(view: View, live: Sequence[Event], seq: int) -> tuple[str, list[Event]]:
    """Return key and events of the record that one event began; else "" and that event. Raises Refusal."""
    event = next((line_event for line_event in live if line_event.seq == seq), None)
    if event is None:
        for other in view.events:
            if other.kind == "withdrawn" and seq in withdrawn_lines(other.payload):
                raise _already(other.name, other.on, other.by, other.at, str(other.payload.get("ground", "")))
        raise _missing(view.case, f"#{seq}")
    for key, records in _records(live).items():
        begun = next((events for events in records if events[0] is event), None)
        # A plan date or a request before the latest, and an edit of the passport, are no record of their own.
        if begun and key != PASSPORT:
            return key.removeprefix("fact:") if begun is records[-1] else "", begun
    if event.kind not in PARTS:
        raise Refusal("cannot_withdraw_line", case=view.case.id, line=seq, allowed=_allowed(view.case, ""))
    return "", [event]


def _title(events: Sequence[Event]) -> str:
    """Return the title of a register row as last edited; "" for other records."""
    if events[0].kind not in ROW_OF:
        return ""
    described = (event for event in events if event.kind in (events[0].kind, "row_edited"))
    titles = [str(event.payload[key]) for event in described for key in _TITLES if event.payload.get(key)]
    return titles[-1][:TITLE_LIMIT] if titles else ""


def _documents(
    case: Case, events: Sequence[Event], name: str, record: Sequence[Event], evidence: str
) -> tuple[tuple[int, int], ...]:
    """Return the places of one document of a record: the event, and its place there. Raises Refusal."""
    withdrawn_places = {
        place for event in events if event.kind == "withdrawn" for place in withdrawn_documents(event.payload)
    }
    restricted = {item.reference for event in events for item in evidence_of(event) if item.restricted}
    seqs = {event.seq for event in record}
    documents = [
        ((event.seq, place), item)
        for event in events
        if event.seq in seqs
        for place, item in enumerate(evidence_of(event))
        if (event.seq, place) not in withdrawn_places
    ]
    places = tuple(place for place, item in documents if evidence in (item.reference, item.name))
    if not places:
        open_items = (item for _, item in documents if item.reference not in restricted)
        document_names = dict.fromkeys(item.name or item.reference for item in open_items)
        code = "no_such_evidence" if document_names else "no_evidence"
        allowed = closest_first(evidence, document_names)[:ALLOWED_LIMIT]
        raise Refusal(code, case=case.id, record=name, evidence=evidence, allowed=allowed)
    return places


def _missing(case: Case, name: str) -> Refusal:
    """Return the error for a record that is not there: withdrawn already, or never recorded."""
    before = case.withdrawn.get(name)
    if before is not None:
        return _already(name, before.on, before.by, before.at, before.ground)
    allowed = _allowed(case, name)
    code = "nothing_to_withdraw" if allowed else "nothing_recorded"
    return Refusal(code, case=case.id, name=name, allowed=allowed)


def _allowed(case: Case, name: str) -> tuple[str, ...]:
    """Return the names of what can be withdrawn (facts, plan dates, register rows), the most similar first."""
    rows = dict.fromkeys(filter(None, map(row_name, case.entries)))
    records = (*case.facts, *(PLAN + fact for fact in case.planned), *rows)
    return closest_first(name, records)[:ALLOWED_LIMIT]


def _already(name: str, on: date | None, by: str, at: datetime, ground: str) -> Contradiction:
    """Return the refusal of what was withdrawn before: by whom, when and why."""
    change = OtherChange(kind="withdrawn", name=name, on=on, by=by, at=at)
    return Contradiction("withdrawn_already", changes=(change,), name=name, by=by, at=at, ground=ground)
