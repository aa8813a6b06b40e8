"""A register as a value: which fields its rows have, what must hold between them, who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from workflow.closest_matches import closest_first
from workflow.law.procedure import Act, Procedure, Text
from workflow.org.kinds import among
from workflow.refusal import Refusal

FieldKind = Literal[
    "text",
    "long_text",
    "date",
    "number",
    "money",
    "choice",
    "yes_no",
    "person",
    "unit",
    "position",
    "file",
    "link",
    "case",
    "row",
    "term",
]
RuleKind = Literal["not_before", "not_after", "at_least", "at_most", "years_ahead", "required_when", "one_of"]
KeptIn = Literal["unit", "case"]
FILLED = "filled"
"""The value in a condition that holds for any value: `decided_on=filled`."""
TYPED: tuple[FieldKind, ...] = ("text", "long_text", "date", "number", "money", "choice", "yes_no", "link")
"""Kinds somebody without an account may be asked for: none of them looks anything up in the office."""
IN_CASES: tuple[FieldKind, ...] = (*TYPED, "row", "term")
"""Kinds of fields whose rows are lines of a case's own chain; a term is by when something is to be done."""
UNSORTED: frozenset[FieldKind] = frozenset({"long_text", "file"})
"""Kinds no list is filtered or sorted by."""
OBLIGATIONS = "register-"
"""Before the id of a register: the id of the procedure its obligations make."""


class UnknownRegister(Refusal, LookupError):
    """No register of that id; `allowed` are those there are, the nearest first."""


class UnknownField(Refusal, LookupError):
    """A register has no such field, or the reader does not see it; `allowed` lists those they do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldOption:
    """One answer to a field of kind `choice`."""

    id: str
    title: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterField:
    """One field of a register's rows.

    Attributes:
        confidential: shown to officers alone; no list is filtered, sorted, searched or summed by it.
        personal: its value stands outside the events, as those of people and of confidential fields do.
        unique: no two rows the reader sees have the same value.
        past: a date of what has happened, which is not ahead of the day the row is written.
        options: of a choice; `several`: more than one of them may be chosen.
        register: of a row of another register: which.
        unit: what a number counts, in words.
        total: its numbers are summed under the list.
        subject: of a person: the row is about them. Of what is confidential they see no more than `[[access]]`
            names, officer or not.
        form_row: which column of which form of the source it is.
        fixed: it is asked for when a row is entered, and is not changed afterwards.
        preset: the option of a choice where nobody chose one.
        short: what the command line calls it, where not by its id.
    """

    id: str
    title: Text
    kind: FieldKind
    required: bool = False
    help: Text | None = None
    confidential: bool = False
    personal: bool = False
    unique: bool = False
    past: bool = False
    options: tuple[FieldOption, ...] = ()
    several: bool = False
    register: str = ""
    unit: Text | None = None
    total: bool = False
    subject: bool = False
    form_row: str = ""
    fixed: bool = False
    preset: str = ""
    short: str = ""

    @property
    def outside_events(self) -> bool:
        """Whether events carry no more than a salted hash of its value."""
        return self.confidential or self.personal or self.kind == "person"

    @property
    def indexed(self) -> bool:
        """Whether lists may be filtered by it."""
        return not self.confidential and self.kind not in UNSORTED

    @property
    def sortable(self) -> bool:
        """Whether lists may be sorted by it."""
        return self.indexed and not self.several

    @property
    def option_ids(self) -> tuple[str, ...]:
        """The ids of its options."""
        return tuple(option.id for option in self.options)

    def option(self, name: str) -> FieldOption | None:
        """Return the option of that id."""
        return next((option for option in self.options if option.id == name), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A condition on one field of a row: that it has this value, or any (`filled`)."""

    field: str
    value: str

    def __str__(self) -> str:
        return f"{self.field}={self.value}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What must hold between fields of a row.

    Attributes:
        field, than: dates of `not_before` and `not_after`; `field` and `value`: of `at_least` and `at_most`,
            and of `years_ahead`, by how many years at most a year may lie ahead of this one.
        when: of `required_when`: where it holds, `field` must be filled; of `at_least` and `at_most`: they hold
            there.
        fields: of `one_of`: at least one of them is filled.
    """

    kind: RuleKind
    field: str = ""
    than: str = ""
    value: Decimal | None = None
    when: Condition | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RowAccess:
    """Who is named in a person field sees these fields of their own row, and nothing else."""

    person: str
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConditionalFact:
    """A fact a date of a row is only where its condition holds: what was decided, or what came."""

    field: str
    fact: str
    when: Condition


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The case a row opens: its procedure, the field that names its object, facts by date field.

    Attributes:
        conditional: facts besides, each where its condition holds: the options of a decision of the case.
    """

    procedure: str
    object: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    conditional: tuple[ConditionalFact, ...] = ()
    person: str = ""
    when: Condition | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """Rows that count for an indicator: those of the year their date lies in.

    Attributes:
        fact: which of the facts the indicator is counted from they stand for; "" for its only one.
        where: conditions that all hold for a row.
        distinct: counted are the different values of this field; sum: the sum of this one.
        most: the field whose largest number counts besides (views).
        all_of: values of `distinct` all of which a unit's rows must have, or none of them counts.
        unit: the field that names the unit a row counts for; "" for the unit it is of.
        standing: rows of earlier years count as well.
    """

    indicator: str
    date: str
    fact: str = ""
    where: tuple[Condition, ...] = ()
    distinct: str = ""
    sum: str = ""
    most: str = ""
    all_of: tuple[str, ...] = ()
    unit: str = ""
    standing: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field it looks at."""
        named = (self.date, self.distinct, self.sum, self.most, self.unit, *(one.field for one in self.where))
        return tuple(filter(None, named))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fulfilment:
    """A duty of a yearly case that rows carry out: each is recorded there as a fact of its day.

    Attributes:
        fact: `procedure:fact`, of a procedure opened yearly.
        date: the field with the day; period: the date field whose period and year it belongs to, "" for `date`.
        where: conditions that all hold for a row.
        distinct: of several rows of a period with the same value of this field the first one counts.
        evidence: kind of evidence (`document:report`) -> the file or link of a row that proves the fact.
        values: number that goes with the fact -> the field of a row that has it.
    """

    fact: str
    date: str
    period: str = ""
    where: tuple[Condition, ...] = ()
    distinct: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def procedure(self) -> str:
        """The procedure of its fact."""
        return self.fact.partition(":")[0]

    @property
    def obligation(self) -> str:
        """The obligation its fact carries out."""
        return self.fact.partition(":")[2]

    @property
    def within(self) -> str:
        """The date field whose period and year it belongs to."""
        return self.period or self.date

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field it looks at."""
        named = (*(one.field for one in self.where), *self.evidence.values(), *self.values.values())
        return (self.date, self.within, *named, *filter(None, [self.distinct]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """What many people confirm or fill in, each by a link of their own; a row is added when one does.

    Attributes:
        act, paragraph: what it rests on; "" where it is the organisation's own wish.
        person: the field of whom a row is about.
        confirmed_on: the date field that becomes the day of the confirmation; "" where there is none.
        post: the text field the person's post is written to; asked of them where the office does not know it.
        values: what a row says besides, the same for all.
        given: fields the officer gives at the start, the same for all.
        fills: fields each person fills in, all of them.
        invitation: why people are written to; declares: what somebody declares by confirming.
    """

    id: str
    title: Text
    person: str
    invitation: Text
    declares: Text
    act: str = ""
    paragraph: str = ""
    confirmed_on: str = ""
    post: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field of a row it fills."""
        own = filter(None, (self.person, self.confirmed_on, self.post))
        return (*own, *self.values, *self.given, *self.fills)


@dataclass(frozen=True, kw_only=True, slots=True)
class RowEntry:
    """How rows of a register are lines of the chain of their case.

    Attributes:
        row: what comes before the number in the name of a row: `risk` of `risk.3`.
        event: kind of the event that enters a row, or describes it anew.
        title, button: of the form that enters one.
        distinct: rows that say the same are one row.
    """

    row: str
    event: str
    title: Text
    button: Text
    distinct: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RowAction:
    """What may happen to a row of a case besides its being edited: an event with fields of its own.

    Attributes:
        event: kind of that event.
        evidence: links and files that prove it go with it.
        title, button: of its form; note: what is to be known before it is sent.
    """

    id: str
    event: str
    title: Text
    button: Text
    note: Text | None = None
    fields: Mapping[str, RegisterField] = field(default_factory=dict)
    evidence: bool = False


@dataclass(frozen=True, kw_only=True)
class Register:
    """One dated version of a register.

    Attributes:
        note: what it is for, shown above the list.
        kept_in: rows belong to a unit, or to a case of one of `procedures`.
        applies_to: kinds of organisation (or groups) it is for; empty means all.
        adopted_act: the act of one organisation it rests on, which binds those who adopted it.
        named_by: fields that name a row in lists and letters.
        confidential: its rows are for officers, and for the people `access` names.
        unique_together: fields, the one that differs most first, no two rows have all the same values of.
        campaigns: what many people may be asked to confirm or fill in, by id.
        entry, actions: of rows that are lines of their case's own chain, and not chains of their own.
        fulfils: duties of yearly cases that rows carry out.
        opens: the case a row opens; procedure: what its own obligations make a case of; None without either.
        digest: SHA-256 of the file's text; a row keeps it.
    """

    id: str
    in_force: date
    title: Text
    acts: Mapping[str, Act]
    act: str
    paragraph: str
    fields: Mapping[str, RegisterField]
    named_by: tuple[str, ...]
    note: Text | None = None
    kept_in: KeptIn = "unit"
    procedures: tuple[str, ...] = ()
    applies_to: tuple[str, ...] = ()
    adopted_act: str = ""
    confidential: bool = False
    rules: tuple[Rule, ...] = ()
    unique_together: tuple[tuple[str, ...], ...] = ()
    access: tuple[RowAccess, ...] = ()
    opens: Opening | None = None
    counts: tuple[Count, ...] = ()
    fulfils: tuple[Fulfilment, ...] = ()
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    entry: RowEntry | None = None
    actions: Mapping[str, RowAction] = field(default_factory=dict)
    procedure: Procedure | None = None
    responsible: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""

    @property
    def edition(self) -> str:
        """Name of the version: `gifts.2025-09-18`."""
        return f"{self.id}.{self.in_force.isoformat()}"

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Fields that name people."""
        return tuple(one.id for one in self.fields.values() if one.kind == "person")

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Fields that name whom a row is about."""
        return tuple(one.id for one in self.fields.values() if one.subject)

    @cached_property
    def seen_by_person(self) -> Mapping[str, frozenset[str]]:
        """Person field -> the fields who is named there may see of their own row."""
        seen: dict[str, frozenset[str]] = {}
        for one in self.access:
            seen[one.person] = seen.get(one.person, frozenset()) | frozenset(one.fields)
        return seen

    def outside_events(self, name: str) -> bool:
        """Whether events carry no more than a salted hash of a field's value; in a confidential one: of all."""
        known = self.fields.get(name)
        return self.confidential or known is None or known.outside_events

    def binds(self, kind: str, acts: Iterable[str]) -> bool:
        """Whether it is for an organisation of a kind ("" where unknown) that adopted these acts."""
        return among(kind, self.applies_to) and (not self.adopted_act or self.adopted_act in tuple(acts))


class Registers:
    """All versions of all registers at hand."""

    def __init__(self, registers: Iterable[Register]) -> None:
        self._versions: dict[str, dict[str, Register]] = {}
        for one in sorted(registers, key=lambda register: (register.id, register.in_force)):
            self._versions.setdefault(one.id, {})[one.edition] = one

    def ids(self) -> tuple[str, ...]:
        """Ids of the registers there are."""
        return tuple(self._versions)

    def all(self) -> tuple[Register, ...]:
        """Every version, by register, then by date."""
        return tuple(one for versions in self._versions.values() for one in versions.values())

    def on(self, register: str, day: date) -> Register:
        """Return the version in force on a day, the first one before that. Raises UnknownRegister."""
        versions = self._of(register).values()
        in_force = [one for one in versions if one.in_force <= day]
        return in_force[-1] if in_force else next(iter(versions))

    def latest(self, register: str) -> Register:
        """Return the last version. Raises UnknownRegister."""
        return list(self._of(register).values())[-1]

    def version(self, register: str, edition: str) -> Register:
        """Return the version a row was written under; the last one where its file is gone."""
        return self._of(register).get(edition) or self.latest(register)

    def _of(self, register: str) -> Mapping[str, Register]:
        if register not in self._versions:
            allowed = closest_first(register, self._versions)
            raise UnknownRegister("register.unknown", register=register, allowed=allowed)
        return self._versions[register]
