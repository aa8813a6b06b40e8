"""The tables of registers and of campaigns, whose answers become register rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Text as LongText
from sqlmodel import Field

from merzim.storage.tables.base import CLUSTERED, Canonical, Cells, TableBase, UtcMoment, only, table
from workflow.law.procedure import Text
from workflow.registers.definition import Campaign


class RegisterRowRow(TableBase, table=True):
    """The head of a row's chain, with columns for lists; all of it can be recomputed from its events. `number`
    orders rows by the time they were added; `opened_case` is the case it opened; `shown` are the values of
    fields that are not confidential, `cells` the sort keys by which lists are filtered and sorted.
    """

    __tablename__ = "register_row"
    __table_args__ = (
        Index("uq_register_row_number", "register_id", "number", unique=True),
        Index("ix_register_row_listed", "register_id", "withdrawn", "number"),
        Index("ix_register_row_unit", "register_id", "unit", "withdrawn", "number"),
        Index("ix_register_row_opened_case", "opened_case"),
    )

    id: str = Field(primary_key=True)
    register_id: str
    number: int = Field(sa_type=BigInteger)
    version: str
    unit: str
    opened_case: str = ""
    seq: int
    head: str
    withdrawn: bool = False
    created_at: datetime = Field(sa_type=UtcMoment)
    created_by: str
    edited_at: datetime = Field(sa_type=UtcMoment)
    edited_by: str
    shown: dict[str, object] = Field(default_factory=dict, sa_type=Canonical)
    cells: dict[str, object] = Field(default_factory=dict, sa_type=Cells)
    search: str = Field(default="", sa_type=LongText)


class StartedCampaign(TableBase, table=True):
    """A campaign: many people are asked to confirm or fill in something; its events are in the office's chain.

    Attributes:
        id: year and number: `2026-001`.
        version: of the register that defines its `kind` of campaign.
        units: units whose people are asked, with all units below; [] is the whole office.
        title: the officer's title; "" for the title from the register.
        until: the last day on which answers are accepted.
        document: the document to read: `{"link": ...}`, a stored file, or {} for none; "duties", "posts": whom
            of these units it asks.
        given: values for every row, entered by the officer.
        wave: number of reminders and reopenings; 0 after the invitation alone.
    """

    __tablename__ = "campaign"

    id: str = Field(primary_key=True)
    register_id: str
    version: str
    kind: str
    title: str
    units: list[str] = Field(default_factory=list, sa_type=Canonical)
    until: date
    document: dict[str, Any] = Field(default_factory=dict, sa_type=Canonical)
    given: dict[str, object] = Field(default_factory=dict, sa_type=Canonical)
    started_on: date
    started_by: str
    closed_on: date | None = None
    wave: int = 0

    def titled(self, kind: Campaign) -> Text:
        """Return its title; a title written by the officer is the same in every language."""
        return Text(self.title, self.title, self.title) if self.title else kind.title

    def is_open(self, today: date) -> bool:
        """Return whether answers are accepted on a day."""
        return self.closed_on is None and today <= self.until


class CampaignPersonRow(TableBase, table=True):
    """A person asked in a campaign, stored apart from the people, from which those who leave are removed.

    `number` is used in their link instead of their key. `answer` is the row their answer added, "" while
    awaited; `version` counts their answers, including withdrawn ones, so that no link works twice. `written` is
    the last wave their letter was queued for, -1 for none; `reached`: whether a channel had their address then.
    """

    __tablename__ = "campaign_person"
    __table_args__ = (
        Index("uq_campaign_person_number", "campaign", "number", unique=True),
        Index("ix_campaign_person_answer", "answer", **only("answer <> ''")),
        Index("ix_campaign_person_unwritten", "campaign", "written", "number"),
        CLUSTERED,
    )

    campaign: str = Field(primary_key=True, foreign_key="campaign.id")
    person: str = Field(primary_key=True)
    number: int
    name: str
    unit: str
    post: str = ""
    joined_on: date
    left_on: date | None = None
    version: int = 0
    answer: str = ""
    answered_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    written: int = -1
    reached: bool = False


REGISTER_ROW = table("register_row")
CAMPAIGN = table("campaign")
CAMPAIGN_PERSON = table("campaign_person")
