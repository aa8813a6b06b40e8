"""What the API is given: values checked before the desk sees them. A number is never taken for a date."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from papers.web_address import is_web_address

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(given: object) -> date:
    if isinstance(given, str) and _ISO.fullmatch(given):
        return date.fromisoformat(given)
    raise ValueError("a date is written as 2026-04-13")


def _address(given: object) -> str:
    if isinstance(given, str) and is_web_address(given):
        return given
    raise ValueError("not a whole http or https address")


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.#-]+$")]
Line = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
Ground = Annotated[
    str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]*$", strip_whitespace=True)
]
Number = Annotated[Decimal, Field(ge=0, le=10**12, max_digits=20, decimal_places=6)]
Address = Annotated[str, BeforeValidator(_address), WithJsonSchema({"type": "string", "format": "uri"})]


class Given(BaseModel):
    """A body; a field nobody knows is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")


class Link(Given):
    """A link that proves a fact. `kind`: a kind the obligation asks for (`link:site`), or empty."""

    kind: Annotated[str, StringConstraints(max_length=60, pattern=r"^((link|document):[a-z_-]+)?$")] = ""
    address: Address
    published_on: Day | None = None


class Opened(Given):
    procedure: Name
    unit: Line = ""
    object: Line = ""
    person: Line = ""
    planned: dict[Name, Day] = Field(default_factory=dict, max_length=200)
    facts: dict[Name, Day] = Field(default_factory=dict, max_length=200)


class Recorded(Given):
    fact: Name
    on: Day
    evidence: list[Link] = Field(default_factory=list, max_length=50)
    values: dict[Name, Number] = Field(default_factory=dict, max_length=50)
    signed_by: Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z_]*$")] = ""


class Planned(Given):
    planned: dict[Name, Day] = Field(min_length=1, max_length=200)


class Corrected(Given):
    fact: Name
    on: Day
    ground: Ground


class Grounded(Given):
    ground: Ground


class Exempted(Given):
    ground: Ground
    obligation: Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9_.#-]*$")] = ""


class PutOff(Given):
    obligation: Name
    until: Day


class WhatIf(Given):
    procedure: Name
    planned: dict[Name, Day] = Field(default_factory=dict, max_length=200)
    facts: dict[Name, Day] = Field(default_factory=dict, max_length=200)
    on: Day | None = None
