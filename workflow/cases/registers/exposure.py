"""Exposed positions with their holders' talks, the cartogram and remarks of the public, folded from events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, cast, get_args

from workflow.cases.case import Case, Event, Evidence, evidence_of
from workflow.cases.registers.entries import edited, folded, row_described, with_record

Section = Literal["positions", "risks"]
SECTIONS: tuple[Section, ...] = get_args(Section)
"""The two sections of the cartogram: positions (1) and risks (2)."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A preventive talk, with the holder of the position at that time."""

    on: date
    holder: str
    topic: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """A position exposed to corruption risks.

    Attributes:
        holder: key or name of the person; "" while the post is vacant.
        why: what exposes it.
        approved_on: the day the list with it was approved.
        cleared_on: the day it was removed from the list.
    """

    number: int
    title: str
    holder: str = ""
    why: str = ""
    department: str = ""
    district: str = ""
    approved_on: date | None = None
    cleared_on: date | None = None
    talks: tuple[Talk, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CartogramLine:
    """One line of the cartogram: a position or a risk of a department (and district)."""

    section: Section
    department: str
    district: str
    text: str


@dataclass(frozen=True, slots=True)
class Cartogram:
    """The cartogram as published on a day."""

    on: date
    lines: tuple[CartogramLine, ...]
    evidence: tuple[Evidence, ...] = ()


def exposed_positions(case: Case) -> Mapping[int, Position]:
    """Return the exposed positions of a case by number."""
    return folded(case, "position", next_position)


def cartograms(case: Case) -> list[Cartogram]:
    """Return the cartograms of a case, the one recorded last at the end."""
    return [
        Cartogram(event.on, _lines(event.payload.get("lines", ())), evidence_of(event))
        for event in case.entries
        if event.kind == "cartogram_recorded" and event.on is not None
    ]


def lines_payload(lines: Iterable[CartogramLine]) -> list[list[str]]:
    return [[line.section, line.department, line.district, line.text] for line in lines]


def next_position(position: Position | None, number: int, event: Event) -> Position:
    """Return a position after an event about it: exposed (or described anew, which lists it again), removed
    from the list, or talked about with its holder.
    """
    if event.kind == "position_exposed":
        return row_described(Position, number, event, position, ("talks",))
    assert position is not None
    assert event.on is not None
    if event.kind == "position_cleared":
        return replace(position, cleared_on=position.cleared_on or event.on)
    payload = event.payload
    talk = Talk(event.on, str(payload.get("holder", position.holder)), str(payload.get("topic", "")))
    return replace(position, talks=with_record(position.talks, talk, event))


def _lines(raw_lines: object) -> tuple[CartogramLine, ...]:
    """Return the lines of a cartogram from an event's payload; none where there are none."""
    if not isinstance(raw_lines, list | tuple):
        return ()
    return tuple(CartogramLine(cast(Section, line[0]), *map(str, line[1:4])) for line in raw_lines)


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
    """Return the remarks of the public in a case by number."""
    return folded(case, "remark", next_remark)


def next_remark(remark: Remark | None, number: int, event: Event) -> Remark:
    """Return a remark after an event about it: made, or answered."""
    if remark is None or event.kind == "remark_made":
        assert event.on is not None
        return row_described(Remark, number, event, remark, on=event.on)
    return edited(replace(remark, answered_on=event.on, taken=False, answer=""), event.payload)
