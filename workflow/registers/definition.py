"""A register's definition as a value: the fields of its rows, the rules between them, and who may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema

from workflow.cases.case import EntryKind
from workflow.languages import LANGUAGES
from workflow.law.fields import As, ById, DashedName, Distinct, Name, NonBlank, Number, Refers, matching, one_of
from workflow.law.files import Edition, Editions, Listed, Model
from workflow.law.procedure import Act, Text, Titled
from workflow.org.access import Access
from workflow.org.kinds import NAMES
from workflow.refusal import Refusal, closest_first
from workflow.scoring.indicators import EvidenceKind, Fact, IndicatorId

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
    "file",
    "link",
    "row",
    "term",
]
FILLED = "filled"
"""The value in a condition that holds for any value: `decided_on=filled`."""
TYPED: tuple[FieldKind, ...] = ("text", "long_text", "date", "number", "money", "choice", "yes_no", "link")
"""Kinds of fields that people without an account may fill in: none of them looks anything up in the office."""
TRANSLATED: tuple[FieldKind, ...] = ("text", "long_text")
"""Kinds of fields that may be `translated`."""
OTHER_LANGUAGE = Text(" (екінші тілде)", " (на другом языке)", " (in the other language)")
"""Ends the title of a field that another is translated in."""
LISTED: tuple[FieldKind, ...] = tuple(kind for kind in get_args(FieldKind) if kind != "long_text")
"""Kinds of fields that lists have columns for."""
IN_CASES: tuple[FieldKind, ...] = (*TYPED, "row", "term")
"""Kinds of fields only for rows that are events of a case; `term`: by when something must be done."""
NUMBERS: tuple[FieldKind, ...] = ("number", "money")
UNSORTED: frozenset[FieldKind] = frozenset({"long_text", "file"})
"""Kinds of fields that lists cannot be filtered or sorted by."""


@dataclass(frozen=True, slots=True)
class OnlyOf:
    """Annotation: a key that only fields of these kinds may have."""

    kinds: tuple[FieldKind, ...]


class UnknownRegister(Refusal, LookupError):
    """There is no register with that id; `allowed` are the existing ones, the most similar first."""


class UnknownRegisterField(Refusal, LookupError):
    """The register has no such field, or the reader may not see it; `allowed` lists the visible ones."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one field of a row, written `field=value`: it has this value, or any value (`filled`)."""

    field: str
    value: str


_CONDITION = Annotated[str, matching("^[a-z][a-z0-9_]*=[a-z0-9][a-z0-9_-]*$", '"status=done"')]
When = Annotated[Condition, As(_CONDITION, lambda text: Condition(*text.split("="))), Refers()]
ShownField = Annotated[Name, Refers(public=True)]
DateField = Annotated[Name, Refers(("date",))]
ShownDate = Annotated[Name, Refers(("date",), public=True)]
PersonField = Annotated[Name, Refers(("person",))]
AnyFields = Annotated[Distinct[Name], Refers()]


class RegisterField(Model):
    """One field of the rows of a register.

    Attributes:
        confidential: visible to officers only; lists cannot be filtered, sorted, searched or summed by it.
        personal: its value is stored outside the events, as are those of person fields and confidential fields.
        past: the date must not be later than the day the row is written.
        options: of a choice; `several`: more than one of them may be chosen.
        rows_of: of a reference to a row: the id of the register it stands in (`register` in the file).
        unit: unit of a number, in words.
        total: its numbers are summed under the list.
        subject: of a person field: the row is about this person, who sees only the confidential fields named in
            `[[access]]`, even as an officer.
        form_row: its column in a form of the source document.
        fixed: it is entered with a new row and cannot be changed afterwards.
        preset: the default option of a choice.
        post_of: of a text: the person field whose post, as the office knows it, a new row takes where nothing
            is written.
        translated: a second field, `<id>_translated`, says it in the other language of papers.
        not_before: of a date: the date field it must not precede.
        late_after: of a date: the date field it is late after, also while it is missing; nothing is refused.
        late_when: conditions one of which a row must meet to be late; none where every row may be.
        at_least, at_most: limits of a number; years_ahead: of a year, how many after the present one it may be.
        at_least_when: the condition under which `at_least` holds; None where it always does.
        required_when: conditions each of which requires it.
        translation_of: the text field that it says in the other language of papers (Kazakh or Russian).
    """

    id: Name
    title: Text
    kind: FieldKind
    required: bool = False
    help: Text | None = None
    confidential: bool = False
    personal: bool = False
    past: Annotated[bool, OnlyOf(("date",))] = False
    options: Annotated[Listed[Titled], OnlyOf(("choice",))] = ()
    several: Annotated[bool, OnlyOf(("choice",))] = False
    rows_of: Annotated[DashedName, OnlyOf(("row",))] = Field(default="", alias="register")
    unit: Annotated[Text | None, OnlyOf(NUMBERS)] = None
    total: Annotated[bool, OnlyOf(NUMBERS)] = False
    subject: Annotated[bool, OnlyOf(("person",))] = False
    form_row: NonBlank = ""
    fixed: bool = False
    preset: Name = ""
    post_of: Annotated[PersonField, OnlyOf(("text",))] = ""
    translated: Annotated[bool, OnlyOf(TRANSLATED)] = False
    not_before: Annotated[DateField, OnlyOf(("date",))] = ""
    late_after: Annotated[ShownDate, OnlyOf(("date",))] = ""
    late_when: Annotated[Listed[When], Refers()] = ()
    at_least: Annotated[Number | None, OnlyOf(NUMBERS)] = None
    at_least_when: Annotated[When | None, Refers()] = None
    at_most: Annotated[Number | None, OnlyOf(NUMBERS)] = None
    years_ahead: Annotated[Number | None, OnlyOf(("number",))] = None
    required_when: Annotated[Listed[When], Refers()] = ()
    translation_of: SkipJsonSchema[str] = Field(default="", exclude=True)

    @property
    def outside_events(self) -> bool:
        """Whether events store only a salted hash of its value."""
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
        return tuple(option.id for option in self.options)

    def option(self, name: str) -> Titled | None:
        """Return the option with that id; None where there is none."""
        return next((option for option in self.options if option.id == name), None)


class FieldGroup(Model):
    """Fields only some rows need: a form shows them folded under a title until one of them has a value."""

    title: Text
    fields: AnyFields


class RowAccess(Model):
    """Fields that others than officers may see of confidential rows.

    Attributes:
        person: a person field: who is named there sees these fields of their own row, and nothing else.
        reader: an access: its accounts see the rows of their units, and of what is confidential these fields;
            of a confidential register they change none.
    """

    fields: AnyFields = ()
    person: PersonField = ""
    reader: Access | None = None


class ConditionalFact(Model):
    """A fact that a date of a row gives only if a condition is true, e.g. the option of a decision."""

    field: DateField
    fact: Name
    when: When


class CaseOpening(Model):
    """How a row opens a case: the procedure, the field with its object, the facts given by date fields.

    `conditional`: further facts with conditions, options of a decision of the case; `responsible`: obligation
    of the case -> the field with its person; `evidence`: fact -> the field with the file or link that proves
    it.
    """

    procedure: DashedName
    object: ShownField = ""
    facts: Annotated[dict[Name, Name], Refers(("date",), keys=True)] = Field(default={})
    conditional: Listed[ConditionalFact] = Field(default=(), alias="fact")
    person: PersonField = ""
    responsible: Annotated[dict[Name, Name], Refers(("person",))] = Field(default={})
    when: Annotated[When | None, Refers()] = None
    evidence: Annotated[dict[Name, Name], Refers(("file", "link"), public=True)] = Field(default={})


class RowCount(Model):
    """Which rows count for an indicator: those with the date in the year.

    Attributes:
        fact: the fact of the indicator that these rows count as; "" for its only fact.
        where: conditions a row must all meet.
        distinct: count the different values of this field.
        values: number of the fact (`views`) -> the field with it, whose largest number counts.
        all_of: values of `distinct` that a unit's rows, of this year or earlier ones, must all have, or none of
            the rows counts.
        unit: the field with the unit the row counts for; "" for the row's own unit.
    """

    indicator: IndicatorId
    date: ShownDate
    fact: Fact = ""
    where: Annotated[Listed[When], Refers(public=True)] = ()
    distinct: ShownField = ""
    values: Annotated[dict[Literal["views"], Name], Refers(("number", "money"), public=True)] = Field(
        default={}
    )
    all_of: Distinct[Name] = ()
    unit: Annotated[Name, Refers(("text", "unit"), public=True)] = ""


class Fulfilment(Model):
    """A duty of a yearly case that rows carry out: each row is recorded there as a fact on its day.

    Attributes:
        fact: `procedure:fact`, of a procedure opened yearly.
        date: the field with the day; period: the date field whose period and year it belongs to, "" for `date`.
        where: conditions a row must all meet.
        distinct: of several rows of a period with the same value of this field only the first counts.
        evidence: kind of evidence (`document:report`) -> the field with the file or link that proves the fact.
        values: number of the fact -> the field with its value.
    """

    fact: Fact
    date: ShownDate
    period: Annotated[Name, Refers(("date",), public=True)] = ""
    where: Annotated[Listed[When], Refers(public=True)] = ()
    distinct: ShownField = ""
    evidence: Annotated[dict[EvidenceKind, Name], Refers(("file", "link"), public=True)] = Field(default={})
    values: Annotated[dict[Name, Name], Refers(NUMBERS, public=True)] = Field(default={})

    @property
    def procedure(self) -> str:
        return self.fact.partition(":")[0]

    @property
    def obligation(self) -> str:
        """The obligation's id; `fact` is written `procedure:obligation`."""
        return self.fact.partition(":")[2]

    @property
    def within(self) -> str:
        """The date field that decides the period and year."""
        return self.period or self.date

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a row that it reads."""
        field_names = (
            *(condition.field for condition in self.where),
            *self.evidence.values(),
            *self.values.values(),
        )
        return (self.date, self.within, *field_names, *filter(None, [self.distinct]))


class Campaign(Model):
    """A kind of campaign: many people confirm or fill in one thing, each by a personal link; each answer adds a
    row.

    Attributes:
        act, paragraph: its legal basis; "" if it is the organisation's own decision.
        person: the field of the person a row is about.
        confirmed_on: the date field that becomes the day of the confirmation; "" where there is none.
        written_on, reminded_on: the date fields that become the days of the first letter and the last reminder
            the person was sent.
        post: the text field for the person's post, which they are asked for if the office does not know it.
        scan: the file field for the paper of an answer given on paper.
        values: further values of every row.
        given: fields the officer fills in at the start, the same for all rows.
        fills: fields each person fills in, all of them; may_fill: those that may stay empty.
        invitation: the text explaining why people are asked; declares: the statement they confirm.
    """

    id: Name
    title: Text
    person: PersonField
    invitation: Text
    declares: Text
    act: Annotated[DashedName, Refers(to="acts")] = ""
    paragraph: NonBlank = ""
    confirmed_on: DateField = ""
    written_on: DateField = ""
    reminded_on: DateField = ""
    post: Annotated[Name, Refers(("text",))] = ""
    values: Annotated[dict[Name, str], Refers(TYPED, keys=True)] = Field(default={})
    given: Annotated[Distinct[Name], Refers((*TYPED, "row"))] = ()
    fills: Annotated[Distinct[Name], Refers(TYPED)] = ()
    may_fill: Annotated[Distinct[Name], Refers(TYPED)] = ()
    scan: Annotated[Name, Refers(("file",))] = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the row an answer adds that are filled by anybody or anything."""
        own_fields = filter(
            None, (self.person, self.confirmed_on, self.written_on, self.reminded_on, self.post)
        )
        return (*own_fields, *self.values, *self.given, *self.asks)

    @property
    def asks(self) -> tuple[str, ...]:
        """The fields a person may fill in."""
        return (*self.fills, *self.may_fill)


class RowEntry(Model):
    """How rows of a register are entered as events of their case.

    `row`: prefix of the name of a row, `risk` of `risk.3`; `event`: kind of the event that enters or edits one;
    `title`, `button`: of its form; `distinct`: whether rows with equal values are one row.
    """

    row: Name
    event: EntryKind
    title: Text
    button: Text
    distinct: bool = False


class RowAction(Model):
    """An action on a row of a case besides editing: an event with fields of its own.

    `evidence`: whether links and files are recorded as such; `title`, `button`, `note`: of its form.
    """

    id: Name
    event: EntryKind
    title: Text
    button: Text
    note: Text | None = None
    fields: ById[RegisterField] = Field(default={}, alias="field")
    evidence: bool = False


def _with_translations(fields: Mapping[str, RegisterField]) -> Mapping[str, RegisterField]:
    """Return the fields of a file, after each `translated` one the field that says it in the other language."""
    every: dict[str, RegisterField] = {}
    for field in fields.values():
        every[field.id], name = field, f"{field.id}_translated"
        if field.translated:
            titles = (field.title[language] + OTHER_LANGUAGE[language] for language in LANGUAGES)
            same = {key: getattr(field, key) for key in ("kind", "confidential", "personal")}
            every[name] = RegisterField.model_construct(
                id=name, title=Text(*titles), translation_of=field.id, **same
            )
    return every


class Register(Edition):
    """One dated version of a register.

    Attributes:
        note: its purpose, shown above the list.
        applies_to: kinds of organisation (or groups) it is for; empty means all.
        named_by: fields that make the title of a row in lists and letters.
        groups: fields that forms show folded; others always.
        columns: fields a list shows beside the name of a row.
        confidential: its rows are visible to officers and to the people and accesses `access` names.
        any_of: fields of which at least one must be filled.
        unique: fields of which no two visible rows have all the same values; the most selective first.
        entry, actions: for rows stored as events of their case instead of in chains of their own.
        fulfils: duties of yearly cases that rows carry out; opens: the case a row opens.
    """

    title: Text
    acts: ById[Act] = Field(default={}, alias="act")
    act: Annotated[DashedName, Refers(to="acts")] = Field(alias="rests_on")
    paragraph: NonBlank
    fields: Annotated[ById[RegisterField], AfterValidator(_with_translations)] = Field(alias="field")
    named_by: Annotated[Distinct[Name], Refers(public=True)]
    columns: Annotated[Distinct[Name], Refers(LISTED)] = Field(default=(), alias="list")
    groups: Listed[FieldGroup] = Field(default=(), alias="group")
    note: Text | None = None
    applies_to: Distinct[Annotated[str, one_of(*NAMES)]] = ()
    confidential: bool = False
    any_of: Annotated[Listed[Distinct[Name]], Refers()] = ()
    unique: Annotated[Listed[Distinct[Name]], Refers(public=True)] = ()
    access: Listed[RowAccess] = ()
    opens: CaseOpening | None = None
    counts: Listed[RowCount] = Field(default=(), alias="count")
    fulfils: Listed[Fulfilment] = ()
    campaigns: ById[Campaign] = Field(default={}, alias="campaign")
    entry: RowEntry | None = None
    actions: ById[RowAction] = Field(default={}, alias="action")

    @cached_property
    def late_fields(self) -> tuple[RegisterField, ...]:
        """Dates that lists and rows mark as late."""
        return tuple(field for field in self.fields.values() if field.late_after)

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Fields that name the person a row is about."""
        return tuple(field.id for field in self.fields.values() if field.subject)

    @cached_property
    def seen_by_person(self) -> Mapping[str, frozenset[str]]:
        """Person field -> the fields of their own row that the person named there may see, translations too."""
        return self._granted("person")

    @cached_property
    def seen_by_reader(self) -> Mapping[str, frozenset[str]]:
        """Access -> the confidential fields its accounts may see."""
        return self._granted("reader")

    def _granted(self, to: Literal["person", "reader"]) -> Mapping[str, frozenset[str]]:
        """Return the fields that tables of access give, and their translations, by whom they give them to."""
        granted: dict[str, frozenset[str]] = {}
        for access in self.access:
            if name := getattr(access, to):
                translated = (
                    field.id for field in self.fields.values() if field.translation_of in access.fields
                )
                granted[name] = granted.get(name, frozenset()).union(access.fields, translated)
        return granted

    def outside_events(self, name: str) -> bool:
        """Return whether events store only a salted hash of a field's value; of confidential rows always."""
        field = self.fields.get(name)
        return self.confidential or field is None or field.outside_events


class Registers(Editions[Register]):
    """All versions of all registers."""

    def all_on(self, day: date) -> tuple[Register, ...]:
        """Return every register in its version of a day."""
        return tuple(self.on(name, day) for name in self.ids())

    def version(self, register: str, edition: str) -> Register:
        """Return the version a row was written under, else the last one. Raises UnknownRegister."""
        return self.find(edition) or self.latest(register)

    def _unknown(self, id: str) -> UnknownRegister:
        return UnknownRegister("register.unknown", register=id, allowed=closest_first(id, self.ids()))
