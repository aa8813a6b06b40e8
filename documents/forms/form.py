"""A form as a value: what it asks (fields, rows) and what stands on its pages (blocks). The shapes are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workflow.law.procedure import Text

LANGUAGES = ("kk", "ru")
"""The languages papers are signed in. English is for reading the list of forms only."""

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
    """One thing a form asks. Its title is the entry `form.field.<id>` of the catalogues.

    Attributes:
        line: length of the line ruled for it by hand, in characters.
        lines: how many lines are ruled for a long text or a list.
        optional: nothing is ruled and nothing listed where it is not known.
        shown: how a known value stands in the sentence (` № {value}`), where it is more than itself.
        blank: how an unknown one stands there, with {year}.
        default: what the documents themselves say, where nobody says otherwise.
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
class Group:
    """A fixed group of rows of a table: its heading, and the parts of each row beneath it."""

    id: str
    label: Wording
    parts: tuple[Field, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """The rows a form asks: flat (`parts`), or in groups, named by the value of `group_by` in each row.

    Attributes:
        blank: how many empty rows are left for handwriting where none are known.
    """

    parts: tuple[Field, ...] = ()
    groups: tuple[Group, ...] = ()
    group_by: str = ""
    blank: int = 5

    def parts_of(self, group: str) -> tuple[Field, ...]:
        """The parts of a row of a group ("" where there are no groups)."""
        return next((one.parts for one in self.groups if one.id == group), self.parts)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every name a table of rows may be headed with."""
        named = [part.id for parts in (self.parts, *(one.parts for one in self.groups)) for part in parts]
        return tuple(dict.fromkeys([self.group_by, *named] if self.group_by else named))


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Paragraphs in one style; `each` names a list whose items are numbered paragraphs instead."""

    style: Style
    text: Wording = field(default_factory=dict)
    each: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """Post, line and name, side by side."""

    post: Wording
    name: Wording


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins on a new page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a table.

    Attributes:
        each: the list that repeats it, one line an item (`row` in the cells), or "".
        merged: its first cell stretches over all lines of the list.
        height: at least so many centimetres: a line to be filled by hand.
    """

    cells: tuple[Wording, ...]
    each: str = ""
    merged: bool = False
    bold: bool = False
    height: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column over the rows: `shows` names parts, or "number", "label", "items"."""

    head: Wording
    width: float
    shows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table with borders. `heads`: how many first lines are repeated on every page."""

    widths: tuple[float, ...]
    lines: tuple[Line, ...]
    heads: int = 0


Block = Lines | Signature | PageBreak | Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """One form.

    Attributes:
        origin: whose it is: of the Instruction, of the policy, of No 488 (whose annexes were not available, so
            that the layout is ours), or custom (no act prescribes one).
        annex: its number among the annexes of its origin.
        about: a case, a period of a unit, or a person.
        approvers: who may approve it: "level" (by the level of the body), one duty, or "" where nobody does.
        columns: what the cells of its rows show, in order.
    """

    id: str
    title: Text
    origin: Origin
    about: About
    annex: int | None = None
    landscape: bool = False
    approvers: str = ""
    fields: Mapping[str, Field]
    rows: Rows | None
    blocks: tuple[Block, ...]
    columns: tuple[Column, ...] = ()
