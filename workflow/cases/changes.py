"""Lists what the events of a case changed: for each field its value before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workflow.cases.case import Event, effective_events

_ROWS: Mapping[str, str] = {
    "risk_found": "risk",
    "measure_set": "measure",
    "position_exposed": "position",
    "remark_made": "remark",
}
"""Events that contain all values of a row."""
_DATED: Mapping[str, str] = {"fact": "fact", "corrected": "fact", "planned": "plan"}
_EMPTY: tuple[object, ...] = ("", None, False, [], {})
Values = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """One field of a record before and after an event; values as stored in payloads, None for none.

    Attributes:
        of: the obligation, for a field that exists once per obligation.
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
                if effective is not None:
                    _apply(records, effective)
            continue
        made = tuple(_apply(records, event))
        if made:
            changes[event.seq] = made
    return changes


def _apply(records: dict[str, Values], event: Event) -> list[FieldChange]:
    """Apply an event to the records; return the changes to existing records, none for a record it creates."""
    record, values, whole = _values(event)
    if not record:
        return []
    begun = record not in records
    known = records.setdefault(record, {})
    names = dict.fromkeys((*known, *values) if whole else values)
    changes = [] if begun else list(_differences(known, values, names))
    if whole:
        known.clear()
    for name, value in values.items():
        old = known.get(name)
        known[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return changes


def _values(event: Event) -> tuple[str, Values, bool]:
    """Return the record an event speaks of ("" for none), the values it gives, and whether they are all of its
    values.
    """
    if event.kind in _DATED:
        time = {"at_time": event.payload["at_time"]} if "at_time" in event.payload else {}
        values = {"on": event.on.isoformat() if event.on else None, **time}
        return f"{_DATED[event.kind]}.{event.name}", values, False
    if event.kind in _ROWS:
        on = {"on": event.on.isoformat()} if event.kind == "remark_made" and event.on else {}
        return f"{_ROWS[event.kind]}.{event.name}", {**event.payload, **on}, True
    if event.kind == "row_edited":
        return event.name, dict(event.payload), False
    if event.kind in ("opened", "passport"):
        return "passport", _passport(event.payload), False
    return "", {}, False


def _passport(payload: Mapping[str, object]) -> Values:
    fields = ("object_kk", "object_ru", "unit", "person", "kind", "group", "period", "responsible", "written")
    return {name: payload[name] for name in fields if name in payload}


def _differences(known: Values, values: Values, names: Mapping[str, object]) -> Iterator[FieldChange]:
    for name in names:
        before, after = known.get(name), values.get(name)
        if name == "responsible" and isinstance(after, dict):
            old = before if isinstance(before, dict) else {}
            for obligation, person in after.items():
                yield from _change(name, old.get(obligation), person, of=obligation)
        else:
            yield from _change(name, before, after)


def _change(name: str, before: object, after: object, *, of: str = "") -> Iterator[FieldChange]:
    before, after = (None if value in _EMPTY else value for value in (before, after))
    if before != after:
        yield FieldChange(field=name, before=before, after=after, of=of)
