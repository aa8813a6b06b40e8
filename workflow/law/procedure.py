"""A procedure: what the law requires, in one dated edition; the models are the format of regulations/*.toml."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from calendars.terms import After, Period, PeriodSpan, Term, WithoutTerm
from workflow.cases.case import State
from workflow.languages import LANGUAGES
from workflow.law.fields import As, ById, DashedName, Distinct, Name, NonBlank, Number, Refers, named, one_of
from workflow.law.files import Edition, Listed, Model, wrong
from workflow.law.terms import TERM, WORDS, AnchoredTerm
from workflow.org.kinds import ANY, KINDS, NAMES, Signatories
from workflow.org.office import ABOVE, DUTIES, OUTSIDE, Office
from workflow.search_words import plain

Force = Literal["obligatory", "recommended", "may"]
JudgedBy = Literal["written", "published"]
Basis = Literal["law", "practice"]
Opened = Literal["event", "yearly", "once"]
_OF_COUNTRY = ("ы", "і", "сы", "сі")
_COUNTRY = re.compile(
    r"қазақстан республикасының|қазақстан республикасы|\bқр\b|республики казахстан|\bрк\b"
    r"|of the republic of kazakhstan|[«»\"“”]"
)


class _Languages(Model):
    """A text in the languages an office uses; shipped files have all three."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    kk: NonBlank | None = None
    ru: NonBlank | None = None
    en: NonBlank | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the three languages; readers of further languages get the one that stands in for theirs."""

    kk: str
    ru: str
    en: str

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, language))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read it from a table of languages; a missing one is filled from the first that is given."""
        return core_schema.no_info_wrap_validator_function(cls._filled, handler.generate_schema(_Languages))

    @classmethod
    def _filled(cls, value: Any, read: Callable[[Any], _Languages]) -> Text:
        """Return the text a table of languages gives; refuse a table without any."""
        if isinstance(value, cls):
            return value
        given = read(value)
        first = given.kk or given.ru or given.en
        if first is None:
            raise wrong("missing_language", value="ru")
        return cls(given.kk or first, given.ru or first, given.en or first)


BodyId = Annotated[str, named("^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")]
Duty = Annotated[str, one_of(*DUTIES)]
Kind = Annotated[str, one_of(*NAMES)]
"""A kind of organisation, or a group of kinds."""
Evidence = Annotated[str, named("^(link|document):[a-z_]+$")]
ExpectedFinding = Annotated[
    str, named(r"^(term|order|evidence|feasibility|duration|range):[a-z0-9_]+(\.[0-9A-Z#-]+)?$")
]
Source = Annotated[str, named(r"^[a-z][a-z0-9-]*:[0-9]+(\.[0-9a-z]+)*$")]
FACT, ACT = Refers(to="facts"), Refers(to="acts")
OF_EXAMPLE = Refers(to="by_id", keys=True, of_period=True)
Due = Annotated[
    date | None,
    BeforeValidator(lambda value: None if value == "none" else value),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"const": "none"}]}),
]


class Act(Model):
    """The act a duty rests on. `short` is how an explanation names it; `notes` are those of procedures on it.

    `issued_by`: the authorised body of its time; which that is now, and whether the act is in force, the office
    states in config.toml.
    """

    id: DashedName
    title: Text
    short: Text
    number: NonBlank | None = None
    adopted_on: date | None = None
    address: NonBlank | None = None
    issued_by: Literal["authorised_body"] | None = None
    notes: Listed[Text] = ()

    @property
    def by_authorised_body(self) -> bool:
        """Whether the authorised body of its time issued it."""
        return self.issued_by is not None


class Body(Model):
    """A state body that an act makes responsible; the obligations of an abolished one pass to its successors.

    `kinds`: of a group of bodies: its kinds of organisation (or groups); `once_planned`: it is responsible only
    for what it has planned: by agreement, or of a group those that are interested.
    """

    id: BodyId
    title: Text
    short: Text
    abolished_on: date | None = None
    successors: Annotated[Distinct[BodyId], Refers(to="bodies")] = ()
    kinds: Distinct[Kind] = ()
    once_planned: bool = False


class Titled(Model):
    """A part of a file with an id and a title: a stage of a procedure, an option of a decision or a choice."""

    id: Name
    title: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One reminder step: sent `at` working days from the due date (negative before), to these recipients.

    "duty" is who must do the thing, "above" the head of the next higher unit. `last`: the only one sent to the
    first head if no nearer head exists.
    """

    at: int
    to: tuple[str, ...] = ()
    last: bool = False

    @property
    def id(self) -> str:
        return f"{self.at:+d}" if self.at else "0"


def _earliest_first(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps by day, the last one marked as such."""
    ordered = sorted(steps, key=lambda step: step.at)
    return (*ordered[:-1], *(replace(step, last=True) for step in ordered[-1:]))


def _steps(days: Mapping[str, tuple[int, ...]]) -> tuple[Step, ...]:
    """Return the steps of a table: recipient -> the working days from the due date on which they are told."""
    return _earliest_first(
        Step(at=at, to=tuple(recipient for recipient, days_of in days.items() if at in days_of))
        for at in set().union(*days.values())
    )


_DAYS = dict[Annotated[str, one_of("duty", ABOVE, *DUTIES)], Distinct[Annotated[int, Field(ge=-250, le=250)]]]
Steps = Annotated[tuple[Step, ...], As(_DAYS, _steps)]
"""Annotation: the reminder steps of a term: who is told on which day. Set by the program, not by the law."""
STANDARD_DAYS = (-5, -1, 0, 1, 5)
"""The reminder steps where neither an edition nor the office names others, in working days."""
_ALL_FROM = 5


def standard_steps(days: Iterable[int]) -> tuple[Step, ...]:
    """Return steps of working days: after the term to the unit's head too, from the 5th to officer and head."""

    def to(at: int) -> tuple[str, ...]:
        above = ("head_of_unit", "officer", "head") if at >= _ALL_FROM else ("head_of_unit",) if at > 0 else ()
        return ("duty", *above)

    return _earliest_first(Step(at=at, to=to(at)) for at in days)


STANDARD_STEPS = standard_steps(STANDARD_DAYS)
"""Used where an edition names no steps."""


class Recurrence(Model):
    """Recurrence of an obligation: every period whose last day lies in (anchor, anchor + years]."""

    every: Period
    since: Annotated[NonBlank, FACT]
    years: Annotated[int, Field(ge=1, le=100)] = 1


class Option(Titled):
    """An option of a decision. `fact`: the fact that records this answer."""

    fact: Name


def _signatories(duties: Any) -> Signatories:
    """Return the signatories a file names: by kind of organisation, or one list for all kinds."""
    return Signatories(tuple(duties.items()) if isinstance(duties, dict) else ((ANY, duties),))


_SIGNED_BY = Annotated[
    Annotated[Distinct[Duty], Tag("list")]
    | Annotated[dict[Annotated[str, one_of(*NAMES, ANY)], Distinct[Duty]], Tag("table")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "table"),
]
MIN_OPTIONS = 2
"""Minimum number of options of a decision."""


class Obligation(Model):
    """One thing somebody must do within a term, or a question every case must answer (a decision).

    `id` is the name of the fact that fulfils it.

    Attributes:
        act: the act it rests on; where none is named, that of the procedure.
        options: of a decision, whose title is its question: the options, each with the fact that records it.
        anchored: its term, and the fact it counts from.
        after, after_by_practice: facts that must not come later than this one, by law or by our check alone.
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
        bodies: bodies responsible by the act; empty means all.
        sources: rows of the tables this obligation carries out ("seed:17", "plan:17.3").
    """

    id: Name
    stage: Annotated[NonBlank, Refers(to="stage_title")]
    title: Text
    anchored: Annotated[AnchoredTerm, TERM] = Field(alias="term")
    paragraph: NonBlank
    act: Annotated[NonBlank, ACT] = ""
    force: Force = "obligatory"
    duty: Duty = OUTSIDE
    assumed: bool = False
    practice: bool = False
    blocking: bool = False
    occasional: bool = False
    lapses_with: Annotated[NonBlank | None, FACT] = None
    after: Annotated[Distinct[Name], FACT] = ()
    after_by_practice: Annotated[Distinct[Name], FACT] = ()
    precedes: Annotated[Distinct[Name], FACT] = ()
    also_by: Annotated[Distinct[Name], FACT] = ()
    judged_by: JudgedBy = "written"
    evidence: Distinct[Evidence] = ()
    indicator: NonBlank | None = None
    recurs: Recurrence | None = None
    only_for: Distinct[Kind] = ()
    when: Annotated[NonBlank | None, FACT] = None
    by_itself: bool = False
    several: bool = False
    options: Listed[Option] = Field(default=(), alias="option")
    values: Distinct[Name] = ()
    signed_by: Annotated[Signatories, As(_SIGNED_BY, _signatories)] | None = None
    uploads: bool = False
    bodies: Annotated[Distinct[BodyId], Refers(to="bodies")] = ()
    sources: Distinct[Source] = ()
    note: Text | None = None

    @model_validator(mode="after")
    def _names_a_duty_and_an_act(self) -> Obligation:
        """Refuse one that names no duty, unless it happens by itself, and one that rests on no act."""
        if not self.act:
            raise wrong("missing_key", "act")
        if "duty" not in self.model_fields_set and not self.by_itself:
            # What happens by itself is nobody's duty.
            raise wrong("missing_key", "duty")
        return self

    @model_validator(mode="after")
    def _is_a_whole_decision(self) -> Obligation:
        """Refuse a decision with too few options, one that holds no case at its stage, and one that recurs."""
        if self.options and len(self.options) < MIN_OPTIONS:
            raise wrong("too_few_options", least=MIN_OPTIONS)
        if self.options and not self.blocking:
            raise wrong("missing_key", "blocking")
        if self.options and self.recurs:
            raise wrong("unknown_key", value="recurs", allowed=("after", "when"))
        return self

    @cached_property
    def term(self) -> Term:
        return self.anchored.term

    @cached_property
    def since(self) -> str | None:
        """The fact its term counts from, None when the term needs none."""
        return self.anchored.since

    @cached_property
    def is_right(self) -> bool:
        """Whether its term ends a right: it closes then, and is never due."""
        return self.force == "may" and not self.practice and isinstance(self.term, After)

    def name_in(self, span: PeriodSpan | None) -> str:
        """Return the name of its fact in a period, `id.2026Q3`; its id where it does not recur."""
        return f"{self.id}.{span.name}" if span and self.recurs else self.id

    def answer(self, recorded: Collection[str]) -> Option | None:
        """Return the option of a decision whose fact is recorded, None while unanswered."""
        for option in self.options:
            if option.fact in recorded:
                return option
        return None

    def answering(self, option: Option) -> Obligation:
        """Return the fact that records an option of this decision, as an obligation that nobody must fulfil."""
        return self.replaced(
            id=option.fact,
            title=option.title,
            anchored=WORDS["none"],
            blocking=False,
            occasional=True,
            options=(),
        )


class Example(Model):
    """A worked example in a file of the law; it runs as a test. `values`, `signed_by`: recorded with the facts;
    `state`: expected states of obligations.
    """

    title: NonBlank
    source: NonBlank
    planned: Annotated[dict[str, date], OF_EXAMPLE] = Field(default={})
    facts: Annotated[dict[str, date], OF_EXAMPLE] = Field(default={})
    due: Annotated[dict[str, Due], OF_EXAMPLE] = Field(default={})
    safe_by: Annotated[dict[str, date], OF_EXAMPLE] = Field(default={})
    findings: Distinct[ExpectedFinding] | None = None
    kind: Annotated[str, one_of(*KINDS)] = ""
    object: NonBlank = ""
    values: Annotated[dict[str, dict[str, Number]], OF_EXAMPLE] = Field(default={})
    signed_by: Annotated[dict[str, Duty], OF_EXAMPLE] = Field(default={})
    state: Annotated[dict[str, State], OF_EXAMPLE] = Field(default={})


class Word(Model):
    """The name of a kind of evidence (`document:answer`) or of a number that an own procedure defines."""

    id: Annotated[str, named(r"^((link|document):[a-z_]+|[a-z][a-z0-9]*(_[a-z0-9]+)*)$")]
    title: Text


class Procedure(Edition):
    """One edition of one procedure.

    Attributes:
        begins_with: the fact a case begins with, for which a plan computes the latest safe day.
        applies_to: kinds of organisation (or groups) it is for; empty means all.
        opened: how its cases are opened: when something happens ("event"), each year for every organisation
            ("yearly"), or "once".
        act: id of the act its obligations rest on where they name none; "" for its adopted act.
        adopted_act: id of the act of one organisation it rests on, which binds only organisations that adopted
            it; "" where it binds all of its kind.
        steps: the reminder steps of every term in it.
        see_also: acts about its subject that none of its obligations rests on.
        confidential: its cases are visible only to named readers; its notices do not mention the matter.
        bodies: state bodies its obligations name, by id.
        own_words: names of its own kinds of evidence and numbers.
    """

    in_force_assumed: bool = False
    last_checked_on: date
    title: Text
    begins_with: Annotated[NonBlank, FACT]
    act: Annotated[DashedName, ACT] = Field(default="", alias="rests_on")
    adopted_act: Annotated[DashedName, ACT] = ""
    see_also: Annotated[Distinct[DashedName], ACT] = ()
    acts: ById[Act] = Field(default={}, alias="act")
    stages: Listed[Titled] = Field(alias="stage")
    obligations: Listed[Obligation] = Field(alias="obligation")
    steps: Steps = STANDARD_STEPS
    examples: Listed[Example] = Field(default=(), alias="example")
    own_notes: Listed[Text] = Field(default=(), alias="notes")
    applies_to: Distinct[Kind] = ()
    opened: Opened = "event"
    confidential: bool = False
    bodies: ById[Body] = Field(default={}, alias="body")
    own_words: Listed[Word] = Field(default=(), alias="word")

    @model_validator(mode="before")
    @classmethod
    def _obligations_rest_on_its_act(cls, table: Any) -> Any:
        """Give the obligations that name no act the one of the file."""
        act = table.get("rests_on", table.get("adopted_act")) if isinstance(table, dict) else None
        if not isinstance(act, str) or not isinstance(table.get("obligation"), list):
            return table
        obligations = [
            {"act": act, **given} if isinstance(given, dict) else given for given in table["obligation"]
        ]
        return {**table, "obligation": obligations}

    @property
    def notes(self) -> tuple[Text, ...]:
        """What is to be known about it: of the act it rests on, then of itself."""
        act = self.acts.get(self.act or self.adopted_act)
        return (*(act.notes if act else ()), *self.own_notes)

    @cached_property
    def answers(self) -> tuple[Obligation, ...]:
        """Facts that only answer decisions; they have no deadlines of their own."""
        known_ids = {obligation.id for obligation in self.obligations}
        return tuple(
            decision.answering(option)
            for decision in self.decisions.values()
            for option in decision.options
            if option.fact not in known_ids
        )

    @property
    def words(self) -> Mapping[str, Text]:
        """Its own words, by their codes in the catalogues."""
        return {f"{'evidence' if ':' in word.id else 'value'}.{word.id}": word.title for word in self.own_words}

    @cached_property
    def by_id(self) -> Mapping[str, Obligation]:
        """Its obligations, and the facts that only answer decisions, by id."""
        return {obligation.id: obligation for obligation in (*self.obligations, *self.answers)}

    @cached_property
    def facts(self) -> Mapping[str, Obligation]:
        """Everything that can be recorded: all obligations except decisions, whose options name facts."""
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
    def depends_on_kind(self) -> bool:
        """Whether anything in it depends on the kind of organisation."""
        return (
            bool(self.applies_to)
            or any(obligation.only_for or obligation.signed_by for obligation in self.obligations)
            or any(body.kinds for body in self.bodies.values())
        )

    @cached_property
    def answering_for(self) -> Mapping[str, Sequence[str]]:
        """Body -> the bodies responsible for its obligations: itself, its successors, and theirs."""
        answering = {body: [body] for body in self.bodies}
        for bodies in answering.values():
            for each in bodies:  # grows as it goes
                bodies += [after for after in self.bodies[each].successors if after not in bodies]
        return answering

    def body_named(self, text: str) -> str:
        """Return the id of the body with that id, title or short title in any language; else the text."""
        return self._body_names.get(_body_name(text), text)

    def body_of(self, office: Office, unit: str) -> str:
        """Return the body (id) a unit (or "", the organisation) is or belongs to, by name; "" for none."""
        above = office.units_above(office.unit_id(unit) or office.root)
        names = (_body_name(place.name) for place in above)
        return next((self._body_names[name] for name in names if name in self._body_names), "")

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
    def with_points(self) -> frozenset[str]:
        """Obligations on which points hang, or that one with points only follows."""
        counted = [obligation for obligation in self.obligations if obligation.indicator]
        followed = {name for other in counted if isinstance(other.term, WithoutTerm) for name in other.after}
        return frozenset(followed | {obligation.id for obligation in counted})

    @cached_property
    def lapse_facts(self) -> frozenset[str]:
        """Facts whose recording makes unrecorded obligations missed."""
        return frozenset(obligation.lapses_with for obligation in self.obligations if obligation.lapses_with)

    @cached_property
    def stage_title(self) -> Mapping[str, Text]:
        return {stage.id: stage.title for stage in self.stages}

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Facts that terms or periods count from, or that open a branch: recording one can move due dates."""
        since = {obligation.since for obligation in self.obligations}
        since |= {fact for each in self.answered_too if each.id in since for fact in each.also_by}
        since |= {obligation.when for obligation in self.obligations}
        since |= {obligation.recurs.since for obligation in self.obligations if obligation.recurs}
        return frozenset(filter(None, since))


def _body_name(text: str) -> str:
    """Return the name of a body without the country's name and quotation marks, in lower case."""
    return plain(_COUNTRY.sub(" ", text.casefold()))
