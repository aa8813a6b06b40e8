"""Lists the evidence of a case, of facts and register rows, and hides restricted documents from readers.

A document restricted in one place is restricted in all of them: the same bytes are the same secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from calendars.hours import local_date
from workflow.cases.case import (
    Case,
    Event,
    EventKind,
    Evidence,
    evidence_of,
    evidence_payload,
    fold,
    merged_evidence,
    row_name,
)
from workflow.org.access import Scope

Places: TypeAlias = Mapping[tuple[EventKind, str, date], tuple[Evidence, ...]]
"""Evidence by the record it belongs to, and its day."""
Grounds: TypeAlias = Mapping[str, str]
"""Reference of a restricted document -> the ground."""
ShowEvidence: TypeAlias = Callable[[Iterable[Evidence], Grounds], tuple[Evidence, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvedItem:
    """One document or link, and the record it proves.

    Attributes:
        kind: `fact`, or what was entered into a register (`measure_reviewed`, `risk_removed`, `talk_held` ...).
        of: the fact's name; of a line the row (`measure.3.2026Q3`, `risk.2`, `position.4`, `cartogram`).
        on: the local date it happened.
    """

    kind: EventKind
    of: str
    on: date
    evidence: Evidence


def proofs(case: Case) -> tuple[ProvedItem, ...]:
    """Return every piece of evidence of a case: of its facts, then of its register rows in order. A document
    restricted in one place has that ground in all.
    """
    places = _places(case)
    grounds = _grounds(places)
    return tuple(
        ProvedItem(kind=kind, of=of, on=on, evidence=item)
        for (kind, of, on), items in places.items()
        for item in _marked(items, grounds)
    )


def as_seen(case: Case, scope: Scope | None) -> Case:
    """Return the case as a reader sees it: restricted documents carry their ground, and are anonymised for
    readers who may not open them. With None, the program itself reads and nothing is hidden.

    A hidden document keeps only what dates and findings are computed from: its kind, whether it is a file or a
    link, the day it was published. Several hidden documents of a kind in one record appear as one, so that they
    cannot be counted.
    """
    grounds = _grounds(_places(case)) if scope is not None else {}
    if scope is None or not grounds:
        return case
    show_evidence = _marked if scope.opens(case) else _hidden
    return replace(
        case,
        facts={
            name: replace(fact, evidence=show_evidence(fact.evidence, grounds))
            for name, fact in case.facts.items()
        },
        entries=tuple(_event_seen(event, show_evidence, grounds) for event in case.entries),
    )


def events_as_seen(events: Sequence[Event], scope: Scope | None) -> Sequence[Event]:
    """Return the events of a case with restricted documents as `as_seen` shows them; hashes stay as written."""
    if scope is None or not any(item.restricted for event in events for item in evidence_of(event)):
        return events
    case = fold(events)
    # A restricted document stays restricted in the history after it is withdrawn.
    recorded = fold(event for event in events if event.kind != "withdrawn")
    grounds = {**_grounds(_places(recorded)), **_grounds(_places(case))}
    show_evidence = _marked if scope.opens(case) else _hidden
    return [_event_seen(event, show_evidence, grounds) for event in events]


def stored_file(case: Case, reference: str) -> Evidence | None:
    """Return the stored file of a case with that SHA-256, and its restriction; None where no record has it."""
    files = (proof.evidence for proof in proofs(case) if proof.evidence.name is not None)
    return next((file for file in files if file.reference == reference), None)


def _places(case: Case) -> Places:
    """Return the evidence of a case by the record that has it: each fact, each event of a register row."""
    places: dict[tuple[EventKind, str, date], tuple[Evidence, ...]] = {
        ("fact", fact.name, fact.on): fact.evidence for fact in case.facts.values()
    }
    for event in case.entries:
        if items := evidence_of(event):
            about = f"{row_name(event) or 'cartogram'}.{event.payload.get('period', '')}".rstrip(".")
            # A rank has no day of its own: its evidence is of the day it was recorded.
            place = (event.kind, about, event.on or local_date(event.at))
            places[place] = merged_evidence(places.get(place, ()), items)
    return places


def _grounds(places: Places) -> Grounds:
    """Return the restricted documents of a case, each with its ground."""
    all_evidence = (item for items in places.values() for item in items)
    return {item.reference: item.restricted for item in all_evidence if item.restricted}


def _marked(items: Iterable[Evidence], grounds: Grounds) -> tuple[Evidence, ...]:
    """Return documents with their grounds, for readers who may open them all."""
    return tuple(replace(item, restricted=item.restricted or grounds.get(item.reference, "")) for item in items)


def _hidden(items: Iterable[Evidence], grounds: Grounds) -> tuple[Evidence, ...]:
    """Return documents for readers who may not open the restricted ones: those anonymised as `as_seen` says."""
    shown: dict[tuple[str | None, ...], Evidence] = {}
    for item in items:
        place: tuple[str | None, ...] = (item.kind, item.reference)
        if ground := grounds.get(item.reference, ""):
            name = None if item.name is None else ""
            place = (item.kind, ground, name)
            published = [one.published_on for one in (item, shown.get(place)) if one and one.published_on]
            item = Evidence(
                kind=item.kind,
                reference="",
                name=name,
                published_on=max(published, default=None),
                recorded_at=item.recorded_at,
                restricted=ground,
            )
        shown[place] = item
    return tuple(shown.values())


def _event_seen(event: Event, show_evidence: ShowEvidence, grounds: Grounds) -> Event:
    """Return an event with its restricted documents as a reader sees them."""
    items = evidence_of(event)
    if not any(item.reference in grounds for item in items):
        return event
    shown_evidence = evidence_payload(show_evidence(items, grounds))
    return replace(event, payload={**event.payload, "evidence": shown_evidence})
