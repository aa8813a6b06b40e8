"""The tables of units, people and what the office decided about them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from storage.tables.base import CLUSTERED, TableBase, table
from storage.types import Canonical, Moment


class UnitRow(TableBase, table=True):
    """A part of the organisation."""

    __tablename__ = "unit"

    id: str = Field(primary_key=True)
    name: str
    parent: str | None = Field(default=None, index=True)
    kind: str = ""


class PersonRow(TableBase, table=True):
    """Somebody who may be told; `away` holds pairs of ISO dates, both ends included."""

    __tablename__ = "person"

    key: str = Field(primary_key=True)
    name: str
    unit: str = Field(index=True)
    post: str = ""
    duties: list[str] = Field(default_factory=list, sa_type=Canonical)
    email: str | None = None
    language: str = "kk"
    away: list[list[str]] = Field(default_factory=list, sa_type=Canonical)
    deputy: str | None = None
    name_kk: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    name_ru: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})


class MatchRow(TableBase, table=True):
    """Who a responsible text of a schedule means: the id of a unit or the key of a person."""

    __tablename__ = "match"

    text: str = Field(primary_key=True)
    target: str


class PreferenceRow(TableBase, table=True):
    """What a person or a unit chose, beside the table of people: importing that again leaves it alone."""

    __tablename__ = "preference"
    __table_args__ = CLUSTERED

    owner: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str
    by: str
    at: datetime = Field(sa_type=Moment)


class ActRow(TableBase, table=True):
    """A line of the office's own chain: an act it adopted, which its calendar is made of. Append only.

    `on` is the local date of the adoption, `payload` canonical JSON with the act's text as it was given.
    """

    __tablename__ = "act"
    __table_args__ = (Index("ix_act_kind", "kind", "seq"),)

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    name: str
    on: date | None = None
    at: datetime = Field(sa_type=Moment)
    by: str
    payload: str = Field(sa_type=Text)
    previous: str
    hash: str


class SaltRow(TableBase, table=True):
    """What the values of a row are hashed with in the events of the office's chain; deleted with the row.

    `what` is the table, `key` the row's key as canonical JSON.
    """

    __tablename__ = "salt"
    __table_args__ = CLUSTERED

    what: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    salt: str


class FormerPersonRow(TableBase, table=True):
    """Somebody removed from the people. Until an act anonymises them `said` holds what names them, to be found
    in every table; afterwards `key` is what stands there instead.

    `id` is a keyed hash of the key: by it they are found again in an older copy of the database.
    """

    __tablename__ = "former_person"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str = Field(index=True, unique=True)
    id: str
    said: list[str] = Field(default_factory=list, sa_type=Canonical)
    left_on: date
    anonymised_on: date | None = None
    act: str = ""
    act_on: date | None = None


class RewrittenRow(TableBase, table=True):
    """A line of a chain an act of the office has rewritten: the hash of what it says now.

    The line's own `hash` stays as it was written, so that the chain holds together. All of these rows together
    are hashed in the last event `person_anonymised` of the office's chain.
    """

    __tablename__ = "rewritten"
    __table_args__ = CLUSTERED

    source: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    hash: str


UNIT = table("unit")
PERSON = table("person")
MATCH = table("match")
PREFERENCE = table("preference")
ACT = table("act")
SALT = table("salt")
FORMER = table("former_person")
REWRITTEN = table("rewritten")
