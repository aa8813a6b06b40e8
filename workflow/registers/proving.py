"""What proves a case: the evidence of its facts and of the lines of its registers, as one list.

A document restricted in one place is restricted in all of them: the same bytes are the same secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from workflow.case import Case, Event, EventKind, Evidence, evidence_of, gathered
from workflow.registers.entries import measure_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Proved:
    """One document or link, and what it proves.

    Attributes:
        kind: `fact`, or what was entered into a register (`measure_reviewed`, `risk_removed`, `talk_held` ...).
        of: the fact's name; of a line what it is about (`measure.3.2026Q3`, `risk.2`, `position.4`,
            `cartogram`).
        on: the local date it happened.
    """

    kind: EventKind
    of: str
    on: date
    evidence: Evidence


def proofs(case: Case) -> tuple[Proved, ...]:
    """Every piece of evidence of a case: of its facts, then of its registers in the order of their lines."""
    places: dict[tuple[EventKind, str, date], tuple[Evidence, ...]] = {
        ("fact", name, fact.on): fact.evidence for name, fact in case.facts.items()
    }
    for event in case.entries:
        if items := evidence_of(event):
            assert event.on is not None
            place = (event.kind, _about(event), event.on)
            places[place] = gathered(places.get(place, ()), items)
    grounds = _grounds(places)
    return tuple(
        Proved(
            kind=kind,
            of=of,
            on=on,
            evidence=replace(item, restricted=item.restricted or grounds.get(item.reference, "")),
        )
        for (kind, of, on), items in places.items()
        for item in items
    )


def stored_file(case: Case, reference: str) -> Evidence | None:
    """The stored file of a case with that SHA-256, its restriction with it; None when nothing rests on it."""
    return next(
        (
            one.evidence
            for one in proofs(case)
            if one.evidence.reference == reference and one.evidence.name is not None
        ),
        None,
    )


def _grounds(places: Mapping[tuple[EventKind, str, date], tuple[Evidence, ...]]) -> dict[str, str]:
    """Reference of a restricted document -> the ground."""
    return {item.reference: item.restricted for items in places.values() for item in items if item.restricted}


def _about(event: Event) -> str:
    match event.kind:
        case "measure_reviewed":
            return measure_id(int(event.name), str(event.payload.get("period", "")))
        case "talk_held":
            return f"position.{event.name}"
        case "cartogram_recorded":
            return "cartogram"
        case _:
            return f"risk.{event.name}"
