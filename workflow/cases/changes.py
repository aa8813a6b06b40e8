"""What the events of a case say: the fields they changed, before and after; comments, questions, answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from workflow.cases.case import DESCRIBES, Event, effective_events, row_name, withdrawn_lines

_DATED: Mapping[str, str] = {"fact": "fact", "evidence": "fact", "corrected": "fact", "planned": "plan"}
_EMPTY: tuple[object, ...] = ("", None, False, [], {})
Values = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """One field of a record before and after an event; values as stored in payloads, None for none. `of`: the
    obligation, for a field that exists once per obligation.
    """

    field: str
    before: object
    after: object
    of: str = ""


def field_changes(events: Sequence[Event]) -> Mapping[int, tuple[FieldChange, ...]]:
    """Return what each event changed, by its number; events that change no field are left out."""
    changes: dict[int, tuple[FieldChange, ...]] = {}
    records: dict[str, Values] = {}
    for place, event in enumerate(events):
        if event.kind == "withdrawn":
            # The values before the withdrawn events are in force again.
            records = {}
            for effective in effective_events(events[: place + 1]):
                _apply(records, effective)
        elif event_changes := _apply(records, event):
            changes[event.seq] = event_changes
    return changes


def _apply(records: dict[str, Values], event: Event) -> tuple[FieldChange, ...]:
    """Apply an event to the records; return the changes to existing records, none for a record it creates."""
    record, values, is_whole = _values(event)
    old = records.get(record, {})
    new = {} if is_whole else dict(old)
    for name, value in values.items():
        before = new.get(name)
        new[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    names = {**old, **values} if is_whole else values
    changes = tuple(_differences(old, values, names)) if record in records else ()
    if record:
        records[record] = new
    return changes


def _values(event: Event) -> tuple[str, Values, bool]:
    """Return the record an event speaks of ("" for none), its values, and whether it has no others."""
    if event.kind in _DATED:
        dated: dict[str, object] = {"on": event.on.isoformat() if event.on else None}
        if signed_by := event.payload.get("signed_by"):
            dated["signed_by"] = signed_by
        return f"{_DATED[event.kind]}.{event.name}", dated, False
    if event.kind in DESCRIBES:
        made_on = {"on": event.on.isoformat()} if event.kind == "remark_made" and event.on else {}
        return row_name(event), {**event.payload, **made_on}, True
    if event.kind == "row_edited":
        return event.name, dict(event.payload), False
    if event.kind in ("opened", "passport"):
        return "passport", {name: event.payload[name] for name in _PASSPORT if name in event.payload}, False
    return "", {}, False


_PASSPORT = ("object_kk", "object_ru", "unit", "person", "kind", "group", "period", "responsible", "written")
"""Fields of the passport of a case, of which its opening gives some."""


def _differences(old_values: Values, values: Values, names: Iterable[str]) -> Iterator[FieldChange]:
    """Yield the fields whose value changes (empty is none); of people responsible one for each obligation."""
    for name in names:
        compared = [("", old_values.get(name), values.get(name))]
        if name == "responsible" and isinstance(people := values.get(name), dict):
            old = old_values.get(name)
            was = old if isinstance(old, dict) else {}
            compared = [(obligation, was.get(obligation), person) for obligation, person in people.items()]
        for of, *pair in compared:
            before, after = (None if value in _EMPTY else value for value in pair)
            if before != after:
                yield FieldChange(field=name, before=before, after=after, of=of)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comment:
    """One comment.

    Attributes:
        seq: number of its event in the history of the case.
        obligation: id with its period; "" for a comment on the case.
        by: login of its author; `person`: key of the author, "" if not in the list of people.
        mentions, asks: keys of the people it names, and of whom it asks; "" for no question.
        until: the day the answer is due (local date).
        answers, answered_by: number of the question it answers, and of the comment that answers it.
        withdrawn: whether it was withdrawn; its text is not shown then.
    """

    seq: int
    obligation: str
    text: str
    by: str
    person: str
    at: datetime
    mentions: tuple[str, ...] = ()
    asks: str = ""
    until: date | None = None
    answers: int | None = None
    answered_by: int | None = None
    withdrawn: bool = False

    @property
    def is_open(self) -> bool:
        return bool(self.asks) and self.answered_by is None and not self.withdrawn


def comments(events: Sequence[Event]) -> tuple[Comment, ...]:
    """Return the comments of a case in the order they were written, withdrawn ones without their text."""
    withdrawals = (event.payload for event in events if event.kind == "withdrawn")
    withdrawn_seqs = {seq for payload in withdrawals for seq in withdrawn_lines(payload)}
    comment_events = [event for event in events if event.kind == "commented"]
    answers = {
        event.payload["answers"]: event.seq
        for event in comment_events
        if "answers" in event.payload and event.seq not in withdrawn_seqs
    }
    return tuple(
        Comment(
            seq=event.seq,
            obligation=event.name,
            text="" if event.seq in withdrawn_seqs else event.payload.get("text", ""),
            by=event.by,
            person=event.payload.get("person", ""),
            at=event.at,
            mentions=tuple(event.payload.get("mentions", ())),
            asks=event.payload.get("asks", ""),
            until=event.on,
            answers=event.payload.get("answers"),
            answered_by=answers.get(event.seq),
            withdrawn=event.seq in withdrawn_seqs,
        )
        for event in comment_events
    )
