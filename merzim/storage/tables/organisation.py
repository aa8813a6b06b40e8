"""The tables of units, of people (former ones, too), of matched schedule texts, of settings, of the
installation, and of the last runs of its tasks.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Text
from sqlmodel import Field

from merzim.storage.tables.base import CLUSTERED, Canonical, TableBase, UtcMoment, table


class UnitRow(TableBase, table=True):
    """A unit (`workflow.org.office.Unit`). `time`: its own hours, week and days, empty for those of the unit
    above.
    """

    __tablename__ = "unit"

    id: str = Field(primary_key=True)
    name: str
    parent: str | None = Field(default=None, index=True)
    kind: str = ""
    uploads_through: str | None = None
    time: dict[str, list[object]] = Field(default_factory=dict, sa_type=Canonical)
    acts: list[str] = Field(default_factory=list, sa_type=Canonical)
    name_kk: str = ""
    name_ru: str = ""


class PersonRow(TableBase, table=True):
    """A person of the office; `away` contains pairs of ISO dates, both ends included; `own_language`: chosen by
    the person, "" for `language`.
    """

    __tablename__ = "person"

    key: str = Field(primary_key=True)
    name: str
    unit: str = Field(index=True)
    post: str = ""
    duties: list[str] = Field(default_factory=list, sa_type=Canonical)
    email: str | None = None
    language: str = "kk"
    own_language: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    away: list[list[str]] = Field(default_factory=list, sa_type=Canonical)
    deputy: str | None = None
    digest: str = ""
    name_kk: str = ""
    name_ru: str = ""
    post_kk: str = ""
    post_ru: str = ""


class MatchRow(TableBase, table=True):
    """The meaning of a responsible text of a schedule: the id of a unit or the key of a person."""

    __tablename__ = "match"

    text: str = Field(primary_key=True)
    target: str


class SettingRow(TableBase, table=True):
    """What an administrator set in the browser, or a secret of the office."""

    __tablename__ = "setting"
    __table_args__ = CLUSTERED

    key: str = Field(primary_key=True)
    value: str
    by: str
    at: datetime = Field(sa_type=UtcMoment)


class FormerPersonRow(TableBase, table=True):
    """A person removed from the people. Until an order anonymises them `said` has their identifying data, for
    finding it in every table; afterwards `key` is their replacement. `said`: with prefixes: `name:` (the first
    is shown in lists), `kk:`, `ru:`, `email:`, `login:`, `chat:`; empty once anonymised. `act`, `act_on`:
    number and date of the order that anonymised them.
    """

    __tablename__ = "former_person"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str = Field(index=True, unique=True)
    said: list[str] = Field(default_factory=list, sa_type=Canonical)
    left_on: date
    anonymised_on: date | None = None
    act: str = ""
    act_on: date | None = None


class InstallationRow(TableBase, table=True):
    """The installation a database belongs to, in one row. `name`: "" until one has claimed it; `steps`: the
    reminder steps its board was made with.
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


UNIT = table("unit")
PERSON = table("person")
MATCH = table("match")
SETTING = table("setting")
FORMER = table("former_person")
INSTALLATION = table("installation")
PULSE = table("pulse")
