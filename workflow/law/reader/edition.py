"""The tables of a regulation file, and reading one into a Procedure. Pure: the caller opens the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema

from calendars.terms import Period, Target
from workflow.cases.states import STATES
from workflow.law import procedure as law
from workflow.law.file_models import (
    BY_ID,
    DashedName,
    Distinct,
    Keyed,
    Name,
    Texts,
    list_of,
    named,
    one_of,
    one_of_forms,
    table,
    within,
    wrong,
)
from workflow.law.reader.checks import problems
from workflow.law.reader.table import read_edition
from workflow.law.reader.terms import TERM, WORDS, AnchoredTerm
from workflow.org.kinds import ANY, KINDS, NAMES, Signatories
from workflow.org.office import ABOVE, DUTIES, OUTSIDE

_NAME = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
BodyId = Annotated[str, named("^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")]
BodyIds = Distinct[BodyId]
Duty = Annotated[str, one_of(*DUTIES)]
Kinds = Distinct[Annotated[str, one_of(*NAMES)]]
Evidence = Annotated[str, named("^(link|document):[a-z_]+$")]
Finding = Annotated[
    str, named(r"^(term|order|evidence|feasibility|duration|range):[a-z0-9_]+(\.[0-9A-Z#-]+)?$")
]


def _or_own(*names: str) -> WithJsonSchema:
    """Return the JSON Schema for one of these names, or for a name the file defines itself (`checks` looks
    these up).
    """
    return WithJsonSchema({"anyOf": [{"enum": list(names)}, {"type": "string", "pattern": _NAME}]})


OwnDuty = Annotated[str, named(_NAME), _or_own(*DUTIES)]
StepDuty = Annotated[str, named(_NAME), _or_own("duty", ABOVE, *DUTIES)]
OwnKinds = Distinct[Annotated[str, named(_NAME), _or_own(*NAMES)]]
Source = Annotated[str, named(r"^[a-z][a-z0-9-]*:[0-9]+(\.[0-9a-z]+)*$")]


def _signatories(duties: tuple[str, ...] | dict[str, tuple[str, ...]]) -> Signatories:
    return Signatories(tuple(duties.items()) if isinstance(duties, dict) else ((ANY, duties),))


def _at_least_one(duties: tuple[str, ...]) -> tuple[str, ...]:
    if not duties:
        raise wrong("empty")
    return duties


DUTIES_NAMED = Annotated[Distinct[OwnDuty], AfterValidator(_at_least_one)]
SIGNED_BY = one_of_forms(
    {
        "list": Distinct[OwnDuty],
        "table": dict[Annotated[str, named(_NAME), _or_own(*NAMES, ANY)], Distinct[OwnDuty]],
    },
    lambda value: "list" if isinstance(value, list) else "table",
    "not_allowed",
)


_PROCEDURE = partial(law.Procedure, in_force_assumed=False, indicators={})
Options = tuple[law.Option, ...]
MIN_OPTIONS = 2
"""Minimum number of options of a decision."""


def _number(value: object) -> Decimal:
    if type(value) not in (int, float):
        raise wrong("number_type")
    return Decimal(str(value))


Number = Annotated[Decimal, PlainValidator(_number), WithJsonSchema({"type": "number"})]
Due = Annotated[
    date | None,
    BeforeValidator(lambda value: None if value == "none" else value),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"const": "none"}]}),
]


def _earliest_first(steps: tuple[law.Step, ...]) -> tuple[law.Step, ...]:
    ordered = sorted(steps, key=lambda step: step.at)
    return (*ordered[:-1], *(replace(step, last=True) for step in ordered[-1:]))


def _recurrence(
    every: Period,
    since: str,
    years: Annotated[int, within(1, 100)] | None = None,
    open_ended: bool = False,
) -> law.Recurrence:
    """A recurring obligation: one for every period whose last day lies in the years after its anchor."""
    if open_ended and years is not None:
        raise wrong("years_and_open_ended")
    return law.Recurrence(every=every, since=since, years=None if open_ended else years or 1)


def _obligation(
    *, term: AnchoredTerm, duty: str = "", by_itself: bool = False, values: tuple[str, ...] = (), **fields: Any
) -> law.Obligation:
    if not duty and not by_itself:
        raise wrong("missing_key", "duty")
    return law.Obligation(
        term=term[0],
        since=term[1],
        # What happens by itself is nobody's duty.
        duty=duty or OUTSIDE,
        by_itself=by_itself,
        values=values or (("measured",) if isinstance(term[0], Target) else ()),
        **fields,
    )


def _decision(
    *, term: AnchoredTerm = WORDS["none"], force: law.Force = "obligatory", options: Options = (), **fields: Any
) -> law.Obligation:
    if len(options) < MIN_OPTIONS:
        raise wrong("too_few_options", least=MIN_OPTIONS)
    return law.Obligation(term=term[0], since=term[1], force=force, options=options, blocking=True, **fields)


def _edition(
    *,
    stages: tuple[law.Stage, ...],
    obligations: tuple[law.Obligation, ...],
    answers: tuple[law.Obligation, ...] = (),
    **fields: Any,
) -> law.Procedure:
    """Return the procedure with its decisions placed among the obligations, and their options as facts."""
    decisions, known_ids = answers, {obligation.id for obligation in obligations}
    facts = {f"{decision.id}={option.id}": option.fact for decision in decisions for option in decision.options}
    ordered = list(obligations)
    for decision in decisions:
        ordered.insert(_place(decision, ordered, [stage.id for stage in stages]), decision)
    return _PROCEDURE(
        stages=stages,
        obligations=tuple(
            replace(obligation, when=facts.get(obligation.when or "", obligation.when))
            for obligation in ordered
        ),
        answers=tuple(
            _answer(decision, option, facts)
            for decision in decisions
            for option in decision.options
            if option.fact not in known_ids
        ),
        **fields,
    )


def _place(decision: law.Obligation, obligations: Sequence[law.Obligation], stages: Sequence[str]) -> int:
    """Return the position of a decision: after what it follows, else at the beginning of its stage."""
    later = stages[stages.index(decision.stage) :] if decision.stage in stages else []
    after = [place for place, obligation in enumerate(obligations, 1) if obligation.id in decision.after]
    first = [
        place for name in later for place, obligation in enumerate(obligations) if obligation.stage == name
    ]
    place = max((*after, *first[:1]), default=len(obligations))
    while place < len(obligations) and obligations[place].options:
        # Decisions at the same place keep the order of the file.
        place += 1
    return place


def _answer(decision: law.Obligation, option: law.Option, facts: Mapping[str, str]) -> law.Obligation:
    """Return the fact that records an option of a decision, as an obligation that nobody must fulfil."""
    return replace(
        decision,
        id=option.fact,
        title=option.title,
        term=WORDS["none"][0],
        since=None,
        when=facts.get(decision.when or "", decision.when),
        blocking=False,
        occasional=True,
        options=(),
    )


ACT = table(
    law.Act,
    id=DashedName,
    by_authorised_body=Keyed("issued_by", Annotated[bool, one_of("authorised_body"), AfterValidator(bool)]),
)
BODY = table(law.Body, id=BodyId, successors=BodyIds, kinds=OwnKinds)
STAGE = table(law.Stage, id=Name)
STEP = table(
    partial(law.Step, to=()),
    without=["last"],
    at=within(-250, 250),
    # "duty" is the one who must do the thing, "above" the head of the next higher unit.
    to=Distinct[StepDuty],
    through=Distinct[Annotated[str, named("^[a-z][a-z0-9_]*$")]],
)
ESCALATION_POLICY = table(
    partial(law.EscalationPolicy, rungs=()), id=Name, rungs=list_of(STEP, AfterValidator(_earliest_first))
)
INDICATOR = table(law.Indicator, id=named(r"^[A-Z0-9]+(\.[A-Z0-9]+)*$"))
OBLIGATION = table(
    partial(law.Obligation, duty=""),
    make=_obligation,
    without=["since", "options"],
    id=Name,
    term=TERM,
    duty=OwnDuty,
    evidence=Distinct[Evidence],
    recurs=table(_recurrence),
    only_for=OwnKinds,
    signed_by=Annotated[SIGNED_BY, AfterValidator(_signatories)],
    bodies=BodyIds,
    by_agreement=BodyIds,
    sources=Distinct[Source],
)
OPTION = table(law.Option, id=Name, fact=Name)
_OF_DECISIONS = frozenset(
    {
        *("id", "stage", "title", "options", "term", "duty", "act", "paragraph", "force", "assumed"),
        *("after", "when", "evidence", "only_for", "sources", "note"),
    }
)
"""Fields of an obligation that a decision may have."""
DECISION = table(
    partial(law.Obligation, term=WORDS["none"][0], force="obligatory"),
    make=_decision,
    without={field.name for field in dataclass_fields(law.Obligation)} - _OF_DECISIONS,
    id=Name,
    title=Keyed("question", Texts),
    term=TERM,
    duty=Keyed("asked_of", OwnDuty),
    options=Keyed("option", list_of(OPTION)),
    evidence=Distinct[Evidence],
    only_for=OwnKinds,
    sources=Distinct[Source],
)
EXAMPLE = table(
    law.Example,
    due=dict[str, Due],
    findings=Distinct[Finding],
    kind=Annotated[str, named(_NAME), _or_own(*KINDS)],
    values=dict[str, dict[str, Number]],
    signed_by=dict[str, OwnDuty],
    state=dict[str, Annotated[str, one_of(*STATES)]],
)
EDITION = table(
    _PROCEDURE,
    make=_edition,
    without=["digest"],
    id=DashedName,
    adopted_act=DashedName,
    applies_to=OwnKinds,
    acts=Keyed("act", list_of(ACT, BY_ID)),
    stages=Keyed("stage", list_of(STAGE)),
    obligations=Keyed("obligation", list_of(OBLIGATION)),
    answers=Keyed("decision", list_of(DECISION)),
    ladders=Keyed("ladder", list_of(ESCALATION_POLICY, BY_ID)),
    indicators=Keyed("indicator", list_of(INDICATOR, BY_ID)),
    examples=Keyed("example", list_of(EXAMPLE)),
    bodies=Keyed("body", list_of(BODY, BY_ID)),
    evidence_words=Keyed("evidence", list_of(table(law.Word, id=Evidence))),
    value_words=Keyed("value", list_of(table(law.Word, id=Name))),
    duty_words=Keyed("duty", list_of(table(law.Word, id=Name))),
    kind_words=Keyed("kind", list_of(table(law.Word, id=Name))),
)


def read(name: str, text: bytes) -> law.Procedure:
    """Return the procedure a regulation file describes; the SHA-256 of the text is the edition's digest."""
    procedure: law.Procedure = read_edition(EDITION, name, text, problems)
    return replace(procedure, digest=sha256(text).hexdigest())
