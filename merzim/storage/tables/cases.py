"""The tables of cases: heads, indexes of contents, readers, inbox entries, imported files, numbers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, Text, false
from sqlmodel import Field

from merzim.storage.tables.base import CLUSTERED, TableBase, UtcMoment, only, table


class CaseRow(TableBase, table=True):
    """The head of a chain, with columns for lists; all of it can be recomputed from the events.

    `object_kk`, `object_ru`: object by its passport; `object_also`: the last wording in a schedule, if it or
    its unit differs from `object` and `unit`. `confidential`: visible only to named readers and recipients of
    its letters; `search`: the folded text a search looks in (SQLite folds Latin letters only).
    """

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_unit_stage", "unit", "stage"),
        Index("ix_case_object", "object"),
        Index("ix_case_object_also", "object_also", **only("object_also <> ''")),
        Index("ix_case_edition", "edition", "status"),
        # The rest of its columns let a list skip pages and count without looking the cases up.
        Index("ix_case_newest", "opened_at", "id", "confidential", "unit", "status", "procedure", "stage"),
        # A narrow index, for counting all cases of a country.
        Index(
            "ix_case_counted",
            *("unit", "stage", "status", "procedure"),
            **only("confidential = 0", "NOT confidential"),
        ),
        Index("ix_case_span", "span_first", "span_last"),
        # The analyses of a year are counted and put in order by it alone.
        Index(
            "ix_case_of_year",
            *("procedure", "status", "span_first", "span_last", "id"),
            *("stage", "unit", "confidential", "opened_at"),
        ),
        Index("ix_case_confidential", "id", **only("confidential = 1", "confidential")),
    )

    id: str = Field(primary_key=True)
    procedure: str
    edition: str
    digest: str
    unit: str
    object: str
    object_kk: str = Field(default="", sa_column_kwargs={"server_default": ""})
    object_ru: str = Field(default="", sa_column_kwargs={"server_default": ""})
    object_also: str = Field(default="", sa_column_kwargs={"server_default": ""})
    status: str
    ground: str = ""
    stage: str = ""
    opened_at: datetime = Field(sa_type=UtcMoment)
    confidential: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    span_first: date | None = None
    span_last: date | None = None
    seq: int
    head: str
    search: str = Field(default="", sa_type=Text)


class CaseRowRow(TableBase, table=True):
    """A register row of a case (`risk.3`), for searches. Its content is in the events."""

    __tablename__ = "case_row"
    __table_args__ = CLUSTERED

    case: str = Field(primary_key=True, foreign_key="case.id")
    row: str = Field(primary_key=True)
    title: str = Field(default="", sa_type=Text)
    search: str = Field(default="", sa_type=Text)


class CountedLineRow(TableBase, table=True):
    """A line of a case's registers that points are counted from; computed from its events."""

    __tablename__ = "counted_line"
    __table_args__ = (Index("ix_counted_line_on", "on"), CLUSTERED)

    case: str = Field(primary_key=True, foreign_key="case.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    fact: str
    on: date
    section: str = ""
    place: str = ""


class ReaderRow(TableBase, table=True):
    """A named reader of a confidential case; computed from its events."""

    __tablename__ = "reader"
    __table_args__ = CLUSTERED

    case: str = Field(primary_key=True, foreign_key="case.id")
    person: str = Field(primary_key=True, index=True)


class InboxRow(TableBase, table=True):
    """An event of a case that concerns a person: a mention, a question, an answer, an assignment. Its text is
    in the event. `due`: the day an answer is due; `untold`: no letter was queued yet.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_newest", "person", "at", "case", "seq"),
        Index("ix_inbox_unread", "person", **only("read_at IS NULL")),
        Index("ix_inbox_untold", "at", **only("untold = 1", "untold")),
        Index("ix_inbox_case", "case", "seq"),
        CLUSTERED,
    )

    person: str = Field(primary_key=True)
    case: str = Field(primary_key=True, foreign_key="case.id")
    seq: int = Field(primary_key=True)
    kind: str
    due: date | None = None
    at: datetime = Field(sa_type=UtcMoment)
    untold: bool
    read_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class PaperRow(TableBase, table=True):
    """The case made from a place in an imported file, so that importing the file again changes nothing."""

    __tablename__ = "paper"
    __table_args__ = CLUSTERED

    digest: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    case: str = Field(foreign_key="case.id", index=True)
    at: datetime = Field(sa_type=UtcMoment)


class CounterRow(TableBase, table=True):
    """The last case number assigned in a year."""

    __tablename__ = "counter"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


CASE = table("case")
CASE_ROW = table("case_row")
COUNTED_LINE = table("counted_line")
READER = table("reader")
INBOX = table("inbox")
PAPER = table("paper")
COUNTER = table("counter")
