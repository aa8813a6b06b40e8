"""The register of the public's remarks with what became of each: taken into the note, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, cast, get_args

from workflow.cases.case import Case
from workflow.cases.registers.entries import edited_number

Source = Literal["public_council", "discussion", "site", "letter", "other"]
SOURCES: tuple[Source, ...] = get_args(Source)


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """One remark. `taken`: whether it went into the note, None until answered; `answer`: how, or why not."""

    number: int
    on: date
    text: str
    author: str = ""
    source: Source = "discussion"
    answered_on: date | None = None
    taken: bool | None = None
    answer: str = ""


def remarks(case: Case) -> Mapping[int, Remark]:
    """The remarks of a case by number, folded from its events."""
    found: dict[int, Remark] = {}
    for event in case.entries:
        if event.kind == "remark_made":
            assert event.on is not None
            number = int(event.name)
            found[number] = Remark(
                number=number,
                on=event.on,
                text=str(event.payload["text"]),
                author=str(event.payload.get("author", "")),
                source=cast(Source, event.payload.get("source", "discussion")),
            )
        elif (edited := edited_number(event, "remark")) is not None:
            fields: dict[str, Any] = dict(event.payload)
            if "on" in fields:
                fields["on"] = date.fromisoformat(fields["on"])
            found[edited] = replace(found[edited], **fields)
        elif event.kind == "remark_answered":
            known = found[int(event.name)]
            found[known.number] = replace(
                known,
                answered_on=event.on,
                taken=bool(event.payload.get("taken")),
                answer=str(event.payload.get("answer", "")),
            )
    return found
