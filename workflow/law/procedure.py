"""A procedure as a value: what the law asks, in one dated edition, as read from regulations/."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Literal

from calendars.terms import ExtensionTerm, Period, Term, WithoutTerm
from workflow.cases.case import EXTENDED
from workflow.languages import law_language
from workflow.law.signing import Signatories
from workflow.org.name_index import plain
from workflow.org.office import DUTIES, Office

Force = Literal["obligatory", "recommended", "may"]
JudgedBy = Literal["written", "published"]
Basis = Literal["law", "practice"]
Opened = Literal["event", "yearly", "once"]
_LANGUAGES = ("kk", "ru", "en")
_OF_COUNTRY = ("ы", "і", "сы", "сі")
_COUNTRY = re.compile(
    r"қазақстан республикасының|қазақстан республикасы|\bқр\b|республики казахстан|\bрк\b"
    r"|of the republic of kazakhstan|[«»\"“”]"
)


@dataclass(frozen=True, slots=True)
class Text:
    """One text in the three languages; readers of further ones read it in the one that stands in for theirs."""

    kk: str
    ru: str
    en: str

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, law_language(language)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """The act a duty rests on. `short` is how an explanation names it.

    `by_authorised_body`: the authorised body of its time issued it; who that is now, and whether the act still
    holds, is for the office to say (config.toml).
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
    """A state body an act makes responsible; one that is abolished leaves its tasks to its successors.

    `kinds`: of a group of bodies: the kinds of organisation (or groups of them) it stands for; `open_group`:
    the act does not say who of them belongs to it.
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
    id: str
    title: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of a ladder: `at` working days from the due date (negative before), and who is told.

    `through`: names of channels; empty for all there are. Who is reached by none of them is told by the others.
    `last`: the last of its ladder, which alone climbs to the first head where nobody nearer is there.
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
    """When whom to remind. Ours, not the law's."""

    id: str
    rungs: tuple[Step, ...]


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
    """An obligation that comes back every period whose last day lies in (anchor, anchor + years].

    `years` None: for as long as the case is open; the current period and the next one exist.
    `rolling`: periods are counted from the anchor ("three months from signing") and not by the calendar.
    """

    every: Period
    since: str
    years: int | None = 1
    rolling: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnTerm:
    """An organisation's own term beside the act's: the stricter of the two counts, the other is shown.

    Attributes:
        since: the fact it counts from.
        act: the organisation's own act; `paragraph`: where in it.
    """

    term: Term
    since: str | None
    act: Act
    paragraph: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How an organisation reads what the act leaves open, by a switch of its own rules.

    Attributes:
        switch, value: as its file writes them.
        act: the organisation's own act.
        usual: the term by the usual reading, where that gives another date.
    """

    switch: str
    value: str
    act: Act
    usual: Term | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Extension:
    """How far the act lets a term be extended.

    Attributes:
        by: the most that all extensions of one deadline together may add to it.
        decided_by: duties that may decide it.
        title: the extension as something that happened.
        times: how often at most.
        grounds: those the act names; paragraph: where it says so, "" for the obligation's own.
    """

    by: ExtensionTerm
    decided_by: tuple[str, ...]
    title: Text
    times: int = 1
    grounds: tuple[Text, ...] = ()
    paragraph: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PauseRule:
    """Where and on what grounds the act lets the clocks of a case stand.

    `obligations`: those whose clocks stand; empty for every one that runs.
    """

    act: str
    paragraph: str
    grounds: tuple[Text, ...] = ()
    obligations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One answer to a decision. `fact`: recording it gives this answer."""

    id: str
    title: Text
    fact: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Obligation:
    """One thing somebody must do. `id` is the name of the fact that fulfils it.

    Attributes:
        options: of a decision, whose title is its question: the answers, each with the fact that fulfils it.
        since: the fact its term counts from, None when the term needs none.
        after: facts that must not come later than this one (`order` findings).
        after_by_practice: the same, but our own check and not the law's.
        precedes: what it must not come later than; the first of them alone makes an `order` finding.
        also_by: facts that answer it too: it is not asked for once one of them is recorded.
        practice: nothing asks for it in law; its findings are of that basis.
        lapses_with: recording that fact without this one makes this one missed.
        occasional: required only once it is planned or recorded.
        only_for: kinds of organisation (or groups) it applies to; empty means all.
        when: required only once that fact is recorded or planned.
        by_itself: a day that comes by itself; nobody's duty.
        several: may be recorded any number of times in a period.
        values: names of the numbers that go with the fact.
        signed_by: who may sign or approve it; None where the act does not say.
        uploads: its fact is the upload of the evidence to the platform (of the period, where it recurs).
        bodies: bodies responsible by the act; empty means everybody. `by_agreement`: those that agreed to.
        sources: rows of the tables this obligation carries out ("seed:17", "plan:17.3").
        own, readings: the organisation's own terms and readings, laid over it (`workflow.law.overlay`).
        asked_every: the period the act asks, where the organisation's own is shorter.
        extension: how far its term may be extended; None where the act allows none.
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
    own: tuple[OwnTerm, ...] = ()
    readings: tuple[Reading, ...] = ()
    asked_every: Period | None = None
    extension: Extension | None = None

    def answer(self, recorded: Collection[str]) -> Option | None:
        """Return the option of a decision whose fact is among the recorded ones, None while unanswered."""
        if not self.options:
            return None
        return next((option for option in self.options if option.fact in recorded), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleExtension:
    """An extension in an example: decided on a day, by so many units of the act, or to a day (local dates)."""

    on: date
    by: int | None = None
    to: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExamplePause:
    """A pause in an example, from a day to the day it was resumed, if it was (local dates)."""

    on: date
    resumed: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A worked example of the regulation file; it runs as a test.

    Attributes:
        kind: of organisation; object: what the case is about.
        at_time, values, signed_by: recorded with the facts; due_at: local moments at which terms in hours end.
        extended, paused: what the office decided: extensions by obligation, pauses in order.
        state: what becomes of obligations.
    """

    title: str
    source: str
    planned: Mapping[str, date] = field(default_factory=dict)
    facts: Mapping[str, date] = field(default_factory=dict)
    due: Mapping[str, date | None] = field(default_factory=dict)
    due_at: Mapping[str, datetime] = field(default_factory=dict)
    safe_by: Mapping[str, date] = field(default_factory=dict)
    findings: tuple[str, ...] | None = None
    kind: str = ""
    object: str = ""
    at_time: Mapping[str, time] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    signed_by: Mapping[str, str] = field(default_factory=dict)
    extended: Mapping[str, ExampleExtension] = field(default_factory=dict)
    paused: tuple[ExamplePause, ...] = ()
    state: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """What a kind of evidence, a number, a duty or a kind of organisation of an own procedure is called."""

    id: str
    title: Text


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """One edition of one procedure.

    Attributes:
        begins_with: the fact a plan turns on ("latest safe start").
        applies_to: kinds of organisation (or groups) it is for; empty means all.
        opened: when something happens ("event"), each year for every organisation ("yearly"), or "once".
        adopted_act: id of the act of one organisation it rests on, which binds those who adopted it; "" where
            it binds all of its kind.
        confidential: its cases are for those who need to know; its notices say nothing of the matter.
        bodies: state bodies its obligations name, by id.
        answers: facts that answer decisions and that nothing else asks for; without deadlines of their own.
        calendar: the registry code of the calendar its days are counted by; "" for the office's own.
        digest: SHA-256 of the file's text; a case keeps it, and `verify` compares.
        overlays: names of the organisation's own rules laid over it, outermost first.
        pause: whether the clocks of its cases may stand; None where the act allows no pause.
        evidence_words, value_words: names of kinds of evidence and of numbers the product has no word for.
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
    calendar: str = ""
    digest: str = ""
    overlays: tuple[str, ...] = ()
    pause: PauseRule | None = None
    evidence_words: tuple[Word, ...] = ()
    value_words: tuple[Word, ...] = ()
    duty_words: tuple[Word, ...] = ()
    kind_words: tuple[Word, ...] = ()

    @property
    def edition(self) -> str:
        return f"{self.id}.{self.in_force.isoformat()}"

    @property
    def duties(self) -> tuple[str, ...]:
        """The duties it may name: those of every office, and its own."""
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
        """What can be recorded: all but the decisions, whose options name their own facts."""
        return {name: one for name, one in self.by_id.items() if not one.options}

    @cached_property
    def decisions(self) -> Mapping[str, Obligation]:
        """The questions every case must answer, by id."""
        return {one.id: one for one in self.obligations if one.options}

    @cached_property
    def answered_by(self) -> Mapping[str, Obligation]:
        """The decision each fact answers."""
        return {option.fact: one for one in self.decisions.values() for option in one.options}

    @cached_property
    def anchor_by_id(self) -> Mapping[str, Obligation]:
        """Everything a term may count from: obligations by their id, extensions as `extended.` and that id."""
        return {
            **self.by_id,
            **{
                EXTENDED + one.id: Obligation(
                    id=EXTENDED + one.id,
                    stage=one.stage,
                    title=one.extension.title,
                    term=WithoutTerm(),
                    act=one.act,
                    paragraph=one.extension.paragraph or one.paragraph,
                    force="may",
                    duty=one.extension.decided_by[0],
                    recurs=one.recurs,
                )
                for one in self.obligations
                if one.extension is not None
            },
        }

    @cached_property
    def asks_for_kind(self) -> bool:
        """Whether anything in it depends on the kind of organisation."""
        return (
            bool(self.applies_to)
            or any(one.only_for or one.signed_by for one in self.obligations)
            or any(body.kinds for body in self.bodies.values())
        )

    @cached_property
    def open_ended(self) -> tuple[Obligation, ...]:
        """Obligations whose periods come for as long as the case is open."""
        return tuple(one for one in self.obligations if one.recurs and one.recurs.years is None)

    @cached_property
    def answering(self) -> Mapping[str, frozenset[str]]:
        """Body -> whoever answers for what it was to do: itself, and its successors and theirs."""
        found = {}
        for body in self.bodies:
            waiting, answering = [body], set[str]()
            while waiting:
                here = waiting.pop()
                if here not in answering:
                    answering.add(here)
                    waiting += self.bodies[here].successors
            found[body] = frozenset(answering)
        return found

    def body_named(self, text: str) -> str:
        """Return the id of the body of that id, title or short title in any language; other text as it is."""
        return self._body_names.get(_body_name(text), text)

    def body_of(self, office: Office, unit: str) -> str:
        """Return the id of the body a unit (or "", the organisation) is or belongs to, by name; "" for none."""
        place = office.unit_named.get(plain(unit), unit) or office.root
        for here in office.above(place) if self.bodies and place else ():
            body = self._body_names.get(_body_name(office.units[here].name)) if here in office.units else None
            if body is not None:
                return body
        return ""

    @cached_property
    def _body_names(self) -> Mapping[str, str]:
        """Id of each body by its names; in Kazakh also with the ending of "the one of the country"."""
        names: dict[str, str] = {}
        for body in self.bodies.values():
            names.setdefault(body.id.casefold(), body.id)
            for title in (_body_name(text[one]) for text in (body.title, body.short) for one in _LANGUAGES):
                for end in ("", *_OF_COUNTRY):
                    names.setdefault(title + end, body.id)
        return names

    @cached_property
    def answered_too(self) -> tuple[Obligation, ...]:
        """Obligations that another one's fact answers."""
        return tuple(one for one in self.obligations if one.also_by)

    @cached_property
    def lapse_facts(self) -> frozenset[str]:
        """Facts whose recording makes something unrecorded missed."""
        return frozenset(one.lapses_with for one in self.obligations if one.lapses_with)

    @cached_property
    def counts_from_extensions(self) -> bool:
        """Whether some term counts from the day another one was extended on."""
        return any(one.since is not None and one.since.startswith(EXTENDED) for one in self.obligations)

    @cached_property
    def stage_title(self) -> Mapping[str, Text]:
        return {stage.id: stage.title for stage in self.stages}

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Facts that other terms or periods count from: recording one can move due dates."""
        counted = {obligation.since for obligation in self.obligations if obligation.since}
        counted |= {own.since for obligation in self.obligations for own in obligation.own if own.since}
        counted |= {fact for one in self.answered_too if one.id in counted for fact in one.also_by}
        branches = {obligation.when for obligation in self.obligations if obligation.when}
        return frozenset(counted | branches | {one.recurs.since for one in self.obligations if one.recurs})


def _body_name(text: str) -> str:
    """Return the name of a body without the country's, quotation marks and letter case."""
    return plain(_COUNTRY.sub(" ", text.casefold()))
