"""The register of remarks of the public, with the outcome of each: taken into the note, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from workflow.cases.case import Case, Event
from workflow.cases.registers.entries import described, edited, edited_number


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """One remark. `taken`: whether it went into the note, None until answered; `answer`: how, or why not."""

    number: int
    on: date
    text: str
    author: str = ""
    source: str = "discussion"
    answered_on: date | None = None
    taken: bool | None = None
    answer: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)


def remarks(case: Case) -> Mapping[int, Remark]:
    """Return the remarks of a case by number, computed from its events."""
    found: dict[int, Remark] = {}
    for event in case.entries:
        if event.kind in ("remark_made", "remark_answered"):
            number = int(event.name)
            found[number] = next_remark(found.get(number), number, event)
        elif (number_edited := edited_number(event, "remark")) is not None:
            found[number_edited] = edited(found[number_edited], event.payload)
    return found


def next_remark(known: Remark | None, number: int, event: Event) -> Remark:
    """Return a remark after an event about it."""
    if known is None or event.kind == "remark_made":
        assert event.on is not None
        return Remark(number=number, **{"on": event.on, **described(Remark, event.payload)})
    answered = replace(known, answered_on=event.on, taken=False, answer="")
    return edited(answered, event.payload)
