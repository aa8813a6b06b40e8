"""What the API is given: values checked before the desk sees them. A number is never taken for a date."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from documents.sheets.web_address import is_web_address

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(given: object) -> date:
    if isinstance(given, str) and _ISO.fullmatch(given):
        return date.fromisoformat(given)
    raise ValueError("a date is written as 2026-04-13")


def _address(given: object) -> str:
    if isinstance(given, str) and is_web_address(given):
        return given
    raise ValueError("not a whole http or https address")


def _without_nul(given: str) -> str:
    if "\0" in given:
        raise ValueError("NUL stands in no text")
    return given


PLAIN = AfterValidator(_without_nul)
"""No database takes NUL. No pattern says so of a long text: who checks by the description would be slow."""
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.#-]+$")]
Line = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
Ground = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True), PLAIN]
Number = Annotated[Decimal, Field(ge=0, le=10**12, max_digits=20, decimal_places=6)]
Duty = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z_]*$")]
Text = Annotated[str, StringConstraints(max_length=4000), PLAIN]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Values = dict[Name, Number]
Address = Annotated[str, BeforeValidator(_address), WithJsonSchema({"type": "string", "format": "uri"})]


class InputModel(BaseModel):
    """A body; a field nobody knows is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")


class Proof(InputModel):
    """What proves a fact: a link, or a file sent before.

    `kind`: a kind the obligation asks for (`link:site`, `document:order`), or empty. `file`: what `/files`
    answered. `restricted`: the ground on which few may see the file.
    """

    kind: Annotated[str, StringConstraints(max_length=60, pattern=r"^((link|document):[a-z_-]+)?$")] = ""
    address: Address | None = None
    file: Digest | None = None
    published_on: Day | None = None
    written_on: Day | None = None
    restricted: Line = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> Proof:
        if (self.address is None) == (self.file is None):
            raise ValueError("either an address or a file")
        return self


class Opened(InputModel):
    procedure: Name
    unit: Line = ""
    object: Line = ""
    person: Line = ""
    planned: dict[Name, Day] = Field(default_factory=dict, max_length=200)
    facts: dict[Name, Day] = Field(default_factory=dict, max_length=200)


class Recorded(InputModel):
    fact: Name
    on: Day
    evidence: list[Proof] = Field(default_factory=list, max_length=50)
    values: Values = Field(default_factory=dict, max_length=50)
    signed_by: Duty = ""
    remark: Text = ""
    evidence_follows: Annotated[
        bool, Field(description="Say that the evidence comes later; nothing else is said then.")
    ] = False

    @model_validator(mode="after")
    def _follows_alone(self) -> Recorded:
        if self.evidence_follows and (self.evidence or self.values or self.signed_by or self.remark):
            raise ValueError("what follows later is not sent now")
        return self


class Previewed(InputModel):
    preview: Annotated[bool, Field(description="Only answer what would change; nothing is written.")] = False


class Planned(Previewed):
    planned: dict[Name, Day] = Field(min_length=1, max_length=200)


class Corrected(Previewed):
    fact: Name
    on: Day
    ground: Ground
    values: Values = Field(default_factory=dict, max_length=50)
    signed_by: Duty = ""


class Grounded(Previewed):
    ground: Ground


class Withdrawn(Previewed):
    """What is withdrawn: a fact with its period, `plan.` and a fact for its plan date, a row of a register
    (`risk.3`, `request.3`, `measure.2`, `position.4`, `remark.1`), or `#7` for one line of the history.

    `evidence`: of that record only this document: its address, SHA-256 or file name.
    """

    name: Name
    ground: Ground
    evidence: Line = ""


OneOrNone = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9_.#-]*$")]
"""An obligation; of the whole case where it is empty."""


class Undone(InputModel):
    """`line`: the number of the event in the history, as the answer to the recording gave it (`seq`)."""

    line: Annotated[int, Field(ge=1, le=10**9)]


class Exempted(Previewed):
    ground: Ground
    obligation: OneOrNone = ""


class Reopened(Previewed):
    ground: Ground
    obligation: OneOrNone = ""


class PutOff(InputModel):
    obligation: Name
    until: Day


class WhatIf(InputModel):
    procedure: Name
    planned: dict[Name, Day] = Field(default_factory=dict, max_length=200)
    facts: dict[Name, Day] = Field(default_factory=dict, max_length=200)
    on: Day | None = None


class ReaderNamed(InputModel):
    person: Key


class ReaderRemoved(InputModel):
    person: Key
    ground: Ground
