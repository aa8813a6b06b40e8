"""A procedure as a value: what the law asks, in one dated edition, as read from regulations/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from calendars.terms import Period, Term

Force = Literal["obligatory", "recommended", "may"]
JudgedBy = Literal["written", "published"]
Basis = Literal["law", "practice"]
FORCES: tuple[Force, ...] = ("obligatory", "recommended", "may")


@dataclass(frozen=True, slots=True)
class Text:
    """One text in the three languages."""

    kk: str
    ru: str
    en: str

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, language))


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """The act a duty rests on. `short` is how an explanation names it."""

    id: str
    title: Text
    short: Text
    number: str | None = None
    adopted_on: date | None = None
    address: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    id: str
    title: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """One step of a ladder: `at` working days from the due date (negative before), and who is told."""

    at: int
    to: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.at:+d}" if self.at else "0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """When whom to remind. Ours, not the law's."""

    id: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Indicator:
    """Points of seed 001 for one subtask, as decimal strings. `stake`: what is lost when it stays undone."""

    id: str
    title: Text
    maximum: str | None = None
    deduction: str | None = None
    scale: str | None = None

    @property
    def stake(self) -> str | None:
        return self.maximum or self.deduction


@dataclass(frozen=True, kw_only=True, slots=True)
class Recurrence:
    """An obligation that comes back every period whose last day lies in (anchor, anchor + years]."""

    every: Period
    since: str
    years: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Obligation:
    """One thing somebody must do. `id` is the name of the fact that fulfils it.

    Attributes:
        since: the fact its term counts from, None when the term needs none.
        after: facts that must not come later than this one (`order` findings).
        after_by_practice: the same, but our own check and not the law's.
        lapses_with: recording that fact without this one makes this one missed.
        occasional: required only once it is planned or recorded.
        only_for: kinds of organisation it applies to; empty means all.
    """

    id: str
    stage: str
    title: Text
    term: Term
    act: str
    paragraph: str
    force: Force
    duty: str
    since: str | None = None
    assumed: bool = False
    blocking: bool = False
    occasional: bool = False
    lapses_with: str | None = None
    after: tuple[str, ...] = ()
    after_by_practice: tuple[str, ...] = ()
    judged_by: JudgedBy = "written"
    evidence: tuple[str, ...] = ()
    indicator: str | None = None
    recurs: Recurrence | None = None
    ladder: str = "default"
    only_for: tuple[str, ...] = ()
    note: Text | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A worked example of the regulation file; it runs as a test."""

    title: str
    source: str
    planned: Mapping[str, date] = field(default_factory=dict)
    facts: Mapping[str, date] = field(default_factory=dict)
    due: Mapping[str, date | None] = field(default_factory=dict)
    safe_by: Mapping[str, date] = field(default_factory=dict)
    findings: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """One edition of one procedure.

    Attributes:
        begins_with: the fact a plan turns on ("latest safe start").
        digest: SHA-256 of the file's text; a case keeps it, and `verify` compares.
    """

    id: str
    in_force: date
    in_force_assumed: bool
    last_checked_on: date
    title: Text
    begins_with: str
    acts: Mapping[str, Act]
    stages: tuple[Stage, ...]
    obligations: tuple[Obligation, ...]
    ladders: Mapping[str, Ladder]
    indicators: Mapping[str, Indicator]
    examples: tuple[Example, ...] = ()
    notes: tuple[Text, ...] = ()
    digest: str = ""

    @property
    def edition(self) -> str:
        return f"{self.id}.{self.in_force.isoformat()}"

    @cached_property
    def by_id(self) -> Mapping[str, Obligation]:
        return {obligation.id: obligation for obligation in self.obligations}

    @cached_property
    def stage_title(self) -> Mapping[str, Text]:
        return {stage.id: stage.title for stage in self.stages}

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Facts that other terms or periods count from: recording one can move due dates."""
        counted = {obligation.since for obligation in self.obligations if obligation.since}
        return frozenset(counted | {one.recurs.since for one in self.obligations if one.recurs})
