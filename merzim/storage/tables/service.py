"""Tables for running the service: the installation, last runs of tasks, uploads, stored API answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from merzim.storage.tables.base import CLUSTERED, TableBase, UtcMoment, table


class InstallationRow(TableBase, table=True):
    """The installation a database belongs to, in one row.

    `name`: "" until one has claimed it; `steps`: the reminder steps its board was made with.
    """

    __tablename__ = "installation"

    n: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = ""
    steps: str = ""


class PulseRow(TableBase, table=True):
    """The last run of a periodic task: its moment and duration."""

    __tablename__ = "pulse"
    __table_args__ = CLUSTERED

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcMoment)
    seconds: float = 0.0


class UploadRow(TableBase, table=True):
    """A file that was uploaded in the last day (its SHA-256, its sender): `size` bytes, which are in a file
    beside the evidence.
    """

    __tablename__ = "upload"

    digest: str = Field(primary_key=True)
    login: str = Field(primary_key=True)
    name: str
    at: datetime = Field(sa_type=UtcMoment, index=True)
    size: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


class AnswerRow(TableBase, table=True):
    """The answer to an API request by its sender's idempotency key; `answer` is empty until the request has
    ended.
    """

    __tablename__ = "answer"
    __table_args__ = CLUSTERED

    login: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str
    answer: str | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_type=UtcMoment, index=True)


INSTALLATION = table("installation")
PULSE = table("pulse")
UPLOAD = table("upload")
ANSWER = table("answer")
