"""The tables the service itself needs: the installation, leases, uploads, answers already given."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from storage.tables.base import CLUSTERED, TableBase, table
from storage.types import Moment


class InstallationRow(TableBase, table=True):
    """The installation a database belongs to, in one row. `name`: "" until one has taken the database;
    `board`: the revision at which the read models were last written whole
    (`storage.maintenance.schema.BOARD`)."""

    __tablename__ = "installation"

    n: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = ""
    board: str = ""


class FloorRow(TableBase, table=True):
    """One row: the oldest revision whose code may still use the schema (`storage.maintenance.schema.FLOOR`)."""

    __tablename__ = "floor"

    revision: str = Field(primary_key=True)


class LeaseRow(TableBase, table=True):
    """What one process at a time may do: who does it, and until when unless they say so again."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_type=Moment)


class PulseRow(TableBase, table=True):
    """When something the metronome does was last done, and how long it took."""

    __tablename__ = "pulse"
    __table_args__ = CLUSTERED

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    seconds: float = 0.0


class MarkRow(TableBase, table=True):
    """What was changed, by a random number each: processes ask whether what they keep still holds
    (`storage.board.change_counters`). The database writes the lines by triggers.

    `what` is `office`, `board` or `facts`; `unit` whose rows or facts, null for all, or for lines folded
    into one.
    """

    __tablename__ = "mark"
    __table_args__ = (Index("ix_mark_what_unit", "what", "unit"),)

    id: int | None = Field(default=None, primary_key=True)
    what: str
    unit: str | None = None
    n: int = Field(sa_type=BigInteger)


class UploadRow(TableBase, table=True):
    """A file that was sent and is not yet imported (`documents.sheets.upload.Upload`); deleted after a day."""

    __tablename__ = "upload"

    digest: str = Field(primary_key=True)
    login: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str
    procedure: str
    content: bytes
    at: datetime = Field(sa_type=Moment, index=True)


class AnswerRow(TableBase, table=True):
    """What a request of the API was answered under its sender's key; `answer` is empty until it ended."""

    __tablename__ = "answer"
    __table_args__ = CLUSTERED

    login: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str
    answer: str | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_type=Moment, index=True)


INSTALLATION = table("installation")
FLOOR = table("floor")
LEASE = table("lease")
PULSE = table("pulse")
MARK = table("mark")
UPLOAD = table("upload")
ANSWER = table("answer")
