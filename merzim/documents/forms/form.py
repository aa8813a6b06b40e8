"""The definition of a form as data: its fields and rows, and the blocks on its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workflow.law.procedure import Text

Wording = Mapping[str, str]
Kind = Literal["text", "long", "list", "date", "span", "hour", "year", "number", "amount", "box"]
Origin = Literal["custom", "no488", "instruction", "policy"]
About = Literal["case", "period", "person"]
Style = Literal[
    "title",
    "subject",
    "head",
    "body",
    "fact",
    "item",
    "label",
    "left",
    "left_bold",
    "centre",
    "centre_bold",
    "right",
    "annex",
    "pair",
    "filled",
    "hint",
    "box",
    "foot",
    "sign_line",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field of a form. Its title is the entry `form.field.<id>` of the catalogues.

    Attributes:
        line: length of the blank line for handwriting, in characters.
        lines: number of blank lines for a long text or a list.
        optional: a missing value leaves no blank line and is not reported.
        shown: format of a value within the sentence (` № {value}`), where it needs one.
        blank: format of a missing value there, with {year}.
        default: default value, from the documents themselves.
    """

    id: str
    kind: Kind
    line: int = 24
    lines: int = 3
    optional: bool = False
    shown: Wording | None = None
    blank: Wording | None = None
    default: Mapping[str, str | tuple[str, ...]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterRows:
    """The register that supplies a report's rows: its rows with a date in the report's year.

    Of a form about a person: the register whose rows it is the paper of, each row by itself.

    Attributes:
        dates: the field of the date; of several the first that is filled. None about a person.
        where: field of the register -> the values it may have (ids of options, "yes" or "no"; about a
            person also "", not filled).
        parts: part of the form -> the fields of the register joined in it.
        unanswered: field `where` asks of and rows may leave open -> the field of their date.
        settled: field -> the values that answer an open question by themselves (nobody was hired).
    """

    register: str
    dates: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]]
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unanswered: Mapping[str, str] = field(default_factory=dict)
    settled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedFacts:
    """Facts of cases that say there is something where the rows of a report would say "none".

    Attributes:
        facts: their names in the procedure; each counts as one.
        value: the number recorded with each that counts instead; the rows must then be as many.
        of: the groups whose rows are counted, where not all of them are.
    """

    procedure: str
    facts: tuple[str, ...]
    value: str = ""
    of: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RowGroup:
    """A fixed group of rows of a table: its heading, and the parts of each of its rows."""

    id: str
    label: Wording
    parts: tuple[Field, ...]
    source: RegisterRows | None = None
    recorded: RecordedFacts | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """The rows of a form: flat (`parts`), or in groups selected by the value of `group_by` in each row.

    Attributes:
        blank: number of blank rows for handwriting, in all or in each group, when no rows are given.
        source: the register of flat rows; of rows in groups each group has its own.
        nothing: the text used if the register has no rows, and no fact says otherwise (`recorded`).
    """

    parts: tuple[Field, ...] = ()
    groups: tuple[RowGroup, ...] = ()
    group_by: str = ""
    blank: int = 5
    source: RegisterRows | None = None
    nothing: Wording | None = None
    recorded: RecordedFacts | None = None

    @property
    def sources(self) -> Mapping[str, RegisterRows]:
        """Group ("" where there are no groups) -> the register that supplies its rows."""
        sources = {"": self.source, **{group.id: group.source for group in self.groups}}
        return {group: source for group, source in sources.items() if source}

    def parts_of(self, group: str) -> tuple[Field, ...]:
        """Return the parts of the rows of a group ("" where there are no groups)."""
        return next((row_group.parts for row_group in self.groups if row_group.id == group), self.parts)

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names that a table of rows may have."""
        part_ids = [
            part.id for parts in (self.parts, *(group.parts for group in self.groups)) for part in parts
        ]
        return tuple(dict.fromkeys([self.group_by, *part_ids] if self.group_by else part_ids))


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Paragraphs of one style; with `each`, the items of that list become numbered paragraphs.

    Attributes:
        when, unless: a field: the paragraphs are written only if its value is known, or only if it is not.
    """

    style: Style
    text: Wording = field(default_factory=dict)
    each: str = ""
    when: str = ""
    unless: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """A signature line: post, line and name, side by side."""

    post: Wording
    name: Wording


@dataclass(frozen=True, slots=True)
class PageBreak:
    """A page break."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormLine:
    """One row of a table.

    Attributes:
        each: the list that repeats the row for each item (`row` in the cells), or "".
        merged: number of its first cells that span all rows of the list.
        height: minimum height in centimetres, for handwriting.
    """

    cells: tuple[Wording, ...]
    each: str = ""
    merged: int = 0
    bold: bool = False
    height: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class FormColumn:
    """One column of the rows: `shows` names parts, or "number", "label", "items"."""

    head: Wording
    width: float
    shows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FormTable:
    """A table with borders. `heads`: number of leading rows repeated on every page."""

    widths: tuple[float, ...]
    lines: tuple[FormLine, ...]
    heads: int = 0


Block = Lines | Signature | PageBreak | FormTable


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A form.

    Attributes:
        origin: its source: the Instruction, the policy, No. 488 (whose annexes were not available, so
            that the layout is ours), or custom (no act prescribes one).
        annex: its annex number in its source.
        about: its subject: a case, a period of a unit, or a person.
        steps: ids of the obligations of a case it belongs to.
        approvers: who may approve it: "level" (by the level of the body), one duty, or "" when no approval is
            needed.
        columns: columns of its rows, in order.
        source: of a form about a person: the register of its rows.
        quarterly: of a report: whether it is made each quarter, and not once a year.
    """

    id: str
    title: Text
    origin: Origin
    about: About
    annex: int | None = None
    steps: tuple[str, ...] = ()
    landscape: bool = False
    approvers: str = ""
    fields: Mapping[str, Field]
    rows: Rows | None
    blocks: tuple[Block, ...]
    columns: tuple[FormColumn, ...] = ()
    source: RegisterRows | None = None
    quarterly: bool = False
