"""A procedure as a value: what the law requires, in one dated edition read from regulations/."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from calendars.terms import Period, Term
from workflow.languages import LANGUAGES, law_language
from workflow.org.kinds import Signatories
from workflow.org.name_index import plain
from workflow.org.office import DUTIES, Office
from workflow.periods import Span

Force = Literal["obligatory", "recommended", "may"]
JudgedBy = Literal["written", "published"]
Basis = Literal["law", "practice"]
Opened = Literal["event", "yearly", "once"]
OF_REGISTER = "register-"
"""Prefix of a register's id in the id of the procedure made of its obligations."""
_OF_COUNTRY = ("ы", "і", "сы", "сі")
_COUNTRY = re.compile(
    r"қазақстан республикасының|қазақстан республикасы|\bқр\b|республики казахстан|\bрк\b"
    r"|of the republic of kazakhstan|[«»\"“”]"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the three languages; readers of further languages get the one that stands in for theirs."""

    kk: str
    ru: str
    en: str

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, law_language(language)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """The act a duty rests on. `short` is how an explanation names it.

    `by_authorised_body`: the authorised body of its time issued it; which body that is now, and whether the act
    is still in force, the office states in config.toml.
    """

    id: str
    title: Text
    short: Text
    number: str | None = None
    adopted_on: date | None = None
    address: str | None = None
    by_authorised_body: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """A state body that an act makes responsible; the obligations of an abolished one pass to its successors.

    `kinds`: of a group of bodies: the kinds of organisation (or groups) it includes; `open_group`: the act does
    not say which of them belong to it.
    """

    id: str
    title: Text
    short: Text
    abolished_on: date | None = None
    successors: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    open_group: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A stage of a procedure."""

    id: str
    title: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One reminder step: sent `at` working days from the due date (negative before), to these recipients.

    `through`: names of channels, empty for all; a person reachable by none of them gets it by the others.
    `last`: the last step, the only one sent to the first head if no nearer head exists.
    """

    at: int
    to: tuple[str, ...]
    through: tuple[str, ...] = ()
    last: bool = False

    @property
    def id(self) -> str:
        return f"{self.at:+d}" if self.at else "0"


@dataclass(frozen=True, kw_only=True, slots=True)
class EscalationPolicy:
    """An escalation policy: who is reminded on which day. Set by the program, not by the law."""

    id: str
    rungs: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Indicator:
    """Points of seed 001 for one subtask, as decimal strings. `stake`: points lost if it is not done."""

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
    """Recurrence of an obligation: every period whose last day lies in (anchor, anchor + years].

    `years` None: as long as the case is open, up to the period after the current one.
    """

    every: Period
    since: str
    years: int | None = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """An option of a decision. `fact`: the fact that records this answer."""

    id: str
    title: Text
    fact: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Obligation:
    """One thing somebody must do within a term. `id` is the name of the fact that fulfils it.

    Attributes:
        options: of a decision, whose title is its question: the options, each with the fact that records it.
        since: the fact its term counts from, None when the term needs none.
        after: facts that must not come later than this one (`order` findings).
        after_by_practice: the same, but our own check and not the law's.
        precedes: facts it must not come later than; only the first of them makes an `order` finding.
        also_by: other facts that fulfil it: it is not required once one of them is recorded.
        practice: not required by law; its findings have the basis "practice".
        lapses_with: recording that fact without this one makes this one missed.
        occasional: required only once it is planned or recorded.
        only_for: kinds of organisation (or groups) it applies to; empty means all.
        when: required only once that fact is recorded or planned.
        by_itself: a day that comes by itself; nobody has to do anything.
        several: may be recorded any number of times in a period.
        values: names of the numbers that go with the fact.
        signed_by: duties that may sign or approve it; None where the act does not say.
        uploads: its fact is the upload of the evidence to the platform (of the period, where it recurs).
        bodies: bodies responsible by the act; empty means all. `by_agreement`: bodies responsible only if they
            agree.
        sources: rows of the tables this obligation carries out ("seed:17", "plan:17.3").
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
    practice: bool = False
    blocking: bool = False
    occasional: bool = False
    lapses_with: str | None = None
    after: tuple[str, ...] = ()
    after_by_practice: tuple[str, ...] = ()
    precedes: tuple[str, ...] = ()
    also_by: tuple[str, ...] = ()
    judged_by: JudgedBy = "written"
    evidence: tuple[str, ...] = ()
    indicator: str | None = None
    recurs: Recurrence | None = None
    ladder: str = "default"
    only_for: tuple[str, ...] = ()
    when: str | None = None
    by_itself: bool = False
    several: bool = False
    options: tuple[Option, ...] = ()
    values: tuple[str, ...] = ()
    signed_by: Signatories | None = None
    uploads: bool = False
    bodies: tuple[str, ...] = ()
    by_agreement: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    note: Text | None = None

    def name_in(self, span: Span | None) -> str:
        """Return the name of its fact in a period, `id.2026Q3`; its id where it does not recur."""
        return f"{self.id}.{span.name}" if span and self.recurs else self.id

    def answer(self, recorded: Collection[str]) -> Option | None:
        """Return the option of a decision whose fact is recorded, None while unanswered."""
        if not self.options:
            return None
        return next((option for option in self.options if option.fact in recorded), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A worked example in a regulation file; it runs as a test.

    Attributes:
        kind: of organisation; object: what the case is about.
        values, signed_by: recorded with the facts.
        state: expected status of obligations.
    """

    title: str
    source: str
    planned: Mapping[str, date] = field(default_factory=dict)
    facts: Mapping[str, date] = field(default_factory=dict)
    due: Mapping[str, date | None] = field(default_factory=dict)
    safe_by: Mapping[str, date] = field(default_factory=dict)
    findings: tuple[str, ...] | None = None
    kind: str = ""
    object: str = ""
    values: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    signed_by: Mapping[str, str] = field(default_factory=dict)
    state: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """The name of a code that an own procedure defines: a kind of evidence, a number, a duty or a kind of
    organisation.
    """

    id: str
    title: Text


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """One edition of one procedure.

    Attributes:
        begins_with: the fact whose latest safe start a plan computes.
        applies_to: kinds of organisation (or groups) it is for; empty means all.
        opened: how its cases are opened: when something happens ("event"), each year for every organisation
            ("yearly"), or "once".
        adopted_act: id of the act of one organisation it rests on, which binds only organisations that adopted
            it; "" where it binds all of its kind.
        confidential: its cases are visible only to named readers; its notices do not mention the matter.
        bodies: state bodies its obligations name, by id.
        answers: facts that only answer decisions; they have no deadlines of their own.
        digest: SHA-256 of the file's text; a case keeps it, and `verify` compares.
        evidence_words, value_words: names of its own kinds of evidence and numbers.
        duty_words, kind_words: duties and kinds of organisation of its own.
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
    ladders: Mapping[str, EscalationPolicy]
    indicators: Mapping[str, Indicator]
    examples: tuple[Example, ...] = ()
    notes: tuple[Text, ...] = ()
    applies_to: tuple[str, ...] = ()
    opened: Opened = "event"
    adopted_act: str = ""
    confidential: bool = False
    bodies: Mapping[str, Body] = field(default_factory=dict)
    answers: tuple[Obligation, ...] = ()
    digest: str = ""
    evidence_words: tuple[Word, ...] = ()
    value_words: tuple[Word, ...] = ()
    duty_words: tuple[Word, ...] = ()
    kind_words: tuple[Word, ...] = ()

    @property
    def edition(self) -> str:
        return f"{self.id}.{self.in_force.isoformat()}"

    @property
    def duties(self) -> tuple[str, ...]:
        """Duties it may name: the built-in ones, and its own."""
        return (*DUTIES, *(word.id for word in self.duty_words))

    @property
    def words(self) -> Mapping[str, Text]:
        """Its own words, by their codes in the catalogues."""
        tables = {
            "evidence": self.evidence_words,
            "value": self.value_words,
            "duty": self.duty_words,
            "kind": self.kind_words,
        }
        return {f"{prefix}.{word.id}": word.title for prefix, words in tables.items() for word in words}

    @cached_property
    def by_id(self) -> Mapping[str, Obligation]:
        return {obligation.id: obligation for obligation in (*self.obligations, *self.answers)}

    @cached_property
    def facts(self) -> Mapping[str, Obligation]:
        """Everything that can be recorded: all obligations except decisions, whose options name their own
        facts.
        """
        return {name: obligation for name, obligation in self.by_id.items() if not obligation.options}

    @cached_property
    def decisions(self) -> Mapping[str, Obligation]:
        """The decisions every case must answer, by id."""
        return {obligation.id: obligation for obligation in self.obligations if obligation.options}

    @cached_property
    def answered_by(self) -> Mapping[str, Obligation]:
        """Fact -> the decision it answers."""
        return {option.fact: decision for decision in self.decisions.values() for option in decision.options}

    @cached_property
    def asks_for_kind(self) -> bool:
        """Whether anything in it depends on the kind of organisation."""
        return (
            bool(self.applies_to)
            or any(obligation.only_for or obligation.signed_by for obligation in self.obligations)
            or any(body.kinds for body in self.bodies.values())
        )

    @cached_property
    def open_ended(self) -> tuple[Obligation, ...]:
        """Obligations that recur as long as the case is open."""
        return tuple(
            obligation
            for obligation in self.obligations
            if obligation.recurs and obligation.recurs.years is None
        )

    @cached_property
    def answering(self) -> Mapping[str, frozenset[str]]:
        """Body -> the bodies responsible for its obligations: itself and, recursively, its successors."""
        answers_by_body = {}
        for body in self.bodies:
            waiting, answering = [body], set[str]()
            while waiting:
                body_id = waiting.pop()
                if body_id not in answering:
                    answering.add(body_id)
                    waiting += self.bodies[body_id].successors
            answers_by_body[body] = frozenset(answering)
        return answers_by_body

    def body_named(self, text: str) -> str:
        """Return the id of the body with that id, title or short title in any language; other text
        unchanged.
        """
        return self._body_names.get(_body_name(text), text)

    def body_of(self, office: Office, unit: str) -> str:
        """Return the id of the body that a unit (or "", the organisation) is or belongs to, found by name; ""
        for none.
        """
        place = office.unit_named.get(plain(unit), unit) or office.root
        for unit_id in office.above(place) if self.bodies and place else ():
            body = (
                self._body_names.get(_body_name(office.units[unit_id].name))
                if unit_id in office.units
                else None
            )
            if body is not None:
                return body
        return ""

    @cached_property
    def _body_names(self) -> Mapping[str, str]:
        """Ids of the bodies by their names; in Kazakh also with the ending meaning "of the country"."""
        names: dict[str, str] = {}
        for body in self.bodies.values():
            names.setdefault(body.id.casefold(), body.id)
            for title in (
                _body_name(text[language]) for text in (body.title, body.short) for language in LANGUAGES
            ):
                for end in ("", *_OF_COUNTRY):
                    names.setdefault(title + end, body.id)
        return names

    @cached_property
    def answered_too(self) -> tuple[Obligation, ...]:
        """Obligations that are also fulfilled by another obligation's fact."""
        return tuple(obligation for obligation in self.obligations if obligation.also_by)

    @cached_property
    def lapse_facts(self) -> frozenset[str]:
        """Facts whose recording makes unrecorded obligations missed."""
        return frozenset(obligation.lapses_with for obligation in self.obligations if obligation.lapses_with)

    @cached_property
    def stage_title(self) -> Mapping[str, Text]:
        return {stage.id: stage.title for stage in self.stages}

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Facts that other terms or periods count from: recording one can move due dates."""
        anchor_names = {obligation.since for obligation in self.obligations if obligation.since}
        anchor_names |= {
            fact
            for obligation in self.answered_too
            if obligation.id in anchor_names
            for fact in obligation.also_by
        }
        branches = {obligation.when for obligation in self.obligations if obligation.when}
        return frozenset(
            anchor_names
            | branches
            | {obligation.recurs.since for obligation in self.obligations if obligation.recurs}
        )


def _body_name(text: str) -> str:
    """Return the name of a body without the country's name and quotation marks, in lower case."""
    return plain(_COUNTRY.sub(" ", text.casefold()))
