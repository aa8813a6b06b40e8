"""The tables of a register file, and reading one into a Register. Pure: the caller opens the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Annotated, Any

from pydantic import AfterValidator

from calendars.terms import WithoutTerm
from workflow.cases.case import ENTRIES
from workflow.law import procedure as law
from workflow.law.file_models import (
    BY_ID,
    DashedName,
    Distinct,
    Keyed,
    Name,
    Texts,
    list_of,
    matching,
    one_of,
    table,
)
from workflow.law.reader.edition import ACT, Duty, Kinds, Number
from workflow.law.reader.register_checks import problems
from workflow.law.reader.scoring import EvidenceKind, Fact
from workflow.law.reader.table import read_edition
from workflow.law.reader.terms import TERM, AnchoredTerm
from workflow.org.access import ACCESSES
from workflow.org.office import OUTSIDE
from workflow.registers import definition as registers
from workflow.registers.definition import Condition, Register, RegisterField

REMINDERS = law.EscalationPolicy(
    id="default", rungs=tuple(law.Step(at=at, to=("duty",), last=at == 5) for at in (-5, -1, 0, 1, 5))
)
"""Reminder steps of the person responsible for a row's obligation, in working days from the due date. Ours, not
the law's.
"""


def _condition(text: str) -> Condition:
    name, _, value = text.partition("=")
    return Condition(field=name, value=value)


_WRITTEN_CONDITION = matching("^[a-z][a-z0-9_]*=[a-z0-9][a-z0-9_-]*$", '"status=done"')
WHEN = Annotated[Condition | None, _WRITTEN_CONDITION, AfterValidator(_condition)]


def _row_obligation(
    id: Name,
    title: Texts,
    term: AnchoredTerm,
    duty: Duty,
    act: str,
    paragraph: str,
    force: law.Force = "obligatory",
    assumed: bool = False,
    person: str = "",
    note: Texts | None = None,
) -> tuple[law.Obligation, str]:
    """An obligation of each row; `person`: the field with the person responsible for it."""
    obligation = law.Obligation(
        id=id,
        stage="",
        title=title,
        term=term[0],
        since=term[1],
        duty=duty,
        act=act,
        paragraph=paragraph,
        force=force,
        assumed=assumed,
        blocking=True,
        note=note,
    )
    return obligation, person


def _register(*, procedure: tuple[tuple[law.Obligation, str], ...] = (), **fields: Any) -> Register:
    register = Register(**fields)
    if not procedure:
        return register
    obligations = tuple(obligation for obligation, _ in procedure)
    obligation_ids = {obligation.id for obligation in obligations}
    anchors = [
        name
        for name in dict.fromkeys(obligation.since for obligation in obligations if obligation.since)
        if name not in obligation_ids
    ]
    stage = register.id.replace("-", "_")
    dates = [register.fields[name] for name in anchors if name in register.fields]
    return replace(
        register,
        procedure=law.Procedure(
            id=law.OF_REGISTER + register.id,
            in_force=register.in_force,
            in_force_assumed=False,
            last_checked_on=register.in_force,
            title=register.title,
            begins_with=(anchors or [obligations[0].id])[0],
            acts=register.acts,
            stages=(law.Stage(id=stage, title=register.title),),
            obligations=tuple(
                replace(obligation, stage=stage)
                for obligation in (*obligations, *(_anchor(date_field, register) for date_field in dates))
            ),
            ladders={"default": REMINDERS},
            indicators={},
            applies_to=register.applies_to,
            adopted_act=register.adopted_act,
            confidential=register.confidential,
        ),
        responsible={obligation.id: person for obligation, person in procedure if person},
    )


def _anchor(field: RegisterField, register: Register) -> law.Obligation:
    """Return a date field of a row as a fact that terms can count from; nobody must fulfil it."""
    return law.Obligation(
        id=field.id,
        stage="",
        title=field.title,
        term=WithoutTerm(),
        act=register.act,
        paragraph=register.paragraph,
        force="may",
        duty=OUTSIDE,
        by_itself=True,
    )


FIELD = table(
    RegisterField, id=Name, options=list_of(table(registers.FieldOption, id=Name)), register=DashedName
)
FIELDS = Keyed("field", list_of(FIELD, BY_ID))
ENTRY = table(registers.RowEntry, row=Name, event=one_of(*sorted(ENTRIES)))
ACTION = table(registers.RowAction, id=Name, event=one_of(*sorted(ENTRIES)), fields=FIELDS)
RULE = table(registers.Rule, value=Number, when=WHEN)
CONDITIONAL = table(registers.ConditionalFact, field=Name, fact=Name, when=WHEN)
OPENS = table(
    registers.Opening,
    procedure=DashedName,
    facts=dict[Name, Name],
    conditional=Keyed("fact", list_of(CONDITIONAL)),
    when=WHEN,
    evidence=dict[Name, Name],
)
CONDITION = Annotated[Condition, _WRITTEN_CONDITION, AfterValidator(_condition)]
CONDITIONS = list_of(CONDITION)
COUNT = table(
    registers.Count,
    indicator=matching(r"^P[0-9]\.T[0-9]\.S[0-9]$", '"P3.T2.S1"'),
    fact=Fact,
    where=CONDITIONS,
)
FULFILS = table(
    registers.Fulfilment,
    fact=Fact,
    date=Name,
    period=Name,
    where=CONDITIONS,
    distinct=Name,
    evidence=dict[EvidenceKind, Name],
    values=dict[Name, Name],
)
ASKED: Mapping[str, Any] = {"values": dict[Name, str], "fills": Distinct[Name], "may_fill": Distinct[Name]}
CAMPAIGN = table(
    registers.Campaign,
    id=Name,
    act=DashedName,
    ground=DashedName,
    ground_where=WHEN,
    given=Distinct[Name],
    refusal=table(registers.CampaignRefusal, **ASKED),
    also=list_of(
        table(
            registers.FurtherRow,
            id=Name,
            when=CONDITION,
            values=dict[Name, str],
            fills=Distinct[Name],
            keeps=Distinct[Name],
        ),
        BY_ID,
    ),
    **ASKED,
)
REGISTER = table(
    partial(Register, acts={}, fields={}),
    make=_register,
    without=["digest", "responsible"],
    id=DashedName,
    acts=Keyed("act", list_of(ACT, BY_ID)),
    act=Keyed("rests_on", DashedName),
    fields=FIELDS,
    entry=ENTRY,
    actions=Keyed("action", list_of(ACTION, BY_ID)),
    named_by=Distinct[Name],
    columns=Keyed("list", Distinct[Name]),
    groups=Keyed("group", list_of(table(registers.FieldGroup, fields=Distinct[Name]))),
    kept_in=one_of("unit", "case"),
    procedures=Distinct[DashedName],
    applies_to=Kinds,
    adopted_act=DashedName,
    rules=Keyed("rule", list_of(RULE)),
    lates=Keyed("late", list_of(table(registers.Late, field=Name, than=Name))),
    unique_together=list_of(Distinct[Name]),
    access=list_of(table(registers.RowAccess, fields=Distinct[Name], reader=one_of(*ACCESSES))),
    opens=OPENS,
    counts=Keyed("count", list_of(COUNT)),
    fulfils=list_of(FULFILS),
    campaigns=Keyed("campaign", list_of(CAMPAIGN, BY_ID)),
    procedure=Keyed("obligation", list_of(table(_row_obligation, term=TERM))),
)


def read_register(name: str, text: bytes) -> Register:
    """Return the register a file describes; the SHA-256 of its text is its digest.

    Raises:
        UnreadableRegulation: with all problems found.
    """
    register: Register = read_edition(REGISTER, name, text, problems)
    digest = sha256(text).hexdigest()
    procedure = register.procedure and replace(register.procedure, digest=digest)
    return replace(register, digest=digest, procedure=procedure)
